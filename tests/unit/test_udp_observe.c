/* SPDX-License-Identifier: Apache-2.0 */
/* Observations (RFC 7641 4), rule by rule, with a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "coap/udp_core.h"
#include "udp_observe_case.h"

static void notification_reaches_the_observer_and_is_acknowledged(void **state)
{
	uint64_t handle = observe("t", 42);
	uint16_t mid;

	(void)state;
	assert_true(ace_slice_equal(ace_udp_observe_token(wire.server, handle), ACE_LITERAL("t")));
	assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_OK);
	mid = assert_heard(ACE_COAP_CON, 'a');
	assert_silent();
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_pass(&wire, 1);
	assert_int_equal(notify(handle, 'b', CONFIRMABLE), ACE_OK);
	assert_int_not_equal(assert_heard(ACE_COAP_CON, 'b'), mid);
	assert_no_event();
}

/* RFC 7641 4.4: "strictly increasing", 24 bits, and no more than 2^23 in 256 seconds. */
static void observe_numbers_increase_through_bursts_pauses_and_wraps(void **state)
{
	uint64_t handle = observe("t", 1);
	uint32_t last = ace_udp_observe_number(wire.server, handle), start = last, next;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		next = ace_udp_observe_number(wire.server, handle);
		assert_true(next == ((last + 1) & 0xffffff));
		last = next;
	}
	/* A new registration with that token goes on, though the clock has not. */
	handle = observe("t", 1);
	next = ace_udp_observe_number(wire.server, handle);
	assert_true(next > last);
	for (int day = 0; day < 10; day++) {
		last = next;
		wire.now_ms += 86400000;
		udp_read(&wire);
		next = ace_udp_observe_number(wire.server, handle);
		assert_true(next <= 0xffffff && ((next - last) & 0xffffff) < 1 << 23 && next != last);
	}
	assert_true(next < last || next > start); /* it went round once in ten days */
	wire.now_ms += 256000;
	udp_read(&wire);
	assert_true(((ace_udp_observe_number(wire.server, handle) - next) & 0xffffff) < 1 << 23);
}

/* RFC 7641 4.5: "the client is considered no longer interested and the server MUST remove the associated entry". */
static void reset_ends_the_observation(void **state)
{
	(void)state;
	for (int confirmable = 0; confirmable < 2; confirmable++) {
		uint64_t handle = observe("t", 7);
		uint16_t mid;

		assert_int_equal(notify(handle, 'a', confirmable), ACE_OK);
		mid = assert_heard(confirmable ? ACE_COAP_CON : ACE_COAP_NON, 'a');
		assert_int_equal(notify(handle, 'b', confirmable), ACE_OK);
		udp_say_empty(&wire, ACE_COAP_RST, mid);
		udp_pass(&wire, 1);
		assert_event(ACE_UDP_OBSERVE_RESET, handle, 7);
		assert_int_equal(notify(handle, 'c', confirmable), ACE_ERR_NOT_FOUND);
		assert_int_equal(ace_udp_observe_token(wire.server, handle).len, 0);
		assert_int_equal(ace_udp_observe_number(wire.server, handle), 0);
		udp_pass(&wire, 100000);
		assert_silent(); /* nor is 'b' sent, which waited */
		assert_int_equal(stats_now().messages, 0);
		assert_int_equal(stats_now().observers, 0);
	}
}

static void reset_that_comes_long_after_a_non_confirmable_notification_counts(void **state)
{
	uint64_t handle = observe("t", 7);
	uint16_t mid;

	(void)state;
	assert_int_equal(notify(handle, 'a', 0), ACE_OK);
	mid = assert_heard(ACE_COAP_NON, 'a');
	udp_pass(&wire, 60000);
	udp_say_empty(&wire, ACE_COAP_RST, (uint16_t)(mid - 1));
	udp_pass(&wire, 1);
	assert_no_event();
	udp_say_empty(&wire, ACE_COAP_RST, mid);
	udp_pass(&wire, 1);
	assert_event(ACE_UDP_OBSERVE_RESET, handle, 7);
}

static void reset_from_another_address_is_ignored(void **state)
{
	int stranger = udp_client_open(9, 0), client = wire.client;
	uint64_t handle = observe("t", 7);
	uint16_t mid;

	(void)state;
	assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_OK);
	mid = assert_heard(ACE_COAP_CON, 'a');
	wire.client = stranger;
	udp_say_empty(&wire, ACE_COAP_RST, mid);
	udp_pass(&wire, 1);
	observe("t", 8); /* not even with an observation of its own */
	udp_say_empty(&wire, ACE_COAP_RST, mid);
	udp_pass(&wire, 1);
	wire.client = client;
	assert_no_event();
	assert_int_equal(stats_now().observers, 2);
	close(stranger);
}

