/* SPDX-License-Identifier: Apache-2.0 */
/* Separate responses: RFC 7252 5.2.2, rule by rule, with a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "udp_later_case.h"

static void deferred_request_is_acknowledged_at_its_time_and_answered_later(void **state)
{
	uint64_t handle = defer(ACE_COAP_CON, 0x1234, 1000);
	uint16_t mid;

	(void)state;
	udp_pass(&wire, 990);
	assert_silent();
	assert_in_range(ace_udp_due_ms(wire.server), wire.now_ms + 10, wire.now_ms + 10 + TICK_MS);
	udp_pass(&wire, 10 + TICK_MS);
	assert_heard_ack(0x1234);
	udp_pass(&wire, 10000);
	assert_silent();
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
	mid = assert_heard(ACE_COAP_CON, 'x');
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().messages, 0);
	udp_pass(&wire, 100000);
	assert_silent();
	assert_int_equal(stats_now().retransmissions, 0);
	assert_int_equal(ace_udp_due_ms(wire.server), UINT64_MAX);
}

static void answer_before_the_acknowledgement_goes_inside_it(void **state)
{
	uint64_t handle = defer(ACE_COAP_CON, 7, 2000);

	(void)state;
	udp_pass(&wire, 1500);
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
	assert_int_equal(assert_heard(ACE_COAP_ACK, 'x'), 7);
	assert_int_equal(stats_now().messages, 0);
	assert_int_equal(answer(handle, 'y', true), ACE_ERR_NOT_FOUND);
	/* A copy gets the same again. */
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 7, "t", 0 });
	udp_pass(&wire, 5000);
	assert_int_equal(assert_heard(ACE_COAP_ACK, 'x'), 7);
	assert_silent();
}

static void copies_of_a_deferred_request_get_silence_then_its_acknowledgement(void **state)
{
	const struct udp_words words = { ACE_COAP_CON, ACE_COAP_GET, 7, "t", 0 };
	uint64_t handle = defer(ACE_COAP_CON, 7, 1000);
	uint16_t mid;

	(void)state;
	udp_ask(&wire, words);
	udp_pass(&wire, 1);
	assert_silent();
	udp_pass(&wire, 1100);
	assert_heard_ack(7);
	udp_ask(&wire, words);
	udp_pass(&wire, 1);
	assert_heard_ack(7);
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
	mid = assert_heard(ACE_COAP_CON, 'x');
	/* Duplicated while its separate response is under way, and after. */
	udp_ask(&wire, words);
	udp_pass(&wire, 1);
	assert_heard_ack(7);
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_ask(&wire, words);
	udp_pass(&wire, 1);
	assert_heard_ack(7);
	assert_silent();
}

static void non_confirmable_request_gets_its_separate_answer_without_acknowledgement(void **state)
{
	uint64_t handle = defer(ACE_COAP_NON, 7, 0);

	(void)state;
	udp_pass(&wire, 5000);
	assert_silent();
	assert_int_equal(answer(handle, 'x', false), ACE_OK);
	assert_heard(ACE_COAP_NON, 'x');
	udp_pass(&wire, 100000);
	assert_silent();
	assert_int_equal(stats_now().messages, 0);
}

static void deferring_is_for_confirmed_addresses_and_requests_in_hand(void **state)
{
	uint64_t handle = 0;

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "t", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(ace_udp_defer(wire.server, wire.batch, 0, &handle), ACE_ERR_DENIED);
	ace_udp_confirm(wire.server, wire.batch);
	assert_int_equal(ace_udp_defer(wire.server, wire.batch, ACE_UDP_ACK_TIMEOUT_MS + 1, &handle), ACE_ERR_RANGE);
	assert_int_equal(udp_reply(&wire, wire.batch, 1), ACE_OK);
	assert_int_equal(ace_udp_defer(wire.server, wire.batch, 0, &handle), ACE_ERR_USAGE);
	assert_int_equal(handle, 0);
	assert_int_equal(answer(0, 'x', true), ACE_ERR_NOT_FOUND);
	assert_int_equal(answer(UINT64_C(1) << 32 | 1, 'x', true), ACE_ERR_NOT_FOUND);
	assert_int_equal(answer(UINT64_MAX, 'x', true), ACE_ERR_NOT_FOUND);
}

