/* SPDX-License-Identifier: Apache-2.0 */
/* Confirmable messages of the server: RFC 7252 4.2 and 4.7, rule by rule, with a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "udp_later_case.h"

/* RFC 7252 4.2, 4.8: attempts at ACK_TIMEOUT times a random factor, doubled each time, at most four repetitions. */
static void unacknowledged_answer_is_repeated_four_times_with_doubled_waits_then_given_up(void **state)
{
	uint64_t sent_ms, waits[4];
	uint16_t mid = answer_separately(7, 'x');

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct ace_coap_message msg;

		for (sent_ms = wire.now_ms; udp_pass(&wire, 10), (msg = udp_hear_message(&wire)).type == UDP_SILENCE;)
			assert_true(wire.now_ms - sent_ms < 30000);
		assert_int_equal(msg.mid, mid);
		waits[i] = wire.now_ms - sent_ms;
	}
	assert_in_range(waits[0], 2000, 3000 + 2 * TICK_MS);
	for (int i = 1; i < 4; i++)
		assert_in_range(waits[i], 2 * waits[i - 1] - 3 * TICK_MS, 2 * waits[i - 1] + 3 * TICK_MS);
	assert_int_equal(stats_now().given_up, 0);
	udp_pass(&wire, 2 * waits[3] + 2 * TICK_MS);
	assert_silent();
	assert_int_equal(stats_now().given_up, 1);
	assert_int_equal(stats_now().retransmissions, 4);
	assert_int_equal(stats_now().messages, 0);
}

static void waits_differ_between_messages(void **state)
{
	uint64_t first = 0;
	bool differ = false;

	(void)state;
	for (uint16_t i = 0; i < 8; i++) {
		uint16_t mid = answer_separately(i, 'x');
		uint64_t wait = ace_udp_due_ms(wire.server) - wire.now_ms;

		first = first ? first : wait;
		differ |= wait > first + TICK_MS || first > wait + TICK_MS;
		udp_say_empty(&wire, ACE_COAP_ACK, mid);
		udp_pass(&wire, 1);
	}
	assert_true(differ);
}

static void acknowledgement_or_rejection_ends_the_repetition(void **state)
{
	(void)state;
	for (uint8_t type = ACE_COAP_ACK; type <= ACE_COAP_RST; type++) {
		uint16_t mid = answer_separately((uint16_t)(7 + type), 'x');

		udp_pass(&wire, 3200);
		assert_int_equal(assert_heard(ACE_COAP_CON, 'x'), mid);
		udp_say_empty(&wire, type, mid);
		udp_pass(&wire, 1);
		assert_int_equal(stats_now().messages, 0);
		udp_pass(&wire, 50000);
		assert_silent();
	}
}

/* RFC 7252 4.7: NSTART is 1. */
static void second_answer_waits_until_the_first_is_acknowledged(void **state)
{
	uint64_t first, second;
	uint16_t mid, next;

	(void)state;
	first = defer(ACE_COAP_CON, 1, 0);
	second = defer(ACE_COAP_CON, 2, 0);
	udp_pass(&wire, TICK_MS);
	assert_heard_ack(1);
	assert_heard_ack(2);
	assert_int_equal(answer(first, 'a', true), ACE_OK);
	assert_int_equal(answer(second, 'b', true), ACE_OK);
	mid = assert_heard(ACE_COAP_CON, 'a');
	assert_silent();
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_pass(&wire, 1);
	next = assert_heard(ACE_COAP_CON, 'b');
	assert_int_not_equal(next, mid);
	udp_say_empty(&wire, ACE_COAP_ACK, next);
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().messages, 0);
}

static void one_silent_client_holds_up_no_other(void **state)
{
	int other = udp_client_open(5, 0), silent = wire.client;
	uint16_t mid = answer_separately(1, 'a');

	(void)state;
	wire.client = other;
	udp_say_empty(&wire, ACE_COAP_ACK, answer_separately(1, 'b'));
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().messages, 1);
	wire.client = silent;
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().messages, 0);
	close(other);
}

/* A message of that type and Message ID, with that code and more bytes behind the header. */
static void say_odd(uint8_t type, uint16_t mid, uint8_t code, struct ace_slice more)
{
	uint8_t bytes[8] = { (uint8_t)(0x40 | type << 4), code, (uint8_t)(mid >> 8), (uint8_t)mid };

	memcpy(bytes + 4, more.ptr, more.len);
	if (code)
		bytes[0] |= (uint8_t)(more.len == 1);
	udp_say(&wire, (struct ace_slice) { bytes, 4 + more.len });
}

static void acknowledgements_that_do_not_fit_are_ignored(void **state)
{
	uint16_t mid = answer_separately(7, 'x');
	int stranger = udp_client_open(9, 0), client = wire.client;

	(void)state;
	for (uint8_t type = ACE_COAP_ACK; type <= ACE_COAP_RST; type++) {
		udp_say_empty(&wire, type, (uint16_t)(mid + 1));
		udp_say_empty(&wire, type, (uint16_t)(mid + 0x100));
		say_odd(type, mid, ACE_COAP_CONTENT, ACE_LITERAL(""));
		say_odd(type, mid, ACE_COAP_CONTENT, ACE_LITERAL("t"));
		say_odd(type, mid, ACE_COAP_EMPTY, ACE_LITERAL("\xff"));
		say_odd(type, mid, ACE_COAP_EMPTY, ACE_LITERAL("\x11\x3c\xffx"));
		wire.client = stranger; /* the right number from another address */
		udp_say_empty(&wire, type, mid);
		wire.client = client;
	}
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().messages, 1);
	assert_int_equal(stats_now().ignored, 14);
	udp_pass(&wire, 3200);
	assert_int_equal(assert_heard(ACE_COAP_CON, 'x'), mid);
	close(stranger);
}

static void storm_of_acknowledgements_leaves_nothing_behind(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		udp_say_empty(&wire, i % 2 ? ACE_COAP_ACK : ACE_COAP_RST, (uint16_t)(i * 7));
		if (i % 200 == 199)
			udp_pass(&wire, 1);
	}
	assert_int_equal(stats_now().ignored, 3000);
	assert_int_equal(stats_now().peers, 0);
	assert_int_equal(stats_now().messages, 0);
	assert_silent();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(unacknowledged_answer_is_repeated_four_times_with_doubled_waits_then_given_up),
		CASE(waits_differ_between_messages),
		CASE(acknowledgement_or_rejection_ends_the_repetition),
		CASE(second_answer_waits_until_the_first_is_acknowledged),
		CASE(one_silent_client_holds_up_no_other),
		CASE(acknowledgements_that_do_not_fit_are_ignored),
		CASE(storm_of_acknowledgements_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
