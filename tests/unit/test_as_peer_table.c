/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "as/bucket.h"
#include "as/echo.h"
#include "as/peer_table.h"

static struct as_peer_table table;

static int begin(void **state)
{
	(void)state;
	assert_int_equal(as_peer_table_init(&table, 4), ACE_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	as_peer_table_fini(&table);
	return 0;
}

/* One whose first request verifies. */
static struct as_peer *add(uint64_t line, uint64_t now_ms)
{
	struct as_peer *peer = NULL;

	assert_int_equal(as_peer_add(&table, line, now_ms, &peer), ACE_OK);
	as_peer_touch(&table, peer, now_ms);
	return peer;
}

static void a_kid_is_a_line_in_shortest_form(void **state)
{
	static const uint8_t one[] = { 1 }, two_bytes[] = { 1, 0 }, padded[] = { 0, 1 }, zero[] = { 0 };
	static const uint8_t longest[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, longer[8] = { 1 };
	uint64_t line;

	(void)state;
	assert_int_equal(as_kid_line(ACE_SLICE_OF(one), &line), ACE_OK);
	assert_int_equal(line, 1);
	assert_int_equal(as_kid_line(ACE_SLICE_OF(two_bytes), &line), ACE_OK);
	assert_int_equal(line, 256);
	assert_int_equal(as_kid_line(ACE_SLICE_OF(longest), &line), ACE_OK);
	assert_int_equal(as_kid_line(ACE_SLICE_OF(padded), &line), ACE_ERR_NO_CONTEXT);
	assert_int_equal(as_kid_line(ACE_SLICE_OF(zero), &line), ACE_ERR_NO_CONTEXT);
	assert_int_equal(as_kid_line(ACE_SLICE_OF(longer), &line), ACE_ERR_NO_CONTEXT);
	assert_int_equal(as_kid_line((struct ace_slice){ 0 }, &line), ACE_ERR_NO_CONTEXT);
}

static void a_full_table_gives_up_only_what_no_echo_can_reach(void **state)
{
	struct as_peer *peer;

	(void)state;
	for (uint64_t line = 1; line <= 4; line++)
		add(line, 1000 * line);
	assert_int_equal(as_peer_add(&table, 5, 4000, &peer), ACE_ERR_BUSY);
	assert_int_equal(as_peer_add(&table, 5, 1000 + AS_ECHO_VALID_MS, &peer), ACE_ERR_BUSY);
	add(5, 1001 + AS_ECHO_VALID_MS);
	assert_null(as_peer_find(&table, 1));
	assert_non_null(as_peer_find(&table, 2));
	assert_non_null(as_peer_find(&table, 5));
}

/* Whoever names kids without having their keys takes one slot in all, and nobody's place. */
static void what_never_verified_makes_room_at_once(void **state)
{
	struct as_peer *peer;

	(void)state;
	for (uint64_t line = 1; line <= 3; line++)
		add(line, 1000);
	for (uint64_t line = 100; line < 120; line++)
		assert_int_equal(as_peer_add(&table, line, 1001, &peer), ACE_OK);
	for (uint64_t line = 1; line <= 3; line++)
		assert_non_null(as_peer_find(&table, line));
	assert_null(as_peer_find(&table, 118));
	add(4, 1002);
	assert_null(as_peer_find(&table, 119));
	assert_int_equal(as_peer_add(&table, 5, 1003, &peer), ACE_ERR_BUSY);
}

static void use_protects_from_eviction(void **state)
{
	(void)state;
	for (uint64_t line = 1; line <= 4; line++)
		add(line, line);
	as_peer_touch(&table, as_peer_find(&table, 1), 20000);
	add(5, 20001);
	assert_non_null(as_peer_find(&table, 1));
	assert_null(as_peer_find(&table, 2));
}

static void a_removed_peer_is_wiped_and_its_slot_used_again(void **state)
{
	struct as_peer *peer = add(7, 1), *again;

	(void)state;
	memset(peer->ctx.sender_key, 0xaa, sizeof peer->ctx.sender_key);
	as_peer_remove(&table, peer);
	assert_null(as_peer_find(&table, 7));
	for (size_t i = 0; i < sizeof peer->ctx.sender_key; i++)
		assert_int_equal(peer->ctx.sender_key[i], 0);
	again = add(8, 2);
	assert_ptr_equal(again, peer);
}

/* Against a plain array: the same lines are in the table after any sequence of calls. */
static void behaves_like_a_list_in_random_use(void **state)
{
	uint64_t lines[4] = { 0 }, used[4] = { 0 }, now_ms = 1;
	unsigned int seed = 20240101;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		uint64_t line = 1 + (uint64_t)rand_r(&seed) % 9;
		struct as_peer *peer = as_peer_find(&table, line);
		int at = -1, oldest = 0;

		now_ms += 1 + (uint64_t)rand_r(&seed) % 4000;
		for (int i = 0; i < 4; i++) {
			at = lines[i] == line ? i : at;
			oldest = used[i] < used[oldest] ? i : oldest;
		}
		assert_int_equal(peer != NULL, at >= 0);
		if (peer && rand_r(&seed) % 8 == 0) {
			as_peer_remove(&table, peer);
			lines[at] = used[at] = 0;
		} else if (peer) {
			as_peer_touch(&table, peer, now_ms);
			used[at] = now_ms;
		} else if (!lines[oldest] || now_ms - used[oldest] > AS_ECHO_VALID_MS) {
			add(line, now_ms);
			lines[oldest] = line;
			used[oldest] = now_ms;
		} else {
			assert_int_equal(as_peer_add(&table, line, now_ms, &peer), ACE_ERR_BUSY);
		}
	}
}

static void a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
	const struct as_rate rate = { .per_second = 10, .burst = 50 };
	struct as_bucket bucket = { 0 };
	int taken = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		taken += as_bucket_take(&bucket, &rate, 1000);
	assert_int_equal(taken, 50);
	assert_false(as_bucket_take(&bucket, &rate, 1099));
	assert_true(as_bucket_take(&bucket, &rate, 1200));
	taken = 0;
	for (uint64_t ms = 1200; ms < 11200; ms += 7)
		taken += as_bucket_take(&bucket, &rate, ms);
	assert_in_range(taken, 99, 101);
	taken = 0;
	for (int i = 0; i < 100; i++)
		taken += as_bucket_take(&bucket, &rate, 10000000);
	assert_int_equal(taken, 50);
}

