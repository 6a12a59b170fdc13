/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/backup.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ace_port.h"
#include "storage/backup_file.h"
#include "storage/clients.h"
#include "storage/decisions.h"
#include "storage/devices.h"
#include "storage/env.h"
#include "storage/lmdb_err.h"
#include "storage/policies.h"
#include "storage/tokens.h"
#include "storage/usage.h"

static enum ace_err id_work(struct store_txn *txn, void *arg)
{
	return store_uid_ensure(txn, arg);
}

/* Nobody is waited for, unless the store has no id yet. */
static enum ace_err ensure_id(struct store *store)
{
	uint8_t id[STORE_UID_LEN];
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = store_uid_get(txn, id);
	store_abort(txn);
	return err == ACE_ERR_NOT_FOUND ? store_write(store, id_work, id) : err;
}

static enum ace_err count_all(struct store_txn *txn, struct store_backup *backup)
{
	uint64_t decision_bytes;
	struct store_info info;
	enum ace_err err = store_info_get(txn, &info);

	if (!err)
		err = store_uid_get(txn, backup->store_id);
	if (!err)
		err = store_policy_current(txn, &backup->generation);
	if (!err)
		err = store_client_count(txn, &backup->clients);
	if (!err)
		err = store_device_count(txn, &backup->devices);
	if (!err)
		err = store_token_count(txn, &backup->tokens);
	if (!err)
		err = store_decision_count(txn, &backup->decisions, &decision_bytes);
	if (!err) {
		backup->schema = info.schema;
		backup->created = info.created;
	}
	return err;
}

/* What came to lie in the file, not what is in the store by now. */
static enum ace_err look_at_copy(const char *path, struct store_backup *backup, struct store_error *ret_error)
{
	struct store_txn *txn;
	struct store *copy;
	uint64_t rows;
	enum ace_err err = backup_env_open(path, &copy, ret_error);

	if (err)
		return err;
	err = store_begin_read(copy, &txn);
	if (!err) {
		err = store_rows_check(txn, &rows);
		if (!err)
			err = count_all(txn, backup);
		store_abort(txn);
	}
	if (err && copy->error.err == err)
		*ret_error = copy->error;
	else if (err)
		error_set(ret_error, err, 0, "%.300s: what was copied cannot be read", path);
	store_close(copy);
	return err;
}

enum ace_err store_backup_write(struct store *store, int fd, const char *path, int64_t now,
				struct store_backup *ret_backup, struct store_error *ret_error)
{
	struct store_backup backup = { .taken_at = now };
	enum ace_err err;
	int rc;

	*ret_error = (struct store_error){ .err = ACE_OK };
	err = ensure_id(store);
	if (err)
		return error_set(ret_error, err, store->error.sys_errno, "%.480s", store->error.text);
	rc = mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT);
	if (rc > 0)
		return error_from_errno(ret_error, rc, path);
	if (rc)
		return error_set(ret_error, lmdb_err(rc), 0, "%.300s/data.mdb: cannot be copied (%s)", store->dir,
				 mdb_strerror(rc));
	err = look_at_copy(path, &backup, ret_error);
	if (!err)
		err = backup_trailer_write(fd, path, &backup, ret_error);
	if (err)
		return err;
	return store_backup_check(path, ret_backup, ret_error);
}

enum ace_err store_backup_check(const char *path, struct store_backup *ret_backup, struct store_error *ret_error)
{
	*ret_error = (struct store_error){ .err = ACE_OK };
	return backup_body_copy(path, -1, ret_backup, ret_error);
}
