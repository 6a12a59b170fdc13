/* SPDX-License-Identifier: Apache-2.0 */
/* What the server remembers: peers, their exchanges, and the answers for copies. Everything has a hard
 * cap and leaves in O(1): the oldest first, and no later than EXCHANGE_LIFETIME. */
#ifndef COAP_UDP_TABLE_H
#define COAP_UDP_TABLE_H

#include "ace_udp_server.h"
#include "coap/udp_index.h"

/* Both ends of a conversation. RFC 7252 4.1: "the endpoint is solely identified by an IP address and a
 * UDP port number". The local address counts too, since the answer must come from it. Compared and
 * hashed as whole words, so unused bytes are zero. */
struct ace_udp_endpoint {
	uint8_t remote[16], local[16]; /* IPv4 uses the first four */
	uint32_t scope;                /* of a link-local IPv6 address */
	uint16_t port;
	uint16_t family; /* AF_INET or AF_INET6 */
};
#define ACE_UDP_ENDPOINT_WORDS 5
_Static_assert(sizeof(struct ace_udp_endpoint) == 8 * ACE_UDP_ENDPOINT_WORDS, "no padding may be hashed");

struct ace_udp_peer {
	struct ace_udp_endpoint endpoint;
	uint64_t seen_ms;
	uint64_t confirmed_ms;   /* the last proof; looked at when confirmed */
	uint32_t oldest, newest; /* its finished exchanges */
	uint16_t finished;       /* how many: at most ACE_UDP_ANSWERS_A_PEER */
	uint16_t in_progress;    /* while not 0 the peer stays */
	uint16_t next_mid;       /* for messages to it that are no acknowledgements */
	bool confirmed;
	bool expected; /* ace_udp_expect(): its next request is not turned away */
	/* What is sent later (coap/udp_outbox.h, coap/udp_observers.h). */
	struct ace_udp_list waiting; /* messages behind the one under way */
	struct ace_udp_list observations;
	uint32_t under_way;          /* RFC 7252 4.7: NSTART is 1 */
	uint32_t pins;               /* while not 0 neither age nor a flood takes the peer */
	uint16_t deferred, observed; /* how many */
};

/* A request is IN_PROGRESS from the moment of reading, so that a copy in the same batch is noticed, and until
 * it is answered or acknowledged, which a deferred one may be long after its batch. */
enum ace_udp_exchange_state { ACE_UDP_IN_PROGRESS = 1, ACE_UDP_FINISHED = 2 };

struct ace_udp_exchange {
	uint64_t answer_at; /* position in the ring of answers, which counts on for ever */
	uint64_t read_ms;
	uint32_t peer;
	uint32_t newer; /* the next finished exchange of the peer */
	uint16_t mid;
	uint16_t answer_len; /* 0: copies get silence */
	uint8_t state;       /* enum ace_udp_exchange_state */
};

struct ace_udp_table {
	uint64_t seed[2];
	uint64_t now_ms;
	uint16_t mid_salt;

	struct ace_udp_index peer_index;
	struct ace_udp_peer *peers;      /* owned, from 1 */
	struct ace_udp_link *peer_links; /* owned */
	struct ace_udp_list unconfirmed, confirmed, pinned;

	struct ace_udp_index exchange_index;
	struct ace_udp_exchange *exchanges;  /* owned, from 1 */
	struct ace_udp_link *exchange_links; /* owned */
	struct ace_udp_list finished;

	uint8_t *ring; /* owned: answers one behind the other */
	size_t ring_cap;
	uint64_t ring_head; /* where the next one goes, modulo ring_cap */

	uint64_t peers_evicted, answers_evicted;
};

struct ace_udp_table_limits {
	uint32_t peers_max, exchanges_max, answer_bytes_max;
};

/* ACE_ERR_MEMORY; ACE_ERR_RANDOM. ace_udp_table_fini() cleans up after both. */
ACE_MUST_CHECK enum ace_err ace_udp_table_init(struct ace_udp_table *table, const struct ace_udp_table_limits *limits);
void ace_udp_table_fini(struct ace_udp_table *table);
/* Set the time and let go of what is older than EXCHANGE_LIFETIME. */
void ace_udp_table_expire(struct ace_udp_table *table, uint64_t now_ms);

/* The peer of that endpoint, seen now; a new one takes the place of the oldest unconfirmed, failing
 * that of the oldest. Never fails: a batch is smaller than the table. */
uint32_t ace_udp_peer_touch(struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint);
/* The peer of that endpoint, if there is one. */
uint32_t ace_udp_peer_of(const struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint);
/* A peer stays as long as each pin has not been taken back. */
void ace_udp_peer_pin(struct ace_udp_table *table, uint32_t peer);
void ace_udp_peer_unpin(struct ace_udp_table *table, uint32_t peer);
void ace_udp_peer_confirm(struct ace_udp_table *table, uint32_t peer);
bool ace_udp_peer_is_confirmed(const struct ace_udp_table *table, uint32_t peer);
void ace_udp_peers_expire(struct ace_udp_table *table);

/* The exchange of that Message ID. A new one is in progress; while there are as many as there can be, it takes the place of the
 * oldest finished one. */
uint32_t ace_udp_exchange_touch(struct ace_udp_table *table, uint32_t peer, uint16_t mid, bool *ret_is_new);
/* Keep the answer for copies (none: they get silence). The bytes stay readable until a whole ring has
 * been written over; NULL when there are none. */
uint8_t *ace_udp_exchange_finish(struct ace_udp_table *table, uint32_t exchange, struct ace_slice answer);
struct ace_slice ace_udp_exchange_answer(const struct ace_udp_table *table, uint32_t exchange);
/* Forget a finished exchange, which must be the oldest of its peer. */
void ace_udp_exchange_forget(struct ace_udp_table *table, uint32_t exchange);
void ace_udp_exchanges_expire(struct ace_udp_table *table);
/* Bytes of the ring between the oldest answer and the head. */
size_t ace_udp_ring_used(const struct ace_udp_table *table);

#endif
