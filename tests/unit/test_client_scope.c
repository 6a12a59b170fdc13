/* SPDX-License-Identifier: Apache-2.0 */
/* What the AS is asked for: no more than the request needs, and in such a way that a refusal is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client_case.h"

/* The hints are for a GET (RFC 9200 6.8): the request says what it needs. */
static void a_first_put_takes_one_trip_to_the_as(void **state)
{
	(void)state;
	peer.script.aif = true;
	assert_string_equal(put(), "2.04 ");
	assert_string_equal(peer.last_asked, "/temp:GET,PUT");
	assert_int_equal(peer.plain_gets, 1);
	assert_int_equal(peer.as_requests, 1);
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.device_requests, 1);
	assert_int_equal(peer.updates, 0);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 1);
}

/* "set" is for reading too, so that asking for it brings a token all the same: one that is no more than what is held. */
static void a_refused_method_is_an_error_with_an_id_and_leaves_no_token(void **state)
{
	unsigned int tokens;

	(void)state;
	peer.script.aif = true;
	peer.script.refuse_set = true;
	assert_string_equal(get(), "2.05 21.5");
	tokens = peer.tokens;
	for (int again = 0; again < 2; again++) {
		assert_null(put());
		assert_int_equal(error.exit, CLI_EXIT_NO);
		assert_non_null(strstr(error.message, "(/temp:PUT)"));
		assert_non_null(strstr(error.message, "decision D-01KB2R7ABCDEFGHJ"));
	}
	assert_int_equal(peer.tokens, tokens);
	assert_int_equal(peer.updates, 0);
	assert_int_equal(peer.authz_posts, 1);
	assert_string_equal(get(), "2.05 21.5");
}

/* A part is granted, which is not the one that matters. */
static void a_refused_first_put_names_the_decision_and_brings_one_token_at_most(void **state)
{
	(void)state;
	peer.script.aif = true;
	peer.script.refuse_set = true;
	assert_null(put());
	assert_int_equal(error.exit, CLI_EXIT_NO);
	assert_non_null(strstr(error.message, "(/temp:PUT)"));
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(peer.tokens, 1);
	assert_int_equal(peer.authz_posts, 0);
	assert_null(put());
	assert_int_equal(peer.as_requests, 3);
	assert_int_equal(peer.tokens, 1);
}

static void a_device_that_goes_by_names_is_asked_by_the_hinted_one(void **state)
{
	(void)state;
	assert_string_equal(put(), "2.04 ");
	assert_string_equal(peer.last_asked, "read set");
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.updates, 1);
}

/* Names and AIF cannot be compared, so that each request with --scope would ask again. */
static void a_named_scope_is_not_asked_for_again_when_the_request_is_covered(void **state)
{
	struct client_job job = { .scope = { ACE_SCOPE_TEXT, ACE_LITERAL("set") } };

	(void)state;
	peer.script.aif = true;
	assert_string_equal(ask(ACE_COAP_PUT, &job), "2.04 ");
	assert_string_equal(ask(ACE_COAP_PUT, &job), "2.04 ");
	assert_string_equal(ask(ACE_COAP_GET, &job), "2.05 21.5");
	assert_int_equal(peer.as_requests, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(a_first_put_takes_one_trip_to_the_as),
		TEST(a_refused_method_is_an_error_with_an_id_and_leaves_no_token),
		TEST(a_refused_first_put_names_the_decision_and_brings_one_token_at_most),
		TEST(a_device_that_goes_by_names_is_asked_by_the_hinted_one),
		TEST(a_named_scope_is_not_asked_for_again_when_the_request_is_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
