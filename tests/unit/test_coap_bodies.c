/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in blocks: RFC 7959 2.3 to 2.9 and RFC 9175 3.3, and everything bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "block_case.h"

static void request_without_the_option_is_whole(void **state)
{
	(void)state;
	assert_int_equal(take((struct asked) { .number = 1, .len = 1000 }), 0);
	assert_body(1000);
	assert_false(result.has_option);
	assert_place_count(0);
}

static void blocks_in_order_make_the_body(void **state)
{
	(void)state;
	for (uint32_t num = 0; num < 3; num++) {
		assert_int_equal(take(nth(num)), ACE_COAP_CONTINUE);
		assert_true(result.has_option);
		assert_int_equal(result.option, num << 4 | 8 | 1);
	}
	assert_int_equal(take(last(3, 5)), 0);
	assert_body(3 * 32 + 5);
	assert_int_equal(result.option, 3 << 4 | 1);
	assert_place_count(0);
	/* Once: the last block again is the block of nothing. */
	assert_int_equal(take(last(3, 5)), ACE_COAP_INCOMPLETE);
}

static void single_block_is_whole_and_takes_no_place(void **state)
{
	(void)state;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	assert_int_equal(take(last(0, 20)), 0);
	assert_body(20);
	assert_true(result.has_option);
	assert_place_count(0);
	assert_int_equal(take(nth(1)), ACE_COAP_INCOMPLETE); /* the transfer before is over */
}

static void size_may_change_between_blocks(void **state)
{
	(void)state;
	assert_int_equal(take((struct asked) { .block = { 0, 2, true }, .len = 64 }), ACE_COAP_CONTINUE);
	assert_int_equal(take((struct asked) { .block = { 4, 0, true }, .len = 16 }), ACE_COAP_CONTINUE);
	assert_int_equal(take((struct asked) { .block = { 5, 0, false }, .len = 16 }), 0);
	assert_body(96);
}

static void larger_blocks_than_wanted_are_taken_and_asked_to_shrink(void **state)
{
	(void)state;
	bodies.szx_max = 0;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	assert_int_equal(result.option, 8 | 0);
	assert_int_equal(take((struct asked) { .block = { 2, 0, true }, .len = 16 }), ACE_COAP_CONTINUE);
	assert_int_equal(take((struct asked) { .block = { 3, 0, false }, .len = 1 }), 0);
	assert_body(49);
}

/* RFC 7959 2.5: "If not all previous blocks are available [...] 4.08 (Request Entity Incomplete) MUST be returned". */
static void jumps_of_the_block_number_are_incomplete_and_spoil_nothing(void **state)
{
	static const uint32_t jumps[] = { 3, 1, 0xfffff, 0x80000, 4 };

	(void)state;
	assert_int_equal(take(nth(1)), ACE_COAP_INCOMPLETE);
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	assert_int_equal(take(nth(1)), ACE_COAP_CONTINUE);
	for (size_t i = 0; i < ACE_ARRAY_LEN(jumps); i++) {
		assert_int_equal(take(nth(jumps[i])), ACE_COAP_INCOMPLETE);
		assert_false(result.has_option);
		assert_int_equal(take(last(jumps[i], 7)), ACE_COAP_INCOMPLETE);
		assert_int_equal(take((struct asked) { .block = { jumps[i], 6, false }, .len = 9 }),
				 ACE_COAP_INCOMPLETE);
	}
	assert_int_equal(take(last(2, 0)), 0);
	assert_body(64);
}

/* RFC 7959 2.5: a new sequence "simply overwrites the context the server may still be keeping". */
static void block_0_starts_anew(void **state)
{
	(void)state;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	assert_int_equal(take(nth(1)), ACE_COAP_CONTINUE);
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	assert_int_equal(take(nth(2)), ACE_COAP_INCOMPLETE);
	assert_int_equal(take(last(1, 3)), 0);
	assert_body(35);
}

