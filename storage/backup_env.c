/* SPDX-License-Identifier: Apache-2.0 */
/* The environment in a backup: one file without a lock, which nobody writes. */
#include <stdlib.h>

#include "ace_port_host.h"
#include "storage/backup_file.h"
#include "storage/env.h"
#include "storage/lmdb_err.h"

static enum ace_err open_file(struct store *store)
{
	int rc = mdb_env_create(&store->env);

	if (!rc)
		rc = mdb_env_set_maxdbs(store->env, TABLE_LEN);
	if (!rc)
		rc = mdb_env_open(store->env, store->dir, MDB_NOTLS | MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0);
	if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
		return error_set(&store->error, ACE_ERR_DAMAGED, 0,
				 "%.300s: not a backup of this kind of machine (word size, byte order)", store->dir);
	return rc ? env_fail(store, rc) : ACE_OK;
}

enum ace_err backup_env_open(const char *path, struct store **ret_store, struct store_error *ret_error)
{
	struct store *store = ace_port_host_secret_new(sizeof *store);
	enum ace_err err = ACE_OK;

	if (!store)
		return error_set(ret_error, ACE_ERR_MEMORY, 0, "out of memory");
	*store = (struct store){ .lock_fd = -1, .use_fd = -1 };
	if (snprintf(store->dir, sizeof store->dir, "%s", path) >= (int)sizeof store->dir)
		err = error_set(&store->error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", path);
	if (!err)
		err = open_file(store);
	return env_hand_over(store, err, ret_store, ret_error);
}
