/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that cannot be made again, kept for the requests for their later blocks: RFC 7959 2.4, 2.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "block_case.h"

static uint8_t answer_bytes[BODY_MAX + 1];

static enum ace_err keep(struct asked asked, size_t len)
{
	for (size_t i = 0; i < sizeof answer_bytes; i++)
		answer_bytes[i] = pattern(i);
	return ace_block2_keep(&bodies, asked.peer, now_ms, message(&asked),
			       &(struct ace_block2_answer) { .body = { answer_bytes, len }, .note = (uint32_t)len });
}

/* Ask for the block of that number of what was asked before. */
static bool kept(struct asked asked, uint32_t num, struct ace_block2_answer *ret_answer)
{
	asked.number = ACE_OPT_BLOCK2;
	asked.block = (struct ace_block) { num, 1, false };
	asked.len = 0;
	return ace_block2_kept(&bodies, asked.peer, now_ms, message(&asked), ret_answer);
}

static void assert_kept(struct asked asked, size_t len)
{
	struct ace_block2_answer answer;

	assert_true(kept(asked, 1, &answer));
	assert_int_equal(answer.note, len);
	assert_int_equal(answer.body.len, len);
	assert_memory_equal(answer.body.ptr, answer_bytes, len);
}

static void later_blocks_of_a_kept_answer_are_found(void **state)
{
	struct ace_block2_answer answer;

	(void)state;
	/* The request itself came in blocks; those that follow leave out Block1. */
	assert_int_equal(keep(last(3, 8), 150), ACE_OK);
	assert_kept((struct asked) { 0 }, 150);
	assert_kept((struct asked) { 0 }, 150); /* again, for a client that lost it */
	/* Block 0 is a new request: it is served, not repeated. */
	assert_false(kept((struct asked) { 0 }, 0, &answer));
	assert_false(ace_block2_kept(&bodies, 0, now_ms, message(&(struct asked) { .number = 1 }), &answer));
}

static void answer_is_for_its_peer_and_request_only(void **state)
{
	const struct asked others[] = {
		{ .peer = 1 }, { .code = ACE_COAP_PUT }, { .path = "/y" }, { .format = 60 }, { .tag = "t" }
	};
	struct ace_block2_answer answer;

	(void)state;
	assert_int_equal(keep((struct asked) { .number = 1 }, 150), ACE_OK);
	for (size_t i = 0; i < ACE_ARRAY_LEN(others); i++)
		assert_false(kept(others[i], 1, &answer));
	assert_kept((struct asked) { 0 }, 150);
}

static void newer_answer_takes_the_place_of_the_one_to_the_same_request(void **state)
{
	(void)state;
	assert_int_equal(keep((struct asked) { 0 }, 150), ACE_OK);
	assert_int_equal(keep((struct asked) { 0 }, 60), ACE_OK);
	assert_place_count(1);
	assert_kept((struct asked) { 0 }, 60);
}

static void answer_leaves_when_nobody_asked_for_a_while(void **state)
{
	struct ace_block2_answer answer;

	(void)state;
	assert_int_equal(keep((struct asked) { 0 }, 150), ACE_OK);
	now_ms += 9999;
	assert_kept((struct asked) { 0 }, 150);
	now_ms += 10000;
	assert_false(kept((struct asked) { 0 }, 1, &answer));
	assert_place_count(0);
}

static void answers_share_the_places_and_their_caps_with_requests(void **state)
{
	struct ace_block2_answer answer;
	struct asked asked = { 0 };

	(void)state;
	assert_int_equal(keep(asked, BODY_MAX + 1), ACE_ERR_SPACE);
	assert_place_count(0);
	assert_int_equal(keep(asked, BODY_MAX), ACE_OK);
	now_ms++;
	assert_int_equal(take(nth(0)), ACE_COAP_CONTINUE); /* of the same request: the two are no mix-up */
	assert_kept(asked, BODY_MAX);
	now_ms++;
	asked.path = "/y";
	assert_int_equal(keep(asked, 10), ACE_OK); /* the third place of peer 0 takes its oldest: the block */
	assert_int_equal(take(last(1, 1)), ACE_COAP_INCOMPLETE);
	for (asked.peer = 1; asked.peer <= 2; asked.peer++)
		assert_int_equal(keep(asked, 20), ACE_OK);
	assert_int_equal(keep(asked, 20), ACE_ERR_FULL);
	asked.peer = 0;
	assert_true(kept(asked, 1, &answer));
}

static void malformed_block_option_finds_nothing(void **state)
{
	struct asked asked = { .number = ACE_OPT_BLOCK2, .block = { 1, 7, false } };
	struct ace_block2_answer answer;

	(void)state;
	assert_int_equal(keep((struct asked) { 0 }, 150), ACE_OK);
	assert_false(ace_block2_kept(&bodies, 0, now_ms, message(&asked), &answer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(later_blocks_of_a_kept_answer_are_found),
		CASE(answer_is_for_its_peer_and_request_only),
		CASE(newer_answer_takes_the_place_of_the_one_to_the_same_request),
		CASE(answer_leaves_when_nobody_asked_for_a_while),
		CASE(answers_share_the_places_and_their_caps_with_requests),
		CASE(malformed_block_option_finds_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
