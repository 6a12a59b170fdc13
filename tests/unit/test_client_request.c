/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/request.h"
#include "cli/scope.h"
#include "vectors.h"

static struct client_request request;

static enum ace_err begin(uint8_t code, const char *uri)
{
	struct cli_address address;

	assert_int_equal(cli_address_parse(uri, &address, NULL), ACE_OK);
	return client_request_init(&request, code, &address);
}

static void assert_options(const char *hex)
{
	uint8_t bytes[4096];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_coap_message msg;

	assert_int_equal(client_request_message(&request, &out, &msg), ACE_OK);
	assert_slice_equal(msg.options, vectors_unhex(hex));
}

static void uri_becomes_options(void **state)
{
	(void)state;
	assert_int_equal(begin(ACE_COAP_GET, "coap://127.0.0.1/temp"), ACE_OK);
	assert_options("b474656d70");
	assert_int_equal(begin(ACE_COAP_GET, "coap://127.0.0.1:5690"), ACE_OK);
	assert_options("");
	assert_int_equal(begin(ACE_COAP_GET, "coap://[::1]/a/b?x=1&y"), ACE_OK);
	assert_options("b161" "0162" "43783d31" "0179");
	/* RFC 7252 6.4: a host that is a name goes along; escapes become bytes, also those of separators. */
	assert_int_equal(begin(ACE_COAP_GET, "coap://ab/x%2Fy%20"), ACE_OK);
	assert_options("326162" "84782f7920");
}

static void bad_escapes_are_refused(void **state)
{
	static const char *const uris[] = { "coap://127.0.0.1/%", "coap://127.0.0.1/%2", "coap://127.0.0.1/%2/a",
					    "coap://127.0.0.1/%gg", "coap://127.0.0.1/a?%1" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(uris); i++)
		assert_int_equal(begin(ACE_COAP_GET, uris[i]), ACE_ERR_MALFORMED);
}

static void options_are_sorted_and_keep_their_order_within_a_number(void **state)
{
	(void)state;
	assert_int_equal(begin(ACE_COAP_PUT, "coap://127.0.0.1/a/b"), ACE_OK);
	assert_int_equal(client_request_option(&request, ACE_OPT_ECHO, ACE_LITERAL("e")), ACE_OK);
	assert_int_equal(client_request_uint(&request, ACE_OPT_CONTENT_FORMAT, 0), ACE_OK);
	assert_int_equal(client_request_option(&request, ACE_OPT_IF_MATCH, ACE_LITERAL("")), ACE_OK);
	assert_int_equal(client_request_option(&request, ACE_OPT_URI_PATH, ACE_LITERAL("c")), ACE_OK);
	assert_options("10" "a161" "0162" "0163" "10" "d1e365");
}

static void too_much_is_refused(void **state)
{
	uint8_t bytes[CLIENT_OPTION_BYTES_MAX + 1] = { 0 };

	(void)state;
	assert_int_equal(begin(ACE_COAP_GET, "coap://127.0.0.1/a"), ACE_OK);
	assert_int_equal(client_request_option(&request, 300, ACE_SLICE_OF(bytes)), ACE_ERR_SPACE);
	for (size_t i = 1; i < CLIENT_OPTIONS_MAX; i++)
		assert_int_equal(client_request_option(&request, 300, ACE_LITERAL("")), ACE_OK);
	assert_int_equal(client_request_option(&request, 300, ACE_LITERAL("")), ACE_ERR_SPACE);
}

static void methods_have_names(void **state)
{
	(void)state;
	assert_int_equal(client_method_code("put"), ACE_COAP_PUT);
	assert_int_equal(client_method_code("DELETE"), ACE_COAP_DELETE);
	assert_int_equal(client_method_code("fetch"), ACE_COAP_FETCH);
	assert_int_equal(client_method_code("ipatch"), CLIENT_METHOD_MAX);
	assert_int_equal(client_method_code("copy"), 0);
	assert_int_equal(client_method_code(""), 0);
	assert_string_equal(client_method_name(ACE_COAP_POST), "POST");
	assert_string_equal(client_method_name(CLIENT_METHOD_MAX), "iPATCH");
	assert_string_equal(client_method_name(CLIENT_METHOD_MAX + 1), "?");
}

static struct ace_scope scope_of(const char *text, struct ace_buf *out)
{
	struct ace_scope scope = { 0 };

	if (*text)
		assert_int_equal(cli_scope_parse(text, out, &scope, NULL), ACE_OK);
	return scope;
}

static void assert_scope(const struct ace_scope *scope, const char *text)
{
	char got[CLI_SCOPE_TEXT_MAX];

	cli_scope_text(scope, got, sizeof got);
	assert_string_equal(got, text);
}

static void scopes_are_sets(void **state)
{
	static const struct {
		const char *a, *b, *less, *join;
	} cases[] = {
		{ "read set", "read", "set", "read set" },
		{ "read", "read", "-", "read" },
		{ "set", "read", "set", "set read" },
		{ "read", "", "read", "read" },
		{ "/a:GET,PUT /b:GET", "/a:GET", "/a:PUT /b:GET", "/a:GET,PUT /b:GET" },
		{ "/a:GET", "/a:GET,PUT", "-", "/a:GET,PUT" },
		{ "/b:PUT", "/a:GET", "/b:PUT", "/a:GET /b:PUT" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		uint8_t bytes[4 * CLI_SCOPE_MAX];
		struct ace_buf out = ACE_BUF_OF(bytes);
		struct ace_scope a = scope_of(cases[i].a, &out), b = scope_of(cases[i].b, &out), result;

		assert_int_equal(cli_scope_less(&a, &b, &out, &result), ACE_OK);
		assert_scope(&result, cases[i].less);
		assert_int_equal(cli_scope_join(&a, &b, &out, &result), ACE_OK);
		assert_scope(&result, cases[i].join);
	}
}

static void scopes_of_two_kinds_do_not_mix(void **state)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope a = scope_of("read", &out), b = scope_of("/a:GET", &out), result;

	(void)state;
	assert_int_equal(cli_scope_less(&a, &b, &out, &result), ACE_ERR_UNSUPPORTED);
	assert_int_equal(cli_scope_join(&a, &b, &out, &result), ACE_ERR_UNSUPPORTED);
}

static void scope_texts_that_say_nothing_are_refused(void **state)
{
	static const char *const texts[] = { "", " read", "read  set", "read ", "r\"d", "/a", "/a:", "/a:GET,", "/a:FOO",
					     "/a:GET read", "/a:GETGET" };
	struct ace_scope scope;
	struct cli_error error;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(texts); i++) {
		uint8_t bytes[CLI_SCOPE_MAX];
		struct ace_buf out = ACE_BUF_OF(bytes);

		if (cli_scope_parse(texts[i], &out, &scope, &error) != ACE_ERR_SCOPE)
			fail_msg("taken: \"%s\"", texts[i]);
	}
}

static void text_of_a_peer_is_cleaned_and_cut(void **state)
{
	char text[8];

	(void)state;
	cli_text_clean(ACE_LITERAL("a\x1b\nb\x7f\xc3" "cdefgh"), text, sizeof text);
	assert_string_equal(text, "a??b??c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_becomes_options),
		cmocka_unit_test(bad_escapes_are_refused),
		cmocka_unit_test(options_are_sorted_and_keep_their_order_within_a_number),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(methods_have_names),
		cmocka_unit_test(scopes_are_sets),
		cmocka_unit_test(scopes_of_two_kinds_do_not_mix),
		cmocka_unit_test(scope_texts_that_say_nothing_are_refused),
		cmocka_unit_test(text_of_a_peer_is_cleaned_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
