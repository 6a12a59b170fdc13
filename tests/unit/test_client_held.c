/* SPDX-License-Identifier: Apache-2.0 */
/* protocol.md S8 to S10: what nobody has signed costs a client neither its token nor its rights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client_case.h"

/* Refusals from somebody who knows neither us nor the device. */
static void somebody_else_answers(void)
{
	peer.script.forget = 3;
	peer.script.refuse_authz = 100;
}

static void the_device_is_back(void)
{
	peer.script = (struct peer_script){ 0 };
}

static void another_device_at_the_address_does_not_cost_the_token(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	somebody_else_answers();
	peer.script.hint_audience = "other";
	assert_null(get());
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_int_equal(peer.as_requests, 1);
	the_device_is_back();
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 1);
}

/* The worst that can be forged: hints that are as they should be, and refusals of the old token and of the new. */
static void forged_refusals_cost_a_trip_to_the_as_and_no_token(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	for (unsigned int again = 1; again <= 2; again++) {
		somebody_else_answers();
		assert_null(get());
		assert_int_equal(error.exit, CLI_EXIT_REFUSED);
		assert_int_equal(peer.as_requests, 1 + again);
	}
	the_device_is_back();
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 3);
	assert_int_equal(peer.current, 0);
	assert_int_equal(state_dir_count(dir, "token-"), 1);
}

/* S10: the 2.01 to the new token is forged as well, so that nothing verifies under it. */
static void a_token_that_was_never_proven_does_not_replace_one_that_was(void **state)
{
	int numbers;

	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	numbers = state_dir_count(dir, "seq-");
	peer.script.forget = 3;
	peer.script.refuse_authz = 1;
	peer.script.bad_authz = 100;
	assert_null(get());
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(state_dir_count(dir, "seq-"), numbers);
	the_device_is_back();
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(peer.current, 0);
}

/* A device that was given another key by the AS, say. */
static void a_device_that_takes_the_old_token_no_more_gets_a_new_one(void **state)
{
	int numbers;

	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	numbers = state_dir_count(dir, "seq-");
	peer.script.forget = 3;
	peer.script.refuse_authz = 1;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(peer.current, 1);
	client_close(&client);
	client_start();
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(peer.authz_posts, 3);
	assert_int_equal(state_dir_count(dir, "token-"), 1);
	assert_int_equal(state_dir_count(dir, "seq-"), numbers);
}

/* The hints of a 4.01 are for reading, or anybody's. */
static void a_new_token_is_asked_for_all_that_the_old_one_gave(void **state)
{
	unsigned int asked;

	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	assert_string_equal(put(), "2.04 ");
	asked = peer.as_requests;
	peer.script.forget = 3;
	peer.script.refuse_authz = 1;
	assert_string_equal(put(), "2.04 ");
	assert_string_equal(peer.last_asked, "read set");
	assert_int_equal(peer.as_requests, asked + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(another_device_at_the_address_does_not_cost_the_token),
		TEST(forged_refusals_cost_a_trip_to_the_as_and_no_token),
		TEST(a_token_that_was_never_proven_does_not_replace_one_that_was),
		TEST(a_device_that_takes_the_old_token_no_more_gets_a_new_one),
		TEST(a_new_token_is_asked_for_all_that_the_old_one_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
