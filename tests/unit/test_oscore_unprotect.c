/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying and opening requests: replays, forgeries, what proxies may change. Responses are in
 * test_oscore_response.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"
#include "oscore/cose_object.h"

#define GET_TV1 "44015d1f00003974396c6f63616c686f737483747631"
#define CONTENT_HELLO "64455d1f00003974ff48656c6c6f20576f726c6421"

static void request_and_response_come_through(void **state)
{
	struct oscore_pair pair;
	struct oscore_message request, response, opened;
	struct ace_oscore_exchange client, server;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, GET_TV1, &request, &client);
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_request(&pair.server, &request.msg, &opened.buf, &server), ACE_OK);
	assert_slice_equal(ace_buf_slice(&opened.buf), vectors_unhex(GET_TV1));

	oscore_response_make(&pair.server, &server, NULL, CONTENT_HELLO, &response);
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_response(&pair.client, &client, &response.msg, &opened.buf), ACE_OK);
	assert_slice_equal(ace_buf_slice(&opened.buf), vectors_unhex(CONTENT_HELLO));
}

static enum ace_err open_request(struct ace_oscore_ctx *ctx, const struct oscore_message *request)
{
	struct oscore_message opened;
	struct ace_oscore_exchange exchange;

	oscore_message_init(&opened);
	return ace_oscore_unprotect_request(ctx, &request->msg, &opened.buf, &exchange);
}

static void assert_windows_equal(const struct ace_oscore_window *a, const struct ace_oscore_window *b)
{
	assert_true(a->highest == b->highest && a->seen == b->seen && a->known == b->known);
}

static void requests_are_taken_once_in_any_order(void **state)
{
	static const uint64_t order[] = { 10, 7, 9, 11, 42, 75, 74, 140 };
	struct oscore_pair pair;
	struct oscore_message requests[ACE_ARRAY_LEN(order)];
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	for (size_t i = 0; i < ACE_ARRAY_LEN(order); i++) {
		oscore_request_make(&pair.client, order[i], GET_TV1, &requests[i], &exchange);
		assert_int_equal(open_request(&pair.server, &requests[i]), ACE_OK);
		for (size_t k = 0; k <= i; k++)
			assert_int_equal(open_request(&pair.server, &requests[k]), ACE_ERR_REPLAY);
	}
}

/* RFC 8613 8.2: only "If decryption succeeds, update the Replay Window". */
static void forged_high_number_does_not_shut_out_the_real_low_one(void **state)
{
	struct oscore_pair pair;
	struct oscore_message real, forged;
	struct ace_oscore_exchange exchange;
	struct ace_oscore_window before;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, GET_TV1, &real, &exchange);
	oscore_request_make(&pair.client, ACE_OSCORE_SEQ_MAX, GET_TV1, &forged, &exchange);
	forged.bytes[forged.buf.len - 1] ^= 1;
	before = pair.server.window;
	assert_int_equal(open_request(&pair.server, &forged), ACE_ERR_TAG);
	assert_windows_equal(&pair.server.window, &before);
	assert_int_equal(open_request(&pair.server, &real), ACE_OK);
	assert_int_equal(open_request(&pair.server, &real), ACE_ERR_REPLAY);
}

/* What proxies may change (RFC 8613 4.2): all before the OSCORE option, which ends with "62 09 14 ff" here. */
static bool is_open_to_proxies(const struct oscore_message *message, size_t byte)
{
	return byte < message->buf.len - message->msg.payload.len - 4;
}

static void every_bit_flip_is_refused_and_moves_no_window(void **state)
{
	struct oscore_pair pair;
	struct oscore_message good, bad;
	struct ace_oscore_exchange exchange;
	struct ace_oscore_window before;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, GET_TV1, &good, &exchange);
	before = pair.server.window;
	for (size_t bit = 0; bit < 8 * good.buf.len; bit++) {
		uint8_t *exact = memcpy(malloc(good.buf.len), good.bytes, good.buf.len);
		struct ace_slice datagram = { exact, good.buf.len };

		exact[bit / 8] ^= (uint8_t)(1 << bit % 8);
		oscore_message_init(&bad);
		if (!is_open_to_proxies(&good, bit / 8) && !ace_coap_read(datagram, &bad.msg)) {
			assert_int_not_equal(open_request(&pair.server, &bad), ACE_OK);
			assert_windows_equal(&pair.server.window, &before);
		}
		free(exact);
	}
	assert_int_equal(open_request(&pair.server, &good), ACE_OK);
}