static void notification_that_is_never_acknowledged_ends_the_observation(void **state)
{
	uint64_t handle = observe("t", 7);

	(void)state;
	assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_OK);
	for (int i = 0; i < 5; i++) {
		assert_heard(ACE_COAP_CON, 'a');
		assert_no_event();
		udp_pass(&wire, (3000u << i) + 2 * TICK_MS);
	}
	assert_event(ACE_UDP_OBSERVE_TIMEOUT, handle, 7);
	assert_silent();
	assert_int_equal(stats_now().observers, 0);
	assert_int_equal(stats_now().messages, 0);
}

/* RFC 7641 4.1: "the server MUST NOT add a new entry but MUST replace or update the existing one". */
static void second_registration_with_the_token_replaces_the_first(void **state)
{
	uint64_t first = observe("t", 7), other = observe("u", 8), second;

	(void)state;
	assert_int_equal(notify(first, 'a', CONFIRMABLE), ACE_OK);
	udp_say_empty(&wire, ACE_COAP_ACK, assert_heard(ACE_COAP_CON, 'a'));
	udp_pass(&wire, 1);
	second = observe("t", 9);
	assert_event(ACE_UDP_OBSERVE_REPLACED, first, 7);
	assert_no_event();
	assert_int_equal(notify(first, 'b', CONFIRMABLE), ACE_ERR_NOT_FOUND);
	assert_int_equal(notify(second, 'c', CONFIRMABLE), ACE_OK);
	udp_say_empty(&wire, ACE_COAP_ACK, assert_heard(ACE_COAP_CON, 'c'));
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().observers, 2);
	assert_int_equal(ace_udp_observe_token(wire.server, other).len, 1);
}

static void replaced_observation_sends_nothing_more(void **state)
{
	uint64_t first = observe("t", 7);

	(void)state;
	assert_int_equal(notify(first, 'a', CONFIRMABLE), ACE_OK);
	assert_int_equal(notify(first, 'b', CONFIRMABLE), ACE_OK);
	assert_heard(ACE_COAP_CON, 'a');
	observe("t", 9);
	udp_pass(&wire, 200000);
	assert_silent();
	assert_int_equal(stats_now().messages, 0);
}

static void deregistration_finds_the_observation_of_sender_and_token_only(void **state)
{
	uint64_t handle = observe("t", 7), found = 0, cookie = 0;
	int stranger = udp_client_open(9, 0), client = wire.client;

	(void)state;
	ask("u");
	assert_int_equal(ace_udp_observe_find(wire.server, wire.batch, &found, &cookie), ACE_ERR_NOT_FOUND);
	wire.client = stranger;
	ask("t");
	assert_int_equal(ace_udp_observe_find(wire.server, wire.batch, &found, &cookie), ACE_ERR_NOT_FOUND);
	wire.client = client;
	ask("t");
	assert_int_equal(ace_udp_observe_find(wire.server, wire.batch, &found, &cookie), ACE_OK);
	assert_true(found == handle && cookie == 7);
	ace_udp_observe_end(wire.server, found);
	ace_udp_observe_end(wire.server, found);
	assert_int_equal(stats_now().observers, 0);
	assert_no_event();
	assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_ERR_NOT_FOUND);
	close(stranger);
}

/* RFC 7641 4.2: with an error the server "MUST remove the associated entry". Here the caller says so, since under
 * OSCORE every outer code is a success. */
static void last_notification_is_repeated_until_acknowledged_and_nothing_follows(void **state)
{
	uint64_t handle = observe("t", 7);
	uint16_t mid;

	(void)state;
	assert_int_equal(notify(handle, 'a', 0), ACE_OK);
	assert_heard(ACE_COAP_NON, 'a');
	assert_int_equal(notify(handle, 'b', 0), ACE_OK);
	assert_int_equal(notify(handle, 'z', LAST), ACE_OK); /* takes the place of 'b' */
	assert_int_equal(notify(handle, 'c', 0), ACE_ERR_NOT_FOUND);
	assert_int_equal(stats_now().observers, 0);
	udp_pass(&wire, 3000 + TICK_MS);
	mid = assert_heard(ACE_COAP_CON, 'z');
	udp_pass(&wire, 3000 + TICK_MS);
	assert_int_equal(assert_heard(ACE_COAP_CON, 'z'), mid);
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_pass(&wire, 100000);
	assert_silent();
	assert_no_event();
	assert_int_equal(stats_now().messages, 0);
}

