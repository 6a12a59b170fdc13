/* SPDX-License-Identifier: Apache-2.0 */
/* Two states of one store, an older copy and what became of it. Internal to storage/. */
#ifndef STORAGE_MERGE_H
#define STORAGE_MERGE_H

#include "storage/restore.h"

/* Write down how the older copy differs. Both transactions read. */
ACE_MUST_CHECK enum ace_err merge_compare(struct store_txn *current, struct store_txn *copy, int64_t now,
					  struct store_loss *loss);
/* Take over what must survive into copy, which writes. *ret_revoked counts tokens that it revoked for want of their client or device. */
ACE_MUST_CHECK enum ace_err merge_take_over(struct store_txn *current, struct store_txn *copy, int64_t now,
					    uint64_t *ret_revoked);

#endif
