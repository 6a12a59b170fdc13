/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for people: which file, what is wrong with it, what to do. */
#include "storage/env.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "storage/lmdb_err.h"

enum ace_err error_set(struct store_error *ret_error, enum ace_err err, int sys_errno, const char *format, ...)
{
	va_list args;

	ret_error->err = err;
	ret_error->sys_errno = sys_errno;
	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return err;
}

enum ace_err error_from_errno(struct store_error *ret_error, int sys_errno, const char *path)
{
	enum ace_err err = lmdb_err(sys_errno);
	const char *advice = "";

	if (err == ACE_ERR_PERMISSION)
		advice = ": run as root, or as the user or in the group that owns it";
	if (err == ACE_ERR_FULL)
		advice = ": free some space on that disk";
	return error_set(ret_error, err, sys_errno, "%.300s: %s%s", path, strerror(sys_errno), advice);
}

static const char *failure_text(enum ace_err err, int rc)
{
	if (rc == MDB_MAP_FULL)
		return "the store has reached its largest size: drop old records or raise the limit";
	if (err == ACE_ERR_FULL)
		return "the disk is full: free some space; nothing was written, reading goes on";
	if (err == ACE_ERR_BUSY)
		return "too many readers or a map that grew: try again";
	if (err == ACE_ERR_DAMAGED)
		return "damaged: stop all programs that use it and restore a backup";
	if (err == ACE_ERR_STORAGE)
		return "I/O error: the outcome of the last write is unknown; check the disk, then start again";
	return "the store failed";
}

enum ace_err env_fail(struct store *store, int rc)
{
	enum ace_err err = lmdb_err(rc);

	/* LMDB reports a write that stopped short as EIO; on a full disk that is no defect of the disk. */
	if (rc == EIO && env_disk_free(store) < 1024 * 1024)
		err = ACE_ERR_FULL;
	if (err == ACE_ERR_STORAGE)
		store->is_failed = true;
	return error_set(&store->error, err, rc > 0 ? rc : 0, "%.300s/data.mdb: %s (%s)", store->dir,
			 failure_text(err, rc), mdb_strerror(rc));
}
