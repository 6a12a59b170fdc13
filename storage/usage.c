/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/usage.h"

#include "storage/env.h"

enum ace_err store_usage(struct store *store, struct store_usage *ret_usage)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc;

	if (store->is_failed)
		return ACE_ERR_STORAGE;
	rc = mdb_env_info(store->env, &info);
	if (!rc)
		rc = mdb_env_stat(store->env, &stat);
	if (rc)
		return env_fail(store, rc);
	*ret_usage = (struct store_usage){
		.used_bytes = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize,
		.map_bytes = info.me_mapsize,
		.map_max_bytes = store->map_max,
		.room_bytes = env_room(store),
		.disk_free_bytes = env_disk_free(store),
		.readers = info.me_numreaders,
	};
	return ACE_OK;
}
