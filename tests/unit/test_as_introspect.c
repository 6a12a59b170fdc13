/* SPDX-License-Identifier: Apache-2.0 */
/* Introspection: the maps of the specification byte for byte, and who learns what about which token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/introspect.h"
#include "as_case.h"

static json_t *vectors;
static struct as_case c;

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

static json_t *message(const char *name)
{
	return vectors_named(json_object_get(vectors, "messages"), name);
}

static json_t *token(const char *name)
{
	return json_object_get(json_object_get(vectors, "tokens"), name);
}

/* sensor-17 asks, and T1 is recorded. */
static int setup(void **state)
{
	(void)state;
	if (as_case_make(&c))
		return -1;
	as_case_peer(&c, AS_PEER_DEVICE, "sensor-17");
	return as_case_token(&c, 1, vectors_hex(token("T1"), "token_hash"), AS_CASE_EXP);
}

static int teardown(void **state)
{
	(void)state;
	as_case_free(&c);
	return 0;
}

/* POST /introspect with a body. */
static const struct as_answer *ask(struct ace_slice body)
{
	uint8_t bytes[2048];
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = ACE_COAP_POST });
	ace_coap_write_path(&w, ACE_LITERAL("/introspect"));
	ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	ace_coap_write_payload(&w, body);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	return as_case_ask(&c, written);
}

static const struct as_answer *ask_token(struct ace_slice bytes)
{
	uint8_t body[2048];
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, body, sizeof body);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_uint(&w, ACE_INTROSPECT_TOKEN);
	ace_cbor_write_bstr(&w, bytes);
	return ask((struct ace_slice){ body, w.len });
}

static void assert_answer(const char *name, uint8_t code, int32_t format)
{
	assert_int_equal(c.job->answer.code, code);
	assert_int_equal(c.job->answer.format, format);
	assert_slice_equal(as_case_payload(&c), vectors_hex(message(name), "payload"));
}

static void assert_inactive(void)
{
	assert_answer("introspection-response-inactive", ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR);
}

static void the_device_learns_the_claims_of_its_live_token(void **state)
{
	(void)state;
	as_case_ask(&c, vectors_hex(message("introspection-request"), "plain_coap"));
	assert_answer("introspection-response-active", ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR);
}

/* RFC 7662 2.1: "the server MUST extend its search across all of its supported token types". */
static void a_hint_of_either_type_changes_nothing(void **state)
{
	static const char *const names[] = { "introspection-request-with-hint", "introspection-request-with-int-hint" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		ask(vectors_hex(message(names[i]), "payload"));
		assert_answer("introspection-response-active", ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR);
	}
}

static void claims_that_were_cut_down_are_answered_cut_down(void **state)
{
	/* T3 without iss, sub and iat: what a model that leaves them out would have. */
	struct ace_slice claims = vectors_unhex("a7036973656e736f722d3137074d73656e736f722d31370000002908a104a2004200020"
						"25000112233445566778899aabbccddeeff094b8182672f732f74656d70011826021827"
						"45e0a156bb3f1828190e10");

	(void)state;
	as_answer_init(&c.job->answer);
	assert_int_equal(as_introspection_active(&c.job->answer, claims), ACE_OK);
	assert_answer("introspection-response-exi", ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR);
}

static void a_token_is_inactive_from_the_second_of_its_expiry(void **state)
{
	(void)state;
	c.as.batch->now = AS_CASE_EXP - 1;
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_answer("introspection-response-active", ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR);
	c.as.batch->now = AS_CASE_EXP;
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
}

/* A device that shares nothing with it learns nothing, and neither does one that knows its key. */
static void a_foreign_token_is_inactive(void **state)
{
	struct store_txn *txn;

	(void)state;
	as_case_peer(&c, AS_PEER_DEVICE, "sensor-18");
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(as_case_device(txn, "twin", 0xe0), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	as_case_peer(&c, AS_PEER_DEVICE, "twin");
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
}

static void a_token_that_was_not_recorded_is_inactive(void **state)
{
	(void)state;
	ask_token(vectors_hex(token("T2"), "cwt"));
	assert_inactive();
	/* Recorded under this number, but another token: the hash tells. */
	assert_int_equal(as_case_token(&c, 2, vectors_hex(token("T3"), "token_hash"), AS_CASE_EXP), ACE_OK);
	ask_token(vectors_hex(token("T2"), "cwt"));
	assert_inactive();
}

/* Also after a restart: the list is in the store. */
static void a_revoked_token_is_inactive(void **state)
{
	struct store_txn *txn;
	size_t revoked;

	(void)state;
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_token_revoke(txn, (uint64_t[]){ 1 }, 1, AS_CASE_IAT, &revoked), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
	assert_int_equal(tmp_store_reopen(&c.tmp), 0);
	c.as.store = c.tmp.store;
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
}

static void switch_client(const char *id, bool on)
{
	struct store_client client;
	struct store_txn *txn;

	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, id, &client), ACE_OK);
	client.is_enabled = on;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void a_token_of_a_disabled_client_is_inactive(void **state)
{
	(void)state;
	switch_client("client-7", false);
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
}

/* Removed and registered anew under its old id: that is somebody else. */
static void a_token_from_before_its_client_was_registered_is_inactive(void **state)
{
	struct store_client client = { .id = "client-7", .is_enabled = true, .method = STORE_AUTH_OSCORE,
				       .created = AS_CASE_IAT + 1 };
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_delete(txn, "client-7"), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &(struct store_secret){ .key = { 7 }, .key_len = 16 }), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
}

