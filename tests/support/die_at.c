/* SPDX-License-Identifier: Apache-2.0 */
/* A library to be preloaded into a program under test: at the n-th of its calls that change what is on disk, the process is gone
 * as with SIGKILL. DIE_AT names a file that holds n, from 1, as text; odd numbers die before a call, even ones after it. The file is
 * removed by the one that dies, so that who sees it left over knows that there were fewer calls. */
#undef _FILE_OFFSET_BITS /* each name as it is, and its other one beside it */
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long countdown(void)
{
	static long left = -1;
	const char *path = getenv("DIE_AT");
	char text[16] = "";
	FILE *file;

	if (left >= 0)
		return left ? --left : 0;
	file = path ? fopen(path, "r") : NULL;
	left = file && fgets(text, sizeof text, file) ? strtol(text, NULL, 10) : 0;
	if (file)
		fclose(file);
	/* One more than can ever be reached, when nothing is to die. */
	left = left ? left - 1 : 1L << 40;
	return left;
}

static void step(void)
{
	if (countdown())
		return;
	unlinkat(AT_FDCWD, getenv("DIE_AT"), 0);
	kill(getpid(), SIGKILL);
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define WRAPPED(type, name, parameters, ...)                                                                           \
	type name parameters                                                                                           \
	{                                                                                                              \
		type(*call) parameters = (type(*) parameters)(size_t) real(#name);                                     \
		type result;                                                                                           \
                                                                                                                       \
		step();                                                                                                \
		result = call(__VA_ARGS__);                                                                            \
		step();                                                                                                \
		return result;                                                                                         \
	}

WRAPPED(ssize_t, write, (int fd, const void *bytes, size_t len), fd, bytes, len)
WRAPPED(ssize_t, pwrite64, (int fd, const void *bytes, size_t len, off64_t at), fd, bytes, len, at)
WRAPPED(ssize_t, pwrite, (int fd, const void *bytes, size_t len, off_t at), fd, bytes, len, at)
WRAPPED(ssize_t, writev, (int fd, const struct iovec *parts, int len), fd, parts, len)
WRAPPED(ssize_t, pwritev, (int fd, const struct iovec *parts, int len, off_t at), fd, parts, len, at)
WRAPPED(ssize_t, pwritev64, (int fd, const struct iovec *parts, int len, off64_t at), fd, parts, len, at)
WRAPPED(int, fsync, (int fd), fd)
WRAPPED(int, fdatasync, (int fd), fd)
WRAPPED(int, fchmod, (int fd, mode_t mode), fd, mode)
WRAPPED(int, link, (const char *from, const char *to), from, to)
WRAPPED(int, rename, (const char *from, const char *to), from, to)
WRAPPED(int, unlink, (const char *path), path)

#define WRAPPED_OPEN(name)                                                                                             \
	int name(const char *path, int flags, ...)                                                                     \
	{                                                                                                              \
		int (*call)(const char *, int, ...) = (int (*)(const char *, int, ...))(size_t)real(#name);            \
		mode_t mode = 0;                                                                                       \
		va_list args;                                                                                          \
		int fd;                                                                                                \
                                                                                                                       \
		va_start(args, flags);                                                                                 \
		if (flags & O_CREAT)                                                                                   \
			mode = va_arg(args, mode_t);                                                                   \
		va_end(args);                                                                                          \
		if (!(flags & O_CREAT))                                                                                \
			return call(path, flags);                                                                      \
		step();                                                                                                \
		fd = call(path, flags, mode);                                                                          \
		step();                                                                                                \
		return fd;                                                                                             \
	}

WRAPPED_OPEN(open)
WRAPPED_OPEN(open64)
