/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of random bytes: nothing is handed out twice, neither by a child process nor by another
 * thread, and what was handed out is gone from memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ace_port.h"

#define DRAW_LEN 16

static int draw_compare(const void *a, const void *b)
{
	return memcmp(a, b, DRAW_LEN);
}

static void draws_differ_across_many_refills(void **state)
{
	enum { COUNT = 2000 }; /* 32 KB: eight pools */
	static uint8_t draws[COUNT][DRAW_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(ace_port_random(draws[i], DRAW_LEN), ACE_OK);
	qsort(draws, COUNT, DRAW_LEN, draw_compare);
	for (size_t i = 1; i < COUNT; i++)
		assert_memory_not_equal(draws[i - 1], draws[i], DRAW_LEN);
}

static void all_sizes_are_filled_to_their_end(void **state)
{
	static uint8_t bytes[20000];
	static const size_t lens[] = { 0, 1, 7, 1000, 4095, 4096, 19999 };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(lens); i++) {
		bool filled = !lens[i];

		memset(bytes, 0, sizeof bytes);
		/* A last byte of zero is chance; 20 of them are not. */
		for (int k = 0; k < 20 && !filled; k++) {
			assert_int_equal(ace_port_random(bytes, lens[i]), ACE_OK);
			filled = bytes[lens[i] - 1] != 0;
		}
		assert_true(filled);
		assert_int_equal(bytes[lens[i]], 0);
	}
	assert_int_equal(ace_port_random(bytes, 0), ACE_OK);
}

static void child_process_draws_other_bytes(void **state)
{
	uint8_t mine[DRAW_LEN], childs[DRAW_LEN];
	int fds[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(ace_port_random(mine, DRAW_LEN), ACE_OK); /* the pool is filled now */
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (ace_port_random(childs, DRAW_LEN) || write(fds[1], childs, DRAW_LEN) != DRAW_LEN)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(ace_port_random(mine, DRAW_LEN), ACE_OK);
	assert_int_equal(read(fds[0], childs, DRAW_LEN), DRAW_LEN);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_not_equal(mine, childs, DRAW_LEN);
	close(fds[0]);
	close(fds[1]);
}

static void *thread_draw(void *bytes)
{
	return ace_port_random(bytes, DRAW_LEN) ? NULL : bytes;
}

static void threads_draw_from_pools_of_their_own(void **state)
{
	uint8_t draws[2][DRAW_LEN];
	pthread_t threads[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread_draw, draws[i]), 0);
	for (int i = 0; i < 2; i++) {
		void *result;

		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_non_null(result);
	}
	assert_memory_not_equal(draws[0], draws[1], DRAW_LEN);
}

/* The pool: the mapping of which the kernel says that it is wiped on fork (wf) and not dumped (dd). */
static struct ace_slice pool_find(void)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	struct ace_slice pool = { NULL, 0 };
	uintptr_t start = 0, end = 0;
	char line[512];

	assert_non_null(maps);
	while (!pool.len && fgets(line, sizeof line, maps)) {
		uintptr_t from, to;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
			start = from;
			end = to;
		} else if (!strncmp(line, "VmFlags:", 8) && strstr(line, " wf") && strstr(line, " dd")) {
			pool = (struct ace_slice){ (const uint8_t *)start, end - start };
		}
	}
	fclose(maps);
	return pool;
}

static bool pool_holds(struct ace_slice pool, const uint8_t *bytes)
{
	for (size_t i = 0; i + DRAW_LEN <= pool.len; i++)
		if (!memcmp(pool.ptr + i, bytes, DRAW_LEN))
			return true;
	return false;
}

static void bytes_handed_out_are_gone_from_the_pool(void **state)
{
	uint8_t bytes[DRAW_LEN], next[DRAW_LEN];
	struct ace_slice pool;

	(void)state;
	assert_int_equal(ace_port_random(bytes, DRAW_LEN), ACE_OK);
	pool = pool_find();
	assert_true(pool.len >= 4096);
	assert_false(pool_holds(pool, bytes));
	/* It is the pool: what it holds at its present place comes next. */
	for (size_t at = 0; at + DRAW_LEN <= pool.len; at++) {
		memcpy(next, pool.ptr + at, DRAW_LEN);
		if (at >= sizeof(size_t) && next[0])
			break;
	}
	assert_true(pool_holds(pool, next));
	for (int i = 0; i < 2; i++)
		assert_int_equal(ace_port_random(bytes, DRAW_LEN), ACE_OK);
	assert_false(pool_holds(pool, next));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_differ_across_many_refills),
		cmocka_unit_test(all_sizes_are_filled_to_their_end),
		cmocka_unit_test(child_process_draws_other_bytes),
		cmocka_unit_test(threads_draw_from_pools_of_their_own),
		cmocka_unit_test(bytes_handed_out_are_gone_from_the_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
