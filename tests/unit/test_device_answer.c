/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated device without a network: the specification's messages in, answers out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device_case.h"

/* RFC 9200 5.2: an unprotected request is unauthorized, and SHOULD be told where the AS is. */
static void plaintext_request_gets_4_01_with_hints_of_the_path(void **state)
{
	static const uint8_t aif[] = { 0x81, 0x82, 0x67, '/', 's', '/', 't', 'e', 'm', 'p', 0x01 };

	(void)state;
	ask_plain((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
	assert_option_uint(ACE_OPT_MAX_AGE, 0);
	assert_text(hint(ACE_HINT_AS), "coap://as.example.com/token");
	assert_text(hint(ACE_HINT_AUDIENCE), "sensor-17");
	assert_slice_equal(hint(ACE_HINT_SCOPE), ACE_SLICE_OF(aif));
	assert_slice_equal(answer.token, ACE_LITERAL("tk"));
}

/* RFC 9200 5.10.2 note: 4.03, 4.04 and 4.05 are for authenticated clients. */
static void plaintext_codes_do_not_tell_what_is_hosted(void **state)
{
	static const char *const paths[] = { "/s/temp", "/a/led", "/none", "/", "/authz-info/x" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(paths); i++) {
		for (uint8_t code = ACE_COAP_GET; code <= ACE_COAP_IPATCH; code++) {
			ask_plain((struct plain) { code, paths[i], -1, -1, 0, { 0 } });
			assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
		}
	}
}

static void hints_name_the_text_scope_that_covers_path_and_method(void **state)
{
	static const char text[] =
		"{\"format\":\"ace-device/1\",\"device\":\"d\",\"audience\":\"d\",\"issuer\":\"coap://as\","
		"\"as_uri\":\"coap://as/token\","
		"\"token_keys\":[{\"kid_hex\":\"01\",\"alg\":10,\"key_hex\":\"e0e1e2e3e4e5e6e7e8e9eaebecedeeef\"}],"
		"\"resources\":{\"/s/temp\":[\"GET\",\"PUT\"],\"/x\":[\"GET\"]},"
		"\"text_scopes\":{\"r\":{\"/s/temp\":[\"GET\"]},\"w\":{\"/s/temp\":[\"GET\",\"PUT\"]}},"
		"\"hint_scope\":\"other\",\"clock\":\"none\"}";

	(void)state;
	device_fini(&device);
	device_start(text);
	ask_plain((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } });
	assert_text(hint(ACE_HINT_SCOPE), "r");
	ask_plain((struct plain) { ACE_COAP_PUT, "/s/temp", -1, -1, 0, { 0 } });
	assert_text(hint(ACE_HINT_SCOPE), "w");
	ask_plain((struct plain) { ACE_COAP_GET, "/x", -1, -1, 0, { 0 } });
	assert_text(hint(ACE_HINT_SCOPE), "other");
}

static void hints_drop_scope_then_audience_to_fit(void **state)
{
	const struct plain plain = { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } };
	struct ace_slice datagram = plain_bytes(&plain);
	size_t without_scope = 0, as_only = 0, bare = 0;

	(void)state;
	for (size_t limit = 80; limit >= 9; limit--) {
		ask_within(datagram, limit);
		assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
		assert_option_uint(ACE_OPT_MAX_AGE, 0);
		if (!answer.payload.len) {
			bare++;
			continue;
		}
		assert_text(hint(ACE_HINT_AS), "coap://as.example.com/token");
		if (!hint(ACE_HINT_AUDIENCE).len)
			as_only++;
		else if (!hint(ACE_HINT_SCOPE).len)
			without_scope++;
	}
	assert_true(without_scope > 0 && as_only > 0 && bare > 0);
}

