/* SPDX-License-Identifier: Apache-2.0 */
/* What the UDP server owes to attackers: the reply limit, and caps that hold under any flood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <net/if.h>

#include "udp_link.h"

static struct udp_link wire;
static uint8_t heard[ACE_UDP_DATAGRAM_MAX];

static int setup(void **state)
{
	(void)state;
	udp_link_open(&wire, &(struct ace_udp_config) {
				     .peers_max = 4096, .exchanges_max = 1024, .answer_bytes_max = 2 << 20 });
	return 0;
}

static int setup_default(void **state)
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

static const uint8_t get[] = { 0x40, 0x01, 0x00, 0x01 };

/* One request from each of so many addresses; the batch is read and answered every 64 of them. */
static void crowd(uint32_t from, uint32_t count, size_t payload_len)
{
	for (uint32_t i = 0; i < count; i++) {
		int fd = udp_client_open(0x010000 + from + i, 40000);

		udp_say_from(&wire, fd, ACE_SLICE_OF(get));
		close(fd);
		if (i % 64 != 63 && i + 1 != count)
			continue;
		for (size_t nth = udp_read(&wire); nth > 0; nth--)
			assert_int_equal(udp_reply(&wire, &wire.batch[nth - 1], payload_len), ACE_OK);
	}
}

static void unconfirmed_address_gets_136_bytes_beside_the_token(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "12345678", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(wire.batch->answer_max, 136 + 8);
	/* Header 4, token 8, payload marker 1. */
	assert_int_equal(udp_reply(&wire, wire.batch, 144 - 13 + 1), ACE_ERR_SPACE);
	assert_int_equal(udp_reply(&wire, wire.batch, 144 - 13), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 144);
	assert_int_equal(stats_now().over_limit, 1);
}

static void long_request_may_be_answered_with_three_times_its_length(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 94 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(wire.batch->answer_max, 300);
	assert_int_equal(udp_reply(&wire, wire.batch, 295), ACE_ERR_SPACE);
	assert_int_equal(udp_reply(&wire, wire.batch, 294), ACE_OK);
}

static void short_copy_does_not_fetch_what_a_long_request_was_granted(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 94 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(udp_reply(&wire, wire.batch, 294), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 300);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(stats_now().resent, 0);
	assert_int_equal(stats_now().over_limit, 1);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 94 });
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), 300);
}

static void three_times_the_request_is_never_more_than_a_packet(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 1000 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(wire.batch->answer_max, ACE_UDP_ANSWER_MAX);
	assert_int_equal(udp_reply(&wire, wire.batch, ACE_UDP_ANSWER_MAX - 5), ACE_ERR_SPACE);
	assert_int_equal(udp_reply(&wire, wire.batch, ACE_UDP_ANSWER_MAX - 6), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), ACE_UDP_ANSWER_MAX);
}

static void confirmation_lifts_the_limit_until_it_lapses(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_int_equal(udp_reply(&wire, wire.batch, 1000), ACE_ERR_SPACE);
	ace_udp_confirm(wire.server, wire.batch);
	assert_true(wire.batch->confirmed);
	assert_int_equal(wire.batch->answer_max, ACE_UDP_ANSWER_MAX);
	assert_int_equal(udp_reply(&wire, wire.batch, 1000), ACE_OK);

	wire.now_ms += ACE_UDP_EXCHANGE_LIFETIME_MS - 1;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 2, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_true(wire.batch->confirmed);

	/* Being talked to does not prolong it: the address may have been left and be forged by now. */
	wire.now_ms += 1;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 3, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_false(wire.batch->confirmed);
	assert_int_equal(wire.batch->answer_max, 137);
}

static void fifth_answer_of_a_peer_pushes_out_its_first(void **state)
{
	(void)state;
	for (uint16_t mid = 1; mid <= 5; mid++) {
		udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, mid, NULL, 0 });
		assert_int_equal(udp_read(&wire), 1);
		assert_int_equal(udp_reply(&wire, wire.batch, 4), ACE_OK);
	}
	assert_int_equal(stats_now().exchanges, 4);
	for (uint16_t mid = 2; mid <= 5; mid++) {
		udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, mid, NULL, 0 });
		assert_int_equal(udp_read(&wire), 0);
	}
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_POST, 1, NULL, 0 });
	assert_int_equal(udp_read(&wire), 1);
}

