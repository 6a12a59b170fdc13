/* SPDX-License-Identifier: Apache-2.0 */
/* The files around the environment: paths, owner, aced.lock, key-encryption key. Internal to storage/. */
#ifndef STORAGE_FILES_H
#define STORAGE_FILES_H

#include <sys/types.h>

#include "storage/store.h"

/* Make PATH of dir and name. ACE_ERR_RANGE: longer than a path may be. */
ACE_MUST_CHECK enum ace_err files_path(const char *dir, const char *name, size_t cap, char *ret_path);
/* What options mean for the key-encryption key's place. ret_path has PATH_MAX bytes. */
ACE_MUST_CHECK enum ace_err files_kek_path(const struct store_options *options, char *ret_path);

/* Who we were before root became somebody else. */
struct files_identity {
	bool is_changed;
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned: the supplementary ones */
	int groups_len;
	mode_t mask;
};
/* Root becomes dir's owner, in no group but dir's, and files get the modes that the store wants, until files_identity_leave(). */
ACE_MUST_CHECK enum ace_err files_identity_enter(const char *dir, struct files_identity *ret_identity,
						 struct store_error *ret_error);
void files_identity_leave(const struct files_identity *identity);

/* Make the directory if it is not there; the default one belongs to the user aced where there is one. */
ACE_MUST_CHECK enum ace_err files_dir_make(const char *dir, struct store_error *ret_error);
/* What was made, renamed or removed in dir is on disk. */
ACE_MUST_CHECK enum ace_err files_dir_sync(const char *dir, struct store_error *ret_error);

/* Take aced.lock of dir. The caller closes the descriptor. ACE_ERR_BUSY somebody has it; ACE_ERR_PERMISSION; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err files_lock(const char *dir, int *ret_fd, struct store_error *ret_error);
/* Together with others who have the store open, until the descriptor is closed. ACE_ERR_BUSY somebody replaces it. */
ACE_MUST_CHECK enum ace_err files_lock_use(const char *dir, int *ret_fd, struct store_error *ret_error);
/* As a daemon, and with nobody else, while the store is replaced. ACE_ERR_BUSY somebody runs on it or has it open. */
ACE_MUST_CHECK enum ace_err files_lock_alone(const char *dir, int *ret_fd, struct store_error *ret_error);
/* On that descriptor: the daemon that holds it has left a heartbeat. ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err files_lock_up(int fd, struct store_error *ret_error);

/* Read the key. ACE_ERR_NO_KEY; ACE_ERR_PERMISSION; ACE_ERR_WRONG_KEY not of the length of a key; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err files_kek_read(const char *path, uint8_t ret_kek[STORE_KEK_LEN],
					   struct store_error *ret_error);
/* Make a key, whole or not at all, readable for its owner and for dir's group; ACE_OK also when there is a file already. */
ACE_MUST_CHECK enum ace_err files_kek_create(const char *path, const char *dir, struct store_error *ret_error);
/* Make a key in a file that must not be there, for readers as above, on disk when it returns. ACE_ERR_EXISTS. */
ACE_MUST_CHECK enum ace_err files_kek_fresh(const char *path, const char *dir, struct store_error *ret_error);
/* The directory that path lies in; ret_dir has PATH_MAX bytes. */
void files_parent(const char *path, char *ret_dir);

#endif