static void unknown_critical_option_is_4_02_and_elective_is_ignored(void **state)
{
	(void)state;
	ask_plain((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, 2049, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_BAD_OPTION);
	ask_plain((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, 2050, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
	ask_plain((struct plain) { ACE_COAP_GET, "/s/temp", -1, 0, ACE_OPT_ACCEPT, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_BAD_OPTION);
	ask_plain((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, ACE_OPT_PROXY_URI, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_PROXYING_NOT_SUPPORTED);
}

static void well_known_lists_authz_info_and_resources_within_the_limit(void **state)
{
	const struct plain plain = { ACE_COAP_GET, "/.well-known/core", -1, -1, 0, { 0 } };

	(void)state;
	ask(plain_bytes(&plain));
	assert_int_equal(answer.code, ACE_COAP_CONTENT);
	assert_option_uint(ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_LINK);
	assert_text(answer.payload, "</authz-info>;rt=\"ace.ai\";ct=19,</temp>,</s/temp>,</a/led>,</dtls>");
	ask_within(plain_bytes(&plain), 60);
	assert_text(answer.payload, "</authz-info>;rt=\"ace.ai\";ct=19,</temp>,</s/temp>");
	ask_plain((struct plain) { ACE_COAP_PUT, "/.well-known/core", -1, -1, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_METHOD_NOT_ALLOWED);
	ask_plain((struct plain) { ACE_COAP_GET, "/.well-known/core", -1, 0, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_NOT_ACCEPTABLE);
}

static void authz_info_checks_method_format_accept_and_size_in_that_order(void **state)
{
	static const uint8_t big[DEVICE_TOKEN_MAX + ACE_RS_BODY_EXTRA + 1] = { 0xa0 };
	const struct ace_slice body = ACE_SLICE_OF(big);

	(void)state;
	ask_plain((struct plain) { ACE_COAP_GET, "/authz-info", -1, 0, 0, body });
	assert_int_equal(answer.code, ACE_COAP_METHOD_NOT_ALLOWED);
	ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", -1, 0, 0, body });
	assert_int_equal(answer.code, ACE_COAP_UNSUPPORTED_FORMAT);
	ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", ACE_FORMAT_CWT, 0, 0, body });
	assert_int_equal(answer.code, ACE_COAP_UNSUPPORTED_FORMAT);
	ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", ACE_FORMAT_ACE_CBOR, 0, 0, body });
	assert_int_equal(answer.code, ACE_COAP_NOT_ACCEPTABLE);
	ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", ACE_FORMAT_ACE_CBOR, ACE_FORMAT_ACE_CBOR, 0, body });
	assert_int_equal(answer.code, ACE_COAP_TOO_LARGE);
	assert_option_uint(ACE_OPT_SIZE1, DEVICE_TOKEN_MAX + ACE_RS_BODY_EXTRA);
	assert_int_equal(answer.payload.len, 0);
	assert_false(outcome.posted);
}

static void flood_of_posts_is_slowed_down(void **state)
{
	bool slowed = false;

	(void)state;
	for (int i = 0; i < 3 * DEVICE_POST_BURST && !slowed; i++) {
		ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", ACE_FORMAT_ACE_CBOR, -1, 0,
					   ACE_LITERAL("\xa0") });
		slowed = answer.code == ACE_COAP_TOO_MANY_REQUESTS || answer.code == ACE_COAP_UNAVAILABLE;
		assert_true(slowed || answer.code == ACE_COAP_BAD_REQUEST);
	}
	assert_true(slowed);
	assert_option_uint(ACE_OPT_MAX_AGE, DEVICE_RETRY_S);
	/* Before method and format are looked at: row 0 of protocol.md 4.1. */
	ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", -1, -1, 0, ACE_LITERAL("\xa0") });
	assert_int_equal(answer.code, ACE_COAP_TOO_MANY_REQUESTS);
	assert_option_uint(ACE_OPT_MAX_AGE, DEVICE_RETRY_S);
	ask_plain((struct plain) { ACE_COAP_GET, "/authz-info", -1, -1, 0, ACE_LITERAL("") });
	assert_int_equal(answer.code, ACE_COAP_TOO_MANY_REQUESTS);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(plaintext_request_gets_4_01_with_hints_of_the_path),
		CASE(plaintext_codes_do_not_tell_what_is_hosted),
		CASE(hints_name_the_text_scope_that_covers_path_and_method),
		CASE(hints_drop_scope_then_audience_to_fit),
		CASE(unknown_critical_option_is_4_02_and_elective_is_ignored),
		CASE(well_known_lists_authz_info_and_resources_within_the_limit),
		CASE(authz_info_checks_method_format_accept_and_size_in_that_order),
		CASE(flood_of_posts_is_slowed_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
