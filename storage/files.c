/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/files.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/env.h"

#define LOCK_NAME "aced.lock"
/* Bytes of it that are locked. */
#define LOCK_RUNS 0 /* a daemon has the store */
#define LOCK_UP 1   /* and has left its first heartbeat there */
#define LOCK_USED 2 /* by whoever has the store open, together; by whoever replaces it, alone */

enum ace_err files_path(const char *dir, const char *name, size_t cap, char *ret_path)
{
	int len = snprintf(ret_path, cap, "%s/%s", dir, name);

	return len < 0 || (size_t)len >= cap ? ACE_ERR_RANGE : ACE_OK;
}

enum ace_err files_kek_path(const struct store_options *options, char *ret_path)
{
	int len;

	if (!options->kek_path && options->dir && strcmp(options->dir, STORE_DIR_DEFAULT))
		return files_path(options->dir, "kek", PATH_MAX, ret_path);
	len = snprintf(ret_path, PATH_MAX, "%s", options->kek_path ? options->kek_path : STORE_KEK_DEFAULT);
	return len < 0 || len >= PATH_MAX ? ACE_ERR_RANGE : ACE_OK;
}

/* What root may do for being in a group, the owner of dir may not. */
static int groups_leave(struct files_identity *identity)
{
	int len = getgroups(0, NULL);

	if (len <= 0)
		return len;
	identity->groups = calloc((size_t)len, sizeof *identity->groups);
	if (!identity->groups)
		return -1;
	identity->groups_len = getgroups(len, identity->groups);
	return identity->groups_len < 0 ? -1 : setgroups(0, NULL);
}

static int become(struct files_identity *identity, uid_t uid, gid_t gid)
{
	if (groups_leave(identity) || setegid(gid))
		return -1;
	return seteuid(uid);
}

/* Back to what the saved ids allow: the kernel has no reason to refuse, and to go on as somebody else is no danger. */
static void become_again(const struct files_identity *identity)
{
	if (seteuid(identity->uid) || setegid(identity->gid))
		return;
	if (identity->groups_len > 0 && setgroups((size_t)identity->groups_len, identity->groups))
		return;
}

enum ace_err files_identity_enter(const char *dir, struct files_identity *ret_identity, struct store_error *ret_error)
{
	struct files_identity identity = { .uid = geteuid(), .gid = getegid() };
	struct stat st;

	if (stat(dir, &st))
		return error_from_errno(ret_error, errno, dir);
	if (!identity.uid && (st.st_uid || st.st_gid)) {
		if (become(&identity, st.st_uid, st.st_gid)) {
			int saved = errno;

			become_again(&identity);
			free(identity.groups);
			return error_from_errno(ret_error, saved, dir);
		}
		identity.is_changed = true;
	}
	identity.mask = umask(0007);
	*ret_identity = identity;
	return ACE_OK;
}

void files_identity_leave(const struct files_identity *identity)
{
	umask(identity->mask);
	if (identity->is_changed)
		become_again(identity);
	free(identity->groups);
}

enum ace_err files_dir_make(const char *dir, struct store_error *ret_error)
{
	const struct passwd *owner;

	if (mkdir(dir, 0770))
		return errno == EEXIST ? ACE_OK : error_from_errno(ret_error, errno, dir);
	if (chmod(dir, 0770))
		return error_from_errno(ret_error, errno, dir);
	if (geteuid() || strcmp(dir, STORE_DIR_DEFAULT))
		return ACE_OK;
	owner = getpwnam("aced");
	if (owner && chown(dir, owner->pw_uid, owner->pw_gid))
		return error_from_errno(ret_error, errno, dir);
	return ACE_OK;
}

enum ace_err files_dir_sync(const char *dir, struct store_error *ret_error)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	int saved = errno;

	if (fd >= 0)
		close(fd);
	return rc ? error_from_errno(ret_error, saved, dir) : ACE_OK;
}

static enum ace_err lock_open(const char *dir, int *ret_fd, struct store_error *ret_error)
{
	char path[PATH_MAX];

	if (files_path(dir, LOCK_NAME, sizeof(path), path))
		return error_set(ret_error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", dir);
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	return *ret_fd < 0 ? error_from_errno(ret_error, errno, path) : ACE_OK;
}

/* A byte of aced.lock, and what hinders it, in words that follow the directory's name. */
struct lock {
	short type;
	off_t byte;
	const char *busy;
};

/* Closes fd on failure. */
static enum ace_err lock_take(const char *dir, int fd, const struct lock *lock, struct store_error *ret_error)
{
	struct flock request = { .l_type = lock->type, .l_whence = SEEK_SET, .l_start = lock->byte, .l_len = 1 };
	enum ace_err err;

	if (!fcntl(fd, F_OFD_SETLK, &request))
		return ACE_OK;
	err = errno == EAGAIN || errno == EACCES ? error_set(ret_error, ACE_ERR_BUSY, errno, "%.300s%s", dir, lock->busy) :
						   error_from_errno(ret_error, errno, dir);
	close(fd);
	return err;
}

static enum ace_err lock_file(const char *dir, const struct lock *lock, int *ret_fd, struct store_error *ret_error)
{
	int fd;
	enum ace_err err = lock_open(dir, &fd, ret_error);

	if (!err)
		err = lock_take(dir, fd, lock, ret_error);
	if (!err)
		*ret_fd = fd;
	return err;
}

enum ace_err files_lock(const char *dir, int *ret_fd, struct store_error *ret_error)
{
	static const struct lock lock = { F_WRLCK, LOCK_RUNS,
					  "/" LOCK_NAME ": another aced runs on this store: stop that one first" };

	return lock_file(dir, &lock, ret_fd, ret_error);
}

enum ace_err files_lock_use(const char *dir, int *ret_fd, struct store_error *ret_error)
{
	static const struct lock lock = { F_RDLCK, LOCK_USED, ": a backup is being restored: try again when that is done" };

	return lock_file(dir, &lock, ret_fd, ret_error);
}

/* Who takes it away from a daemon that has not opened the store yet is refused by the first lock. */
enum ace_err files_lock_alone(const char *dir, int *ret_fd, struct store_error *ret_error)
{
	static const struct lock lock = { F_WRLCK, LOCK_USED, ": another acectl uses the store: let it end first" };
	struct files_identity identity;
	int fd;
	enum ace_err err = files_identity_enter(dir, &identity, ret_error);

	if (err)
		return err;
	err = files_lock(dir, &fd, ret_error);
	files_identity_leave(&identity);
	if (!err)
		err = lock_take(dir, fd, &lock, ret_error);
	if (!err)
		*ret_fd = fd;
	return err;
}

enum ace_err files_lock_up(int fd, struct store_error *ret_error)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_UP, .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock) ? error_from_errno(ret_error, errno, LOCK_NAME) : ACE_OK;
}

/* The kernel lets go of a lock however its process ends, so that what one says is true of now. */
static bool is_locked(const char *dir, off_t byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };
	char path[PATH_MAX];
	bool is_held;
	int fd;

	if (files_path(dir ? dir : STORE_DIR_DEFAULT, LOCK_NAME, sizeof(path), path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	is_held = !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
	close(fd);
	return is_held;
}

bool store_daemon_running(const char *dir)
{
	return is_locked(dir, LOCK_RUNS);
}

bool store_daemon_up(const char *dir)
{
	return is_locked(dir, LOCK_UP);
}
