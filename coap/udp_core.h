/* SPDX-License-Identifier: Apache-2.0 */
/* The server itself, for the files that make it up: udp_server.c (what comes in), udp_answer.c (what
 * becomes of it), udp_later.c (separate responses), udp_notify.c (observations), udp_transmit.c (messages under way). */
#ifndef COAP_UDP_CORE_H
#define COAP_UDP_CORE_H

#include "coap/udp_observers.h"
#include "coap/udp_outbox.h"
#include "coap/udp_socket.h"
#include "coap/udp_sources.h"

#define ACE_UDP_VERSION_MASK 0xc0
#define ACE_UDP_VERSION_1 0x40
#define ACE_UDP_TOKEN_LEN_MASK 0x0f

struct ace_udp_server {
	int fd;
	char address[ACE_UDP_TEXT_MAX];
	struct ace_udp_table table;
	struct ace_udp_sources sources;
	struct ace_udp_outbox outbox;
	struct ace_udp_observers observers;
	struct ace_udp_input input;
	struct ace_udp_output output;
	struct ace_udp_stats stats;
	size_t batch_len;
	size_t reads; /* datagrams since the batch began */
	size_t strangers; /* requests of the batch whose address is not confirmed */
	bool is_pressed;  /* the last batch ended before the socket was empty */
	size_t crowd, crowd_before; /* strangers that came under pressure, in this batch and in the latest such */
	uint64_t lot;
	struct ace_udp_request batch[ACE_UDP_BATCH_MAX];
	uint32_t exchanges[ACE_UDP_BATCH_MAX]; /* beside batch; 0 once answered or dropped */
	uint32_t peers[ACE_UDP_BATCH_MAX];     /* beside batch */
};

/* Count a fault of that source: has it had too many? */
bool ace_udp_is_over_budget(struct ace_udp_server *server, const struct ace_udp_endpoint *endpoint);
/* Bytes of an answer to that many bytes that this peer may get. */
size_t ace_udp_answer_max(const struct ace_udp_server *server, uint32_t peer, size_t datagram_len, size_t token_len);
/* Is it a response with that token, whole enough to be patched? */
bool ace_udp_answer_fits(struct ace_slice token, struct ace_slice message);
void ace_udp_header_patch(uint8_t *message, uint8_t type, uint16_t mid);

/* Let the timers that have run out do their work. */
void ace_udp_transmit_run(struct ace_udp_server *server);
/* Send a filled message of the outbox, at once or when its turn comes. type is CON or NON. */
void ace_udp_transmit(struct ace_udp_server *server, uint32_t record, uint8_t type);
/* A message that waits becomes confirmable. */
void ace_udp_transmit_promote(struct ace_udp_server *server, uint32_t record);
/* An acknowledgement, or a rejection, of that Message ID has come from that address. @return does it mean anything? */
bool ace_udp_transmit_heard(struct ace_udp_server *server, const struct ace_udp_endpoint *endpoint, uint16_t mid,
			    bool is_reset);
/* End an observation, and what is still to be sent of it. With a kind there is an event. */
void ace_udp_observation_end(struct ace_udp_server *server, uint32_t observation, uint8_t kind);

#endif
