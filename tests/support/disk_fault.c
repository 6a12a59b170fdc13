/* SPDX-License-Identifier: Apache-2.0 */
/* A library to be preloaded into a program under test: its disk fails as the one character in the file that DISK_FAULT names
 * says, which a test may change at any time.
 *     f  full: no byte free, and writing fails with ENOSPC
 *     w  writing fails with ENOSPC, though there seems to be room
 *     s  fsync and fdatasync fail with EIO
 * Anything else: it works. */
/* The names are those that programs link to, whatever this build's off_t makes of them. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char fault(void)
{
	static const volatile char *shared;
	const char *path = getenv("DISK_FAULT");
	void *page;
	int fd;

	if (shared)
		return *shared;
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		return 0;
	shared = page;
	return *shared;
}

/* Early, since aced opens no file once it serves. */
__attribute__((constructor)) static void get_ready(void)
{
	(void)fault();
}

static int is_full(void)
{
	char what = fault();

	errno = ENOSPC;
	return what == 'f' || what == 'w';
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	return is_full() ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, bytes, len, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return is_full() ? -1 : (ssize_t)syscall(SYS_writev, fd, parts, count);
}

static int sync_with(long number, int fd)
{
	if (fault() != 's')
		return (int)syscall(number, fd);
	errno = EIO;
	return -1;
}

int fdatasync(int fd)
{
	return sync_with(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	return sync_with(SYS_fsync, fd);
}

int statvfs64(const char *path, struct statvfs64 *ret_stat)
{
	int (*real)(const char *, struct statvfs64 *);
	int code;

	*(void **)&real = dlsym(RTLD_NEXT, "statvfs64");
	code = real(path, ret_stat);
	if (!code && fault() == 'f')
		ret_stat->f_bfree = ret_stat->f_bavail = 0;
	return code;
}
