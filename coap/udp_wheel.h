/* SPDX-License-Identifier: Apache-2.0 */
/* Timers in O(1): a wheel of ticks, each with the records that are due then. */
#ifndef COAP_UDP_WHEEL_H
#define COAP_UDP_WHEEL_H

#include "coap/udp_index.h"

#define ACE_UDP_TICK_MS 64
/* A turn is more than 48 s, the longest wait for an acknowledgement. What is due later comes early: add it again. */
#define ACE_UDP_WHEEL_TICKS 1024

struct ace_udp_wheel {
	struct ace_udp_list ticks[ACE_UDP_WHEEL_TICKS];
	uint64_t filled[ACE_UDP_WHEEL_TICKS / 64]; /* which of them have records */
	uint64_t tick;                             /* those before it have passed */
	struct ace_udp_link *links;                /* owned, from 1 */
	uint16_t *places;                          /* owned: 1 + the tick of each record; 0: no timer */
};

ACE_MUST_CHECK enum ace_err ace_udp_wheel_init(struct ace_udp_wheel *wheel, uint32_t max);
void ace_udp_wheel_fini(struct ace_udp_wheel *wheel);
/* Late by at most a tick; early by whole turns when it is further away than one. The record must have no timer. */
void ace_udp_wheel_add(struct ace_udp_wheel *wheel, uint32_t record, uint64_t due_ms);
/* A record without a timer is fine. */
void ace_udp_wheel_remove(struct ace_udp_wheel *wheel, uint32_t record);
/* Take the next record whose tick has come; 0 when there is none. */
uint32_t ace_udp_wheel_next(struct ace_udp_wheel *wheel, uint64_t now_ms);
/* When the next one comes; UINT64_MAX: never. */
uint64_t ace_udp_wheel_due_ms(const struct ace_udp_wheel *wheel);

#endif
