/* SPDX-License-Identifier: Apache-2.0 */
/* Protecting: the vectors of RFC 8613 C.4 to C.8, the classes of options, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"

/* A context with just the keys that a vector names. */
static void context_of_vector(const json_t *vector, struct ace_oscore_ctx *ret_ctx)
{
	struct ace_slice id = vectors_hex(vector, "sender_id"), key = vectors_hex(vector, "sender_key");
	struct ace_slice iv = vectors_hex(vector, "common_iv");
	const char *id_context = json_string_value(json_object_get(vector, "id_context"));

	*ret_ctx = (struct ace_oscore_ctx){ .aead = ACE_ALG_CCM_16_64_128, .has_id_context = id_context != NULL };
	ret_ctx->sender_id.len = (uint8_t)id.len;
	memcpy(ret_ctx->sender_id.bytes, id.ptr, id.len);
	memcpy(ret_ctx->sender_key, key.ptr, key.len);
	memcpy(ret_ctx->common_iv, iv.ptr, iv.len);
	if (id_context) {
		struct ace_slice bytes = vectors_unhex(id_context);

		ret_ctx->id_context_len = (uint8_t)bytes.len;
		memcpy(ret_ctx->id_context, bytes.ptr, bytes.len);
	}
}

static void exchange_of_vector(const json_t *vector, struct ace_oscore_exchange *ret_exchange)
{
	struct ace_slice kid = vectors_hex(vector, "request_kid"), piv = vectors_hex(vector, "request_piv");

	*ret_exchange = (struct ace_oscore_exchange){ .piv_len = (uint8_t)piv.len, .kid.len = (uint8_t)kid.len };
	memcpy(ret_exchange->piv, piv.ptr, piv.len);
	memcpy(ret_exchange->kid.bytes, kid.ptr, kid.len);
}

static void requests_match_rfc8613_c4_to_c6(void **state)
{
	static const char *const names[] = { "RFC8613 C.4", "RFC8613 C.5", "RFC8613 C.6" };
	json_t *root = vectors_load("rfc8613-c-messages");

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		json_t *vector = vectors_named(json_object_get(root, "cases"), names[i]);
		struct ace_oscore_ctx ctx;
		struct ace_oscore_exchange exchange;
		struct oscore_message protected;

		context_of_vector(vector, &ctx);
		oscore_request_make(&ctx, (uint64_t)json_integer_value(json_object_get(vector, "sender_seq")),
				    vectors_text(vector, "unprotected"), &protected, &exchange);
		assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(vector, "protected"));
		assert_slice_equal((struct ace_slice){ exchange.kid.bytes, exchange.kid.len },
				   vectors_hex(vector, "sender_id"));
	}
	json_decref(root);
}

static void responses_match_rfc8613_c7_and_c8(void **state)
{
	json_t *root = vectors_load("rfc8613-c-messages");
	json_t *cases = json_object_get(root, "cases");
	json_t *own_nonce = vectors_named(cases, "RFC8613 C.8"), *request_nonce = vectors_named(cases, "RFC8613 C.7");
	struct ace_oscore_ctx ctx;
	struct ace_oscore_exchange exchange;
	struct oscore_message protected;
	uint64_t seq = 0;

	(void)state;
	context_of_vector(request_nonce, &ctx);
	exchange_of_vector(request_nonce, &exchange);
	oscore_response_make(&ctx, &exchange, NULL, vectors_text(request_nonce, "unprotected"), &protected);
	assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(request_nonce, "protected"));
	assert_true(exchange.nonce_spent);

	oscore_response_make(&ctx, &exchange, &seq, vectors_text(own_nonce, "unprotected"), &protected);
	assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(own_nonce, "protected"));
	json_decref(root);
}

/* A request with one option of each class in ascending order, and its protected form under a fresh pair. */
static void all_classes_write(struct oscore_message *message)
{
	static const uint32_t numbers[] = { 1, 3, 4, 6, 7, 8, 11, 12, 14, 15, 16, 17, 20, 23, 27, 28, 39, 60, 252, 258,
					    292, 2048 };
	struct ace_coap_writer w;
	struct ace_slice written;

	oscore_message_init(message);
	ace_coap_write_init(&w, message->bytes, sizeof message->bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, ACE_COAP_GET, 7, ACE_LITERAL("tk") });
	for (size_t i = 0; i < ACE_ARRAY_LEN(numbers); i++) {
		uint8_t value[1] = { (uint8_t)(0x80 + i) };
		bool is_path = numbers[i] == ACE_OPT_URI_PATH;

		ace_coap_write_option(&w, numbers[i], is_path ? ACE_LITERAL("hidden") : ACE_SLICE_OF(value));
	}
	ace_coap_write_payload(&w, ACE_LITERAL("payload"));
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	message->buf.len = written.len;
	oscore_message_read(message);
}

