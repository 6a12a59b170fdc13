/* SPDX-License-Identifier: Apache-2.0 */
/* The message layer over real sockets: RFC 7252 section 4, rule by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "udp_link.h"

static struct udp_link wire;
static uint8_t heard[ACE_UDP_DATAGRAM_MAX];

static int setup(void **state)
{
	(void)state;
	udp_link_open(&wire, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	udp_link_close(&wire);
	return 0;
}

static struct ace_udp_stats stats_now(void)
{
	struct ace_udp_stats stats;

	ace_udp_stats(wire.server, &stats);
	return stats;
}

static void open_names_the_real_port(void **state)
{
	(void)state;
	assert_int_equal(strncmp(ace_udp_address(wire.server), "127.0.0.1:", 10), 0);
	assert_string_not_equal(ace_udp_address(wire.server), "127.0.0.1:0");
	assert_true(ace_udp_fd(wire.server) >= 0);
}

static void open_refuses_what_is_no_address(void **state)
{
	static const char *const bad[] = { "",
					   ":",
					   "5683",
					   "127.0.0.1",
					   "127.0.0.1:",
					   "127.0.0.1:65536",
					   "127.0.0.1:x",
					   "127.0.0.1:-1",
					   ":5683",
					   "::1:5683",
					   "[::1:5683",
					   "[]:5683",
					   "[::1]5683" };
	struct ace_udp_server *server = NULL;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++)
		assert_int_equal(ace_udp_open(&(struct ace_udp_config) { .listen = bad[i] }, &server),
				 ACE_ERR_MALFORMED);
	assert_int_equal(ace_udp_open(&(struct ace_udp_config) { .listen = "192.0.2.1:0" }, &server), ACE_ERR_IO);
	assert_int_equal(ace_udp_open(&(struct ace_udp_config) { .listen = ace_udp_address(wire.server) }, &server),
			 ACE_ERR_IO);
	assert_int_equal(ace_udp_open(&(struct ace_udp_config) { .listen = "127.0.0.1:0", .peers_max = 10 }, &server),
			 ACE_ERR_RANGE);
	assert_null(server);
	ace_udp_close(NULL);
}

static void request_is_handed_out_and_acknowledged_with_its_answer(void **state)
{
	static const uint8_t ack[] = { 0x62, 0x45, 0x12, 0x34, 't', 'k', 0xff, 'y' };

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 0x1234, "tk", 3 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(wire.batch->msg.code, ACE_COAP_GET);
	assert_int_equal(wire.batch->msg.payload.len, 3);
	assert_int_equal(wire.batch->received_ms, wire.now_ms);
	assert_false(wire.batch->confirmed);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
	assert_int_equal(udp_reply(&wire, wire.batch, 1), ACE_OK);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), sizeof ack);
	assert_memory_equal(heard, ack, sizeof ack);
}

static void copy_gets_the_stored_answer_and_is_not_handed_out(void **state)
{
	uint8_t first[64];
	size_t len;

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 7, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(udp_reply(&wire, wire.batch, 9), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	len = udp_hear(&wire, first, sizeof first);
	for (int i = 0; i < 3; i++) {
		udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 7, "a", 0 });
		assert_int_equal(udp_read(&wire), 0);
		assert_int_equal(udp_hear(&wire, heard, sizeof heard), len);
		assert_memory_equal(heard, first, len);
	}
	assert_int_equal(stats_now().resent, 3);
}

static void copy_of_a_request_in_progress_is_dropped(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 7, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(udp_reply(&wire, wire.batch, 1), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_true(udp_hear(&wire, heard, sizeof heard) > 0);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
	assert_int_equal(stats_now().copies, 2);
}

static void same_message_id_from_another_port_is_another_request(void **state)
{
	uint8_t buffer[16];
	const struct udp_words words = { ACE_COAP_CON, ACE_COAP_GET, 7, "a", 0 };
	int other = udp_client_open(1, 0);

	(void)state;
	udp_ask(&wire, words);
	udp_say_from(&wire, other, udp_message(&words, buffer, sizeof buffer));
	assert_int_equal(udp_read(&wire), 2);
	assert_int_equal(stats_now().peers, 2);
	close(other);
}

static void answer_is_kept_for_exchange_lifetime_and_no_longer(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 7, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(udp_reply(&wire, wire.batch, 1), ACE_OK);
	wire.now_ms += ACE_UDP_EXCHANGE_LIFETIME_MS - 1;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 7, "a", 0 });
	assert_int_equal(udp_read(&wire), 0);
	wire.now_ms += 1;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 7, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
}

static void non_confirmable_gets_a_non_confirmable_answer_with_a_fresh_message_id(void **state)
{
	uint16_t mids[2];

	(void)state;
	for (uint16_t i = 0; i < 2; i++) {
		udp_ask(&wire, (struct udp_words) { ACE_COAP_NON, ACE_COAP_GET, i, "a", 0 });
		assert_int_equal(udp_read(&wire), 1);
		assert_int_equal(udp_reply(&wire, wire.batch, 1), ACE_OK);
		assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
		assert_int_equal(udp_hear(&wire, heard, sizeof heard), 7);
		assert_int_equal(heard[0], 0x51);
		mids[i] = (uint16_t)(heard[2] << 8 | heard[3]);
	}
	assert_int_not_equal(mids[0], mids[1]);
	/* RFC 7252 4.5: "the recipient SHOULD silently ignore any duplicated Non-confirmable message" */
	udp_ask(&wire, (struct udp_words) { ACE_COAP_NON, ACE_COAP_GET, 0, "a", 0 });
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
}

