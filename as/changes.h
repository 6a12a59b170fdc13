/* SPDX-License-Identifier: Apache-2.0 */
/* acectl writes to the store while aced runs. Nothing that was kept of a client or device outlives its change. */
#ifndef AS_CHANGES_H
#define AS_CHANGES_H

#include "as/server.h"

/* At the begin of each batch, with its transaction: forget what has changed since the last time. What is kept after that
 * is as that transaction sees it. Errors of storage/changes.h; then nothing may be taken from what is kept. */
ACE_MUST_CHECK enum ace_err as_changes_follow(struct as_server *as, struct store_txn *txn);

/* In the transaction that is to write what was decided on the state that as_changes_follow() saw: ACE_ERR_BUSY when
 * anything has been changed since: a client that was disabled, a rule that is gone, a token that was revoked and is not to be
 * updated. Nothing may then be written. */
ACE_MUST_CHECK enum ace_err as_changes_check(const struct as_server *as, struct store_txn *txn);

/* The device that a client calls so, from memory or else from the store, which is then kept.
 * @param ret_device  borrowed until the next call of either function.
 * @return ACE_OK; ACE_ERR_NOT_FOUND; ACE_ERR_MEMORY; errors of store_device_find() and store_device_key(). */
ACE_MUST_CHECK enum ace_err as_device_find(struct as_server *as, struct store_txn *txn, struct ace_slice name,
					   const struct as_device **ret_device);

#endif
