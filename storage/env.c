/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: open, map size, stale readers, close. */
#include "storage/env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "ace_port.h"
#include "ace_port_host.h"
#include "storage/files.h"
#include "storage/lmdb_err.h"
#include "storage/record.h"

#define MIB ((size_t)1024 * 1024)
#define MAP_INITIAL (64 * MIB)
#define MAP_MAX (64 * 1024 * MIB)
#define RESERVE_FREE (64 * MIB)
#define DISK_RESERVE (4 * MIB) /* a commit that copies pages for its deletes fits into it */
#define GROW_AHEAD (16 * MIB)  /* more than a batch can take */

uint64_t env_disk_free(const struct store *store)
{
	struct statvfs st;

	if (statvfs(store->dir, &st))
		return 0;
	return (uint64_t)st.f_bavail * st.f_frsize;
}

/* Bytes in pages that were used and are free again. Only looked at when room runs short. */
static size_t freed_bytes(struct store *store)
{
	MDB_txn *txn;
	MDB_cursor *cursor;
	MDB_val key, pages;
	MDB_stat stat;
	size_t count = 0;

	if (mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn))
		return 0;
	/* Table 0 is LMDB's own list: each value is a count and that many page numbers. */
	if (!mdb_env_stat(store->env, &stat) && !mdb_cursor_open(txn, 0, &cursor)) {
		while (!mdb_cursor_get(cursor, &key, &pages, MDB_NEXT))
			count += *(size_t *)pages.mv_data;
		mdb_cursor_close(cursor);
		count *= stat.ms_psize;
	}
	mdb_txn_abort(txn);
	return count;
}

static size_t less(uint64_t have, size_t kept)
{
	return have > kept ? (size_t)(have - kept) : 0;
}

size_t env_room(struct store *store)
{
	uint64_t disk = env_disk_free(store);
	size_t map, freed = 0;
	MDB_envinfo info;
	MDB_stat stat;

	if (mdb_env_info(store->env, &info) || mdb_env_stat(store->env, &stat))
		return 0;
	map = less(store->map_max, (info.me_last_pgno + 1) * stat.ms_psize);
	if (map < store->reserve_free + GROW_AHEAD || disk < DISK_RESERVE + GROW_AHEAD)
		freed = freed_bytes(store);
	map = less((uint64_t)map + freed, store->reserve_free);
	disk = less(disk + freed, DISK_RESERVE);
	return map < disk ? map : (size_t)disk;
}

enum ace_err env_map_adopt(struct store *store)
{
	int rc = mdb_env_set_mapsize(store->env, 0);

	return rc ? env_fail(store, rc) : ACE_OK;
}

enum ace_err env_map_fit(struct store *store)
{
	MDB_envinfo info;
	MDB_stat stat;
	size_t used, wanted;
	int rc;

	if (mdb_env_info(store->env, &info) || mdb_env_stat(store->env, &stat))
		return ACE_ERR_USAGE;
	used = (info.me_last_pgno + 1) * stat.ms_psize;
	if (info.me_mapsize >= store->map_max || (!store->must_grow && used + GROW_AHEAD <= info.me_mapsize))
		return ACE_OK;
	wanted = info.me_mapsize * 2;
	if (wanted < used + 2 * GROW_AHEAD)
		wanted = used + 2 * GROW_AHEAD;
	if (wanted > store->map_max)
		wanted = store->map_max;
	rc = mdb_env_set_mapsize(store->env, wanted);
	if (rc)
		return env_fail(store, rc);
	store->must_grow = false;
	return ACE_OK;
}

/* Open what LMDB calls databases; a store that lacks one is not ours. */
static enum ace_err open_tables(struct store *store)
{
	MDB_txn *txn;
	size_t opened = 0;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc == MDB_MAP_RESIZED) {
		rc = mdb_env_set_mapsize(store->env, 0);
		if (!rc)
			rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
	}
	if (rc)
		return env_fail(store, rc);
	while (opened < TABLE_LEN && !rc) {
		rc = mdb_dbi_open(txn, table_name((enum table)opened), 0, &store->dbi[opened]);
		opened += !rc;
	}
	if (rc)
		mdb_txn_abort(txn);
	else
		rc = mdb_txn_commit(txn); /* of a reader: keeps the handles */
	if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
		return error_set(&store->error, ACE_ERR_DAMAGED, 0,
				 "%.300s/data.mdb: no table \"%s\": not a store of aced, or one that an unreleased version made: "
				 "use that version, or make it anew with acectl init",
				 store->dir, table_name((enum table)opened));
	return rc ? env_fail(store, rc) : ACE_OK;
}

/* Is the store laid out as this program knows it? */
static enum ace_err check_schema(struct store *store)
{
	struct store_txn *txn;
	uint32_t schema = 0;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = record_schema_get(txn, &schema);
	store_abort(txn);
	if (err == ACE_ERR_NOT_FOUND)
		return error_set(&store->error, ACE_ERR_DAMAGED, 0, "%.300s/data.mdb: not a store of aced", store->dir);
	if (!err && schema > STORE_SCHEMA)
		return error_set(&store->error, ACE_ERR_VERSION, 0,
				 "%.300s/data.mdb: made by a newer aced (schema %u, this one knows %u): upgrade this program",
				 store->dir, schema, STORE_SCHEMA);
	return err;
}

/* mdb_env_open() would make a store of an empty or missing file. */
static enum ace_err check_file(struct store *store)
{
	char path[PATH_MAX];
	struct stat st;

