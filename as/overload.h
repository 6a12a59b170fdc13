/* SPDX-License-Identifier: Apache-2.0 */
/* More verified requests than can be served. The measure: the socket was so full that the system dropped datagrams, and it
 * is not strangers who fill it (coap/ turns those away): three quarters of a whole batch are verified. Then the last quarter of
 * each such batch is told when to come back, which costs less than serving it, and a client that listens stops adding to
 * the queue. */
#ifndef AS_OVERLOAD_H
#define AS_OVERLOAD_H

#include "ace_slice.h"

#define AS_OVERLOAD_HOLDS_MS 1000

struct as_server;
struct as_job;

struct as_overload {
	uint64_t lost;     /* datagrams, as last seen */
	uint64_t until_ms; /* 0: none yet */
	size_t served;     /* of the batch at hand */
};

/* All requests of the batch are verified or not: look whether it is too much. */
void as_overload_note(struct as_server *as);
/* Is this one, which is served next, one too many? */
bool as_overload_sheds(struct as_server *as);
/* 5.03 with a Max-Age of 1 to 4 seconds, not the same for all, so that they do not come back at once. */
void as_overload_answer(struct as_server *as, struct as_job *job);

#endif
