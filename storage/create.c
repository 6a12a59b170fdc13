/* SPDX-License-Identifier: Apache-2.0 */
/* init: a new store, whole or not at all. It is made in a directory of its own and linked into place. */
#include "storage/env.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ace_port.h"
#include "storage/files.h"
#include "storage/lmdb_err.h"
#include "storage/record.h"

#define FIRST_MAP ((size_t)16 * 1024 * 1024)

static enum ace_err first_rows(struct store_txn *txn, const struct store_setup *setup, const uint8_t *kek)
{
	struct store_info info = { .created = setup->now };
	uint8_t bytes[RECORD_MAX], uid[STORE_UID_LEN];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = store_text_set(setup->issuer, info.issuer, sizeof(info.issuer));

	if (!err)
		err = store_text_set(setup->as_uri, info.as_uri, sizeof(info.as_uri));
	if (!err)
		err = record_info_write(&info, &out);
	if (!err)
		err = table_put(txn, TABLE_META, ACE_LITERAL("info"), ace_buf_slice(&out));
	if (!err)
		err = store_uid_ensure(txn, uid);
	if (!err)
		err = seal_create(txn, kek, setup->now);
	if (!err)
		err = record_number_put(txn, TABLE_META, ACE_LITERAL("schema"), STORE_SCHEMA);
	return err;
}

static enum ace_err fill(struct store *store, const struct store_setup *setup, const uint8_t *kek)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_write(store, &txn);

	if (err)
		return err;
	for (size_t i = 0; i < TABLE_LEN; i++) {
		int rc = mdb_dbi_open(txn->mdb, table_name((enum table)i), MDB_CREATE, &store->dbi[i]);

		if (rc) {
			store_abort(txn);
			return env_fail(store, rc);
		}
	}
	err = first_rows(txn, setup, kek);
	if (err) {
		store_abort(txn);
		return error_set(&store->error, err, 0, "%.300s: the first rows could not be written", store->dir);
	}
	return store_commit(txn);
}

/* An environment in dir with its first rows; closed again. */
static enum ace_err env_make(const char *dir, const struct store_setup *setup, const uint8_t *kek,
			     struct store_error *ret_error)
{
	static struct store store; /* too large for a stack; nobody creates two at a time */
	enum ace_err err = ACE_OK;
	int rc;

	store = (struct store){ .lock_fd = -1, .use_fd = -1, .map_max = FIRST_MAP };
	memcpy(store.dir, dir, strlen(dir) + 1);
	rc = mdb_env_create(&store.env);
	if (!rc)
		rc = mdb_env_set_maxdbs(store.env, TABLE_LEN);
	if (!rc)
		rc = mdb_env_set_mapsize(store.env, FIRST_MAP);
	if (!rc)
		rc = mdb_env_open(store.env, dir, MDB_NOTLS, 0660);
	err = rc ? env_fail(&store, rc) : fill(&store, setup, kek);
	if (err)
		*ret_error = store.error;
	if (store.env && !store.is_failed)
		mdb_env_close(store.env);
	return err;
}

/* From the fresh directory into its place; link() never replaces a store that is there. */
static enum ace_err put_in_place(const char *fresh, const char *dir, struct store_error *ret_error)
{
	char from[PATH_MAX], to[PATH_MAX], lock[PATH_MAX];
	enum ace_err err = ACE_OK;

	if (files_path(fresh, "data.mdb", sizeof(from), from) || files_path(dir, "data.mdb", sizeof(to), to) ||
	    files_path(fresh, "lock.mdb", sizeof(lock), lock))
		return error_set(ret_error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", dir);
	if (ret_error->err)
		err = ret_error->err;
	else if (link(from, to) && errno == EEXIST)
		err = error_set(ret_error, ACE_ERR_EXISTS, EEXIST, "%.300s: there is a store already", to);
	else if (access(to, F_OK))
		err = error_from_errno(ret_error, errno, to);
	unlink(from);
	unlink(lock);
	rmdir(fresh);
	return err ? err : files_dir_sync(dir, ret_error);
}

static enum ace_err create_as_owner(const char *dir, const struct store_setup *setup, const uint8_t *kek,
				    struct store_error *ret_error)
{
	struct files_identity identity;
	char fresh[PATH_MAX];
	enum ace_err err;

	if (snprintf(fresh, sizeof(fresh), "%s/.new-%ld", dir, (long)getpid()) >= (int)sizeof(fresh))
		return error_set(ret_error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", dir);
	err = files_identity_enter(dir, &identity, ret_error);
	if (err)
		return err;
	if (mkdir(fresh, 0770)) {
		err = error_from_errno(ret_error, errno, fresh);
	} else {
		err = env_make(fresh, setup, kek, ret_error);
		if (!err)
			ret_error->err = ACE_OK;
		err = put_in_place(fresh, dir, ret_error);
	}
	files_identity_leave(&identity);
	return err;
}

static bool uri_fits(const char *uri)
{
	return uri && uri[0] && strlen(uri) <= STORE_URI_MAX;
}

enum ace_err store_create(const struct store_options *options, const struct store_setup *setup,
			  struct store_error *ret_error)
{
	const char *dir = options->dir ? options->dir : STORE_DIR_DEFAULT;
	char kek_path[PATH_MAX], data[PATH_MAX];
	uint8_t kek[STORE_KEK_LEN];
	enum ace_err err;

	*ret_error = (struct store_error){ .err = ACE_OK };
	if (!uri_fits(setup->issuer) || !uri_fits(setup->as_uri))
		return error_set(ret_error, ACE_ERR_RANGE, 0, "issuer and AS URI have 1 to %d bytes", STORE_URI_MAX);
	if (files_kek_path(options, kek_path) || files_path(dir, "data.mdb", sizeof(data), data))
		return error_set(ret_error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", dir);
	if (!access(data, F_OK))
		return error_set(ret_error, ACE_ERR_EXISTS, EEXIST, "%.300s: there is a store already", data);
	err = files_dir_make(dir, ret_error);
	if (!err)
		err = files_kek_create(kek_path, dir, ret_error);
	if (!err)
		err = files_kek_read(kek_path, kek, ret_error);
	if (!err)
		err = create_as_owner(dir, setup, kek, ret_error);
	ace_wipe(kek, sizeof(kek));
	return err;
}
