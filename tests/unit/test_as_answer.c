/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "as/answer.h"
#include "vectors.h"

static json_t *vectors;
static struct as_answer answer;

static int load(void **state)
{
	(void)state;
	vectors = vectors_load("ace-oscore-profile");
	return 0;
}

static int unload(void **state)
{
	json_decref(vectors);
	return vectors_free_all(state);
}

static int begin(void **state)
{
	(void)state;
	as_answer_init(&answer);
	return 0;
}

static struct ace_slice payload(void)
{
	return (struct ace_slice){ answer.payload, answer.len };
}

static json_t *message(const char *name)
{
	return vectors_named(json_object_get(vectors, "messages"), name);
}

static struct ace_slice token(const char *name)
{
	return vectors_hex(json_object_get(json_object_get(vectors, "tokens"), name), "cwt");
}

static void grant_is_the_token_response_of_the_specification(void **state)
{
	struct ace_osc osc = { .id = vectors_unhex("0001"), .ms = vectors_unhex("7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d"),
			       .salt = vectors_unhex("5a17c0de5a17c0de"), .has_salt = true };
	struct ace_scope scope = { ACE_SCOPE_AIF, vectors_unhex("8182672f732f74656d7001") };
	struct as_grant grant = { .token = token("T1"), .expires_in_s = 3600, .osc = &osc, .with_profile = true };

	(void)state;
	assert_int_equal(as_answer_grant(&answer, &grant), ACE_OK);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	assert_int_equal(answer.format, ACE_FORMAT_ACE_CBOR);
	assert_slice_equal(payload(), vectors_hex(message("token-response"), "payload"));

	grant.scope = &scope;
	assert_int_equal(as_answer_grant(&answer, &grant), ACE_OK);
	assert_slice_equal(payload(), vectors_hex(message("token-response-reduced-scope"), "payload"));
}

static void grant_without_salt_is_the_exi_response(void **state)
{
	struct ace_osc osc = { .id = vectors_unhex("0002"), .ms = vectors_unhex("00112233445566778899aabbccddeeff") };

	(void)state;
	assert_int_equal(as_answer_grant(&answer, &(struct as_grant){ .token = token("T3"), .expires_in_s = 3600,
								      .osc = &osc, .with_profile = true }), ACE_OK);
	assert_slice_equal(payload(), vectors_hex(message("token-response-exi"), "payload"));
}

/* RFC 9203 3.2: "the AS MUST omit the cnf parameter in the response". */
static void grant_without_keys_is_the_answer_to_an_update(void **state)
{
	(void)state;
	assert_int_equal(as_answer_grant(&answer, &(struct as_grant){ .token = token("T2"), .expires_in_s = 3600,
								      .with_profile = true }), ACE_OK);
	assert_slice_equal(payload(), vectors_hex(message("token-response-update"), "payload"));
}

static void token_response_makes_the_coap_message_of_the_specification(void **state)
{
	struct ace_slice wanted = vectors_hex(message("token-response"), "plain_coap");
	struct ace_slice body = vectors_hex(message("token-response"), "payload");
	uint8_t bytes[512];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_coap_message request = { .token = { wanted.ptr + 4, 1 } };

	(void)state;
	request.mid = (uint16_t)(wanted.ptr[2] << 8 | wanted.ptr[3]);
	answer.code = ACE_COAP_CREATED;
	answer.format = ACE_FORMAT_ACE_CBOR;
	memcpy(answer.payload, body.ptr, body.len);
	answer.len = body.len;
	assert_int_equal(as_answer_write(&answer, &request, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), wanted);
}

static void errors_are_the_maps_of_the_specification(void **state)
{
	static const char *const names[] = { "invalid_request", "invalid_client", "invalid_grant",
					     "unauthorized_client", "unsupported_grant_type", "invalid_scope",
					     "unsupported_pop_key", "incompatible_ace_profiles" };
	char name[64];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		snprintf(name, sizeof name, "token-error-%s", names[i]);
		as_answer_oauth_error(&answer, (enum ace_oauth_error)(i + 1), NULL);
		assert_int_equal(answer.code, ACE_COAP_BAD_REQUEST);
		assert_slice_equal(payload(), vectors_hex(message(name), "payload"));
	}
	as_answer_oauth_error(&answer, ACE_OAUTH_INVALID_SCOPE, "unknown scope");
	assert_slice_equal(payload(), vectors_hex(message("token-error-with-description"), "payload"));
}

static void a_token_too_large_for_one_message_is_refused_and_wiped(void **state)
{
	static const uint8_t large[AS_PAYLOAD_MAX] = { 1 };
	struct ace_osc osc = { .id = vectors_unhex("01"), .ms = vectors_unhex("00112233445566778899aabbccddeeff") };

	(void)state;
	assert_int_equal(as_answer_grant(&answer, &(struct as_grant){ .token = ACE_SLICE_OF(large), .osc = &osc }),
			 ACE_ERR_SPACE);
	assert_int_equal(answer.code, ACE_COAP_INTERNAL_ERROR);
	assert_int_equal(answer.len, 0);
	for (size_t i = 0; i < sizeof answer.payload; i++)
		assert_int_equal(answer.payload[i], 0);
}

static void failures_that_pass_are_5_03_with_max_age(void **state)
{
	(void)state;
	as_answer_failure(&answer, ACE_ERR_BUSY);
	assert_int_equal(answer.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(answer.max_age_s, 1);
	as_answer_failure(&answer, ACE_ERR_FULL);
	assert_int_equal(answer.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(answer.max_age_s, 5);
	as_answer_failure(&answer, ACE_ERR_CRYPTO);
	assert_int_equal(answer.code, ACE_COAP_INTERNAL_ERROR);
	assert_false(answer.has_max_age);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(grant_is_the_token_response_of_the_specification, begin),
		cmocka_unit_test_setup(grant_without_salt_is_the_exi_response, begin),
		cmocka_unit_test_setup(grant_without_keys_is_the_answer_to_an_update, begin),
		cmocka_unit_test_setup(token_response_makes_the_coap_message_of_the_specification, begin),
		cmocka_unit_test_setup(errors_are_the_maps_of_the_specification, begin),
		cmocka_unit_test_setup(a_token_too_large_for_one_message_is_refused_and_wiped, begin),
		cmocka_unit_test_setup(failures_that_pass_are_5_03_with_max_age, begin),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
