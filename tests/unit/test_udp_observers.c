/* SPDX-License-Identifier: Apache-2.0 */
/* Many observers, slow ones, and full tables: RFC 7641 4.5, and the caps that hold under any flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "udp_observe_case.h"

/* RFC 7641 4.5.1: "strictly limit the number of simultaneous outstanding notifications/responses [...] to NSTART". */
static void slow_observer_skips_states_but_hears_the_last_one(void **state)
{
	uint64_t handle = observe("t", 7);
	uint16_t mid;

	(void)state;
	for (uint8_t payload = 'a'; payload <= 'e'; payload++)
		assert_int_equal(notify(handle, payload, CONFIRMABLE), ACE_OK);
	mid = assert_heard(ACE_COAP_CON, 'a');
	assert_silent();
	assert_int_equal(stats_now().messages, 2);
	udp_say_empty(&wire, ACE_COAP_ACK, mid);
	udp_pass(&wire, 1);
	assert_heard(ACE_COAP_CON, 'e');
	assert_silent();
}

/* RFC 7641 4.5.1: not "more than one non-confirmable notification every 3 seconds". */
static void non_confirmable_notifications_come_three_seconds_apart(void **state)
{
	uint64_t handle = observe("t", 7);
	uint16_t mid;

	(void)state;
	assert_int_equal(notify(handle, 'a', 0), ACE_OK);
	mid = assert_heard(ACE_COAP_NON, 'a');
	udp_say_empty(&wire, ACE_COAP_ACK, mid); /* which nobody asked for */
	udp_pass(&wire, 1);
	assert_int_equal(notify(handle, 'b', 0), ACE_OK);
	assert_int_equal(notify(handle, 'c', 0), ACE_OK);
	udp_pass(&wire, 2900);
	assert_silent();
	udp_pass(&wire, 99 + TICK_MS);
	assert_heard(ACE_COAP_NON, 'c');
	assert_silent();
	udp_pass(&wire, 10000);
	assert_int_equal(stats_now().messages, 0);
	assert_int_equal(stats_now().retransmissions, 0);
}

static void waiting_notification_becomes_confirmable_with_its_successor(void **state)
{
	uint64_t handle = observe("t", 7);

	(void)state;
	assert_int_equal(notify(handle, 'a', 0), ACE_OK);
	assert_heard(ACE_COAP_NON, 'a');
	assert_int_equal(notify(handle, 'b', 0), ACE_OK);
	assert_int_equal(notify(handle, 'c', CONFIRMABLE), ACE_OK);
	udp_pass(&wire, 3000 + TICK_MS);
	assert_heard(ACE_COAP_CON, 'c');
}

/* RFC 7641 4.5.2: the new notification has "a new Message ID" and retains "the retransmission timer and counter". */
static void newer_state_supersedes_an_attempt_that_timed_out_and_keeps_its_counter(void **state)
{
	uint64_t handle = observe("t", 7);
	uint16_t mids[5];

	(void)state;
	assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_OK);
	mids[0] = assert_heard(ACE_COAP_CON, 'a');
	for (int i = 1; i < 5; i++) {
		assert_int_equal(notify(handle, (uint8_t)('a' + i), CONFIRMABLE), ACE_OK);
		assert_silent();
		udp_pass(&wire, (3000u << (i - 1)) + 2 * TICK_MS);
		mids[i] = assert_heard(ACE_COAP_CON, (uint8_t)('a' + i));
		assert_int_not_equal(mids[i], mids[i - 1]);
	}
	/* An acknowledgement of what was superseded does not stand for the newest. */
	udp_say_empty(&wire, ACE_COAP_ACK, mids[1]);
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().messages, 1);
	assert_int_equal(notify(handle, 'z', CONFIRMABLE), ACE_OK);
	udp_pass(&wire, (3000u << 4) + 2 * TICK_MS);
	assert_event(ACE_UDP_OBSERVE_TIMEOUT, handle, 7);
	assert_int_equal(stats_now().messages, 0);
	udp_pass(&wire, 100000);
	assert_silent();
}

static void endpoint_that_acknowledges_nothing_hears_nothing_of_what_waits(void **state)
{
	uint64_t first = observe("t", 7), second = observe("u", 8), third = observe("v", 9), deferred;

	(void)state;
	ask("w");
	assert_int_equal(ace_udp_defer(wire.server, wire.batch, 0, &deferred), ACE_OK);
	udp_pass(&wire, TICK_MS);
	assert_int_equal(udp_hear_message(&wire).type, ACE_COAP_ACK);
	assert_int_equal(notify(first, 'a', CONFIRMABLE), ACE_OK);
	assert_int_equal(notify_bytes(second, udp_response("u", 'b', ACE_COAP_CONTENT), CONFIRMABLE), ACE_OK);
	assert_int_equal(ace_udp_answer_later(wire.server, deferred, udp_response("w", 'c', ACE_COAP_CONTENT), true),
			 ACE_OK);
	for (int i = 0; i < 4; i++) {
		assert_heard(ACE_COAP_CON, 'a');
		udp_pass(&wire, (3000u << i) + 2 * TICK_MS);
	}
	assert_heard(ACE_COAP_CON, 'a');
	assert_int_equal(notify(first, 'd', CONFIRMABLE), ACE_OK);
	udp_pass(&wire, 48000 + 2 * TICK_MS);
	assert_event(ACE_UDP_OBSERVE_TIMEOUT, second, 8);
	assert_event(ACE_UDP_OBSERVE_TIMEOUT, first, 7);
	assert_no_event();
	assert_silent();
	assert_int_equal(stats_now().given_up, 4);
	assert_int_equal(stats_now().messages, 0);
	/* The one of which nothing was to be sent is still there, and so may the observer be. */
	assert_int_equal(notify_bytes(third, udp_response("v", 'e', ACE_COAP_CONTENT), CONFIRMABLE), ACE_OK);
	assert_int_equal(stats_now().observers, 1);
}

