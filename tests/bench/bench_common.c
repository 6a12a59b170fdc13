/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks of aced share as programs. */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"

volatile sig_atomic_t bench_is_stopped;

void bench_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(CLI_EXIT_NO);
}

static void stop(int number)
{
	(void)number;
	bench_is_stopped = 1;
}

void bench_catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool bench_pin(pid_t pid, int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	return !sched_setaffinity(pid, sizeof set, &set);
}

/* build/tests/bench/as-bench and build/as/aced are of one build. */
void bench_find_aced(char *ret_path, size_t cap)
{
	char own[512];
	ssize_t len = readlink("/proc/self/exe", own, sizeof own - 1);

	if (len < 0)
		bench_die("no /proc: give --aced");
	own[len] = '\0';
	*strrchr(own, '/') = '\0';
	snprintf(ret_path, cap, "%s/../../as/aced", own);
}
