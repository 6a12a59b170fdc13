/* SPDX-License-Identifier: Apache-2.0 */
/* More verified requests than can be served: who is put off, how, and who is not. The time, and what the system dropped, are
 * what the test says. See batch_case.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "batch_case.h"

#define SERVED (ACE_UDP_BATCH_MAX / 4 * 3)

static uint64_t lost, now_ms = 1000000;
static struct ace_oscore_exchange exchanges[ACE_UDP_BATCH_MAX];

uint64_t __wrap_ace_udp_lost(const struct ace_udp_server *server);
uint64_t __wrap_ace_udp_lost(const struct ace_udp_server *server)
{
	(void)server;
	return lost;
}

uint64_t __wrap_ace_port_monotonic_ms(void);
uint64_t __wrap_ace_port_monotonic_ms(void)
{
	return now_ms;
}

static int setup(void **state)
{
	int room = 1 << 20;

	lost = 0;
	if (batch_case_setup(state))
		return -1;
	/* For the answers of a whole batch. */
	return setsockopt(anna.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
}

/* The last one asks for a token, the others for what costs the store nothing. */
static void ask_many(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		as_line_ask(&anna, i + 1 < count ? "no" : "token", i + 1 < count ? (struct ace_slice){ 0 } : token_body("d-clock"));
		exchanges[i] = anna.exchange;
	}
}

/* Answers come in the order of their requests, but those that wait for the commit come last. */
static void hear(size_t nth, uint8_t code)
{
	anna.exchange = exchanges[nth];
	assert_heard(&anna, code);
}

static void what_is_above_three_quarters_is_told_when_to_come_back(void **state)
{
	uint32_t most_s = 0, least_s = UINT32_MAX;

	(void)state;
	lost = 1;
	ask_many(ACE_UDP_BATCH_MAX);
	assert_int_equal(run(), ACE_OK);
	for (size_t i = 0; i < SERVED; i++)
		hear(i, ACE_COAP_NOT_FOUND);
	for (size_t i = SERVED; i < ACE_UDP_BATCH_MAX; i++) {
		hear(i, ACE_COAP_UNAVAILABLE);
		assert_true(heard.has_max_age);
		assert_int_equal(heard.payload.len, 0);
		most_s = heard.max_age_s > most_s ? heard.max_age_s : most_s;
		least_s = heard.max_age_s < least_s ? heard.max_age_s : least_s;
	}
	assert_int_equal(least_s, 1);
	assert_int_equal(most_s, 4);
	assert_int_equal(fx.as.metrics.delayed[AS_DELAY_OVERLOAD], ACE_UDP_BATCH_MAX - SERVED);
	assert_stored(0, 0);
}

static void who_was_put_off_is_served_when_it_comes_back(void **state)
{
	(void)state;
	lost = 1;
	ask_many(SERVED + 1);
	assert_int_equal(run(), ACE_OK);
	for (size_t i = 0; i < SERVED; i++)
		hear(i, ACE_COAP_NOT_FOUND);
	hear(SERVED, ACE_COAP_UNAVAILABLE);
	assert_stored(0, 0);
	ask_many(1);
	assert_int_equal(run(), ACE_OK);
	hear(0, ACE_COAP_CREATED);
	assert_stored(1, 1);
}

static void a_full_batch_alone_is_no_overload(void **state)
{
	(void)state;
	ask_many(ACE_UDP_BATCH_MAX);
	assert_int_equal(run(), ACE_OK);
	for (size_t i = 0; i + 1 < ACE_UDP_BATCH_MAX; i++)
		hear(i, ACE_COAP_NOT_FOUND);
	hear(ACE_UDP_BATCH_MAX - 1, ACE_COAP_CREATED);
	assert_int_equal(fx.as.metrics.delayed[AS_DELAY_OVERLOAD], 0);
}

/* They make the socket lose datagrams, but coap/ turns them away; those who verify are not the ones to put off. */
static void strangers_that_fill_the_socket_put_off_nobody(void **state)
{
	static const uint8_t plain[] = { 0x40, ACE_COAP_POST, 0, 0 };
	uint8_t bytes[sizeof plain];

	(void)state;
	lost = 1;
	memcpy(bytes, plain, sizeof plain);
	for (uint8_t i = 0; i < 20; i++) {
		bytes[3] = i;
		as_line_send(&bob, (struct ace_slice){ bytes, sizeof bytes });
	}
	ask_many(SERVED - 1);
	assert_int_equal(run(), ACE_OK);
	for (size_t i = 0; i + 2 < SERVED; i++)
		hear(i, ACE_COAP_NOT_FOUND);
	hear(SERVED - 2, ACE_COAP_CREATED);
	/* Nor does what was lost then count later, when all is well. */
	ask_many(ACE_UDP_BATCH_MAX);
	assert_int_equal(run(), ACE_OK);
	for (size_t i = 0; i + 1 < ACE_UDP_BATCH_MAX; i++)
		hear(i, ACE_COAP_NOT_FOUND);
	hear(ACE_UDP_BATCH_MAX - 1, ACE_COAP_CREATED);
	assert_int_equal(fx.as.metrics.delayed[AS_DELAY_OVERLOAD], 0);
}

/* One loss counts for as long as it says, and no longer. */
static void a_loss_counts_for_its_time(void **state)
{
	(void)state;
	lost = 1;
	for (size_t round = 0; round < 3; round++) {
		now_ms += round ? AS_OVERLOAD_HOLDS_MS / 2 : 0;
		ask_many(SERVED + 1);
		assert_int_equal(run(), ACE_OK);
		for (size_t i = 0; i < SERVED; i++)
			hear(i, ACE_COAP_NOT_FOUND);
		hear(SERVED, round < 2 ? ACE_COAP_UNAVAILABLE : ACE_COAP_CREATED);
	}
	assert_int_equal(fx.as.metrics.delayed[AS_DELAY_OVERLOAD], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_above_three_quarters_is_told_when_to_come_back, setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(who_was_put_off_is_served_when_it_comes_back, setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_full_batch_alone_is_no_overload, setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(strangers_that_fill_the_socket_put_off_nobody, setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_loss_counts_for_its_time, setup, batch_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
