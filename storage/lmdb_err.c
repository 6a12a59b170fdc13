/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/lmdb_err.h"

#include <errno.h>
#include <lmdb.h>

enum ace_err lmdb_err(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return ACE_OK;
	case MDB_NOTFOUND:
	case ENOENT:
	case ENOTDIR:
		return ACE_ERR_NOT_FOUND;
	case MDB_KEYEXIST:
	case EEXIST:
		return ACE_ERR_EXISTS;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case MDB_DBS_FULL:
	case MDB_PAGE_FULL:
	case MDB_CURSOR_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* a limit on the size of files is a disk that is full for us */
		return ACE_ERR_FULL;
	case MDB_READERS_FULL:
	case MDB_MAP_RESIZED:
	case EAGAIN:
	case EBUSY:
		return ACE_ERR_BUSY;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
		return ACE_ERR_DAMAGED;
	case MDB_VERSION_MISMATCH:
		return ACE_ERR_VERSION;
	case EACCES:
	case EPERM:
	case EROFS:
		return ACE_ERR_PERMISSION;
	case ENOMEM:
		return ACE_ERR_MEMORY;
	case MDB_INCOMPATIBLE:
	case MDB_BAD_RSLOT:
	case MDB_BAD_TXN:
	case MDB_BAD_VALSIZE:
	case MDB_BAD_DBI:
	case EINVAL:
		return ACE_ERR_USAGE;
	case MDB_PANIC:
	case EIO:
		return ACE_ERR_STORAGE; /* a commit's outcome may be unknown */
	default:
		return ACE_ERR_IO;
	}
}
