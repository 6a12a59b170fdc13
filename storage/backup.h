/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the store in one file, made while aced serves. Such a file is an LMDB environment, which opens as data.mdb when it is
 * put there by hand, with a trailer behind it that says what it is and how its bytes hash. The key-encryption key is not in it. */
#ifndef STORAGE_BACKUP_H
#define STORAGE_BACKUP_H

#include "storage/meta.h"

#define STORE_BACKUP_FORMAT 1

struct store_backup {
	uint8_t store_id[STORE_UID_LEN];
	uint32_t schema;
	int64_t created;  /* of the store: seconds since 1970 */
	int64_t taken_at; /* seconds since 1970 */
	uint64_t generation, clients, devices, tokens, decisions;
	uint64_t bytes; /* of the file */
};

/* Write a copy of what is committed into fd, an empty file that path names, and read it again: each row of it. Both programs go on
 * meanwhile. The file is on disk when this returns; the caller gives it its name.
 * @return ACE_OK; ACE_ERR_DAMAGED a row of the store is; ACE_ERR_FULL the disk of the file; ACE_ERR_IO; ACE_ERR_MEMORY;
 * and as store_open(). */
ACE_MUST_CHECK enum ace_err store_backup_write(struct store *store, int fd, const char *path, int64_t now,
					       struct store_backup *ret_backup, struct store_error *ret_error);
/* Read the trailer of a backup, and check that all of the file is as it was written.
 * @return ACE_OK; ACE_ERR_NOT_FOUND no such file; ACE_ERR_DAMAGED no backup, or not whole; ACE_ERR_VERSION made by newer
 * software; ACE_ERR_PERMISSION; ACE_ERR_IO; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err store_backup_check(const char *path, struct store_backup *ret_backup,
					       struct store_error *ret_error);

#endif
