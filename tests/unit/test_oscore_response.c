/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying responses and notifications, and every protected message of the profile's vectors in both
 * directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"

#define GET_PLAIN "400100015474656d70"
#define GET_OBSERVE "40010001605474656d70"
#define NOTIFICATION "6045000160ff3231"

/* A pair, a request on its way, and both sides' view of it. */
struct setting {
	struct oscore_pair pair;
	struct ace_oscore_exchange client, server;
};

static void setting_init(struct setting *setting, const char *request_hex)
{
	struct oscore_message request, opened;

	oscore_pair_init(&setting->pair, 0, NULL);
	oscore_request_make(&setting->pair.client, 20, request_hex, &request, &setting->client);
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_request(&setting->pair.server, &request.msg, &opened.buf,
						      &setting->server), ACE_OK);
}

static enum ace_err open_response(struct setting *setting, const struct oscore_message *response)
{
	struct oscore_message opened;

	oscore_message_init(&opened);
	return ace_oscore_unprotect_response(&setting->pair.client, &setting->client, &response->msg, &opened.buf);
}

/* A plaintext answer proves nothing, whatever its code. */
static void plaintext_answer_is_unprotected(void **state)
{
	static const char *const answers[] = { "60450001ff31", "60810001", "60440001", "608000014161" };
	struct setting setting;
	struct ace_oscore_exchange before;
	struct oscore_message answer;

	(void)state;
	setting_init(&setting, GET_PLAIN);
	before = setting.client;
	for (size_t i = 0; i < ACE_ARRAY_LEN(answers); i++) {
		oscore_message_set(&answer, vectors_unhex(answers[i]));
		assert_int_equal(open_response(&setting, &answer), ACE_ERR_UNPROTECTED);
		assert_memory_equal(&setting.client, &before, sizeof before);
	}
}

static void second_answer_under_the_request_nonce_is_refused(void **state)
{
	struct setting setting;
	struct oscore_message first, second;

	(void)state;
	setting_init(&setting, GET_PLAIN);
	oscore_response_make(&setting.pair.server, &setting.server, NULL, "60450001ff31", &first);
	setting.server.nonce_spent = false; /* a broken or hostile server */
	oscore_response_make(&setting.pair.server, &setting.server, NULL, "60450001ff32", &second);
	assert_int_equal(open_response(&setting, &first), ACE_OK);
	assert_int_equal(open_response(&setting, &second), ACE_ERR_REPLAY);
	assert_int_equal(open_response(&setting, &first), ACE_ERR_REPLAY);
}

/* RFC 8613 7.1: responses are bound to their request by 'kid' and Partial IV in the AAD. */
static void answer_to_another_request_is_refused(void **state)
{
	struct setting setting;
	struct oscore_message response, request;
	struct ace_oscore_exchange other;

	(void)state;
	setting_init(&setting, GET_PLAIN);
	oscore_request_make(&setting.pair.client, 21, GET_PLAIN, &request, &other);
	oscore_response_make(&setting.pair.server, &other, &(uint64_t){ 4 }, "60450001ff31", &response);
	assert_int_equal(open_response(&setting, &response), ACE_ERR_TAG);
	oscore_response_make(&setting.pair.server, &other, NULL, "60450001ff31", &response);
	assert_int_equal(open_response(&setting, &response), ACE_ERR_TAG);
	/* One's own request is no response either. */
	assert_int_equal(open_response(&setting, &request), ACE_ERR_NO_CONTEXT);
}

static void every_flip_and_truncation_of_a_response_is_refused(void **state)
{
	struct setting setting;
	struct ace_oscore_exchange before;
	struct oscore_message good, bad;

	(void)state;
	setting_init(&setting, GET_PLAIN);
	oscore_response_make(&setting.pair.server, &setting.server, &(uint64_t){ 0x102 }, "60450001ff31", &good);
	before = setting.client;
	for (size_t bit = 8 * ACE_COAP_HEADER_LEN; bit < 8 * good.buf.len; bit++) {
		bad = good;
		bad.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (!ace_coap_read(ace_buf_slice(&(struct ace_buf){ bad.bytes, 0, good.buf.len }), &bad.msg))
			assert_int_not_equal(open_response(&setting, &bad), ACE_OK);
		assert_memory_equal(&setting.client, &before, sizeof before);
	}
	for (size_t len = 0; len < good.buf.len; len++) {
		uint8_t *exact = memcpy(malloc(len + 1), good.bytes, len);

		if (!ace_coap_read((struct ace_slice){ exact, len }, &bad.msg))
			assert_int_not_equal(open_response(&setting, &bad), ACE_OK);
		free(exact);
	}
	assert_memory_equal(&setting.client, &before, sizeof before);
	assert_int_equal(open_response(&setting, &good), ACE_OK);
}

