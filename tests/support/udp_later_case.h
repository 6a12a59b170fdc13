/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred requests and what their client hears. Include after cmocka.h. */
#ifndef SUPPORT_UDP_LATER_CASE_H
#define SUPPORT_UDP_LATER_CASE_H

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

/* A confirmed client's request with token "t", left unanswered. */
static inline uint64_t defer(uint8_t type, uint16_t mid, uint32_t ack_ms)
{
	uint64_t handle = 0;

	udp_ask(&wire, (struct udp_words) { type, ACE_COAP_GET, mid, "t", 0 });
	assert_int_equal(udp_read(&wire), 1);
	ace_udp_confirm(wire.server, wire.batch);
	assert_int_equal(ace_udp_defer(wire.server, wire.batch, ack_ms, &handle), ACE_OK);
	assert_true(handle != 0);
	return handle;
}

static inline enum ace_err answer(uint64_t handle, uint8_t payload, bool confirmable)
{
	enum ace_err err =
		ace_udp_answer_later(wire.server, handle, udp_response("t", payload, ACE_COAP_CONTENT), confirmable);

	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	return err;
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

static inline void assert_heard_ack(uint16_t mid)
{
	struct ace_coap_message msg = udp_hear_message(&wire);

	assert_int_equal(msg.type, ACE_COAP_ACK);
	assert_int_equal(msg.code, ACE_COAP_EMPTY);
	assert_int_equal(msg.mid, mid);
	assert_int_equal(msg.token.len, 0);
}

static inline void assert_silent(void)
{
	assert_int_equal(udp_hear_message(&wire).type, UDP_SILENCE);
}

/* A deferred request, acknowledged, answered, and that answer heard for the first time. @return its Message ID. */
static inline uint16_t answer_separately(uint16_t mid, uint8_t payload)
{
	uint64_t handle = defer(ACE_COAP_CON, mid, 0);

	udp_pass(&wire, TICK_MS);
	assert_heard_ack(mid);
	assert_int_equal(answer(handle, payload, true), ACE_OK);
	return assert_heard(ACE_COAP_CON, payload);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
