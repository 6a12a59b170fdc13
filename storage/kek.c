/* SPDX-License-Identifier: Apache-2.0 */
/* The key-encryption key's file. It is read and written as the caller, not as the store's owner. */
#include "storage/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ace_port.h"
#include "storage/env.h"

/* Read up to cap bytes; negative on failure. */
static ssize_t read_all(int fd, uint8_t *bytes, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = read(fd, bytes + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return n;
		if (!n)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

enum ace_err files_kek_read(const char *path, uint8_t ret_kek[STORE_KEK_LEN], struct store_error *ret_error)
{
	uint8_t bytes[STORE_KEK_LEN + 1]; /* one more, to see a file that is too long */
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0 && errno == ENOENT)
		return error_set(ret_error, ACE_ERR_NO_KEY, ENOENT,
				 "%.300s: no key-encryption key there: name the right file with --kek, or put the key back",
				 path);
	if (fd < 0)
		return error_from_errno(ret_error, errno, path);
	len = read_all(fd, bytes, sizeof(bytes));
	if (len < 0)
		error_from_errno(ret_error, errno, path);
	else if (len != STORE_KEK_LEN)
		error_set(ret_error, ACE_ERR_WRONG_KEY, 0, "%.300s: not a key-encryption key, which has exactly %d bytes", path,
			  STORE_KEK_LEN);
	else
		memcpy(ret_kek, bytes, STORE_KEK_LEN);
	ace_wipe(bytes, sizeof(bytes));
	close(fd);
	return len == STORE_KEK_LEN ? ACE_OK : ret_error->err;
}

/* A fresh key into an open file, with its final owner and mode, on disk. */
static enum ace_err kek_fill(int fd, const char *path, const char *dir, struct store_error *ret_error)
{
	uint8_t kek[STORE_KEK_LEN];
	enum ace_err err = ace_port_random(kek, sizeof(kek));
	struct stat st;
	ssize_t written;

	if (err)
		return error_set(ret_error, err, 0, "%.300s: no random numbers for a key", path);
	written = write(fd, kek, sizeof(kek));
	ace_wipe(kek, sizeof(kek));
	if (written != (ssize_t)sizeof(kek))
		return error_from_errno(ret_error, written < 0 ? errno : ENOSPC, path);
	if (stat(dir, &st))
		return error_from_errno(ret_error, errno, dir);
	/* root:aced, so that the daemon reads it through its group and cannot change it. */
	if (!geteuid() && fchown(fd, 0, st.st_gid))
		return error_from_errno(ret_error, errno, path);
	if (fchmod(fd, 0440) || fsync(fd))
		return error_from_errno(ret_error, errno, path);
	return ACE_OK;
}

void files_parent(const char *path, char *ret_dir)
{
	const char *slash = strrchr(path, '/');
	int len = slash && slash > path ? (int)(slash - path) : 1;

	snprintf(ret_dir, PATH_MAX, "%.*s", len, slash ? path : ".");
}

/* /etc/aced may not be there yet. Whatever goes wrong shows when the file is made. */
static void parent_make(const char *path)
{
	char parent[PATH_MAX];

	files_parent(path, parent);
	if (mkdir(parent, 0755))
		return; /* mostly because it exists */
}

enum ace_err files_kek_fresh(const char *path, const char *dir, struct store_error *ret_error)
{
	char parent[PATH_MAX];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	enum ace_err err;

	if (fd < 0)
		return error_from_errno(ret_error, errno, path);
	err = kek_fill(fd, path, dir, ret_error);
	close(fd);
	files_parent(path, parent);
	if (!err)
		err = files_dir_sync(parent, ret_error);
	if (err)
		unlink(path);
	return err;
}

enum ace_err files_kek_create(const char *path, const char *dir, struct store_error *ret_error)
{
	char fresh[PATH_MAX], parent[PATH_MAX];
	enum ace_err err;

	if (!access(path, F_OK))
		return ACE_OK;
	if (snprintf(fresh, sizeof(fresh), "%s.new-%ld", path, (long)getpid()) >= (int)sizeof(fresh))
		return error_set(ret_error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", path);
	parent_make(path);
	err = files_kek_fresh(fresh, dir, ret_error);
	if (err)
		return err;
	/* link() and not rename(): a key that somebody else put there in the meantime is never replaced. */
	if (link(fresh, path) && errno != EEXIST)
		err = error_from_errno(ret_error, errno, path);
	unlink(fresh);
	files_parent(path, parent);
	return err ? err : files_dir_sync(parent, ret_error);
}