static void later_answer_must_be_one_to_the_request(void **state)
{
	static uint8_t buffer[ACE_UDP_DATAGRAM_MAX];
	const struct udp_words words = { ACE_COAP_CON, ACE_COAP_CONTENT, 0, "t", ACE_UDP_ANSWER_MAX - 5 };
	uint64_t handle = defer(ACE_COAP_CON, 1, 0);

	(void)state;
	assert_int_equal(ace_udp_answer_later(wire.server, handle, udp_response("u", 'x', ACE_COAP_CONTENT), true),
			 ACE_ERR_USAGE);
	assert_int_equal(ace_udp_answer_later(wire.server, handle, udp_response("t", 'x', ACE_COAP_GET), true),
			 ACE_ERR_USAGE);
	assert_int_equal(ace_udp_answer_later(wire.server, handle, udp_message(&words, buffer, sizeof buffer), true),
			 ACE_ERR_SPACE);
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
}

static void dropped_request_leaves_nothing_and_its_copies_get_what_it_got(void **state)
{
	uint64_t handle = defer(ACE_COAP_CON, 1, 1000);

	(void)state;
	ace_udp_drop_later(wire.server, handle);
	ace_udp_drop_later(wire.server, handle);
	assert_int_equal(answer(handle, 'x', true), ACE_ERR_NOT_FOUND);
	assert_int_equal(stats_now().messages, 0);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "t", 0 });
	udp_pass(&wire, 2000);
	assert_silent();
	handle = defer(ACE_COAP_CON, 2, 0);
	udp_pass(&wire, 100);
	assert_heard_ack(2);
	ace_udp_drop_later(wire.server, handle);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 2, "t", 0 });
	udp_pass(&wire, 100);
	assert_heard_ack(2);
}

static void request_that_is_never_answered_is_forgotten(void **state)
{
	uint64_t handles[2];

	(void)state;
	handles[0] = defer(ACE_COAP_CON, 1, 1000);
	handles[1] = defer(ACE_COAP_NON, 2, 1000);
	for (int i = 0; i < 8; i++)
		udp_pass(&wire, 30000);
	assert_int_equal(stats_now().messages, 2);
	udp_pass(&wire, 10000);
	assert_int_equal(stats_now().messages, 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(answer(handles[i], 'x', true), ACE_ERR_NOT_FOUND);
	udp_pass(&wire, ACE_UDP_EXCHANGE_LIFETIME_MS);
	assert_int_equal(stats_now().peers, 0);
	assert_int_equal(stats_now().exchanges, 0);
}

static void one_peer_may_have_sixteen_deferred_requests(void **state)
{
	uint64_t handle;

	(void)state;
	for (uint16_t i = 0; i < ACE_UDP_DEFERRED_A_PEER; i++)
		handle = defer(ACE_COAP_CON, i, 0);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 99, "t", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(ace_udp_defer(wire.server, wire.batch, 0, &handle), ACE_ERR_FULL);
}

static void deferred_requests_that_were_answered_count_no_more(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 3 * ACE_UDP_DEFERRED_A_PEER; i++) {
		udp_say_empty(&wire, ACE_COAP_ACK, answer_separately(i, 'x'));
		udp_pass(&wire, 1);
		assert_int_equal(answer(defer(ACE_COAP_CON, (uint16_t)(1000 + i), 0), 'y', true), ACE_OK);
		assert_heard(ACE_COAP_ACK, 'y');
		assert_int_equal(answer(defer(ACE_COAP_NON, (uint16_t)(2000 + i), 0), 'z', false), ACE_OK);
		assert_heard(ACE_COAP_NON, 'z');
		ace_udp_drop_later(wire.server, defer(ACE_COAP_CON, (uint16_t)(3000 + i), 0));
	}
	assert_int_equal(stats_now().messages, 0);
}

