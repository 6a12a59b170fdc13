/* SPDX-License-Identifier: Apache-2.0 */
/* coaps:// with pre-shared keys, on libcoap, in the shape of ace_udp_server.h: nothing is called back, a batch of new
 * requests is taken, answered after its commit, or dropped. DTLS says who sent a request, and keeps copies off; libcoap
 * answers by itself what is no request for us: pings, options that it does not know, proxies. One thread. */
#ifndef AS_COAPS_H
#define AS_COAPS_H

#include <sys/socket.h>

#include "ace_udp_server.h"
#include "as/copies.h"
#include "as/psk.h"

#define AS_COAPS_BATCH_MAX 64
#define AS_COAPS_STRAYS_MAX 8 /* datagrams beside them that one as_coaps_read() takes: with libcoap's tables full 0.1 ms each */
#define AS_COAPS_HANDSHAKES_MAX 5000 /* half-open ones, cookies not counted: about 2 MB */
#define AS_COAPS_IDLE_S 300          /* a session that is silent for longer ends */

struct as_coaps;
struct coap_session_t; /* libcoap's */

struct as_coaps_config {
	const struct sockaddr_storage *addr; /* where to listen; port 0 takes a free one */
	socklen_t addr_len;
	uint32_t sessions_max; /* of idle ones; above that the one that was silent longest ends */
	struct store *store;   /* borrows until closed: where identities are looked up */
};

/* A new request: no copy. Borrows until the next as_coaps_read(). */
struct as_coaps_request {
	struct ace_coap_message msg;      /* CON or NON, a request code; borrows from bytes */
	const struct as_psk_owner *owner; /* whose key the session was made with; NULL: nobody's who may ask */
	/* Private. */
	struct coap_session_t *session; /* one reference; NULL: answered or dropped */
	struct as_copy *copy;
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
};

/* @return ACE_OK; ACE_ERR_UNSUPPORTED this libcoap has no DTLS or no epoll; ACE_ERR_IO bind failed, errno tells why;
 * ACE_ERR_MEMORY; ACE_ERR_RANDOM. */
ACE_MUST_CHECK enum ace_err as_coaps_open(const struct as_coaps_config *config, struct as_coaps **ret_coaps);
/* Ends all sessions, wipes what was kept. NULL is fine. */
void as_coaps_close(struct as_coaps *coaps);

/* Readable when there is something for as_coaps_read(). */
int as_coaps_fd(const struct as_coaps *coaps);
/* The bound address as "HOST:PORT"; borrows. */
const char *as_coaps_address(const struct as_coaps *coaps);
/* Sessions whose client has named an identity, handshakes under way included; 0 when coaps is NULL. */
size_t as_coaps_sessions(const struct as_coaps *coaps);
/* The version of the library that is in use, for people. */
const char *as_coaps_library(void);

/* Take what has come, and run what is due: handshakes, their time-outs, the end of silent sessions. Reads the store in a
 * transaction of its own, so none may be open. Requests of the last batch that are still there count as dropped.
 * @param now_ms  monotonic milliseconds. @return how many new requests; 0 when coaps is NULL. */
size_t as_coaps_read(struct as_coaps *coaps, uint64_t now_ms, struct as_coaps_request **ret_batch);
/* In how many milliseconds as_coaps_read() must be called at the latest, at most max_ms; max_ms when coaps is NULL. */
uint32_t as_coaps_wait_ms(struct as_coaps *coaps, uint64_t now_ms, uint32_t max_ms);

/* Send the answer to a request of the batch, and keep it for copies of a confirmable one. Type and Message ID are set here.
 * @param message  a whole CoAP response with the request's token; borrowed for the call.
 * @return ACE_OK; ACE_ERR_USAGE answered or dropped before; ACE_ERR_BUSY the session has ended; ACE_ERR_SPACE;
 * ACE_ERR_MEMORY. Source: RFC 7252 5.2.1, 5.2.3. */
ACE_MUST_CHECK enum ace_err as_coaps_answer(struct as_coaps *coaps, struct as_coaps_request *request,
					    struct ace_slice message);
/* No answer, to copies neither. */
void as_coaps_drop(struct as_coaps *coaps, struct as_coaps_request *request);

#endif
