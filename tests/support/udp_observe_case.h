/* SPDX-License-Identifier: Apache-2.0 */
/* Observers and what they hear. Include after cmocka.h. */
#ifndef SUPPORT_UDP_OBSERVE_CASE_H
#define SUPPORT_UDP_OBSERVE_CASE_H

#include "udp_wire_case.h"

enum { CONFIRMABLE = 1, LAST = 2 };

/* A confirmable request with that token and a Message ID of its own, from a confirmed address, to be looked at. */
static inline void ask(const char *token)
{
	static uint16_t mid;

	udp_ask(&wire, (struct udp_words) { ACE_COAP_CON, ACE_COAP_GET, mid++, token, 0 });
	assert_int_equal(udp_read(&wire), 1);
	ace_udp_confirm(wire.server, wire.batch);
}

/* Register, and hear the first notification, which is the answer. */
static inline uint64_t observe(const char *token, uint64_t cookie)
{
	uint64_t handle = 0;

	ask(token);
	assert_int_equal(ace_udp_observe(wire.server, wire.batch, cookie, &handle), ACE_OK);
	assert_true(handle != 0);
	assert_int_equal(udp_reply(&wire, wire.batch, 1), ACE_OK);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	assert_int_equal(udp_hear_message(&wire).type, ACE_COAP_ACK);
	return handle;
}

static inline enum ace_err notify_bytes(uint64_t handle, struct ace_slice message, int flags)
{
	enum ace_err err =
		ace_udp_notify(wire.server, handle,
			       &(struct ace_udp_notification) {
				       .message = message, .confirmable = flags & CONFIRMABLE, .last = flags & LAST });

	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	return err;
}

/* Notify the observer with token "t". */
static inline enum ace_err notify(uint64_t handle, uint8_t payload, int flags)
{
	return notify_bytes(handle, udp_response("t", payload, ACE_COAP_CONTENT), flags);
}

static inline void assert_event(uint8_t kind, uint64_t handle, uint64_t cookie)
{
	struct ace_udp_observe_event event;

	assert_true(ace_udp_observe_event(wire.server, &event));
	assert_int_equal(event.kind, kind);
	assert_true(event.handle == handle && event.cookie == cookie);
}

static inline void assert_no_event(void)
{
	struct ace_udp_observe_event event;

	assert_false(ace_udp_observe_event(wire.server, &event));
}

#endif
