/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/files_internal.h"

enum ace_err cli_path_join(const char *dir, const char *name, char *ret_path, size_t cap)
{
	size_t dir_len = strlen(dir);
	const char *between = dir_len && dir[dir_len - 1] == '/' ? "" : "/";
	int len = snprintf(ret_path, cap, "%s%s%s", dir, dir_len ? between : "", name);

	return len < 0 || (size_t)len >= cap ? ACE_ERR_RANGE : ACE_OK;
}

/* The directory that path lies in. */
static void parent_of(const char *path, char ret_dir[CLI_FILE_PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		snprintf(ret_dir, CLI_FILE_PATH_MAX, ".");
	else
		snprintf(ret_dir, CLI_FILE_PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static int write_all(int fd, struct ace_slice bytes)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return 0;
}

/* A name is on disk only after its directory is. */
static int sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc, saved;

	if (fd < 0)
		return -1;
	rc = fsync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static enum ace_err exists(const char *path, struct cli_error *ret_error)
{
	cli_error_set(ret_error, ACE_ERR_EXISTS, "%s is there already and is not overwritten", path);
	cli_error_hint(ret_error, "move it away or choose another name");
	return ACE_ERR_EXISTS;
}

enum ace_err cli_new_file_begin(const char *path, enum cli_write_mode mode, struct cli_new_file *ret_file,
				struct cli_error *ret_error)
{
	struct cli_new_file *file = ret_file;

	if (!strcmp(path, "-") || !path[0])
		return cli_error_set(ret_error, ACE_ERR_USAGE, "a secret is written to a file only: name one with -o");
	if (strlen(path) >= CLI_FILE_PATH_MAX)
		return cli_error_errno(ret_error, ENAMETOOLONG, "write", path);
	if (mode == CLI_WRITE_NEW && !access(path, F_OK))
		return exists(path, ret_error);
	*file = (struct cli_new_file){ .path = path, .mode = mode };
	snprintf(file->temporary, sizeof file->temporary, "%s.XXXXXX", path);
	file->fd = mkostemp(file->temporary, O_CLOEXEC);
	return file->fd < 0 ? cli_error_errno(ret_error, errno, "write", path) : ACE_OK;
}

/* Give the temporary file its name. 0, or -1 with errno. */
static int give_name(const struct cli_new_file *file)
{
	if (fchmod(file->fd, 0600) || fsync(file->fd))
		return -1;
	if (file->mode == CLI_WRITE_REPLACE)
		return rename(file->temporary, file->path);
	if (link(file->temporary, file->path)) /* unlike rename(), fails when the name is taken */
		return -1;
	return unlink(file->temporary);
}

enum ace_err cli_new_file_end(struct cli_new_file *file, struct cli_error *ret_error)
{
	char dir[CLI_FILE_PATH_MAX];
	int saved;

	parent_of(file->path, dir);
	if (!give_name(file) && !sync_dir(dir)) {
		close(file->fd);
		return ACE_OK;
	}
	saved = errno;
	cli_new_file_drop(file);
	return saved == EEXIST ? exists(file->path, ret_error) : cli_error_errno(ret_error, saved, "write", file->path);
}

void cli_new_file_drop(struct cli_new_file *file)
{
	unlink(file->temporary);
	close(file->fd);
}

enum ace_err cli_file_write(const char *path, struct ace_slice bytes, enum cli_write_mode mode,
			    struct cli_error *ret_error)
{
	struct cli_new_file file;
	enum ace_err err = cli_new_file_begin(path, mode, &file, ret_error);

	if (err)
		return err;
	if (!write_all(file.fd, bytes))
		return cli_new_file_end(&file, ret_error);
	err = cli_error_errno(ret_error, errno, "write", path);
	cli_new_file_drop(&file);
	return err;
}

enum ace_err cli_dir_check(const char *path, struct cli_error *ret_error)
{
	struct stat st;

	if (stat(path, &st))
		return cli_error_errno(ret_error, errno, "use", path);
	if (!S_ISDIR(st.st_mode))
		return cli_error_errno(ret_error, ENOTDIR, "use", path);
	if (st.st_mode & S_IWOTH) {
		cli_error_set(ret_error, ACE_ERR_PERMISSION, "others may write to the directory %s", path);
		cli_error_hint(ret_error, "chmod o-w %s", path);
		return ACE_ERR_PERMISSION;
	}
	return ACE_OK;
}

enum ace_err cli_dir_make(const char *path, unsigned int mode, struct cli_error *ret_error)
{
	char dir[CLI_FILE_PATH_MAX];
	enum ace_err err;

	if (strlen(path) >= CLI_FILE_PATH_MAX)
		return cli_error_errno(ret_error, ENAMETOOLONG, "make", path);
	if (mkdir(path, (mode_t)mode) == 0) {
		parent_of(path, dir);
		/* The umask may have taken bits away; the directory is ours, so this says what it is to be. */
		if (chmod(path, (mode_t)mode) || sync_dir(dir))
			return cli_error_errno(ret_error, errno, "make", path);
	} else if (errno != EEXIST) {
		err = cli_error_errno(ret_error, errno, "make", path);
		if (err == ACE_ERR_NOT_FOUND)
			cli_error_hint(ret_error, "make the directory around it first");
		return err;
	}
	return cli_dir_check(path, ret_error);
}
