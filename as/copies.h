/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests of a DTLS session were seen, and what they were answered: libcoap hands out every copy of a request
 * that its client sends, and a token request that is served twice is two tokens (RFC 7252 4.5). */
#ifndef AS_COPIES_H
#define AS_COPIES_H

#include "ace_slice.h"

#define AS_COPIES_MAX 8 /* requests of a session that are remembered */

enum as_copy_state { AS_COPY_FREE = 0, AS_COPY_AWAITED, AS_COPY_ANSWERED };

/* A request by its Message ID. */
struct as_copy {
	enum as_copy_state state;
	uint16_t mid;
	uint64_t at_ms; /* when it came */
	uint8_t *answer; /* owns len bytes; NULL: none was sent, or none was kept */
	size_t len;
};

/* Zeroed at start. */
struct as_copies {
	struct as_copy slots[AS_COPIES_MAX];
};

/* The request with that Message ID, which came within EXCHANGE_LIFETIME; NULL: it was not seen. */
struct as_copy *as_copies_find(struct as_copies *copies, uint16_t mid, uint64_t now_ms);
/* Remember a new one, in place of the oldest that is answered; AS_COPY_AWAITED. NULL: all of them wait for answers. */
struct as_copy *as_copies_add(struct as_copies *copies, uint16_t mid, uint64_t now_ms);
/* It was answered with these bytes, of which a copy is kept if there is memory; an empty slice: with nothing. */
void as_copy_settle(struct as_copy *copy, struct ace_slice answer);
/* Wipes the answers, for they may hold keys. */
void as_copies_fini(struct as_copies *copies);

#endif
