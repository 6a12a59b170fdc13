/* SPDX-License-Identifier: Apache-2.0 */
/* The transaction object. */
#include "storage/env.h"

#include <errno.h>

static enum ace_err usage(struct store *store, const char *what)
{
	return error_set(&store->error, ACE_ERR_USAGE, 0, "%.300s: %s", store->dir, what);
}

/* A reader is renewed: cheaper than a new one by half. */
static int reader_renew(struct store *store)
{
	if (store->reader.mdb)
		return mdb_txn_renew(store->reader.mdb);
	return mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->reader.mdb);
}

enum ace_err store_begin_read(struct store *store, struct store_txn **ret_txn)
{
	struct store_txn *txn = &store->reader;
	int rc;

	if (store->is_failed)
		return ACE_ERR_STORAGE;
	if (txn->is_open)
		return usage(store, "a reading transaction is open already");
	rc = reader_renew(store);
	if (rc == MDB_READERS_FULL) {
		store_maintain(store);
		rc = reader_renew(store);
	}
	if (rc == MDB_MAP_RESIZED && !store->writer.is_open && !env_map_adopt(store))
		rc = reader_renew(store);
	if (rc)
		return env_fail(store, rc);
	*txn = (struct store_txn){ .store = store, .mdb = txn->mdb, .is_open = true };
	*ret_txn = txn;
	return ACE_OK;
}

static int writer_begin(struct store *store)
{
	return mdb_txn_begin(store->env, NULL, 0, &store->writer.mdb);
}

enum ace_err store_begin_write(struct store *store, struct store_txn **ret_txn)
{
	struct store_txn *txn = &store->writer;
	enum ace_err err = ACE_OK;
	size_t room;
	int rc;

	if (store->is_failed)
		return ACE_ERR_STORAGE;
	if (txn->is_open)
		return usage(store, "a writing transaction is open already");
	if (!store->reader.is_open)
		err = env_map_fit(store);
	if (err)
		return err;
	room = env_room(store);
	rc = writer_begin(store);
	if (rc == MDB_MAP_RESIZED && !store->reader.is_open && !env_map_adopt(store))
		rc = writer_begin(store);
	if (rc)
		return env_fail(store, rc);
	*txn = (struct store_txn){ .store = store, .mdb = txn->mdb, .is_open = true, .is_writer = true, .room = room };
	*ret_txn = txn;
	return ACE_OK;
}

void store_abort(struct store_txn *txn)
{
	if (!txn || !txn->is_open)
		return;
	txn->is_open = false;
	if (txn->store->is_failed)
		return; /* no LMDB call after an I/O error */
	if (txn->is_writer)
		mdb_txn_abort(txn->mdb);
	else
		mdb_txn_reset(txn->mdb);
}

enum ace_err store_commit(struct store_txn *txn)
{
	struct store *store = txn->store;
	enum ace_err spoilt = txn->spoilt;
	int rc;

	if (store->is_failed || spoilt || !txn->is_writer) {
		store_abort(txn);
		return store->is_failed ? ACE_ERR_STORAGE : spoilt;
	}
	rc = mdb_txn_commit(txn->mdb);
	txn->is_open = false; /* the handle is gone, even after a failure */
	if (rc == MDB_MAP_FULL) {
		MDB_envinfo info;

		if (!mdb_env_info(store->env, &info) && info.me_mapsize < store->map_max) {
			store->must_grow = true;
			return ACE_ERR_BUSY;
		}
	}
	if (rc)
		return env_fail(store, rc);
	if (txn->iat > store->counters.iat)
		store->counters.iat = txn->iat;
	return ACE_OK;
}

enum ace_err store_write(struct store *store, enum ace_err (*work)(struct store_txn *txn, void *arg), void *arg)
{
	enum ace_err err = ACE_ERR_BUSY;

	/* A map doubles each time: from the first size to the largest in fewer rounds than a number has bits. */
	for (int round = 0; round < 64 && err == ACE_ERR_BUSY; round++) {
		struct store_txn *txn;

		err = store_begin_write(store, &txn);
		if (err)
			return err;
		err = work(txn, arg);
		if (err)
			store_abort(txn);
		else
			err = store_commit(txn);
		if (!store->must_grow)
			break;
	}
	return err;
}