static void response_leaves_no_plaintext_when_the_port_fails(void **state)
{
	struct setting setting;
	struct ace_oscore_exchange before;
	struct oscore_message response, opened;

	(void)state;
	setting_init(&setting, GET_PLAIN);
	oscore_response_make(&setting.pair.server, &setting.server, NULL, "60450001ff7365637265742d74657874", &response);
	before = setting.client;
	oscore_message_init(&opened);
	port_fake_fail_call(1);
	assert_int_equal(ace_oscore_unprotect_response(&setting.pair.client, &setting.client, &response.msg, &opened.buf),
			 ACE_ERR_CRYPTO);
	assert_int_equal(opened.buf.len, 0);
	assert_memory_equal(&setting.client, &before, sizeof before);
	assert_false(oscore_bytes_found((struct ace_slice)ACE_SLICE_OF(opened.bytes), ACE_LITERAL("secret-text"), 4));
	assert_int_equal(open_response(&setting, &response), ACE_OK);
}

/* RFC 8613 7.4.1: at most one without Partial IV, "treat it as the oldest"; others must be newer. */
static void notifications_are_taken_in_ascending_order_once(void **state)
{
	static const uint64_t seqs[] = { 5, 7, 6, 7, 200, 5 };
	static const enum ace_err want[] = { ACE_OK, ACE_OK, ACE_ERR_REPLAY, ACE_ERR_REPLAY, ACE_OK, ACE_ERR_REPLAY };
	struct setting setting;
	struct oscore_message first, notification;

	(void)state;
	setting_init(&setting, GET_OBSERVE);
	oscore_response_make(&setting.pair.server, &setting.server, NULL, NOTIFICATION, &first);
	assert_int_equal(open_response(&setting, &first), ACE_OK);
	for (size_t i = 0; i < ACE_ARRAY_LEN(seqs); i++) {
		oscore_response_make(&setting.pair.server, &setting.server, &seqs[i], NOTIFICATION, &notification);
		assert_int_equal(open_response(&setting, &notification), want[i]);
	}
	assert_int_equal(open_response(&setting, &first), ACE_ERR_REPLAY);
}

static void notification_without_partial_iv_is_too_old_after_another(void **state)
{
	struct setting setting;
	struct oscore_message first, notification;

	(void)state;
	setting_init(&setting, GET_OBSERVE);
	oscore_response_make(&setting.pair.server, &setting.server, NULL, NOTIFICATION, &first);
	oscore_response_make(&setting.pair.server, &setting.server, &(uint64_t){ 0 }, NOTIFICATION, &notification);
	assert_int_equal(open_response(&setting, &notification), ACE_OK);
	assert_int_equal(open_response(&setting, &first), ACE_ERR_REPLAY);
}

/* RFC 8613 4.1.3.5.2: "the Inner Observe option value MUST be empty"; the client ignores the outer value. */
static void notification_carries_its_observe_value_outside_only(void **state)
{
	struct setting setting;
	struct oscore_message notification, opened;
	struct ace_slice value;

	(void)state;
	setting_init(&setting, GET_OBSERVE);
	oscore_response_make(&setting.pair.server, &setting.server, NULL, "604500016207d0ff3231", &notification);
	assert_true(ace_coap_option_find(notification.msg.options, ACE_OPT_OBSERVE, &value) && value.len == 2);
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_response(&setting.pair.client, &setting.client, &notification.msg,
						       &opened.buf), ACE_OK);
	oscore_message_read(&opened);
	assert_true(ace_coap_option_find(opened.msg.options, ACE_OPT_OBSERVE, &value) && !value.len);
}

/* The same section: a response with Inner Observe to a request without "stops processing". */
static void notification_that_nobody_asked_for_is_refused(void **state)
{
	struct setting setting;
	struct ace_oscore_exchange before;
	struct oscore_message notification;

	(void)state;
	setting_init(&setting, GET_PLAIN);
	setting.server.observe = true; /* a broken or hostile server */
	oscore_response_make(&setting.pair.server, &setting.server, NULL, NOTIFICATION, &notification);
	before = setting.client;
	assert_int_equal(open_response(&setting, &notification), ACE_ERR_MALFORMED);
	assert_memory_equal(&setting.client, &before, sizeof before);
}

/* Which context and role an end of a vector's message uses. */
static void derive_from(const json_t *input, const json_t *role, struct ace_oscore_ctx *ret_ctx)
{
	const char *salt = json_string_value(json_object_get(input, "master_salt"));
	const char *secret = json_string_value(json_object_get(input, "master_secret"));
	struct ace_oscore_input in = {
		.master_secret = vectors_unhex(secret ? secret : vectors_text(input, "ms")),
		.master_salt = vectors_unhex(salt),
		.sender_id = vectors_hex(role, "sender_id"),
		.recipient_id = vectors_hex(role, "recipient_id"),
	};

	assert_int_equal(ace_oscore_derive(&in, ret_ctx), ACE_OK);
}

