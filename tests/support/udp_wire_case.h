/* SPDX-License-Identifier: Apache-2.0 */
/* One small server and one client for each test, and what that client hears. Include after cmocka.h. */
#ifndef SUPPORT_UDP_WIRE_CASE_H
#define SUPPORT_UDP_WIRE_CASE_H

#include "ace_udp_later.h"
#include "udp_link.h"

/* The grain of the server's timers: what is due comes late by no more. */
#define TICK_MS 64

static struct udp_link wire;

static inline int setup(void **state)
{
	(void)state;
	udp_link_open(&wire, &(struct ace_udp_config) {
				     .peers_max = 4096, .exchanges_max = 1024, .answer_bytes_max = 2 << 20 });
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	udp_link_close(&wire);
	return 0;
}

static inline struct ace_udp_stats stats_now(void)
{
	struct ace_udp_stats stats;

	ace_udp_stats(wire.server, &stats);
	return stats;
}

/* The client hears that payload, in a message of that type. @return its Message ID. */
static inline uint16_t assert_heard(uint8_t type, uint8_t payload)
{
	struct ace_coap_message msg = udp_hear_message(&wire);

	assert_int_equal(msg.type, type);
	assert_int_equal(msg.code, ACE_COAP_CONTENT);
	assert_true(ace_slice_equal(msg.token, ACE_LITERAL("t")));
	assert_int_equal(msg.payload.len, 1);
	assert_int_equal(msg.payload.ptr[0], payload);
	return msg.mid;
}

static inline void assert_silent(void)
{
	assert_int_equal(udp_hear_message(&wire).type, UDP_SILENCE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