static void all_answers_of_a_batch_to_one_peer_are_sent(void **state)
{
	static bool seen[512];
	size_t len, count = 0;

	(void)state;
	for (uint16_t mid = 0; mid < 200; mid++)
		udp_ask(&wire, (struct udp_words) { mid % 2 ? ACE_COAP_CON : ACE_COAP_NON, ACE_COAP_GET, mid, "a", 0 });
	len = udp_read(&wire);
	assert_int_equal(len, 200);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(udp_reply(&wire, &wire.batch[i], i % 100), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	for (; udp_hear(&wire, heard, sizeof heard); count++)
		if ((heard[0] & 0x30) == 0x20)
			seen[heard[2] << 8 | heard[3]] = true;
	assert_int_equal(count, 200);
	for (uint16_t mid = 1; mid < 200; mid += 2)
		assert_true(seen[mid]);
	assert_int_equal(stats_now().exchanges, 4);
}

static void batch_ends_at_512_requests_and_the_rest_waits(void **state)
{
	size_t total = 0;

	(void)state;
	for (uint16_t mid = 0; mid < 520; mid++)
		udp_ask(&wire, (struct udp_words) { ACE_COAP_NON, ACE_COAP_GET, mid, NULL, 0 });
	for (size_t len = udp_read(&wire); len > 0; len = udp_read(&wire)) {
		assert_true(len <= ACE_UDP_BATCH_MAX);
		total += len;
	}
	/* The kernel may grant less room than asked for, so some may be lost before they are read. */
	assert_true(total > 200 && total <= 520);
	assert_int_equal(stats_now().requests, total);
}

static void flood_of_answers_stays_within_the_bytes_granted(void **state)
{
	size_t most = 0;

	(void)state;
	for (uint32_t mid = 0; mid < 4000; mid++) {
		udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, (uint16_t)mid, NULL, 500 });
		assert_int_equal(udp_read(&wire), 1);
		assert_int_equal(udp_reply(&wire, wire.batch, 1200), ACE_OK);
		most = stats_now().answer_bytes > most ? stats_now().answer_bytes : most;
	}
	assert_true(most >= 4 * 1200 && most <= 2 << 20);
	crowd(0, 3000, 100);
	assert_int_equal(stats_now().exchanges, 1024);
	assert_true(stats_now().answer_bytes <= 2 << 20);
	assert_true(stats_now().answers_evicted > 1900);
}

static void flood_of_sources_stays_within_the_table_and_spares_the_confirmed(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	ace_udp_confirm(wire.server, wire.batch);
	crowd(0, 6000, 1);
	assert_int_equal(stats_now().peers, 4096);
	assert_int_equal(stats_now().peers_evicted, 6001 - 4096);
	assert_true(stats_now().exchanges <= 1024);
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 2, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	assert_true(wire.batch->confirmed);
}

static void ten_thousand_peers_expire_at_once(void **state)
{
	(void)state;
	crowd(0, 5000, 20);
	wire.now_ms += 1000;
	crowd(5000, 5000, 20);
	assert_int_equal(stats_now().peers, 10000);
	assert_int_equal(stats_now().exchanges, 10000);
	wire.now_ms += ACE_UDP_EXCHANGE_LIFETIME_MS - 1000;
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(stats_now().peers, 5000);
	assert_int_equal(stats_now().exchanges, 5000);
	wire.now_ms += 1000;
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(stats_now().peers, 0);
	assert_int_equal(stats_now().exchanges, 0);
	assert_int_equal(stats_now().answer_bytes, 0);
	assert_int_equal(stats_now().peers_evicted, 0);
}

static void pings_and_nonsense_leave_nothing_behind(void **state)
{
	static const uint8_t ping[] = { 0x40, 0x00, 0x00, 0x01 }, broken[] = { 0x40, 0x01, 0x00, 0x01, 0xf0 };

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		udp_say(&wire, ACE_SLICE_OF(ping));
		udp_say(&wire, ACE_SLICE_OF(broken));
	}
	assert_int_equal(udp_read(&wire), 0);
	assert_true(stats_now().resets > 100);
	assert_int_equal(stats_now().peers, 0);
	assert_int_equal(stats_now().exchanges, 0);
}

static void time_that_goes_back_stands_still(void **state)
{
	(void)state;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 1);
	wire.now_ms = 1;
	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, 1, "a", 0 });
	assert_int_equal(udp_read(&wire), 0);
	assert_int_equal(stats_now().peers, 1);
}