static void every_truncation_is_refused_and_moves_no_window(void **state)
{
	struct oscore_pair pair;
	struct oscore_message good, bad;
	struct ace_oscore_exchange exchange;
	struct ace_oscore_window before;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, GET_TV1, &good, &exchange);
	before = pair.server.window;
	for (size_t len = 0; len < good.buf.len; len++) {
		uint8_t *exact = memcpy(malloc(len + 1), good.bytes, len);

		oscore_message_init(&bad);
		if (!ace_coap_read((struct ace_slice){ exact, len }, &bad.msg))
			assert_int_not_equal(open_request(&pair.server, &bad), ACE_OK);
		assert_windows_equal(&pair.server.window, &before);
		free(exact);
	}
}

static void failure_leaves_no_plaintext_and_no_exchange(void **state)
{
	struct oscore_pair pair;
	struct oscore_message request, opened;
	struct ace_oscore_exchange exchange, before;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, "40020001b474657374ff7365637265742d74657874", &request, &exchange);
	memset(&exchange, 0x33, sizeof exchange);
	memcpy(&before, &exchange, sizeof before);
	for (int i = 0; i < 2; i++) {
		struct ace_oscore_window window = pair.server.window;

		oscore_message_init(&opened);
		if (i)
			port_fake_fail_call(1);
		else
			request.bytes[request.buf.len - 1] ^= 0x80;
		assert_int_equal(ace_oscore_unprotect_request(&pair.server, &request.msg, &opened.buf, &exchange),
				 i ? ACE_ERR_CRYPTO : ACE_ERR_TAG);
		assert_int_equal(opened.buf.len, 0);
		assert_memory_equal(&exchange, &before, sizeof exchange);
		assert_windows_equal(&pair.server.window, &window);
		assert_false(oscore_bytes_found((struct ace_slice)ACE_SLICE_OF(opened.bytes), ACE_LITERAL("secret-text"),
						4));
	}
}

static void opened_message_needs_no_more_room_than_the_protected_one(void **state)
{
	struct oscore_pair pair;
	struct oscore_message request;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, GET_TV1, &request, &exchange);
	for (size_t cap = 0; cap <= request.buf.len; cap++) {
		struct ace_oscore_ctx server = pair.server;
		uint8_t *bytes = malloc(cap ? cap : 1);
		struct ace_buf out = { bytes, cap, 0 };
		enum ace_err err = ace_oscore_unprotect_request(&server, &request.msg, &out, &exchange);

		assert_true(err == ACE_OK || err == ACE_ERR_SPACE);
		if (err)
			assert_windows_equal(&server.window, &pair.server.window);
		else
			assert_slice_equal(ace_buf_slice(&out), vectors_unhex(GET_TV1));
		assert_true(cap < request.buf.len || !err);
		free(bytes);
	}
}

