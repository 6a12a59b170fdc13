/* SPDX-License-Identifier: Apache-2.0 */
/* Deferred requests and what their client hears. Include after cmocka.h. */
#ifndef SUPPORT_UDP_LATER_CASE_H
#define SUPPORT_UDP_LATER_CASE_H

#include "udp_wire_case.h"

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

static inline void assert_heard_ack(uint16_t mid)
{
	struct ace_coap_message msg = udp_hear_message(&wire);

	assert_int_equal(msg.type, ACE_COAP_ACK);
	assert_int_equal(msg.code, ACE_COAP_EMPTY);
	assert_int_equal(msg.mid, mid);
	assert_int_equal(msg.token.len, 0);
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

#endif
