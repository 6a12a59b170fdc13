/* SPDX-License-Identifier: Apache-2.0 */
/* Hints are suggestions that anybody can make: whom they may move, and whom not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "client/flow.h"
#include "client/state.h"
#include "vectors.h"

static void same_as_ignores_the_scheme_only(void **state)
{
	(void)state;
	assert_true(client_same_as(ACE_LITERAL("coap://as.example.com/token"),
				   ACE_LITERAL("coaps://as.example.com/token")));
	assert_true(client_same_as(ACE_LITERAL("coap://AS.example.com:5683/token"),
				   ACE_LITERAL("coap://as.example.com/token")));
	assert_false(client_same_as(ACE_LITERAL("coap://as.example.com/token"),
				    ACE_LITERAL("coap://as.example.com:5700/token")));
	assert_false(client_same_as(ACE_LITERAL("coap://as.example.com/token"),
				    ACE_LITERAL("coap://as.example.com/other")));
	assert_false(client_same_as(ACE_LITERAL("coap://as.example.com/token"),
				    ACE_LITERAL("coap://as.example.com.evil/token")));
	assert_false(client_same_as(ACE_LITERAL("coap://as/token"), ACE_LITERAL("coap://as/token\0x")));
	assert_false(client_same_as(ACE_LITERAL("coap://as/token"), ACE_LITERAL("")));
}

static struct cli_client_bundle bundles[2] = {
	{ .client = "c", .as_uri = "coap://one.example/token" },
	{ .client = "c", .as_uri = "coap://two.example/token" },
};
static struct client_hints hints;
static struct client_pin pin;
static struct client_choice choice;
static struct cli_error error;

static enum ace_err choose(size_t enrolled, const char *as_uri, const char *audience)
{
	const struct client_enrolments enrolments = { bundles, enrolled };

	memset(&error, 0, sizeof error);
	memset(&choice, 0, sizeof choice);
	return client_choose(&(struct client_choice_input){ .origin = "coap://device", .hints = &hints, .pin = &pin,
		.enrolments = &enrolments, .as_uri = as_uri, .audience = audience }, &choice, &error);
}

static void hint(const char *as_uri, const char *audience)
{
	hints = (struct client_hints){ .as_uri = client_slice(as_uri), .audience = client_slice(audience) };
}

static void pinned(const char *as_uri, const char *audience)
{
	pin = (struct client_pin){ .as_uri = client_slice(as_uri), .audience = client_slice(audience) };
}

static void hints_choose_among_the_enrolled_ones(void **state)
{
	(void)state;
	pinned(NULL, NULL);
	hint("coaps://two.example/token", "a");
	assert_int_equal(choose(2, NULL, NULL), ACE_OK);
	assert_ptr_equal(choice.as, &bundles[1]);
	assert_slice_equal(choice.audience, ACE_LITERAL("a"));
}

/* RFC 9200 6.4: the AS in the hints is used only when it is known to be entitled. */
static void foreign_as_is_refused_and_named(void **state)
{
	(void)state;
	pinned(NULL, NULL);
	hint("coap://evil.example/token", "a");
	assert_int_equal(choose(2, NULL, NULL), ACE_ERR_DENIED);
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_non_null(strstr(error.message, "evil.example"));
	assert_null(choice.as);
	/* Nor may the user name one that we are not enrolled with. */
	assert_int_equal(choose(1, "coap://two.example/token", NULL), ACE_ERR_DENIED);
	/* Control characters of a device do not reach the terminal. */
	hint("coap://evil\x1b[2Jexample/token", "a");
	assert_int_equal(choose(2, NULL, NULL), ACE_ERR_DENIED);
	assert_null(strchr(error.message, 0x1b));
}

/* RFC 9200 6.9: hints are compared with what is known. */
static void what_is_pinned_changes_only_by_name(void **state)
{
	(void)state;
	pinned("coap://one.example/token", "a");
	hint("coap://two.example/token", "a");
	assert_int_equal(choose(2, NULL, NULL), ACE_ERR_DENIED);
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_int_equal(choose(2, "coap://two.example/token", NULL), ACE_OK);
	assert_ptr_equal(choice.as, &bundles[1]);

	hint("coap://one.example/token", "b");
	assert_int_equal(choose(2, NULL, NULL), ACE_ERR_DENIED);
	assert_non_null(strstr(error.message, "b now"));
	assert_int_equal(choose(2, NULL, "b"), ACE_OK);
	assert_slice_equal(choice.audience, ACE_LITERAL("b"));
	/* The user's word goes before hints and pin. */
	assert_int_equal(choose(2, NULL, "c"), ACE_OK);
	assert_slice_equal(choice.audience, ACE_LITERAL("c"));
}

static void silence_of_the_device_is_filled_by_pin_or_user(void **state)
{
	(void)state;
	hint(NULL, NULL);
	pinned("coap://two.example/token", "a");
	assert_int_equal(choose(2, NULL, NULL), ACE_OK);
	assert_ptr_equal(choice.as, &bundles[1]);
	assert_slice_equal(choice.audience, ACE_LITERAL("a"));
	pinned(NULL, NULL);
	assert_int_equal(choose(2, NULL, "a"), ACE_ERR_MISSING); /* which of the two AS? */
	assert_int_equal(choose(1, NULL, "a"), ACE_OK);          /* the only one there is */
	assert_int_equal(choose(1, NULL, NULL), ACE_ERR_MISSING);
	assert_int_equal(choose(2, "coap://one.example/token", "a"), ACE_OK);
	assert_ptr_equal(choice.as, &bundles[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_as_ignores_the_scheme_only),
		cmocka_unit_test(hints_choose_among_the_enrolled_ones),
		cmocka_unit_test(foreign_as_is_refused_and_named),
		cmocka_unit_test(what_is_pinned_changes_only_by_name),
		cmocka_unit_test(silence_of_the_device_is_filled_by_pin_or_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
