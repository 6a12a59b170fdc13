/* SPDX-License-Identifier: Apache-2.0 */
/* Files of operators and developers: read whole with a cap, written so that a crash or a full disk leaves the old
 * file or none. Failures come with a text that names the file. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "cli/output.h"

/* Bytes on the heap. A NUL that is not counted follows them, so that text can be used as a string. */
struct cli_bytes {
	uint8_t *ptr; /* owns */
	size_t len;
};
/* Wipes and frees; a zeroed struct is fine. */
void cli_bytes_free(struct cli_bytes *bytes);

/* Read a file, or stdin when path is "-", of at most cap bytes.
 * ACE_ERR_NOT_FOUND; ACE_ERR_RANGE larger than cap; ACE_ERR_PERMISSION no permission; ACE_ERR_IO; ACE_ERR_MEMORY.
 * A missing or unreadable file asks for CLI_EXIT_USAGE or CLI_EXIT_REFUSED. */
ACE_MUST_CHECK enum ace_err cli_file_read(const char *path, size_t cap, struct cli_bytes *ret_bytes,
					  struct cli_error *ret_error);

enum cli_write_mode {
	CLI_WRITE_NEW,     /* refuse when there is a file of that name */
	CLI_WRITE_REPLACE, /* take the place of the old file at once, or leave it as it is */
};
/* Write a file with mode 0600: temporary file in the same directory, fsync, link or rename, fsync of the directory.
 * A secret never goes to a terminal: "-" is refused.
 * ACE_ERR_EXISTS; ACE_ERR_NOT_FOUND no such directory; ACE_ERR_PERMISSION; ACE_ERR_FULL the disk; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err cli_file_write(const char *path, struct ace_slice bytes, enum cli_write_mode mode,
					   struct cli_error *ret_error);

/* The same in steps, for what is too large to be in memory. */
#define CLI_FILE_PATH_MAX 4096
struct cli_new_file {
	int fd;           /* owned between begin and end or drop */
	const char *path; /* borrowed */
	enum cli_write_mode mode;
	char temporary[CLI_FILE_PATH_MAX + 16]; /* the name it has until it is whole */
};
ACE_MUST_CHECK enum ace_err cli_new_file_begin(const char *path, enum cli_write_mode mode, struct cli_new_file *ret_file,
					       struct cli_error *ret_error);
/* On disk, under its name. After a failure there is no such file, or the one that was there before; or the whole new one, of
 * which the folder's entry may not be on disk yet. */
ACE_MUST_CHECK enum ace_err cli_new_file_end(struct cli_new_file *file, struct cli_error *ret_error);
/* As if it had never been begun. */
void cli_new_file_drop(struct cli_new_file *file);

/* May every user of this machine read it? A warning is due when it holds a key; no more, since what was read is read, and
 * what is mounted into a container cannot be changed there. false for "-" and what is not there. */
bool cli_file_is_public(const char *path);

/* Read a key that is raw or in hex (white space around hex is passed over): between min and max bytes.
 * out->cap must hold max; wiped when the call fails. Besides the errors of cli_file_read: ACE_ERR_RANGE with a text
 * that says which lengths fit. */
ACE_MUST_CHECK enum ace_err cli_key_read(const char *path, size_t min, size_t max, struct ace_buf *out,
					 struct cli_error *ret_error);

/* Make a directory with that mode if it is not there (its parent must be), and check that it is one which others may
 * not write to. ACE_ERR_NOT_FOUND, ACE_ERR_PERMISSION, ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err cli_dir_make(const char *path, unsigned int mode, struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err cli_dir_check(const char *path, struct cli_error *ret_error);

/* "dir/name" into ret_path of cap bytes. ACE_ERR_RANGE when it is too long. */
ACE_MUST_CHECK enum ace_err cli_path_join(const char *dir, const char *name, char *ret_path, size_t cap);

#endif
