/* SPDX-License-Identifier: Apache-2.0 */
/* The file of a backup as bytes. Internal to storage/. */
#ifndef STORAGE_BACKUP_FILE_H
#define STORAGE_BACKUP_FILE_H

#include "storage/backup.h"

#define BACKUP_TRAILER_LEN 512

/* Open the environment in a backup for reading. The trailer may be there or not. The caller closes it. As store_open(). */
ACE_MUST_CHECK enum ace_err backup_env_open(const char *path, struct store **ret_store, struct store_error *ret_error);
/* Append the trailer and make the file durable. */
ACE_MUST_CHECK enum ace_err backup_trailer_write(int fd, const char *path, const struct store_backup *backup,
						 struct store_error *ret_error);
/* Check as store_backup_check() does, and write what is before the trailer into fd, unless that is -1. */
ACE_MUST_CHECK enum ace_err backup_body_copy(const char *path, int fd, struct store_backup *ret_backup,
					     struct store_error *ret_error);

#endif