/* RFC 8613 4.1 Figure 5: class U outside, everything else inside, Observe both. */
static void outer_message_shows_class_u_and_observe_only(void **state)
{
	static const uint32_t outside[] = { ACE_OPT_URI_HOST, ACE_OPT_OBSERVE, ACE_OPT_URI_PORT, ACE_OPT_OSCORE,
					    ACE_OPT_PROXY_SCHEME };
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange;
	struct ace_coap_options it;
	struct ace_coap_option option;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	all_classes_write(&plain);
	oscore_message_init(&protected);
	assert_int_equal(ace_oscore_protect_request(&pair.client, 5, &plain.msg, &protected.buf, &exchange), ACE_OK);
	oscore_message_read(&protected);
	ace_coap_options_init(&it, protected.msg.options);
	for (size_t i = 0; i < ACE_ARRAY_LEN(outside); i++) {
		assert_true(ace_coap_options_next(&it, &option));
		assert_int_equal(option.number, outside[i]);
	}
	assert_false(ace_coap_options_next(&it, &option));
	assert_int_equal(protected.msg.mid, 7);
	assert_slice_equal(protected.msg.token, ACE_LITERAL("tk"));
	assert_true(protected.buf.len <= plain.buf.len + ACE_OSCORE_OVERHEAD_MAX);
}

/* RFC 8613 4.1.3.5: "the Outer Code MUST be set to 0.05 (FETCH) for requests and to 2.05 (Content) for responses". */
static void outer_code_follows_observe(void **state)
{
	struct oscore_pair pair;
	struct oscore_message protected;
	struct ace_oscore_exchange exchange;
	uint64_t seq = 9;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 1, "400100015474656d70", &protected, &exchange); /* no Observe */
	assert_int_equal(protected.msg.code, ACE_COAP_POST);
	assert_false(exchange.observe);
	oscore_response_make(&pair.server, &exchange, NULL, "6045000100", &protected);
	assert_int_equal(protected.msg.code, ACE_COAP_CHANGED);

	oscore_request_make(&pair.client, 2, "40010001605474656d70", &protected, &exchange);
	assert_int_equal(protected.msg.code, ACE_COAP_FETCH);
	assert_true(exchange.observe);
	oscore_response_make(&pair.server, &exchange, NULL, "60450001610cff31", &protected);
	assert_int_equal(protected.msg.code, ACE_COAP_CONTENT);
	oscore_response_make(&pair.server, &exchange, &seq, "60840001ff31", &protected);
	assert_int_equal(protected.msg.code, ACE_COAP_CHANGED);
}

/* RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than once per AEAD key." */
static void request_nonce_protects_one_answer_only(void **state)
{
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 1, "400100015474656d70", &protected, &exchange);
	oscore_response_make(&pair.server, &exchange, NULL, "60450001", &protected);
	oscore_message_set(&plain, vectors_unhex("60450001"));
	oscore_message_init(&protected);
	assert_int_equal(ace_oscore_protect_response(&pair.server, &exchange, NULL, &plain.msg, &protected.buf),
			 ACE_ERR_USAGE);
	assert_int_equal(protected.buf.len, 0);
	oscore_response_make(&pair.server, &exchange, &(uint64_t){ 0 }, "60450001", &protected);
}

/* A copy of a request whose window is unknown may have been answered before a restart. */
static void unproven_request_is_answered_under_an_own_number_only(void **state)
{
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 1, "400100015474656d70", &protected, &exchange);
	exchange.unproven = true;
	oscore_message_set(&plain, vectors_unhex("60810001"));
	oscore_message_init(&protected);
	assert_int_equal(ace_oscore_protect_response(&pair.server, &exchange, NULL, &plain.msg, &protected.buf),
			 ACE_ERR_USAGE);
	oscore_response_make(&pair.server, &exchange, &(uint64_t){ 3 }, "60810001", &protected);
}

static void protect_refuses_numbers_beyond_the_space(void **state)
{
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange = { .piv_len = 9 };
	const uint64_t last = ACE_OSCORE_SEQ_MAX, beyond = last + 1;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_message_set(&plain, vectors_unhex("40010001"));
	oscore_message_init(&protected);
	assert_int_equal(ace_oscore_protect_request(&pair.client, beyond, &plain.msg, &protected.buf, &exchange),
			 ACE_ERR_EXHAUSTED);
	assert_int_equal(exchange.piv_len, 9);
	oscore_request_make(&pair.client, last, "40010001", &protected, &exchange);
	assert_int_equal(exchange.piv_len, 5);
	oscore_message_set(&plain, vectors_unhex("60450001"));
	assert_int_equal(ace_oscore_protect_response(&pair.server, &exchange, &beyond, &plain.msg, &protected.buf),
			 ACE_ERR_EXHAUSTED);
	oscore_response_make(&pair.server, &exchange, &last, "60450001", &protected);
}