/* RFC 7252 4.2: "rejecting" what lacks context, by a Reset message with the same Message ID. */
static void assert_reset(struct udp_words words)
{
	const uint8_t reset[] = { 0x70, 0, (uint8_t)(words.mid >> 8), (uint8_t)words.mid };

	udp_ask(&wire, words);
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), sizeof reset);
	assert_memory_equal(heard, reset, sizeof reset);
}

static void assert_silence(struct udp_words words)
{
	udp_ask(&wire, words);
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
}

static void ping_is_answered_with_a_reset(void **state)
{
	(void)state;
	assert_reset((struct udp_words) { ACE_COAP_CON, ACE_COAP_EMPTY, 0xbeef, NULL, 0 });
	assert_int_equal(stats_now().peers, 0);
}

static void unexpected_responses_and_reserved_codes_are_reset(void **state)
{
	(void)state;
	assert_reset((struct udp_words) { ACE_COAP_CON, ACE_COAP_CONTENT, 1, "a", 1 });
	assert_reset((struct udp_words) { ACE_COAP_CON, ACE_COAP_UNAUTHORIZED, 2, "a", 0 });
	assert_reset((struct udp_words) { ACE_COAP_CON, ACE_COAP_CODE(1, 0), 3, "a", 0 });
	assert_reset((struct udp_words) { ACE_COAP_CON, ACE_COAP_CODE(6, 1), 4, "a", 0 });
	assert_reset((struct udp_words) { ACE_COAP_CON, ACE_COAP_CODE(7, 31), 5, NULL, 0 });
}

static void unreliable_nonsense_and_acknowledgements_get_silence(void **state)
{
	(void)state;
	assert_silence((struct udp_words) { ACE_COAP_NON, ACE_COAP_EMPTY, 1, NULL, 0 });
	assert_silence((struct udp_words) { ACE_COAP_NON, ACE_COAP_CONTENT, 1, "a", 1 });
	assert_silence((struct udp_words) { ACE_COAP_NON, ACE_COAP_CODE(7, 0), 1, "a", 1 });
	for (uint8_t type = ACE_COAP_ACK; type <= ACE_COAP_RST; type++) {
		assert_silence((struct udp_words) { type, ACE_COAP_EMPTY, 1, NULL, 0 });
		assert_silence((struct udp_words) { type, ACE_COAP_GET, 1, "a", 0 });
		assert_silence((struct udp_words) { type, ACE_COAP_CONTENT, 1, "a", 1 });
	}
}

/* Uri-Path "temp", Content-Format, payload: something with all parts of a message. */
static const uint8_t whole[] = { 0x44, 0x01, 0x10, 0x01, 't', 'o',  'k',  'n',  0xb4, 't',
				 'e',  'm',  'p',  0x11, 60,  0xff, 0xa1, 0x01, 0x02 };

/* Whatever comes, what the server says by itself is no longer than a header and no longer than what came. */
static void assert_modest(struct ace_slice bytes)
{
	size_t len, requests;

	udp_say(&wire, bytes);
	requests = udp_read(&wire);
	len = udp_hear(&wire, heard, sizeof heard);
	assert_true(len == 0 || (len == 4 && bytes.len >= 4 && heard[0] == 0x70 && heard[1] == 0));
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
	assert_true(requests == 0 || len == 0);
}

static void every_truncation_is_rejected_modestly(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof whole; len++)
		assert_modest((struct ace_slice) { whole, len });
	assert_int_equal(stats_now().datagrams, sizeof whole);
	/* Cuts at 8, 13 and 15 leave a message that is well-formed by itself; 0 to 3 are no header. */
	assert_int_equal(stats_now().requests, 1);
	assert_int_equal(stats_now().ignored, 4);
}

static void every_flipped_bit_is_survived_modestly(void **state)
{
	uint8_t bent[sizeof whole];

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof whole; bit++) {
		memcpy(bent, whole, sizeof whole);
		bent[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_modest(ACE_SLICE_OF(bent));
	}
}