/* RFC 7959 2.9.3, RFC 7252 5.9.2.9: 4.13 with Size1. */
static void longer_body_is_refused_when_announced_or_when_it_comes(void **state)
{
	struct asked announced = nth(0);

	(void)state;
	announced.size1 = BODY_MAX + 1;
	assert_int_equal(take(announced), ACE_COAP_TOO_LARGE);
	assert_int_equal(result.size1, BODY_MAX);
	assert_place_count(0);
	announced.size1 = BODY_MAX; /* says so, but lies */
	assert_int_equal(take(announced), ACE_COAP_CONTINUE);
	for (uint32_t num = 1; num < BODY_MAX / 32; num++)
		assert_int_equal(take(nth(num)), ACE_COAP_CONTINUE);
	assert_int_equal(take(nth(BODY_MAX / 32)), ACE_COAP_TOO_LARGE);
	assert_int_equal(result.size1, BODY_MAX);
	assert_place_count(0);
	assert_int_equal(take((struct asked) { .block = { 0, 6, true }, .len = 1024 }), ACE_COAP_TOO_LARGE);
	for (uint32_t num = 0; num < BODY_MAX / 32; num++)
		assert_int_equal(take(nth(num)), ACE_COAP_CONTINUE);
	assert_int_equal(take(last(BODY_MAX / 32, BODY_MAX % 32)), 0);
	assert_body(BODY_MAX);
}

static void malformed_blocks_are_refused(void **state)
{
	struct asked get = nth(0);

	(void)state;
	get.code = ACE_COAP_GET;
	assert_int_equal(take(get), ACE_COAP_BAD_OPTION);
	assert_int_equal(take((struct asked) { .block = { 0, 7, true }, .len = 16 }), ACE_COAP_BAD_REQUEST);
	for (size_t len = 0; len <= 64; len++)
		if (len != 32)
			assert_int_equal(take((struct asked) { .block = { 0, 1, true }, .len = len }),
					 ACE_COAP_BAD_REQUEST);
	assert_false(result.has_option);
	assert_place_count(0);
}

static void transfer_times_out_after_its_last_block(void **state)
{
	(void)state;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	now_ms += 9999;
	assert_int_equal(take(nth(1)), ACE_COAP_CONTINUE);
	now_ms += 9999;
	assert_place_count(1);
	now_ms += 1;
	assert_int_equal(take(nth(2)), ACE_COAP_INCOMPLETE);
	assert_place_count(0);
}

/* RFC 9175 3.3: "the server cannot treat messages with a different list of Request-Tag options as belonging to the same
 * operation". RFC 7959 2.3: with mismatching Content-Format it "MUST NOT assemble them into a single request". */
static void blocks_of_another_peer_path_method_format_or_tag_do_not_belong(void **state)
{
	const struct asked others[] = {
		{ .peer = 1 }, { .code = ACE_COAP_PUT }, { .path = "/y" }, { .path = "/x/x" }, { .format = 60 },
		{ .tag = "" }, { .tag = "t" },
	};

	(void)state;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	for (size_t i = 0; i < ACE_ARRAY_LEN(others); i++) {
		struct asked other = others[i];

		other.block = (struct ace_block) { 1, 1, true };
		other.len = 32;
		assert_int_equal(take(other), ACE_COAP_INCOMPLETE);
	}
	assert_int_equal(take(last(1, 2)), 0);
	assert_body(34);
}

static void equal_values_of_different_options_differ(void **state)
{
	struct asked first = nth(0), second = last(1, 1);

	(void)state;
	first.tag = "q";
	second.query = "q";
	assert_int_equal(take(first), ACE_COAP_CONTINUE);
	assert_int_equal(take(second), ACE_COAP_INCOMPLETE);
}

static void echo_and_size_may_come_with_any_block(void **state)
{
	struct asked second = last(1, 4);

	(void)state;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE);
	second.echo = 77;
	second.size1 = 36;
	assert_int_equal(take(second), 0);
	assert_body(36);
}