static enum ace_err protect_hex(const char *hex, bool is_response)
{
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange = { .piv_len = 1 };

	oscore_pair_init(&pair, 0, NULL);
	oscore_message_set(&plain, vectors_unhex(hex));
	oscore_message_init(&protected);
	if (is_response)
		return ace_oscore_protect_response(&pair.server, &exchange, NULL, &plain.msg, &protected.buf);
	return ace_oscore_protect_request(&pair.client, 1, &plain.msg, &protected.buf, &exchange);
}

static void protect_refuses_messages_that_it_must_not_wrap(void **state)
{
	(void)state;
	/* RFC 8613 4.1.3.7: an OSCORE option "in the original CoAP message, then processing SHALL be stopped". */
	assert_int_equal(protect_hex("4001000190", false), ACE_ERR_USAGE);
	assert_int_equal(protect_hex("6045000190", true), ACE_ERR_USAGE);
	assert_int_equal(protect_hex("40010001d11661", false), ACE_ERR_USAGE); /* Proxy-Uri */
	assert_int_equal(protect_hex("40450001", false), ACE_ERR_USAGE);
	assert_int_equal(protect_hex("40000001", false), ACE_ERR_USAGE);
	assert_int_equal(protect_hex("60010001", true), ACE_ERR_USAGE);
	assert_int_equal(protect_hex("60e20001", true), ACE_ERR_USAGE);
	assert_int_equal(protect_hex("6045000160", true), ACE_ERR_USAGE); /* Observe, and none was asked for */
	assert_int_equal(protect_hex("60450001", true), ACE_OK);
}

static void protect_needs_exactly_its_room_and_leaves_no_plaintext(void **state)
{
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange;
	size_t need;

	(void)state;
	oscore_pair_init(&pair, ACE_ALG_CCM_16_128_128, "c0de");
	all_classes_write(&plain);
	oscore_message_init(&protected);
	assert_int_equal(ace_oscore_protect_request(&pair.client, 5, &plain.msg, &protected.buf, &exchange), ACE_OK);
	need = protected.buf.len;
	for (size_t cap = 0; cap <= need; cap++) {
		uint8_t *bytes = malloc(cap ? cap : 1); /* so that ASan sees the end */
		struct ace_buf out = { bytes, cap, 0 };

		assert_int_equal(ace_oscore_protect_request(&pair.client, 5, &plain.msg, &out, &exchange),
				 cap < need ? ACE_ERR_SPACE : ACE_OK);
		assert_int_equal(out.len, cap < need ? 0 : need);
		if (cap < need) {
			assert_false(oscore_bytes_found((struct ace_slice){ bytes, cap }, ACE_LITERAL("payload"), 4));
			assert_false(oscore_bytes_found((struct ace_slice){ bytes, cap }, ACE_LITERAL("hidden"), 4));
		}
		free(bytes);
	}
}

static void protect_leaves_no_plaintext_when_the_port_fails(void **state)
{
	struct oscore_pair pair;
	struct oscore_message plain, protected;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	all_classes_write(&plain);
	oscore_message_init(&protected);
	port_fake_fail_call(1);
	assert_int_equal(ace_oscore_protect_request(&pair.client, 5, &plain.msg, &protected.buf, &exchange),
			 ACE_ERR_CRYPTO);
	assert_int_equal(port_fake_calls(), 1);
	assert_int_equal(protected.buf.len, 0);
	assert_false(oscore_bytes_found((struct ace_slice)ACE_SLICE_OF(protected.bytes), plain.msg.payload, 4));

	oscore_request_make(&pair.client, 5, "4001000160", &protected, &exchange);
	plain.bytes[1] = ACE_COAP_CONTENT;
	oscore_message_read(&plain);
	oscore_message_init(&protected);
	port_fake_fail_call(1);
	assert_int_equal(ace_oscore_protect_response(&pair.server, &exchange, NULL, &plain.msg, &protected.buf),
			 ACE_ERR_CRYPTO);
	assert_false(oscore_bytes_found((struct ace_slice)ACE_SLICE_OF(protected.bytes), plain.msg.payload, 4));
	assert_false(exchange.nonce_spent);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, port_fake_reset, vectors_free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests_match_rfc8613_c4_to_c6),
		TEST(responses_match_rfc8613_c7_and_c8),
		TEST(outer_message_shows_class_u_and_observe_only),
		TEST(outer_code_follows_observe),
		TEST(request_nonce_protects_one_answer_only),
		TEST(unproven_request_is_answered_under_an_own_number_only),
		TEST(protect_refuses_numbers_beyond_the_space),
		TEST(protect_refuses_messages_that_it_must_not_wrap),
		TEST(protect_needs_exactly_its_room_and_leaves_no_plaintext),
		TEST(protect_leaves_no_plaintext_when_the_port_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