static void unknown_version_gets_silence(void **state)
{
	static const uint8_t versions[][4] = { { 0x00, 0x01, 0, 1 }, { 0x80, 0x01, 0, 1 }, { 0xc0, 0x01, 0, 1 } };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(versions); i++) {
		udp_say(&wire, ACE_SLICE_OF(versions[i]));
		assert_int_equal(udp_read(&wire), 0);
		assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
	}
}

static void request_that_is_too_long_is_answered_4_13(void **state)
{
	static const uint8_t too_large[] = { 0x61, 0x8d, 0x00, 0x05, 'a' };

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 4, "a", ACE_UDP_DATAGRAM_MAX - 6 });
	assert_int_equal(udp_read(&wire), 1);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 5, "a", ACE_UDP_DATAGRAM_MAX - 5 });
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), sizeof too_large);
	assert_memory_equal(heard, too_large, sizeof too_large);
	assert_silence((struct udp_words) { ACE_COAP_NON, ACE_COAP_POST, 6, "a", ACE_UDP_DATAGRAM_MAX - 5 });
	assert_silence((struct udp_words) { ACE_COAP_ACK, ACE_COAP_CONTENT, 7, "a", ACE_UDP_DATAGRAM_MAX - 5 });
}

static void answer_refuses_what_is_no_answer_to_the_request(void **state)
{
	static const uint8_t other_token[] = { 0x41, 0x45, 0, 0, 'b' }, no_token[] = { 0x40, 0x45, 0, 0 },
			     request[] = { 0x41, 0x01, 0, 0, 'a' }, empty[] = { 0x41, 0x00, 0, 0, 'a' },
			     cut[] = { 0x41, 0x45, 0, 0 };
	const struct ace_slice bad[] = { ACE_SLICE_OF(other_token), ACE_SLICE_OF(no_token), ACE_SLICE_OF(request),
					 ACE_SLICE_OF(empty),       ACE_SLICE_OF(cut),      { NULL, 0 } };

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++)
		assert_int_equal(ace_udp_answer(wire.server, wire.batch, bad[i]), ACE_ERR_USAGE);
	assert_int_equal(udp_reply(&wire, wire.batch, 0), ACE_OK);
	assert_int_equal(udp_reply(&wire, wire.batch, 0), ACE_ERR_USAGE);
}

static void dropped_request_and_its_copies_get_silence(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	ace_udp_drop(wire.server, wire.batch);
	assert_int_equal(udp_reply(&wire, wire.batch, 0), ACE_ERR_USAGE);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_silence((struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
}

static void peer_is_named_for_logs(void **state)
{
	char text[ACE_UDP_TEXT_MAX];
	int other = udp_client_open(0x0002, 40123);
	static const uint8_t get[] = { 0x40, 0x01, 0, 1 };

	(void)state;
	udp_say_from(&wire, other, ACE_SLICE_OF(get));
	assert_int_equal(udp_read(&wire), 1);
	ace_udp_peer_text(wire.server, wire.batch, text);
	assert_string_equal(text, "127.0.0.2:40123");
	close(other);
}

static void later_requests_join_the_batch_behind_those_that_are_in_it(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(ace_udp_read_more(wire.server), 1);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 }); /* a copy */
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 2, "b", 0 });
	assert_int_equal(ace_udp_read_more(wire.server), 2);
	assert_int_equal(wire.batch[0].msg.mid, 1);
	assert_int_equal(wire.batch[1].msg.mid, 2);
	assert_int_equal(wire.batch[0].msg.token.ptr[0], 'a');
	for (size_t i = 0; i < 2; i++)
		ace_udp_drop(wire.server, &wire.batch[i]);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 0);
	assert_int_equal(stats_now().copies, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(open_names_the_real_port),
		CASE(open_refuses_what_is_no_address),
		CASE(request_is_handed_out_and_acknowledged_with_its_answer),
		CASE(copy_gets_the_stored_answer_and_is_not_handed_out),
		CASE(copy_of_a_request_in_progress_is_dropped),
		CASE(same_message_id_from_another_port_is_another_request),
		CASE(answer_is_kept_for_exchange_lifetime_and_no_longer),
		CASE(non_confirmable_gets_a_non_confirmable_answer_with_a_fresh_message_id),
		CASE(ping_is_answered_with_a_reset),
		CASE(unexpected_responses_and_reserved_codes_are_reset),
		CASE(unreliable_nonsense_and_acknowledgements_get_silence),
		CASE(every_truncation_is_rejected_modestly),
		CASE(every_flipped_bit_is_survived_modestly),
		CASE(unknown_version_gets_silence),
		CASE(request_that_is_too_long_is_answered_4_13),
		CASE(answer_refuses_what_is_no_answer_to_the_request),
		CASE(dropped_request_and_its_copies_get_silence),
		CASE(peer_is_named_for_logs),
		CASE(later_requests_join_the_batch_behind_those_that_are_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
