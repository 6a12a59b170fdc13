/* SPDX-License-Identifier: Apache-2.0 */
/* What a token opens on the simulated device, and what OSCORE errors look like there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "device_case.h"

/* A client of the vectors: posts T1 and derives the same context. */
static struct ace_oscore_ctx client;
static struct ace_oscore_exchange exchange;

static void post_token(void)
{
	struct ace_slice nonce2 = { 0 }, id2 = { 0 };
	uint8_t salt_bytes[64];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);
	const json_t *osc = json_object_get(json_object_get(vectors, "parameters"), "osc");

	ask(message("authz-info-request", "plain_coap"));
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	nonce2 = hint(ACE_PARAM_NONCE2);
	id2 = hint(ACE_PARAM_SERVER_RECIPIENT_ID);
	assert_int_equal(nonce2.len, 8);
	assert_int_equal(ace_master_salt(vectors_hex(osc, "salt"), vectors_unhex("018a278f7faab55a"), nonce2, &salt),
			 ACE_OK);
	assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input) { .master_secret = vectors_hex(osc, "ms"),
									.master_salt = ace_buf_slice(&salt),
									.sender_id = id2,
									.recipient_id = vectors_unhex("1645") },
					   &client),
			 ACE_OK);
}

static struct ace_slice protect(const struct plain *plain)
{
	static uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_coap_message msg;
	uint64_t seq;

	assert_int_equal(ace_coap_read(plain_bytes(plain), &msg), ACE_OK);
	assert_int_equal(ace_oscore_seq_take(&client, &seq), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(&client, seq, &msg, &out, &exchange), ACE_OK);
	return ace_buf_slice(&out);
}

/* Ask under OSCORE; the answer must be protected, and is opened. */
static void ask_protected(struct plain plain)
{
	static uint8_t opened[ACE_UDP_ANSWER_MAX];
	struct ace_buf out = ACE_BUF_OF(opened);

	ask(protect(&plain));
	assert_true(outcome.verified);
	assert_int_equal(ace_oscore_unprotect_response(&client, &exchange, &answer, &out), ACE_OK);
	assert_int_equal(ace_coap_read(ace_buf_slice(&out), &answer), ACE_OK);
	assert_int_equal(outcome.code, answer.code);
}

static void token_opens_what_its_scope_says_and_no_more(void **state)
{
	(void)state;
	post_token();
	assert_true(outcome.posted);
	assert_false(outcome.verified);
	ask_protected((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_CONTENT);
	assert_option_uint(ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_TEXT);
	assert_text(answer.payload, "21.5");
	ask_protected((struct plain) { ACE_COAP_PUT, "/s/temp", -1, -1, 0, ACE_LITERAL("9") });
	assert_int_equal(answer.code, ACE_COAP_METHOD_NOT_ALLOWED);
	ask_protected((struct plain) { ACE_COAP_GET, "/temp", -1, -1, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_FORBIDDEN);
	assert_text(hint(ACE_HINT_AUDIENCE), "sensor-17");
	ask_protected((struct plain) { ACE_COAP_GET, "/none", -1, -1, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_FORBIDDEN);
}

/* RFC 9175 2.4 limits what goes to an address that may be somebody else's; a verified request proves that it is not. */
static void first_verified_request_gets_a_long_answer(void **state)
{
	static const uint8_t value[DEVICE_VALUE_MAX] = { 'x' };
	const struct plain plain = { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } };
	uint8_t opened[ACE_UDP_ANSWER_MAX];
	struct ace_buf out = ACE_BUF_OF(opened);

	(void)state;
	post_token();
	assert_int_equal(device_value_set(&device, ACE_LITERAL("/s/temp"), ACE_SLICE_OF(value)), ACE_OK);
	ask_within(protect(&plain), ACE_UDP_UNCONFIRMED_MAX);
	assert_true(outcome.verified);
	assert_int_equal(outcome.err, ACE_OK);
	assert_int_equal(ace_oscore_unprotect_response(&client, &exchange, &answer, &out), ACE_OK);
	assert_int_equal(ace_coap_read(ace_buf_slice(&out), &answer), ACE_OK);
	assert_slice_equal(answer.payload, ACE_SLICE_OF(value));
}

static void protected_requests_obey_options_and_public_resources(void **state)
{
	(void)state;
	post_token();
	ask_protected((struct plain) { ACE_COAP_GET, "/s/temp", -1, ACE_FORMAT_CBOR, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_NOT_ACCEPTABLE);
	ask_protected((struct plain) { ACE_COAP_GET, "/s/temp", -1, -1, 2049, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_BAD_OPTION);
	ask_protected((struct plain) { ACE_COAP_GET, "/.well-known/core", -1, -1, 0, { 0 } });
	assert_int_equal(answer.code, ACE_COAP_CONTENT);
}

static void replay_is_refused_unprotected_with_4_01(void **state)
{
	const struct plain plain = { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } };
	struct ace_slice datagram, value;

	(void)state;
	post_token();
	datagram = protect(&plain);
	ask(datagram);
	assert_true(outcome.verified);
	ask(datagram);
	assert_false(outcome.verified);
	assert_int_equal(outcome.err, ACE_ERR_REPLAY);
	assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
	assert_false(ace_coap_option_find(answer.options, ACE_OPT_OSCORE, &value));
	assert_option_uint(ACE_OPT_MAX_AGE, 0);
}

static void unknown_context_is_told_where_the_as_is_and_nothing_else(void **state)
{
	(void)state;
	ask(message("oscore-first-request", "oscore_coap"));
	assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
	assert_option_uint(ACE_OPT_MAX_AGE, 0);
	assert_slice_equal(answer.payload, message("unprotected-401-no-context", "payload"));
	assert_int_equal(outcome.err, ACE_ERR_NO_CONTEXT);
}

static void tampered_request_gets_a_bare_4_00(void **state)
{
	const struct plain plain = { ACE_COAP_GET, "/s/temp", -1, -1, 0, { 0 } };
	uint8_t bent[256];
	struct ace_slice datagram;

	(void)state;
	post_token();
	datagram = protect(&plain);
	memcpy(bent, datagram.ptr, datagram.len);
	bent[datagram.len - 1] ^= 1;
	ask((struct ace_slice) { bent, datagram.len });
	assert_int_equal(answer.code, ACE_COAP_BAD_REQUEST);
	assert_int_equal(answer.payload.len, 0);
	assert_option_uint(ACE_OPT_MAX_AGE, 0);
	/* The real one still counts. */
	ask(datagram);
	assert_true(outcome.verified);
}

static void context_of_an_accepted_token_is_written_for_wireshark(void **state)
{
	char path[] = "/tmp/device_keys_XXXXXX";
	struct cli_bytes bytes = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	device.wireshark_path = path;
	post_token();
	assert_int_equal(outcome.trace, ACE_OK);
	assert_int_equal(cli_file_read(path, 4096, &bytes, NULL), ACE_OK);
	assert_non_null(strstr((const char *)bytes.ptr, "7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d"));
	assert_non_null(strstr((const char *)bytes.ptr, "485a17c0de5a17c0de48018a278f7faab55a48"));
	cli_bytes_free(&bytes);
	unlink(path);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(token_opens_what_its_scope_says_and_no_more),
		CASE(first_verified_request_gets_a_long_answer),
		CASE(protected_requests_obey_options_and_public_resources),
		CASE(replay_is_refused_unprotected_with_4_01),
		CASE(unknown_context_is_told_where_the_as_is_and_nothing_else),
		CASE(tampered_request_gets_a_bare_4_00),
		CASE(context_of_an_accepted_token_is_written_for_wireshark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