static void flood_of_deferred_requests_stays_within_its_places_and_leaves(void **state)
{
	uint32_t deferred = 0, refused = 0;
	uint64_t handle;

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		int fd = udp_client_open(0x020000 + i, 0);
		const struct udp_words words = { ACE_COAP_CON, ACE_COAP_GET, 1, "t", 0 };
		uint8_t buffer[16];

		udp_say_from(&wire, fd, udp_message(&words, buffer, sizeof buffer));
		assert_int_equal(udp_read(&wire), 1);
		ace_udp_confirm(wire.server, wire.batch);
		if (ace_udp_defer(wire.server, wire.batch, 2000, &handle) == ACE_OK)
			deferred++;
		else
			refused++;
		close(fd);
	}
	assert_int_equal(deferred, 256); /* a quarter of the exchanges */
	assert_int_equal(refused, 144);
	assert_int_equal(stats_now().messages, 256);
	udp_pass(&wire, 3000);
	udp_pass(&wire, ACE_UDP_EXCHANGE_LIFETIME_MS);
	udp_pass(&wire, ACE_UDP_EXCHANGE_LIFETIME_MS);
	assert_int_equal(stats_now().messages, 0);
	assert_int_equal(stats_now().peers, 0);
}

static void pinned_peer_outlives_a_flood_of_sources(void **state)
{
	static const uint8_t get[] = { 0x40, 0x01, 0x00, 0x01 };
	uint64_t handle = defer(ACE_COAP_CON, 1, 0);

	(void)state;
	udp_pass(&wire, 100);
	assert_heard_ack(1);
	for (uint32_t i = 0; i < 5000; i++) {
		int fd = udp_client_open(0x030000 + i, 0);

		udp_say_from(&wire, fd, ACE_SLICE_OF(get));
		close(fd);
		if (i % 64 == 63)
			for (size_t nth = udp_read(&wire); nth > 0; nth--)
				ace_udp_confirm(wire.server, &wire.batch[nth - 1]);
	}
	udp_read(&wire);
	assert_int_equal(stats_now().peers, 4096);
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
	assert_heard(ACE_COAP_CON, 'x');
}

/* A stranger's request with token "t", held. */
static uint64_t hold(uint8_t type, uint16_t mid, enum ace_err wanted)
{
	uint64_t handle = 0;

	udp_ask(&wire, (struct udp_words) { type, ACE_COAP_GET, mid, "t", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_false(wire.batch->confirmed);
	assert_int_equal(ace_udp_hold(wire.server, wire.batch, 90000, &handle), wanted);
	return handle;
}

/* Whoever forges an address makes it get one answer, as at once, and nothing that is repeated. */
static void held_request_of_a_stranger_gets_one_answer_and_nothing_else(void **state)
{
	uint64_t handle = hold(ACE_COAP_CON, 7, ACE_OK);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		udp_pass(&wire, 20000);
		udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 7, "t", 0 });
		assert_int_equal(udp_read(&wire), 0);
		assert_silent();
	}
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
	assert_int_equal(assert_heard(ACE_COAP_ACK, 'x'), 7);
	udp_pass(&wire, 90000);
	assert_silent();
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 7, "t", 0 });
	udp_pass(&wire, 1);
	assert_int_equal(assert_heard(ACE_COAP_ACK, 'x'), 7);
	handle = hold(ACE_COAP_NON, 8, ACE_OK);
	assert_int_equal(answer(handle, 'y', true), ACE_OK);
	assert_heard(ACE_COAP_NON, 'y');
	udp_pass(&wire, 90000);
	assert_silent();
	assert_int_equal(stats_now().messages, 0);
}

static void held_request_gets_no_more_than_its_address_may_have(void **state)
{
	uint64_t handle = hold(ACE_COAP_CON, 7, ACE_OK);
	uint8_t bytes[ACE_UDP_UNCONFIRMED_MAX + 16];
	struct ace_coap_writer w;
	struct ace_slice message;

	(void)state;
	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .code = ACE_COAP_CONTENT, .token = ACE_LITERAL("t") });
	ace_coap_write_payload(&w, (struct ace_slice) { bytes, ACE_UDP_UNCONFIRMED_MAX });
	assert_int_equal(ace_coap_written(&w, &message), ACE_OK);
	assert_int_equal(ace_udp_answer_later(wire.server, handle, message, true), ACE_ERR_SPACE);
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
	assert_heard(ACE_COAP_ACK, 'x');
}