/* One that is full again within a millisecond is still empty in the millisecond that emptied it. */
static void a_burst_is_the_most_at_once_whatever_the_rate(void **state)
{
	const struct as_rate rate = { .per_second = 10000, .burst = 5 };
	struct as_bucket bucket = { 0 };
	int taken = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		taken += as_bucket_take(&bucket, &rate, 1000);
	assert_int_equal(taken, 5);
	for (int i = 0; i < 100; i++)
		taken += as_bucket_take(&bucket, &rate, 1001);
	assert_int_equal(taken, 10);
}

static void what_is_owed_comes_in_first(void **state)
{
	const struct as_rate rate = { .per_second = 10, .burst = 50 };
	struct as_bucket bucket = { 0 };

	(void)state;
	assert_true(as_bucket_take(&bucket, &rate, 1000));
	as_bucket_owe(&bucket, &rate, 48);
	assert_true(as_bucket_take(&bucket, &rate, 1000));
	as_bucket_owe(&bucket, &rate, 20);
	assert_false(as_bucket_take(&bucket, &rate, 1000));
	assert_false(as_bucket_take(&bucket, &rate, 3099));
	assert_true(as_bucket_take(&bucket, &rate, 3100));
	assert_false(as_bucket_take(&bucket, &rate, 3101));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kid_is_a_line_in_shortest_form),
		cmocka_unit_test_setup_teardown(a_full_table_gives_up_only_what_no_echo_can_reach, begin, end),
		cmocka_unit_test_setup_teardown(what_never_verified_makes_room_at_once, begin, end),
		cmocka_unit_test_setup_teardown(use_protects_from_eviction, begin, end),
		cmocka_unit_test_setup_teardown(a_removed_peer_is_wiped_and_its_slot_used_again, begin, end),
		cmocka_unit_test_setup_teardown(behaves_like_a_list_in_random_use, begin, end),
		cmocka_unit_test(a_bucket_gives_its_burst_and_then_its_rate),
		cmocka_unit_test(a_burst_is_the_most_at_once_whatever_the_rate),
		cmocka_unit_test(what_is_owed_comes_in_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
