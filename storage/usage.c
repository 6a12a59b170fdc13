/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/usage.h"

#include <errno.h>
#include <sys/stat.h>

#include "storage/env.h"

/* LMDB tells its readers as lines of text: process, thread, and the transaction that each began after. */
static int note_oldest(const char *line, void *arg)
{
	uint64_t *oldest = arg;
	unsigned long long number;

	if (sscanf(line, "%*s %*s %llu", &number) == 1 && number < *oldest)
		*oldest = number;
	return 0;
}

enum ace_err store_usage(struct store *store, struct store_usage *ret_usage)
{
	MDB_envinfo info;
	MDB_stat stat;
	uint64_t oldest = UINT64_MAX;
	int rc;

	if (store->is_failed)
		return ACE_ERR_STORAGE;
	rc = mdb_env_info(store->env, &info);
	if (!rc)
		rc = mdb_env_stat(store->env, &stat);
	if (rc)
		return env_fail(store, rc);
	mdb_reader_list(store->env, note_oldest, &oldest);
	*ret_usage = (struct store_usage){
		.used_bytes = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize,
		.map_bytes = info.me_mapsize,
		.map_max_bytes = store->map_max,
		.room_bytes = env_room(store),
		.disk_free_bytes = env_disk_free(store),
		.readers = info.me_numreaders,
		.oldest_reader = oldest < info.me_last_txnid ? info.me_last_txnid - oldest : 0,
		.dead_readers = store->dead_readers,
	};
	return ACE_OK;
}

enum ace_err store_rows_check(struct store_txn *txn, uint64_t *ret_rows)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < TABLE_LEN; i++) {
		struct ace_slice key = { NULL, 0 }, value;
		enum ace_err err;

		for (;; rows++) {
			err = table_next(txn, (enum table)i, key, &key, &value);
			if (err)
				break;
		}
		if (err != ACE_ERR_NOT_FOUND)
			return err;
	}
	*ret_rows = rows;
	return ACE_OK;
}

enum ace_err store_file_mode(struct store *store, enum store_file file, struct store_mode *ret_mode)
{
	const char *path = file == STORE_FILE_KEK ? store->kek_path : store->dir;
	struct stat st;
	int fd = -1;

	if (file == STORE_FILE_DATA && mdb_env_get_fd(store->env, &fd))
		return ACE_ERR_IO;
	if (fd < 0 ? stat(path, &st) : fstat(fd, &st))
		return errno == ENOENT ? ACE_ERR_NOT_FOUND : ACE_ERR_IO;
	*ret_mode = (struct store_mode){ path, st.st_mode & 07777, st.st_uid, st.st_gid };
	return ACE_OK;
}
