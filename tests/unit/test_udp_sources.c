/* SPDX-License-Identifier: Apache-2.0 */
/* Sources that are at fault too often, and floods of made-up ones: who gets silence, who is turned away, and who is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "udp_link.h"

#define POST 2
#define CHUNK 200 /* datagrams that the smallest receive buffer holds */

static struct udp_link here;

static int setup(void **state)
{
	(void)state;
	udp_link_open(&here, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	udp_link_close(&here);
	return 0;
}

static struct ace_udp_stats stats(void)
{
	struct ace_udp_stats now;

	ace_udp_stats(here.server, &now);
	return now;
}

static void ask_from(int fd, uint16_t mid)
{
	uint8_t buffer[64];

	udp_say_from(&here, fd, udp_message(&(struct udp_words){ ACE_COAP_CON, POST, mid, "t", 1 }, buffer, sizeof buffer));
}

/* One request from there, which fails; is it to be answered? */
static bool fails_and_is_answered(int fd, uint16_t mid)
{
	bool is_answered;

	ask_from(fd, mid);
	assert_int_equal(udp_read(&here), 1);
	is_answered = ace_udp_blame(here.server, &here.batch[0]);
	ace_udp_drop(here.server, &here.batch[0]);
	return is_answered;
}

static void spend(int fd)
{
	for (uint16_t mid = 0; mid < ACE_UDP_FAULTS_BURST; mid++)
		assert_true(fails_and_is_answered(fd, mid));
	assert_false(fails_and_is_answered(fd, ACE_UDP_FAULTS_BURST));
}

static void faults_are_answered_up_to_the_burst_and_then_at_the_rate(void **state)
{
	uint16_t mid = 1000;

	(void)state;
	spend(here.client);
	here.now_ms += 1000;
	for (int i = 0; i < ACE_UDP_FAULTS_PER_S; i++)
		assert_true(fails_and_is_answered(here.client, mid++));
	assert_false(fails_and_is_answered(here.client, mid++));
	here.now_ms += UINT64_C(1000000000);
	for (int i = 0; i < ACE_UDP_FAULTS_BURST; i++)
		assert_true(fails_and_is_answered(here.client, mid++));
	assert_false(fails_and_is_answered(here.client, mid));
	assert_int_equal(stats().unanswered, 3);
}

static void another_port_of_the_source_shares_its_bucket_and_another_source_does_not(void **state)
{
	int same = udp_client_open(1, 0), other = udp_client_open(2, 0);

	(void)state;
	spend(here.client);
	assert_false(fails_and_is_answered(same, 1));
	assert_true(fails_and_is_answered(other, 1));
	close(same);
	close(other);
}

/* RFC 7252 4.2: rejecting a message may be done by silently ignoring it. */
static void malformed_messages_get_resets_up_to_the_burst(void **state)
{
	static const uint8_t bad[] = { 0x49, 0x01, 0x00, 0x00, 0x00 }; /* a token of nine bytes */
	uint8_t heard[16];
	size_t resets = 0;

	(void)state;
	for (int i = 0; i < ACE_UDP_FAULTS_BURST + 50; i++) {
		udp_say(&here, ACE_SLICE_OF(bad));
		assert_int_equal(udp_read(&here), 0);
		resets += udp_hear(&here, heard, sizeof heard) != 0;
	}
	assert_int_equal(resets, ACE_UDP_FAULTS_BURST);
	assert_int_equal(stats().unanswered, 50);
}

/* More than a batch in one go, each from a source of its own. Returns how many requests were handed out. */
static size_t flood(uint32_t first, size_t sources, uint16_t mid)
{
	size_t handed_out = 0;

	for (size_t done = 0; done < sources; done += CHUNK) {
		for (size_t i = done; i < sources && i < done + CHUNK; i++) {
			int fd = udp_client_open(first + (uint32_t)i, 0);

			ask_from(fd, mid);
			close(fd);
		}
		if (done)
			handed_out = ace_udp_read_more(here.server);
		else
			handed_out = udp_read(&here);
	}
	return handed_out;
}

/* Fill a batch to its end, so that the next one is read under pressure. Sources are new each time, since copies take no place; a
 * batch that was itself read under pressure is not filled, but empties the socket. */
static void press(void)
{
	static uint32_t next = 0x800000;
	size_t len = 0;

	for (int i = 0; i < 3 && len < ACE_UDP_BATCH_MAX; i++, next += ACE_UDP_BATCH_MAX)
		len = flood(next, ACE_UDP_BATCH_MAX, 1);
	assert_int_equal(len, ACE_UDP_BATCH_MAX);
}

static void without_pressure_nobody_is_turned_away(void **state)
{
	(void)state;
	assert_int_equal(flood(0x10000, ACE_UDP_BATCH_MAX - 1, 1), ACE_UDP_BATCH_MAX - 1);
	spend(here.client);
	assert_int_equal(stats().turned_away, 0);
}

static void under_pressure_strangers_get_half_a_batch_and_who_is_known_is_served(void **state)
{
	(void)state;
	ask_from(here.client, 1);
	assert_int_equal(udp_read(&here), 1);
	ace_udp_confirm(here.server, &here.batch[0]);
	press();
	/* As one batch: the socket is never found empty in between. */
	for (size_t i = 0; i < CHUNK; i++) {
		int fd = udp_client_open(0x30000 + (uint32_t)i, 0);

		ask_from(fd, 2);
		ask_from(fd, 3);
		close(fd);
	}
	ask_from(here.client, 2);
	assert_int_equal(udp_read(&here), ACE_UDP_STRANGERS_MAX + 1);
	assert_true(here.batch[ACE_UDP_STRANGERS_MAX].confirmed);
	assert_int_equal(stats().turned_away, 2 * CHUNK - ACE_UDP_STRANGERS_MAX);
}

/* So many from strangers, told apart by their Message IDs, as one batch. */
static size_t crowd(uint16_t first_mid)
{
	for (uint16_t i = 0; i < CHUNK; i++) {
		int fd = udp_client_open(0x40000 + i, 0);

		ask_from(fd, (uint16_t)(first_mid + 2 * i));
		ask_from(fd, (uint16_t)(first_mid + 2 * i + 1));
		close(fd);
	}
	return udp_read(&here);
}

/* Under pressure the first to come would be those who never wait for an answer. */
static void under_pressure_places_of_strangers_are_drawn(void **state)
{
	size_t len;

	(void)state;
	press();
	assert_int_equal(crowd(1000), ACE_UDP_STRANGERS_MAX);
	assert_int_equal(here.batch[ACE_UDP_STRANGERS_MAX - 1].msg.mid, 1000 + ACE_UDP_STRANGERS_MAX - 1);
	press();
	len = crowd(2000);
	assert_in_range(len, 1, ACE_UDP_STRANGERS_MAX);
	assert_true(here.batch[len - 1].msg.mid >= 2000 + ACE_UDP_STRANGERS_MAX);
}

static void under_pressure_who_is_expected_comes_through_once(void **state)
{
	(void)state;
	spend(here.client);
	ask_from(here.client, 5000);
	assert_int_equal(udp_read(&here), 1);
	ace_udp_expect(here.server, &here.batch[0]);
	assert_false(here.batch[0].confirmed);
	press();
	ask_from(here.client, 5001);
	ask_from(here.client, 5002);
	assert_int_equal(udp_read(&here), 1);
	assert_int_equal(here.batch[0].msg.mid, 5001);
	assert_int_equal(stats().turned_away, 1);
}

static void under_pressure_malformed_messages_take_places_of_strangers(void **state)
{
	static const uint8_t bad[] = { 0x49, 0x01, 0x00, 0x00, 0x00 };

	(void)state;
	press();
	for (size_t i = 0; i < CHUNK; i++) {
		int fd = udp_client_open(0x30000 + (uint32_t)i, 0);

		udp_say_from(&here, fd, ACE_SLICE_OF(bad));
		udp_say_from(&here, fd, ACE_SLICE_OF(bad));
		close(fd);
	}
	ask_from(here.client, 1);
	assert_int_equal(udp_read(&here), 0);
	assert_int_equal(stats().resets, ACE_UDP_STRANGERS_MAX);
	assert_int_equal(stats().turned_away, 2 * CHUNK - ACE_UDP_STRANGERS_MAX + 1);
}

static void under_pressure_a_spent_source_takes_no_place_unless_it_is_known(void **state)
{
	int known = udp_client_open(1, 0);

	(void)state;
	ask_from(known, 1);
	assert_int_equal(udp_read(&here), 1);
	ace_udp_confirm(here.server, &here.batch[0]);
	spend(here.client);
	press();
	ask_from(here.client, 5000);
	ask_from(known, 2);
	assert_int_equal(udp_read(&here), 1);
	assert_true(here.batch[0].confirmed);
	assert_int_equal(stats().turned_away, 1);
	/* The socket was found empty: it is looked at again. */
	ask_from(here.client, 5001);
	assert_int_equal(udp_read(&here), 1);
	close(known);
}

static void forty_thousand_sources_fill_no_table_over_its_limit(void **state)
{
	struct ace_udp_stats now;

	(void)state;
	for (uint32_t first = 0; first < 40000; first += CHUNK) {
		size_t len = flood(0x100000 + first, CHUNK, 9);

		for (size_t i = 0; i < len; i++) {
			assert_true(ace_udp_blame(here.server, &here.batch[i]));
			ace_udp_drop(here.server, &here.batch[i]);
		}
	}
	now = stats();
	assert_int_equal(now.requests, 40000);
	assert_true(now.peers <= now.peers_max);
	assert_true(now.exchanges <= now.exchanges_max);
	assert_int_equal(now.unanswered, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(faults_are_answered_up_to_the_burst_and_then_at_the_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(another_port_of_the_source_shares_its_bucket_and_another_source_does_not, setup,
						teardown),
		cmocka_unit_test_setup_teardown(malformed_messages_get_resets_up_to_the_burst, setup, teardown),
		cmocka_unit_test_setup_teardown(without_pressure_nobody_is_turned_away, setup, teardown),
		cmocka_unit_test_setup_teardown(under_pressure_strangers_get_half_a_batch_and_who_is_known_is_served, setup,
						teardown),
		cmocka_unit_test_setup_teardown(under_pressure_places_of_strangers_are_drawn, setup, teardown),
		cmocka_unit_test_setup_teardown(under_pressure_who_is_expected_comes_through_once, setup, teardown),
		cmocka_unit_test_setup_teardown(under_pressure_malformed_messages_take_places_of_strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(under_pressure_a_spent_source_takes_no_place_unless_it_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(forty_thousand_sources_fill_no_table_over_its_limit, setup, teardown),
	};

	return cmocka_run_group_tests_name("udp_sources", tests, NULL, NULL);
}