static void ninth_unacknowledged_notification_is_confirmable(void **state)
{
	uint64_t handle = observe("t", 7);

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < ACE_UDP_UNACKNOWLEDGED_MAX; i++) {
			assert_int_equal(notify(handle, 'n', 0), ACE_OK);
			assert_heard(ACE_COAP_NON, 'n');
			udp_pass(&wire, 4000);
		}
		assert_int_equal(notify(handle, 'c', 0), ACE_OK);
		udp_say_empty(&wire, ACE_COAP_ACK, assert_heard(ACE_COAP_CON, 'c'));
		udp_pass(&wire, 1);
	}
}

/* RFC 7641 4.5: "MUST send a notification in a confirmable message [...] at least every 24 hours". */
static void observer_that_was_quiet_for_a_day_is_due_and_then_asked_for_an_acknowledgement(void **state)
{
	uint64_t handle = observe("t", 7);

	(void)state;
	assert_true(ace_udp_due_ms(wire.server) == wire.now_ms + ACE_UDP_OBSERVE_REFRESH_MS);
	udp_pass(&wire, ACE_UDP_OBSERVE_REFRESH_MS - 1);
	assert_no_event();
	udp_pass(&wire, 1);
	assert_event(ACE_UDP_OBSERVE_DUE, handle, 7);
	assert_no_event();
	assert_int_equal(notify(handle, 'a', 0), ACE_OK);
	udp_say_empty(&wire, ACE_COAP_ACK, assert_heard(ACE_COAP_CON, 'a'));
	udp_pass(&wire, 10);
	assert_true(ace_udp_due_ms(wire.server) == wire.now_ms + ACE_UDP_OBSERVE_REFRESH_MS);
	assert_int_equal(notify(handle, 'b', 0), ACE_OK);
	assert_heard(ACE_COAP_NON, 'b');
	/* A notification that nobody acknowledged puts it off by no second. */
	udp_pass(&wire, ACE_UDP_OBSERVE_REFRESH_MS);
	assert_event(ACE_UDP_OBSERVE_DUE, handle, 7);
	/* Who does not notify then is told again a day later. */
	udp_pass(&wire, ACE_UDP_OBSERVE_REFRESH_MS);
	assert_event(ACE_UDP_OBSERVE_DUE, handle, 7);
	assert_no_event();
}

static void observation_outlives_the_exchange_lifetime_and_a_flood_of_sources(void **state)
{
	static const uint8_t get[] = { 0x40, 0x01, 0x00, 0x01 };
	uint64_t handle = observe("t", 7);

	(void)state;
	for (int i = 0; i < 20; i++)
		udp_pass(&wire, ACE_UDP_EXCHANGE_LIFETIME_MS);
	assert_int_equal(stats_now().peers, 1);
	for (uint32_t i = 0; i < 5000; i++) {
		int fd = udp_client_open(0x030000 + i, 0);

		udp_say_from(&wire, fd, ACE_SLICE_OF(get));
		close(fd);
		if (i % 64 == 63)
			udp_read(&wire);
	}
	udp_read(&wire);
	assert_int_equal(notify(handle, 'a', CONFIRMABLE), ACE_OK);
	udp_say_empty(&wire, ACE_COAP_ACK, assert_heard(ACE_COAP_CON, 'a'));
	udp_pass(&wire, 1);
	/* Then it is a peer as others are: not older than they, since copies of its requests may still come. */
	udp_pass(&wire, 2 * ACE_UDP_EXCHANGE_LIFETIME_MS);
	assert_int_equal(stats_now().peers, 1);
	ace_udp_observe_end(wire.server, handle);
	udp_pass(&wire, ACE_UDP_EXCHANGE_LIFETIME_MS - 1);
	assert_int_equal(stats_now().peers, 1);
	udp_pass(&wire, 1);
	assert_int_equal(stats_now().peers, 0);
}

/* Register from a source of its own. */
static enum ace_err observe_from(uint32_t host_part, uint64_t *ret_handle)
{
	static const uint8_t get[] = { 0x41, 0x01, 0x00, 0x01, 't' };
	int fd = udp_client_open(host_part, 0);
	enum ace_err err;