	if (files_path(store->dir, "data.mdb", sizeof(path), path))
		return error_set(&store->error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", store->dir);
	if (stat(path, &st)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return error_from_errno(&store->error, errno, path);
		return error_set(&store->error, ACE_ERR_NOT_FOUND, errno,
				 "%.300s: no store there: name the right one with --state-dir, or make one with acectl init",
				 store->dir);
	}
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return error_set(&store->error, ACE_ERR_DAMAGED, 0, "%.300s: not a store of aced", path);
	return ACE_OK;
}

static enum ace_err open_env(struct store *store, size_t map_initial)
{
	int rc = mdb_env_create(&store->env);

	if (!rc)
		rc = mdb_env_set_maxdbs(store->env, TABLE_LEN);
	if (!rc)
		rc = mdb_env_set_mapsize(store->env, map_initial < store->map_max ? map_initial : store->map_max);
	/* NOTLS: a read transaction belongs to the object, not to the thread. Never NOSYNC, never NOMETASYNC. */
	if (!rc)
		rc = mdb_env_open(store->env, store->dir, MDB_NOTLS, 0660);
	if (!rc)
		return ACE_OK;
	if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
		return error_set(&store->error, ACE_ERR_DAMAGED, 0, "%.300s/data.mdb: not a store of aced", store->dir);
	if (rc == EACCES || rc == EPERM || rc == EROFS)
		return error_from_errno(&store->error, rc, store->dir);
	return env_fail(store, rc);
}

static enum ace_err store_init(struct store *store, const struct store_options *options)
{
	const char *dir = options->dir ? options->dir : STORE_DIR_DEFAULT;

	*store = (struct store){
		.lock_fd = -1,
		.use_fd = -1,
		.map_max = options->map_max ? options->map_max : MAP_MAX,
		.reserve_free = options->reserve_free ? options->reserve_free : RESERVE_FREE,
	};
	if (snprintf(store->dir, sizeof(store->dir), "%s", dir) >= (int)sizeof(store->dir) ||
	    files_kek_path(options, store->kek_path))
		return error_set(&store->error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", dir);
	return check_file(store);
}

static enum ace_err open_as_owner(struct store *store, const struct store_options *options, bool has_lock)
{
	struct files_identity identity;
	enum ace_err err = files_identity_enter(store->dir, &identity, &store->error);

	if (err)
		return err;
	if (!has_lock)
		err = files_lock_use(store->dir, &store->use_fd, &store->error);
	if (!err && options->is_daemon)
		err = files_lock(store->dir, &store->lock_fd, &store->error);
	if (!err)
		err = open_env(store, options->map_initial ? options->map_initial : MAP_INITIAL);
	files_identity_leave(&identity);
	return err;
}

enum ace_err env_hand_over(struct store *store, enum ace_err err, struct store **ret_store, struct store_error *ret_error)
{
	if (!err)
		err = open_tables(store);
	if (!err)
		err = check_schema(store);
	if (err) {
		*ret_error = store->error;
		ret_error->err = err;
		store_close(store);
		return err;
	}
	*ret_store = store;
	return ACE_OK;
}

enum ace_err store_open(const struct store_options *options, struct store **ret_store, struct store_error *ret_error)
{
	return env_store_open(options, false, ret_store, ret_error);
}

enum ace_err env_store_open(const struct store_options *options, bool has_lock, struct store **ret_store,
			    struct store_error *ret_error)
{
	struct store *store = ace_port_host_secret_new(sizeof(*store)); /* the data key is in it */
	enum ace_err err;

	*ret_error = (struct store_error){ .err = ACE_OK };
	if (!store)
		return error_set(ret_error, ACE_ERR_MEMORY, ENOMEM, "out of memory");
	err = store_init(store, options);
	if (!err)
		err = open_as_owner(store, options, has_lock);
	if (!err)
		store_maintain(store);
	return env_hand_over(store, err, ret_store, ret_error);
}

/* LMDB must not touch its file again once the disk failed, so its environment stays as it is, where it can be seen. */
static void give_up(const struct store *store)
{
	static struct given_up {
		struct given_up *before;
		MDB_env *env;
		MDB_txn *reader;
	} *latest;
	struct given_up *given_up = malloc(sizeof(*given_up));

	if (!given_up)
		return;
	*given_up = (struct given_up){ latest, store->env, store->reader.mdb };
	latest = given_up;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	if (store->use_fd >= 0)
		close(store->use_fd);
	ace_wipe(&store->seal, sizeof(store->seal));
	if (store->is_failed) {
		give_up(store);
	} else {
		if (store->reader.mdb)
			mdb_txn_abort(store->reader.mdb);
		if (store->env)
			mdb_env_close(store->env);
	}
	ace_port_host_secret_free(store, sizeof(*store));
}

const struct store_error *store_last_error(const struct store *store)
{
	return &store->error;
}

const char *store_kek_path(const struct store *store)
{
	return store->kek_path;
}

enum ace_err store_tell_up(struct store *store)
{
	if (store->lock_fd < 0)
		return error_set(&store->error, ACE_ERR_USAGE, 0, "not opened as a daemon's store");
	return files_lock_up(store->lock_fd, &store->error);
}

void store_maintain(struct store *store)
{
	int cleared = 0;

	if (store->is_failed || mdb_reader_check(store->env, &cleared))
		return; /* nothing depends on it: the next minute tries again */
	store->dead_readers += (uint32_t)cleared;
}