/* RFC 8613 8.2: "Discard Code and all Class E options ... present in the received message." */
static void outer_options_of_class_e_are_dropped(void **state)
{
	struct oscore_pair pair;
	struct oscore_message request, mixed, opened;
	struct ace_oscore_exchange exchange;
	struct ace_coap_writer w;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_slice oscore, written;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, "40010001b474657374", &request, &exchange);
	assert_true(ace_coap_option_find(request.msg.options, ACE_OPT_OSCORE, &oscore));
	oscore_message_init(&mixed);
	ace_coap_write_init(&w, mixed.bytes, sizeof mixed.bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_NON, ACE_COAP_FETCH, 9, ACE_LITERAL("t") });
	ace_coap_write_option(&w, ACE_OPT_IF_MATCH, ACE_LITERAL("x"));
	ace_coap_write_option(&w, ACE_OPT_URI_HOST, ACE_LITERAL("host"));
	ace_coap_write_option(&w, ACE_OPT_OBSERVE, ACE_LITERAL(""));
	ace_coap_write_option(&w, ACE_OPT_OSCORE, oscore);
	ace_coap_write_option(&w, ACE_OPT_URI_PATH, ACE_LITERAL("admin"));
	ace_coap_write_option(&w, ACE_OPT_MAX_AGE, ACE_LITERAL("\x05"));
	ace_coap_write_option(&w, ACE_OPT_ECHO, ACE_LITERAL("forged"));
	ace_coap_write_option(&w, ACE_OPT_NO_RESPONSE, ACE_LITERAL("\x1a"));
	ace_coap_write_payload(&w, request.msg.payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	mixed.buf.len = written.len;
	oscore_message_read(&mixed);

	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_request(&pair.server, &mixed.msg, &opened.buf, &exchange), ACE_OK);
	oscore_message_read(&opened);
	assert_false(exchange.observe);
	assert_int_equal(opened.msg.code, ACE_COAP_GET);
	assert_int_equal(opened.msg.type, ACE_COAP_NON);
	ace_coap_options_init(&it, opened.msg.options);
	assert_true(ace_coap_options_next(&it, &option) && option.number == ACE_OPT_URI_HOST);
	assert_true(ace_coap_options_next(&it, &option) && option.number == ACE_OPT_URI_PATH);
	assert_slice_equal(option.value, ACE_LITERAL("test"));
	assert_false(ace_coap_options_next(&it, &option));
}

/* RFC 8613 8.2 step 2: what does not decode. */
static void requests_without_partial_iv_or_kid_are_malformed(void **state)
{
	static const char *const bad[] = {
		"40020001" "9105" "ff0102030405060708", /* truncated option */
		"40020001" "90" "ff0102030405060708",
		"40020001" "920114" "ff0102030405060708",   /* no kid */
		"40020001" "9108" "ff0102030405060708",     /* no Partial IV */
		"40020001" "93291400" "ff0102030405060708", /* reserved bit */
	};
	struct oscore_pair pair;
	struct oscore_message message;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		oscore_message_set(&message, vectors_unhex(bad[i]));
		assert_int_equal(open_request(&pair.server, &message), i ? ACE_ERR_MALFORMED : ACE_ERR_TRUNCATED);
	}
	oscore_message_set(&message, vectors_unhex("40010001b474657374"));
	assert_int_equal(open_request(&pair.server, &message), ACE_ERR_UNPROTECTED);
}

static void requests_for_another_context_are_refused(void **state)
{
	struct oscore_pair pair, other;
	struct oscore_message request;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, "c0de");
	oscore_pair_init(&other, 0, "c0df");
	oscore_request_make(&pair.client, 1, GET_TV1, &request, &exchange);
	assert_int_equal(open_request(&other.server, &request), ACE_ERR_NO_CONTEXT);
	assert_int_equal(open_request(&pair.server, &request), ACE_OK);
	oscore_pair_init(&other, 0, NULL);
	assert_int_equal(open_request(&other.server, &request), ACE_ERR_NO_CONTEXT);
	/* One's own request thrown back: its kid is not the peer's. */
	assert_int_equal(open_request(&pair.client, &request), ACE_ERR_NO_CONTEXT);
	/* RFC 8613 5.1: the kid context may be left out; the context alone decides. */
	oscore_request_make(&other.client, 2, GET_TV1, &request, &exchange);
	assert_int_equal(open_request(&pair.server, &request), ACE_ERR_TAG);
}

