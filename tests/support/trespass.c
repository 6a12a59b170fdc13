/* SPDX-License-Identifier: Apache-2.0 */
/* A library to be preloaded into aced: on SIGUSR1 it does from inside what a program that was taken over would. TRESPASS names a file
 * that it maps: an order of one line, "NAME ARGUMENT", which the test writes, and behind it, at byte 4088, the outcome: 0 is success,
 * else the errno, and -1 that it has not come back. */
#undef _FILE_OFFSET_BITS
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_SETSIG */
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define OUTCOME_AT 4088

static char *page;
static int own[2]; /* a pair of sockets, made before they are forbidden */

static long do_open(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static long do_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return syscall(SYS_connect, 0, &to, sizeof to) && errno == EPERM ? -1 : 0; /* that 0 is no socket is fine: the call was made */
}

/* The child, if there is one, ends at once. */
static long do_fork(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	return pid;
}

/* A byte on a socket of our own becomes a signal for somebody else, if the kernel is asked for it. */
static long do_signal(int pid)
{
	return syscall(SYS_fcntl, own[0], F_SETOWN, pid) || syscall(SYS_fcntl, own[0], F_SETSIG, SIGURG) ?
		       -1 :
		       syscall(SYS_fcntl, own[0], F_SETFL, O_ASYNC);
}

static long do_code(void)
{
	return (long)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long do_exec(void)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL }, *const none[] = { NULL };

	return syscall(SYS_execve, "/nowhere/at/all", argv, none) && errno == ENOENT ? 0 : -1;
}

static long attempt(const char *what, const char *argument)
{
	argument = argument ? argument : "";
	if (!strcmp(what, "read"))
		return do_open(argument, O_RDONLY);
	if (!strcmp(what, "write"))
		return do_open(argument, O_WRONLY | O_CREAT);
	if (!strcmp(what, "exec"))
		return do_exec();
	if (!strcmp(what, "socket"))
		return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	if (!strcmp(what, "connect"))
		return do_connect();
	if (!strcmp(what, "fork"))
		return do_fork();
	if (!strcmp(what, "code"))
		return do_code();
	if (!strcmp(what, "kill"))
		return syscall(SYS_kill, (int)strtol(argument, NULL, 10), 0);
	if (!strcmp(what, "signal"))
		return do_signal((int)strtol(argument, NULL, 10));
	if (!strcmp(what, "ptrace"))
		return syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL);
	if (!strcmp(what, "unlink"))
		return syscall(SYS_unlinkat, AT_FDCWD, argument, 0);
	errno = ENOSYS;
	return -1;
}

static void trespass(int number)
{
	char order[OUTCOME_AT], *argument;
	int32_t outcome;

	(void)number;
	memcpy(order, page, sizeof order);
	order[strcspn(order, "\n")] = '\0';
	argument = strchr(order, ' ');
	if (argument)
		*argument++ = '\0';
	outcome = attempt(order, argument) < 0 ? errno : 0;
	memcpy(page + OUTCOME_AT, &outcome, sizeof outcome);
}

__attribute__((constructor)) static void get_ready(void)
{
	const char *path = getenv("TRESPASS");
	struct sigaction action = { .sa_handler = trespass };
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0 || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, own))
		return;
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (page != MAP_FAILED)
		sigaction(SIGUSR1, &action, NULL);
}
