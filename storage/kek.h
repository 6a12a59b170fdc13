/* SPDX-License-Identifier: Apache-2.0 */
/* One key-encryption key takes over from another, at no moment of which the store would not open with the key in its
 * place. The data key stays the same, so an aced that runs does not notice. */
#ifndef STORAGE_KEK_H
#define STORAGE_KEK_H

#include "storage/store.h"

struct store_kek_status {
	size_t keys;   /* that open the store: 1, or 2 while one takes over */
	int64_t since; /* when the newest of them was added, seconds since 1970 */
};
ACE_MUST_CHECK enum ace_err store_kek_status(struct store_txn *txn, struct store_kek_status *ret_status);

/* A new key into the place of the present one, whose file is replaced. What was interrupted is brought to its end
 * instead, and *ret_resumed is true then. The store must be unlocked. Killed at any point, the store opens with the key in
 * its place, and another call goes on.
 * @return ACE_OK; ACE_ERR_EXISTS a key that store_kek_add() added waits for store_kek_finish(); ACE_ERR_BUSY somebody else is at
 * it; ACE_ERR_PERMISSION, ACE_ERR_IO, ACE_ERR_FULL the files; what the store returns. */
ACE_MUST_CHECK enum ace_err store_kek_rotate(struct store *store, int64_t now, bool *ret_resumed,
					     struct store_error *ret_error);
/* Let the key of another file open the store, too; it is made when there is no such file. For keys that something else
 * puts into their place. ACE_ERR_EXISTS there are two already, or it opens the store already; as above. */
ACE_MUST_CHECK enum ace_err store_kek_add(struct store *store, const char *path, int64_t now,
					  struct store_error *ret_error);
/* From now on only the key that the store was opened with opens it. */
ACE_MUST_CHECK enum ace_err store_kek_finish(struct store *store, struct store_error *ret_error);

#endif
