/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are sent later than their batch: what waits to be acknowledged, for its turn, or for the
 * caller's answer. Places of one size, so that nothing is searched, moved or broken into gaps. */
#ifndef COAP_UDP_OUTBOX_H
#define COAP_UDP_OUTBOX_H

#include "coap/udp_table.h"
#include "coap/udp_wheel.h"

enum ace_udp_outgoing_state {
	ACE_UDP_FREE = 0,
	ACE_UDP_UNACKNOWLEDGED, /* a deferred request; the timer sends its empty acknowledgement */
	ACE_UDP_UNANSWERED,     /* a deferred request; the timer gives it up */
	ACE_UDP_WAITING,        /* a message behind another one to the same peer; no timer */
	ACE_UDP_UNDER_WAY,      /* a message; the timer ends this attempt */
};

struct ace_udp_outgoing {
	uint64_t due_ms;
	uint32_t generation; /* of handles */
	uint32_t next_free;
	uint32_t peer;
	uint32_t exchange;    /* while UNACKNOWLEDGED */
	uint32_t observation; /* whose notification it is; 0: nobody asks how it went */
	uint32_t timeout_ms;  /* of this attempt */
	uint16_t len;
	uint16_t mid;     /* its own, or that of the request to be acknowledged */
	uint16_t held_max; /* a held request: bytes of its one answer; 0: it is none */
	uint8_t state;    /* enum ace_udp_outgoing_state */
	uint8_t type;     /* enum ace_coap_type */
	uint8_t attempts; /* repetitions so far */
	bool unsent;      /* this attempt has not left: there was no room */
	uint8_t token_len;
	uint8_t token[ACE_COAP_TOKEN_MAX]; /* of a deferred request */
};

struct ace_udp_outbox {
	struct ace_udp_outgoing *records;   /* owned, from 1 */
	struct ace_udp_link *waiting_links; /* owned: the queue of each peer */
	uint8_t *bytes;                     /* owned: ACE_UDP_ANSWER_MAX for each record */
	uint32_t max, used, free, held;
	uint32_t strangers; /* places of held requests */
	uint64_t drawn; /* random numbers so far */
	struct ace_udp_wheel wheel;
	uint64_t retransmissions, given_up;
};

ACE_MUST_CHECK enum ace_err ace_udp_outbox_init(struct ace_udp_outbox *box, uint32_t max);
void ace_udp_outbox_fini(struct ace_udp_outbox *box);

/* A place for something of that peer, which is pinned; 0 when there is none. */
uint32_t ace_udp_outgoing_take(struct ace_udp_outbox *box, struct ace_udp_table *table, uint32_t peer);
/* Give it back, whatever its state. */
void ace_udp_outgoing_release(struct ace_udp_outbox *box, struct ace_udp_table *table, uint32_t record);
uint64_t ace_udp_outgoing_handle(const struct ace_udp_outbox *box, uint32_t record);
/* 0 when the handle has ended. */
uint32_t ace_udp_outgoing_of(const struct ace_udp_outbox *box, uint64_t handle);
void ace_udp_outgoing_fill(struct ace_udp_outbox *box, uint32_t record, struct ace_slice message);
uint8_t *ace_udp_outgoing_bytes(const struct ace_udp_outbox *box, uint32_t record);
/* Start the timer anew. */
void ace_udp_outgoing_arm(struct ace_udp_outbox *box, uint32_t record, uint64_t due_ms);
/* The first attempt's wait: 2 to 3 s. */
uint32_t ace_udp_outbox_timeout_ms(struct ace_udp_outbox *box, const struct ace_udp_table *table);

#endif