/* The key it had may be set up again, so that the token opens all the same. */
static void a_token_from_before_its_device_was_registered_is_inactive(void **state)
{
	const struct store_secret secret = { .key_len = 16, .salt_len = 8 };
	struct store_device device;
	struct store_key key;
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_device_get(txn, "sensor-17", &device), ACE_OK);
	assert_int_equal(store_device_key(txn, &device, 0, &key), ACE_OK);
	assert_int_equal(store_device_delete(txn, "sensor-17"), ACE_OK);
	device.created = AS_CASE_IAT + 1;
	assert_int_equal(store_device_create(txn, &device, &key, &secret), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_inactive();
}

static void every_flipped_bit_of_a_token_makes_it_inactive(void **state)
{
	struct ace_slice cwt = vectors_hex(token("T1"), "cwt");
	uint8_t bytes[256];

	(void)state;
	c.config.grants = (struct as_rate){ 1000000, 1000000 };
	assert_true(cwt.len <= sizeof bytes);
	for (size_t bit = 0; bit < cwt.len * 8; bit++) {
		memcpy(bytes, cwt.ptr, cwt.len);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ask_token((struct ace_slice){ bytes, cwt.len });
		assert_inactive();
	}
	for (size_t len = 1; len < cwt.len; len++) {
		ask_token((struct ace_slice){ cwt.ptr, len });
		assert_inactive();
	}
}

static void a_request_without_a_token_is_invalid(void **state)
{
	/* an empty map; token as text; as number; empty; twice; hint of a wrong type; an array; trailing byte; no bytes */
	static const char *const bodies[] = { "a0", "a10b6161", "a10b01", "a10b40", "a20b41010b4101", "a20b41011821f5",
					      "810b", "a10b410100", "" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bodies); i++) {
		ask(vectors_unhex(bodies[i]));
		assert_answer("introspection-error-request", ACE_COAP_BAD_REQUEST, ACE_FORMAT_ACE_CBOR);
	}
	ask(vectors_unhex("a20b410118c8f6")); /* an unknown member is passed over */
	assert_inactive();
}

/* RFC 9200 5.9.3: "the AS MUST return a response with code 4.03 [...] with no payload". */
static void a_client_and_a_disabled_device_may_not_introspect(void **state)
{
	struct store_device device;
	struct store_txn *txn;

	(void)state;
	as_case_peer(&c, AS_PEER_CLIENT, "client-7");
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_answer("introspection-forbidden", ACE_COAP_FORBIDDEN, AS_NO_FORMAT);

	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_device_get(txn, "sensor-17", &device), ACE_OK);
	device.is_enabled = false;
	assert_int_equal(store_device_update(txn, &device), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	as_case_peer(&c, AS_PEER_DEVICE, "sensor-17");
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_answer("introspection-forbidden", ACE_COAP_FORBIDDEN, AS_NO_FORMAT);
}

static void a_device_that_is_gone_has_no_valid_credentials(void **state)
{
	(void)state;
	as_case_peer(&c, AS_PEER_DEVICE, "sensor-99");
	ask(vectors_hex(message("introspection-request"), "payload"));
	assert_answer("introspection-error-client", ACE_COAP_UNAUTHORIZED, ACE_FORMAT_ACE_CBOR);
}

static void a_device_that_asks_too_often_is_told_when_to_come_back(void **state)
{
	(void)state;
	c.config.grants = (struct as_rate){ 1, 2 };
	for (int i = 0; i < 2; i++)
		assert_int_equal(ask(vectors_hex(message("introspection-request"), "payload"))->code, ACE_COAP_CREATED);
	assert_int_equal(ask(vectors_hex(message("introspection-request"), "payload"))->code, ACE_COAP_UNAVAILABLE);
	assert_true(c.job->answer.has_max_age);
}

static void only_post_is_an_introspection(void **state)
{
	(void)state;
	/* GET /introspect */
	as_case_ask(&c, vectors_unhex("40010001ba696e74726f7370656374"));
	assert_int_equal(c.job->answer.code, ACE_COAP_METHOD_NOT_ALLOWED);
}

static void the_path_is_configuration(void **state)
{
	(void)state;
	snprintf(c.config.introspect_path, sizeof c.config.introspect_path, "/other");
	assert_int_equal(ask(vectors_hex(message("introspection-request"), "payload"))->code, ACE_COAP_NOT_FOUND);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_device_learns_the_claims_of_its_live_token),
		CASE(a_hint_of_either_type_changes_nothing),
		CASE(claims_that_were_cut_down_are_answered_cut_down),
		CASE(a_token_is_inactive_from_the_second_of_its_expiry),
		CASE(a_foreign_token_is_inactive),
		CASE(a_token_that_was_not_recorded_is_inactive),
		CASE(a_revoked_token_is_inactive),
		CASE(a_token_of_a_disabled_client_is_inactive),
		CASE(a_token_from_before_its_client_was_registered_is_inactive),
		CASE(a_token_from_before_its_device_was_registered_is_inactive),
		CASE(every_flipped_bit_of_a_token_makes_it_inactive),
		CASE(a_request_without_a_token_is_invalid),
		CASE(a_client_and_a_disabled_device_may_not_introspect),
		CASE(a_device_that_is_gone_has_no_valid_credentials),
		CASE(a_device_that_asks_too_often_is_told_when_to_come_back),
		CASE(only_post_is_an_introspection),
		CASE(the_path_is_configuration),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
