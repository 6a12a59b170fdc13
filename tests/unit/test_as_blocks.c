/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise requests and answers where a batch does not end as it should; tests/e2e/blocks.py has the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "batch_case.h"

#include "as_message.h"

#define SZX 1 /* 32 bytes */

static struct as_came came;
static uint8_t whole[64];

/* A token request of exactly two blocks: what is not known is passed over. */
static struct ace_slice two_blocks(void)
{
	struct ace_slice small = token_body("d-clock");
	size_t rest = sizeof whole - small.len - 4;

	assert_true((small.ptr[0] & 0xe0) == 0xa0 && rest >= 24 && rest < sizeof whole);
	memcpy(whole, small.ptr, small.len);
	whole[0]++;
	memcpy(whole + small.len, (uint8_t[]){ 0x18, 200, 0x58, (uint8_t)rest }, 4);
	memset(whole + small.len + 4, 0, rest);
	return ACE_SLICE_OF(whole);
}

static void ask(struct as_line *line, struct ace_slice body, const uint32_t *block1, const uint32_t *block2)
{
	as_line_ask_with(line, &(struct as_ask){ ACE_COAP_POST, "/token", .body = body, .block1 = block1, .block2 = block2 });
	assert_int_equal(run(), ACE_OK);
	assert_true(as_line_came(line, &line->exchange, &came));
}

static void send_block(struct as_line *line, uint32_t num, uint8_t wanted)
{
	uint32_t option = num << 4 | (num ? 0 : 8) | SZX;

	two_blocks();
	ask(line, (struct ace_slice){ whole + 32 * num, 32 }, &option, NULL);
	assert_int_equal(came.message.code, wanted);
}

static enum ace_err touch_device(struct store_txn *txn)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, "d-clock", &device);

	return err ? err : store_device_update(txn, &device);
}

static void a_request_in_blocks_is_served_at_the_last_one(void **state)
{
	(void)state;
	send_block(&anna, 0, ACE_COAP_CONTINUE);
	assert_string_equal(story, "P");
	assert_stored(0, 0);
	send_block(&anna, 1, ACE_COAP_CREATED);
	assert_true(as_came_with(&came, ACE_OPT_BLOCK1));
	assert_stored(1, 1);
	send_block(&anna, 1, ACE_COAP_INCOMPLETE);
	assert_stored(1, 1);
}

static void nobody_ends_the_transfer_of_another(void **state)
{
	(void)state;
	send_block(&anna, 0, ACE_COAP_CONTINUE);
	send_block(&bob, 1, ACE_COAP_INCOMPLETE);
	send_block(&bob, 0, ACE_COAP_CONTINUE);
	send_block(&anna, 1, ACE_COAP_CREATED);
	send_block(&bob, 1, ACE_COAP_BAD_REQUEST); /* he may not */
	assert_stored(1, 2);
}

/* The body is gone when it is served: it comes again, and nobody else's bytes are read instead. */
static void what_acectl_overtook_is_sent_again(void **state)
{
	(void)state;
	reserve_numbers();
	send_block(&anna, 0, ACE_COAP_CONTINUE);
	acectl_changes = touch_device;
	send_block(&anna, 1, ACE_COAP_UNAVAILABLE);
	assert_null(acectl_changes);
	assert_stored(1, 1);
	send_block(&anna, 0, ACE_COAP_CONTINUE);
	send_block(&anna, 1, ACE_COAP_CREATED);
	assert_stored(2, 2);
}

static void an_answer_that_is_not_on_disk_is_not_kept(void **state)
{
	static const uint32_t first = 1, second = 1 << 4 | 1;

	(void)state;
	reserve_numbers();
	commit_fails = ACE_ERR_FULL;
	ask(&anna, token_body("d-clock"), NULL, &first);
	assert_int_equal(came.message.code, ACE_COAP_UNAVAILABLE);
	commit_fails = ACE_OK;
	ask(&anna, token_body("d-clock"), NULL, &second);
	assert_int_equal(came.message.code, ACE_COAP_INCOMPLETE);
	assert_stored(1, 1);
	ask(&anna, token_body("d-clock"), NULL, &first);
	assert_int_equal(came.message.code, ACE_COAP_CREATED);
	assert_int_equal(came.message.payload.len, 32);
	ask(&anna, token_body("d-clock"), NULL, &second);
	assert_int_equal(came.message.code, ACE_COAP_CREATED);
	assert_stored(2, 2);
	ask(&bob, token_body("d-clock"), NULL, &second);
	assert_int_equal(came.message.code, ACE_COAP_INCOMPLETE);
}

static void a_block_option_that_is_wrong_costs_nothing(void **state)
{
	static const uint32_t wrong = 7;

	(void)state;
	ask(&anna, token_body("d-clock"), NULL, &wrong);
	assert_int_equal(came.message.code, ACE_COAP_BAD_REQUEST);
	assert_int_equal(came.message.payload.len, 0);
	assert_stored(0, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, batch_case_setup, batch_case_teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_request_in_blocks_is_served_at_the_last_one),
		CASE(nobody_ends_the_transfer_of_another),
		CASE(what_acectl_overtook_is_sent_again),
		CASE(an_answer_that_is_not_on_disk_is_not_kept),
		CASE(a_block_option_that_is_wrong_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