/* RFC 9203 7: the profile is point to point (S27). Broadcast and multicast reach a socket bound to any. */
static void multicast_and_broadcast_requests_are_ignored(void **state)
{
	static const char *const groups[] = { "224.0.1.187", "127.255.255.255" };
	struct ace_udp_server *server;
	const struct ace_udp_request *batch;
	struct ace_udp_stats stats;
	struct in_addr loopback = { htonl(INADDR_LOOPBACK) };
	struct ip_mreqn membership = { .imr_address = loopback, .imr_ifindex = (int)if_nametoindex("lo") };
	int on = 1;

	(void)state;
	assert_int_equal(ace_udp_open(&(struct ace_udp_config) { .listen = "0.0.0.0:0" }, &server), ACE_OK);
	inet_pton(AF_INET, groups[0], &membership.imr_multiaddr);
	assert_int_equal(setsockopt(ace_udp_fd(server), IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership),
			 0);
	assert_int_equal(setsockopt(wire.client, SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
	assert_int_equal(setsockopt(wire.client, IPPROTO_IP, IP_MULTICAST_IF, &membership, sizeof membership), 0);
	wire.to.sin_port = htons((uint16_t)strtoul(strrchr(ace_udp_address(server), ':') + 1, NULL, 10));
	for (size_t i = 0; i < ACE_ARRAY_LEN(groups); i++) {
		inet_pton(AF_INET, groups[i], &wire.to.sin_addr);
		udp_say(&wire, ACE_SLICE_OF(get));
	}
	assert_int_equal(ace_udp_read(server, 1, &batch), 0);
	ace_udp_stats(server, &stats);
	assert_int_equal(stats.datagrams, 2);
	assert_int_equal(stats.ignored, 2);
	wire.to.sin_addr = loopback;
	udp_say(&wire, ACE_SLICE_OF(get));
	assert_int_equal(ace_udp_read(server, 1, &batch), 1);
	ace_udp_close(server);
}

static void answer_comes_from_the_address_that_was_asked(void **state)
{
	static const uint8_t content[] = { 0x40, 0x45, 0, 0 };
	struct ace_udp_server *server;
	const struct ace_udp_request *batch;

	(void)state;
	assert_int_equal(ace_udp_open(&(struct ace_udp_config) { .listen = "0.0.0.0:0" }, &server), ACE_OK);
	wire.to.sin_port = htons((uint16_t)strtoul(strrchr(ace_udp_address(server), ':') + 1, NULL, 10));
	wire.to.sin_addr.s_addr = htonl(0x7f000009);
	/* A connected socket hears that address only. */
	assert_int_equal(connect(wire.client, (const struct sockaddr *)(const void *)&wire.to, sizeof wire.to), 0);
	udp_say(&wire, ACE_SLICE_OF(get));
	assert_int_equal(ace_udp_read(server, 1, &batch), 1);
	assert_int_equal(ace_udp_answer(server, batch, ACE_SLICE_OF(content)), ACE_OK);
	assert_int_equal(ace_udp_flush(server), ACE_OK);
	assert_int_equal(udp_hear(&wire, heard, sizeof heard), sizeof content);
	ace_udp_close(server);
}

static void ipv6_is_served(void **state)
{
	static const uint8_t content[] = { 0x40, 0x45, 0, 0 };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	char text[ACE_UDP_TEXT_MAX];
	struct ace_udp_server *server = NULL;
	const struct ace_udp_request *batch;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	(void)state;
	if (fd < 0 || ace_udp_open(&(struct ace_udp_config) { .listen = "[::1]:0" }, &server))
		skip(); /* a kernel without IPv6 */
	assert_int_equal(strncmp(ace_udp_address(server), "[::1]:", 6), 0);
	to.sin6_port = htons((uint16_t)strtoul(strrchr(ace_udp_address(server), ':') + 1, NULL, 10));
	assert_int_equal(sendto(fd, get, sizeof get, 0, (const struct sockaddr *)(const void *)&to, sizeof to),
			 sizeof get);
	assert_int_equal(ace_udp_read(server, 1, &batch), 1);
	ace_udp_peer_text(server, batch, text);
	assert_int_equal(strncmp(text, "[::1]:", 6), 0);
	assert_int_equal(ace_udp_answer(server, batch, ACE_SLICE_OF(content)), ACE_OK);
	assert_int_equal(ace_udp_flush(server), ACE_OK);
	assert_int_equal(udp_hear_at(fd, heard, sizeof heard), sizeof content);
	close(fd);
	ace_udp_close(server);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(unconfirmed_address_gets_136_bytes_beside_the_token),
		CASE(long_request_may_be_answered_with_three_times_its_length),
		CASE(short_copy_does_not_fetch_what_a_long_request_was_granted),
		CASE(three_times_the_request_is_never_more_than_a_packet),
		CASE(confirmation_lifts_the_limit_until_it_lapses),
		CASE(fifth_answer_of_a_peer_pushes_out_its_first),
		CASE(all_answers_of_a_batch_to_one_peer_are_sent),
		CASE(batch_ends_at_512_requests_and_the_rest_waits),
		CASE(flood_of_answers_stays_within_the_bytes_granted),
		CASE(flood_of_sources_stays_within_the_table_and_spares_the_confirmed),
		cmocka_unit_test_setup_teardown(ten_thousand_peers_expire_at_once, setup_default, teardown),
		CASE(pings_and_nonsense_leave_nothing_behind),
		CASE(time_that_goes_back_stands_still),
		CASE(multicast_and_broadcast_requests_are_ignored),
		CASE(answer_comes_from_the_address_that_was_asked),
		CASE(ipv6_is_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
