/* SPDX-License-Identifier: Apache-2.0 */
/* A library to be preloaded into a program under test: its clocks run ahead of the machine's by as many
 * milliseconds as the file that CLOCK_SHIFT names says (eight bytes, signed, host order), which a test may change at
 * any time. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t read_shift(void)
{
	static const volatile int64_t *shared;
	const char *path = getenv("CLOCK_SHIFT");
	void *page;
	int fd;

	if (shared)
		return *shared;
	fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return 0;
	page = mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		return 0;
	shared = page;
	return *shared;
}

/* Early, since aced opens no file once it serves. */
__attribute__((constructor)) static void get_ready(void)
{
	(void)read_shift();
}

static void shift(struct timespec *time, int64_t shift_ms)
{
	int64_t ms = time->tv_nsec / 1000000 + shift_ms % 1000;

	/* What is left is between -999 and 1998. */
	time->tv_sec += (time_t)(shift_ms / 1000 + (ms >= 1000) - (ms < 0));
	time->tv_nsec = (ms + 1000) % 1000 * 1000000 + time->tv_nsec % 1000000;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
	long code = syscall(SYS_clock_gettime, id, ret_time);

	if (!code && (id == CLOCK_REALTIME || id == CLOCK_MONOTONIC))
		shift(ret_time, read_shift());
	return (int)code;
}

time_t time(time_t *ret_seconds)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret_seconds)
		*ret_seconds = now.tv_sec;
	return now.tv_sec;
}
