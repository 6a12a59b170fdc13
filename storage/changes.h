/* SPDX-License-Identifier: Apache-2.0 */
/* What was changed, in order: aced polls it and drops what it has cached. The writing functions of the
 * other files append to it themselves. */
#ifndef STORAGE_CHANGES_H
#define STORAGE_CHANGES_H

#include "storage/types.h"

#define STORE_CHANGES_KEPT 16384

struct store_change {
	uint64_t position; /* from 1 */
	enum store_kind kind;
	/* client or device; "" for a policy or token; with STORE_TRL whose revocation list changed, "" for administrators */
	char id[STORE_ID_MAX + 1];
	/* its line (0: none); generation of a policy; sequence of a token; enum store_trl_kind */
	uint64_t number;
};

/* Position of the newest change; 0 when there is none. Take it before reading what is to be cached. */
ACE_MUST_CHECK enum ace_err store_change_last(struct store_txn *txn, uint64_t *ret_position);
/* The change that follows position. ACE_ERR_NOT_FOUND: no more; ACE_ERR_EXHAUSTED: changes in between were dropped, or
 * the store was put back to an older state: forget everything cached and begin at store_change_last(). */
ACE_MUST_CHECK enum ace_err store_change_next(struct store_txn *txn, uint64_t position, struct store_change *ret_change);

#endif