/* What was under way when the last one was given is nobody's any more, however it ends. */
static void last_notification_follows_the_one_under_way(void **state)
{
	(void)state;
	for (int verdict = ACE_COAP_ACK; verdict <= ACE_COAP_RST + 1; verdict++) {
		uint64_t handle = observe("t", 7);
		uint16_t mid;

		assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_OK);
		assert_int_equal(notify(handle, 'z', LAST), ACE_OK);
		mid = assert_heard(ACE_COAP_CON, 'a');
		if (verdict <= ACE_COAP_RST)
			udp_say_empty(&wire, (uint8_t)verdict, mid);
		for (int i = 0; verdict > ACE_COAP_RST && i < 5; i++) {
			udp_pass(&wire, (3000u << i) + 2 * TICK_MS);
			if (i < 4)
				assert_heard(ACE_COAP_CON, 'a');
		}
		udp_pass(&wire, 1);
		if (verdict <= ACE_COAP_RST) /* else nobody is there to hear it */
			udp_say_empty(&wire, ACE_COAP_ACK, assert_heard(ACE_COAP_CON, 'z'));
		udp_pass(&wire, 2 * ACE_UDP_OBSERVE_REFRESH_MS);
		assert_no_event();
		assert_true(ace_udp_due_ms(wire.server) == UINT64_MAX);
		assert_int_equal(stats_now().messages, 0);
	}
}

static void registration_is_for_confirmed_addresses(void **state)
{
	uint64_t handle = 0;

	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "t", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(ace_udp_observe(wire.server, wire.batch, 0, &handle), ACE_ERR_DENIED);
	assert_int_equal(handle, 0);
	assert_int_equal(stats_now().observers, 0);
}

static void notification_must_carry_the_token_and_a_response_code(void **state)
{
	static uint8_t buffer[ACE_UDP_DATAGRAM_MAX];
	const struct udp_words words = { ACE_COAP_CON, ACE_COAP_CONTENT, 0, "t", ACE_UDP_ANSWER_MAX - 5 };
	uint64_t handle = observe("t", 7);

	(void)state;
	assert_int_equal(notify_bytes(handle, udp_response("u", 'a', ACE_COAP_CONTENT), 0), ACE_ERR_USAGE);
	assert_int_equal(notify_bytes(handle, udp_response("t", 'a', ACE_COAP_GET), 0), ACE_ERR_USAGE);
	assert_int_equal(notify_bytes(handle, (struct ace_slice) { 0 }, 0), ACE_ERR_USAGE);
	assert_int_equal(notify_bytes(handle, udp_message(&words, buffer, sizeof buffer), 0), ACE_ERR_SPACE);
	assert_int_equal(notify(0, 'a', 0), ACE_ERR_NOT_FOUND);
	assert_int_equal(notify(UINT64_MAX, 'a', 0), ACE_ERR_NOT_FOUND);
	assert_int_equal(stats_now().messages, 0);
}

/* A client that registers again and again takes the same place each time. */
static void no_handle_has_the_highest_bit_however_often_its_place_was_taken(void **state)
{
	uint64_t before = observe("t", 7), handle;

	(void)state;
	ace_udp_observe_end(wire.server, before);
	wire.server->observers.records[(uint32_t)before].generation = INT32_MAX;
	handle = observe("t", 8);
	assert_int_equal((uint32_t)handle, (uint32_t)before);
	assert_int_equal(handle >> 63, 0);
	assert_int_equal(notify(before, 'a', CONFIRMABLE), ACE_ERR_NOT_FOUND);
	assert_int_equal(notify(handle, 'b', CONFIRMABLE), ACE_OK);
	assert_heard(ACE_COAP_CON, 'b');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(notification_reaches_the_observer_and_is_acknowledged),
		CASE(observe_numbers_increase_through_bursts_pauses_and_wraps),
		CASE(reset_ends_the_observation),
		CASE(reset_that_comes_long_after_a_non_confirmable_notification_counts),
		CASE(reset_from_another_address_is_ignored),
		CASE(notification_that_is_never_acknowledged_ends_the_observation),
		CASE(second_registration_with_the_token_replaces_the_first),
		CASE(replaced_observation_sends_nothing_more),
		CASE(deregistration_finds_the_observation_of_sender_and_token_only),
		CASE(last_notification_is_repeated_until_acknowledged_and_nothing_follows),
		CASE(last_notification_follows_the_one_under_way),
		CASE(registration_is_for_confirmed_addresses),
		CASE(notification_must_carry_the_token_and_a_response_code),
		CASE(no_handle_has_the_highest_bit_however_often_its_place_was_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
