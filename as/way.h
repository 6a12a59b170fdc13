/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request came from, and so where its answer goes: all that a batch knows of what carries messages. */
#ifndef AS_WAY_H
#define AS_WAY_H

#include "as/coaps.h"

struct as_server;

enum as_way_kind {
	AS_WAY_UDP = 0, /* coap://, on which OSCORE says who it is */
	AS_WAY_DTLS,    /* coaps://, on which the session does */
};

/* Borrows from what carries messages until the batch ends. */
struct as_way {
	enum as_way_kind kind;
	const struct ace_coap_message *message; /* as it arrived */
	union {
		const struct ace_udp_request *udp;
		struct as_coaps_request *dtls;
	} from;
};

struct as_way as_way_udp(const struct ace_udp_request *request);
struct as_way as_way_dtls(struct as_coaps_request *request);

/* The request was verified, but perhaps recorded before: it is asked for once more, as with ace_udp_expect(). */
void as_way_expect(struct as_server *as, const struct as_way *way);
/* The request was verified, and is no replay: its sender receives at this address. */
void as_way_confirm(struct as_server *as, const struct as_way *way);
/* Queue an answer: a whole CoAP response with the request's token, borrowed for the call. Once for each way.
 * Errors of ace_udp_answer() and as_coaps_answer(); after one the way is still to be answered or dropped. */
ACE_MUST_CHECK enum ace_err as_way_answer(struct as_server *as, const struct as_way *way, struct ace_slice message);
/* The request failed. @return true: answer it; false: its source is over its budget, so drop it. See ace_udp_blame(). */
ACE_MUST_CHECK bool as_way_blame(struct as_server *as, const struct as_way *way);
/* No answer at all. */
void as_way_drop(struct as_server *as, const struct as_way *way);
/* Send what is queued on all ways. What the network does not take now is no error: the client asks again.
 * ACE_ERR_IO a socket is broken. */
ACE_MUST_CHECK enum ace_err as_ways_flush(struct as_server *as);

#endif
