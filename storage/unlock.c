/* SPDX-License-Identifier: Apache-2.0 */
#include "ace_port.h"
#include "storage/env.h"
#include "storage/files.h"

static enum ace_err unlock(struct store *store, const uint8_t kek[STORE_KEK_LEN])
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = seal_unlock(txn, kek, &store->seal);
	store_abort(txn);
	if (err == ACE_ERR_WRONG_KEY)
		return error_set(&store->error, err, 0,
				 "%.200s: not the key of the store in %.200s: name the right file with --kek",
				 store->kek_path, store->dir);
	if (err)
		return error_set(&store->error, err, 0, "%.300s/data.mdb: the data key is damaged: restore a backup", store->dir);
	return ACE_OK;
}

enum ace_err store_unlock(struct store *store, struct store_error *ret_error)
{
	uint8_t kek[STORE_KEK_LEN];
	enum ace_err err;

	*ret_error = (struct store_error){ .err = ACE_OK };
	if (store->seal.is_open)
		return ACE_OK;
	err = files_kek_read(store->kek_path, kek, &store->error);
	if (!err)
		err = unlock(store, kek);
	ace_wipe(kek, sizeof(kek));
	if (err) {
		*ret_error = store->error;
		ret_error->err = err;
	}
	return err;
}