static void overlapping_transfers_of_one_peer_are_kept_apart_by_their_tags(void **state)
{
	struct asked a[2] = { nth(0), last(1, 9) }, b[2] = { nth(0), last(1, 3) };

	(void)state;
	a[0].tag = a[1].tag = "a";
	b[0].tag = b[1].tag = "b";
	assert_int_equal(take(a[0]), ACE_COAP_CONTINUE);
	assert_int_equal(take(b[0]), ACE_COAP_CONTINUE);
	assert_int_equal(take(a[1]), 0);
	assert_body(41);
	assert_int_equal(take(b[1]), 0);
	assert_body(35);
}

static void third_transfer_of_a_peer_takes_its_oldest(void **state)
{
	static const char *const tags[] = { "a", "b", "c" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct asked first = nth(0);

		first.tag = tags[i];
		now_ms++;
		assert_int_equal(take(first), ACE_COAP_CONTINUE);
	}
	assert_place_count(2);
	for (size_t i = 0; i < 3; i++) {
		struct asked second = last(1, 1);

		second.tag = tags[i];
		assert_int_equal(take(second), i ? 0 : ACE_COAP_INCOMPLETE);
	}
}

/* RFC 9175 3.3: "5.03 (Service Unavailable) and a Max-Age indicating how long it expects the existing operation". */
static void flood_of_transfers_fills_the_places_and_no_more(void **state)
{
	struct asked first = nth(0), second = last(1, 8);

	(void)state;
	for (uint64_t peer = 1; peer <= 1000; peer++) {
		first.peer = peer;
		assert_int_equal(take(first), peer <= COUNT ? ACE_COAP_CONTINUE : ACE_COAP_UNAVAILABLE);
	}
	assert_int_equal(result.max_age_s, 11);
	second.peer = 1;
	assert_int_equal(take(second), 0);
	assert_body(40);
	first.peer = 1000;
	assert_int_equal(take(first), ACE_COAP_CONTINUE);
	now_ms += 10000;
	first.peer = 500;
	assert_int_equal(take(first), ACE_COAP_CONTINUE);
	assert_place_count(1);
}

/* Any sequence of blocks: what comes out whole is what went in, in order, and never anything else. */
static void random_blocks_never_make_another_body(void **state)
{
	uint32_t seed = 1, whole = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct asked asked = { .path = "/r" };

		seed = seed * 1664525 + 1013904223;
		asked.peer = seed >> 30;
		asked.block = (struct ace_block) { seed >> 26 & 7, seed >> 24 & 1, seed >> 21 & 7 };
		asked.len = asked.block.more ? 16u << asked.block.szx : seed >> 16 & 31;
		now_ms += seed >> 8 & 63;
		if (take(asked))
			continue;
		whole++;
		assert_body(((size_t)asked.block.num << (asked.block.szx + 4)) + asked.len);
	}
	assert_true(whole > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(request_without_the_option_is_whole),
		CASE(blocks_in_order_make_the_body),
		CASE(single_block_is_whole_and_takes_no_place),
		CASE(size_may_change_between_blocks),
		CASE(larger_blocks_than_wanted_are_taken_and_asked_to_shrink),
		CASE(jumps_of_the_block_number_are_incomplete_and_spoil_nothing),
		CASE(block_0_starts_anew),
		CASE(longer_body_is_refused_when_announced_or_when_it_comes),
		CASE(malformed_blocks_are_refused),
		CASE(transfer_times_out_after_its_last_block),
		CASE(blocks_of_another_peer_path_method_format_or_tag_do_not_belong),
		CASE(equal_values_of_different_options_differ),
		CASE(echo_and_size_may_come_with_any_block),
		CASE(overlapping_transfers_of_one_peer_are_kept_apart_by_their_tags),
		CASE(third_transfer_of_a_peer_takes_its_oldest),
		CASE(flood_of_transfers_fills_the_places_and_no_more),
		CASE(random_blocks_never_make_another_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