/* Authentic, but the plaintext is none that a request may have. Sealed here without the writer. */
static void authentic_nonsense_is_refused_and_its_number_is_used(void **state)
{
	static const char *const plaintexts[] = { "", "00", "45", "01b9", "01ff", "01f0", "0190", "e1" };
	struct oscore_pair pair;
	struct oscore_message request;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	for (size_t i = 0; i < ACE_ARRAY_LEN(plaintexts); i++) {
		struct ace_oscore_crypt crypt = { .ctx = &pair.client, .exchange = &exchange };
		struct ace_buf sealed;

		oscore_request_make(&pair.client, i, "40010001", &request, &exchange);
		crypt.text = vectors_unhex(plaintexts[i]);
		sealed = (struct ace_buf){ request.bytes + request.buf.len - request.msg.payload.len, 64, 0 };
		assert_int_equal(ace_oscore_crypt(&crypt, &sealed), ACE_OK);
		request.msg.payload.len = sealed.len;
		assert_int_equal(open_request(&pair.server, &request), ACE_ERR_TAG);
		assert_int_equal(open_request(&pair.server, &request), ACE_ERR_REPLAY);
	}
}

/* RFC 8613 B.1.2: without a window nothing is known to be fresh; the exchange says so. */
static void unknown_window_yields_unproven_requests_until_the_echo(void **state)
{
	struct oscore_pair pair;
	struct oscore_message request, opened;
	struct ace_oscore_exchange exchange;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	pair.server.window.known = false;
	oscore_request_make(&pair.client, 20, GET_TV1, &request, &exchange);
	for (int i = 0; i < 2; i++) {
		oscore_message_init(&opened);
		assert_int_equal(ace_oscore_unprotect_request(&pair.server, &request.msg, &opened.buf, &exchange),
				 ACE_OK);
		assert_true(exchange.unproven);
		assert_true(!pair.server.window.known && !pair.server.window.seen);
	}
	assert_int_equal(ace_oscore_window_start(&pair.server.window, &exchange), ACE_OK);
	assert_int_equal(open_request(&pair.server, &request), ACE_ERR_REPLAY);
	oscore_request_make(&pair.client, 19, GET_TV1, &request, &exchange);
	assert_int_equal(open_request(&pair.server, &request), ACE_ERR_REPLAY);
	oscore_request_make(&pair.client, 21, GET_TV1, &request, &exchange);
	assert_int_equal(open_request(&pair.server, &request), ACE_OK);
}

static void all_algorithms_come_through_both_ways(void **state)
{
	static const int32_t aeads[] = { 1, 10, 30, 31 };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(aeads); i++) {
		struct oscore_pair pair;
		struct oscore_message request, response, opened;
		struct ace_oscore_exchange client, server;

		oscore_pair_init(&pair, aeads[i], "0102030405060708");
		oscore_request_make(&pair.client, ACE_OSCORE_SEQ_MAX, GET_TV1, &request, &client);
		oscore_message_init(&opened);
		assert_int_equal(ace_oscore_unprotect_request(&pair.server, &request.msg, &opened.buf, &server), ACE_OK);
		assert_slice_equal(ace_buf_slice(&opened.buf), vectors_unhex(GET_TV1));
		oscore_response_make(&pair.server, &server, NULL, CONTENT_HELLO, &response);
		oscore_message_init(&opened);
		assert_int_equal(ace_oscore_unprotect_response(&pair.client, &client, &response.msg, &opened.buf),
				 ACE_OK);
		assert_slice_equal(ace_buf_slice(&opened.buf), vectors_unhex(CONTENT_HELLO));
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, port_fake_reset, vectors_free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(request_and_response_come_through),
		TEST(requests_are_taken_once_in_any_order),
		TEST(forged_high_number_does_not_shut_out_the_real_low_one),
		TEST(every_bit_flip_is_refused_and_moves_no_window),
		TEST(every_truncation_is_refused_and_moves_no_window),
		TEST(failure_leaves_no_plaintext_and_no_exchange),
		TEST(opened_message_needs_no_more_room_than_the_protected_one),
		TEST(outer_options_of_class_e_are_dropped),
		TEST(requests_without_partial_iv_or_kid_are_malformed),
		TEST(requests_for_another_context_are_refused),
		TEST(authentic_nonsense_is_refused_and_its_number_is_used),
		TEST(unknown_window_yields_unproven_requests_until_the_echo),
		TEST(all_algorithms_come_through_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