static void contexts_of_message(const json_t *root, const json_t *message, struct oscore_pair *ret_pair)
{
	const char *from = vectors_text(message, "from"), *to = vectors_text(message, "to");
	json_t *parameters = json_object_get(root, "parameters");
	bool has_as = !strcmp(from, "AS") || !strcmp(to, "AS"), has_c = !strcmp(from, "C") || !strcmp(to, "C");
	const char *name = "main";
	json_t *input;

	if (has_as) {
		input = json_object_get(parameters, has_c ? "c_as" : "rs_as");
		derive_from(input, json_object_get(input, has_c ? "client" : "rs"), &ret_pair->client);
		derive_from(input, json_object_get(input, "as"), &ret_pair->server);
		return;
	}
	if (strstr(vectors_text(message, "name"), "after-rekey"))
		name = "rekey-new-ids";
	input = vectors_named(json_object_get(root, "contexts"), name);
	derive_from(input, json_object_get(input, "client"), &ret_pair->client);
	derive_from(input, json_object_get(input, "rs"), &ret_pair->server);
}

static void check_vector_request(const json_t *message, struct oscore_pair *pair,
				 struct ace_oscore_exchange *ret_client, struct ace_oscore_exchange *ret_server)
{
	struct ace_slice piv = vectors_hex(message, "partial_iv");
	struct oscore_message protected, opened;
	uint64_t seq = 0;

	for (size_t i = 0; i < piv.len; i++)
		seq = seq << 8 | piv.ptr[i];
	oscore_request_make(&pair->client, seq, vectors_text(message, "plain_coap"), &protected, ret_client);
	assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(message, "oscore_coap"));
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_request(&pair->server, &protected.msg, &opened.buf, ret_server), ACE_OK);
	assert_slice_equal(ace_buf_slice(&opened.buf), vectors_hex(message, "plain_coap"));
}

/* The response before protection: plain_coap, but with the Observe value that the vector shows outside. */
static void original_write(const json_t *message, struct oscore_message *ret_original)
{
	struct oscore_message plain, protected;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_coap_writer w;
	struct ace_slice written;

	oscore_message_set(&plain, vectors_hex(message, "plain_coap"));
	oscore_message_set(&protected, vectors_hex(message, "oscore_coap"));
	oscore_message_init(ret_original);
	ace_coap_write_init(&w, ret_original->bytes, sizeof ret_original->bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ plain.msg.type, plain.msg.code, plain.msg.mid,
							     plain.msg.token });
	ace_coap_options_init(&it, plain.msg.options);
	while (ace_coap_options_next(&it, &option)) {
		if (option.number == ACE_OPT_OBSERVE)
			assert_true(ace_coap_option_find(protected.msg.options, ACE_OPT_OBSERVE, &option.value));
		ace_coap_write_option(&w, option.number, option.value);
	}
	ace_coap_write_payload(&w, plain.msg.payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	ret_original->buf.len = written.len;
	oscore_message_read(ret_original);
}

/* Responses follow their request in the file, some of them as alternatives: each starts from a copy. */
static void check_vector_response(const json_t *message, const struct oscore_pair *pair,
				  struct ace_oscore_exchange client, struct ace_oscore_exchange server)
{
	struct ace_slice option = vectors_hex(message, "oscore_option");
	struct oscore_message original, protected, opened;
	uint64_t seq = option.len ? option.ptr[1] : 0;

	assert_true(option.len == 0 || option.len == 2);
	original_write(message, &original);
	oscore_message_init(&protected);
	assert_int_equal(ace_oscore_protect_response(&pair->server, &server, option.len ? &seq : NULL, &original.msg,
						     &protected.buf), ACE_OK);
	oscore_message_read(&protected);
	assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(message, "oscore_coap"));
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_response(&pair->client, &client, &protected.msg, &opened.buf), ACE_OK);
	assert_slice_equal(ace_buf_slice(&opened.buf), vectors_hex(message, "plain_coap"));
}

static void vectors_of_the_profile_match_in_both_directions(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *message;
	struct ace_oscore_exchange client = { .piv_len = 0 }, server = { .piv_len = 0 };
	size_t i, requests = 0, responses = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "messages"), i, message) {
		struct oscore_pair pair;

		if (!json_object_get(message, "oscore_coap"))
			continue;
		contexts_of_message(root, message, &pair);
		if (json_object_get(message, "partial_iv")) {
			check_vector_request(message, &pair, &client, &server);
			requests++;
		} else {
			check_vector_response(message, &pair, client, server);
			responses++;
		}
	}
	assert_int_equal(requests, 11);
	assert_int_equal(responses, 10);
	json_decref(root);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, port_fake_reset, vectors_free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plaintext_answer_is_unprotected),
		TEST(second_answer_under_the_request_nonce_is_refused),
		TEST(answer_to_another_request_is_refused),
		TEST(every_flip_and_truncation_of_a_response_is_refused),
		TEST(response_leaves_no_plaintext_when_the_port_fails),
		TEST(notifications_are_taken_in_ascending_order_once),
		TEST(notification_without_partial_iv_is_too_old_after_another),
		TEST(notification_carries_its_observe_value_outside_only),
		TEST(notification_that_nobody_asked_for_is_refused),
		TEST(vectors_of_the_profile_match_in_both_directions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