	udp_say_from(&wire, fd, ACE_SLICE_OF(get));
	assert_int_equal(udp_read(&wire), 1);
	ace_udp_confirm(wire.server, wire.batch);
	err = ace_udp_observe(wire.server, wire.batch, host_part, ret_handle);
	close(fd);
	return err;
}

static uint64_t handles[1024];

static void flood_of_observers_fills_its_table_and_no_more(void **state)
{
	uint64_t handle = 0;

	(void)state;
	for (uint32_t i = 0; i < 1024; i++)
		assert_int_equal(observe_from(0x040000 + i, &handles[i]), ACE_OK);
	for (uint32_t i = 1024; i < 3000; i++)
		assert_int_equal(observe_from(0x040000 + i, &handle), ACE_ERR_FULL);
	assert_int_equal(stats_now().observers, 1024);
	assert_int_equal(handle, 0);
	ace_udp_observe_end(wire.server, handles[500]);
	assert_int_equal(observe_from(0x050000, &handle), ACE_OK);
	assert_true(handle != handles[500]);
	assert_int_equal(notify(handles[500], 'a', 0), ACE_ERR_NOT_FOUND);
}

static void one_peer_may_have_sixty_four_observations(void **state)
{
	uint64_t handle;
	char token[] = "tt";

	(void)state;
	for (char i = 0; i < ACE_UDP_OBSERVATIONS_A_PEER; i++) {
		token[1] = (char)('A' + i);
		observe(token, 1);
	}
	ask("t");
	assert_int_equal(ace_udp_observe(wire.server, wire.batch, 1, &handle), ACE_ERR_FULL);
	ask("tA"); /* one of the 64 may come again */
	assert_int_equal(ace_udp_observe(wire.server, wire.batch, 1, &handle), ACE_OK);
}

/* More observers than places for messages: none is lost, each is told when there is room, and silent ones leave. */
static void change_for_all_reaches_everybody_in_turn(void **state)
{
	struct ace_udp_observe_event event;
	uint32_t waiting = 0, told = 0, ended = 0;

	(void)state;
	for (uint32_t i = 0; i < 1024; i++)
		assert_int_equal(observe_from(0x060000 + i, &handles[i]), ACE_OK);
	for (uint32_t i = 0; i < 1024; i++)
		waiting += notify(handles[i], 'a', CONFIRMABLE) == ACE_ERR_FULL;
	assert_int_equal(waiting, 1024 - 256);
	udp_pass(&wire, 1);
	assert_no_event();
	assert_int_equal(stats_now().messages, 256);
	for (int i = 0; i < 60; i++) {
		udp_pass(&wire, 10000);
		while (ace_udp_observe_event(wire.server, &event)) {
			if (event.kind == ACE_UDP_OBSERVE_TIMEOUT) {
				ended++;
				continue;
			}
			assert_int_equal(event.kind, ACE_UDP_OBSERVE_DUE);
			assert_int_equal(notify(event.handle, 'b', CONFIRMABLE), ACE_OK);
			told++;
		}
	}
	assert_int_equal(told, waiting);
	assert_int_equal(ended, 1024);
	assert_int_equal(stats_now().observers, 0);
	assert_int_equal(stats_now().messages, 0);
	assert_int_equal(stats_now().given_up, 1024);
}

/* Who does not take events cannot lose or repeat one, and cannot make anything grow. */
static void ended_observations_hold_their_places_until_their_events_are_taken(void **state)
{
	uint64_t handle, last = 0;

	(void)state;
	for (int i = 0; i < 1100; i++) {
		ask("t");
		if (ace_udp_observe(wire.server, wire.batch, (uint64_t)i, &handle))
			break;
		last = handle;
	}
	assert_int_equal(stats_now().observers, 1024);
	assert_int_equal(notify(last, 'a', 0), ACE_ERR_NOT_FOUND); /* replaced, though there was no room for the next */
	for (uint64_t i = 0; i < 1024; i++) {
		struct ace_udp_observe_event event;

		assert_true(ace_udp_observe_event(wire.server, &event));
		assert_int_equal(event.kind, ACE_UDP_OBSERVE_REPLACED);
		assert_true(event.cookie == i);
	}
	assert_no_event();
	assert_int_equal(stats_now().observers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(slow_observer_skips_states_but_hears_the_last_one),
		CASE(non_confirmable_notifications_come_three_seconds_apart),
		CASE(waiting_notification_becomes_confirmable_with_its_successor),
		CASE(newer_state_supersedes_an_attempt_that_timed_out_and_keeps_its_counter),
		CASE(endpoint_that_acknowledges_nothing_hears_nothing_of_what_waits),
		CASE(ninth_unacknowledged_notification_is_confirmable),
		CASE(observer_that_was_quiet_for_a_day_is_due_and_then_asked_for_an_acknowledgement),
		CASE(observation_outlives_the_exchange_lifetime_and_a_flood_of_sources),
		CASE(flood_of_observers_fills_its_table_and_no_more),
		CASE(one_peer_may_have_sixty_four_observations),
		CASE(change_for_all_reaches_everybody_in_turn),
		CASE(ended_observations_hold_their_places_until_their_events_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