static void held_requests_have_their_number_and_their_time(void **state)
{
	uint64_t handle;

	(void)state;
	for (uint32_t i = 0; i < ACE_UDP_HELD_MAX; i++) {
		int fd = udp_client_open(0x020000 + i, 0);
		uint8_t bytes[32];

		udp_say_from(&wire, fd, udp_message(&(struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 9, "t", 0 }, bytes,
						    sizeof bytes));
		close(fd);
		assert_int_equal(udp_read(&wire), 1);
		assert_int_equal(ace_udp_hold(wire.server, wire.batch, 90000, &handle), ACE_OK);
	}
	(void)hold(ACE_COAP_CON, 7, ACE_ERR_FULL);
	udp_pass(&wire, 90000 + TICK_MS);
	assert_int_equal(stats_now().messages, 0);
	assert_int_equal(answer(handle, 'x', true), ACE_ERR_NOT_FOUND);
	handle = hold(ACE_COAP_CON, 10, ACE_OK);
	assert_int_equal(answer(handle, 'x', true), ACE_OK);
}

static void a_source_is_an_address_whatever_its_port(void **state)
{
	uint64_t source;
	int fd = udp_client_open(1, 0), other = udp_client_open(2, 0);
	uint8_t bytes[32];
	struct ace_slice get = udp_message(&(struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 9, "t", 0 }, bytes, sizeof bytes);

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 9, "t", 0 });
	assert_int_equal(udp_read(&wire), 1);
	source = ace_udp_source(wire.server, wire.batch);
	udp_say_from(&wire, fd, get);
	assert_int_equal(udp_read(&wire), 1);
	assert_true(ace_udp_source(wire.server, wire.batch) == source);
	udp_say_from(&wire, other, get);
	assert_int_equal(udp_read(&wire), 1);
	assert_false(ace_udp_source(wire.server, wire.batch) == source);
	close(fd);
	close(other);
}

/* Pinned peers must leave room for a batch: what would not is refused at the start. */
static void limits_that_leave_no_room_for_a_batch_are_refused(void **state)
{
	const struct ace_udp_config bad[] = {
		{ .peers_max = 65536, .observers_max = 65536 / 2 + 1 },
		{ .peers_max = 65536, .messages_max = 65536 / 4 + 1 },
		{ .exchanges_max = 1024, .messages_max = 512 },
		{ .peers_max = 4096, .observers_max = 1500, .messages_max = 37 },
	};
	struct ace_udp_config good = {
		.listen = "127.0.0.1:0", .peers_max = 4096, .observers_max = 1500, .messages_max = 36
	};
	struct ace_udp_server *server = NULL;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		struct ace_udp_config config = bad[i];

		config.listen = "127.0.0.1:0";
		assert_int_equal(ace_udp_open(&config, &server), ACE_ERR_RANGE);
		assert_null(server);
	}
	assert_int_equal(ace_udp_open(&good, &server), ACE_OK);
	ace_udp_close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(deferred_request_is_acknowledged_at_its_time_and_answered_later),
		CASE(answer_before_the_acknowledgement_goes_inside_it),
		CASE(copies_of_a_deferred_request_get_silence_then_its_acknowledgement),
		CASE(non_confirmable_request_gets_its_separate_answer_without_acknowledgement),
		CASE(deferring_is_for_confirmed_addresses_and_requests_in_hand),
		CASE(later_answer_must_be_one_to_the_request),
		CASE(dropped_request_leaves_nothing_and_its_copies_get_what_it_got),
		CASE(request_that_is_never_answered_is_forgotten),
		CASE(one_peer_may_have_sixteen_deferred_requests),
		CASE(deferred_requests_that_were_answered_count_no_more),
		CASE(flood_of_deferred_requests_stays_within_its_places_and_leaves),
		CASE(pinned_peer_outlives_a_flood_of_sources),
		CASE(held_request_of_a_stranger_gets_one_answer_and_nothing_else),
		CASE(held_request_gets_no_more_than_its_address_may_have),
		CASE(held_requests_have_their_number_and_their_time),
		CASE(a_source_is_an_address_whatever_its_port),
		CASE(limits_that_leave_no_room_for_a_batch_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
