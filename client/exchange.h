/* SPDX-License-Identifier: Apache-2.0 */
/* One request and the answer to it, plain or protected. A protected request takes protected answers only. */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include "ace_oscore.h"
#include "client/request.h"
#include "client/state.h"
#include "client/transport.h"

/* After an answer that proves nothing: how long a better one is waited for, unless the request is sent anew at once, as a
 * fresh one whose answers are waited for in its place (client_protected.impatient). An honest peer that got the request has
 * answered or acknowledged within ACK_TIMEOUT (RFC 7252 4.8), 2 s. */
#define CLIENT_GRACE_MS 2000
#define CLIENT_ECHO_ROUNDS 3

/* Who carries requests, and how long an answer may take. */
struct client_carrier {
	struct client_transport *transport; /* borrows */
	const struct client_state *state;   /* borrows */
	uint32_t timeout_ms;
	uint32_t grace_ms; /* CLIENT_GRACE_MS, less in tests */
};

struct client_answer {
	struct ace_coap_message msg; /* borrows from bytes; of a protected exchange: the inner message */
	size_t sent_len, received_len; /* on the wire, CoAP header included */
	unsigned int unprotected;    /* answers without protection that were passed over */
	uint8_t unprotected_code;    /* of the last of them */
	unsigned int unverified;     /* answers that did not verify */
	struct cli_bytes body;       /* owns the payload when it came in blocks */
	uint8_t bytes[CLIENT_MESSAGE_MAX];
};
/* A zeroed one is fine. */
void client_answer_wipe(struct client_answer *answer);

/* An OSCORE context of ours and where its next numbers come from. */
struct client_line {
	struct ace_oscore_ctx ctx;
	struct client_seq seq;
};

/* Told of every pair of messages; again: why the request is sent once more, NULL: it is not. */
struct client_watcher {
	void (*seen)(void *arg, const struct client_answer *answer, const char *again);
	void *arg;
};

/* Send a plain request: its answer proves nothing. A 4.01 with Echo is answered with the Echo.
 * Fails as client_transport_exchange(). */
ACE_MUST_CHECK enum ace_err client_exchange_plain(const struct client_carrier *carrier,
						  const struct client_peer *peer, struct client_request *request,
						  struct client_answer *ret_answer, struct cli_error *ret_error);

struct client_protected {
	const struct client_peer *peer;
	struct client_line *line;
	struct client_request *request; /* an Echo may be added to it */
	const struct client_watcher *watcher; /* NULL: none */
	bool impatient; /* do not wait for a better answer than an unprotected 4.01: the caller asks again */
};
/* Send a protected request. Answers without protection and answers that do not verify are counted and passed over.
 * @return ACE_OK a verified answer; ACE_ERR_UNPROTECTED only answers without protection came (exit
 * CLI_EXIT_REFUSED); ACE_ERR_TAG only answers that did not verify; ACE_ERR_EXHAUSTED the context has no numbers
 * left; or as client_transport_exchange(). The counts in *ret_answer hold in these cases too.
 * Source: RFC 8613 8.1, 8.4, RFC 9175 2.3. */
ACE_MUST_CHECK enum ace_err client_exchange_protected(const struct client_carrier *carrier,
						      const struct client_protected *in,
						      struct client_answer *ret_answer, struct cli_error *ret_error);


/* The same with bodies of any length up to CLIENT_BODY_MAX: a payload that does not fit a block goes in blocks, and an answer that
 * comes in blocks is put together. ret_answer->body is the caller's to wipe then.
 * Besides the errors above: ACE_ERR_MALFORMED the blocks do not fit together; ACE_ERR_SPACE the answer is too long; ACE_ERR_MEMORY.
 * Source: RFC 7959 2.4, 2.5, 2.7, RFC 9175 3.3. */
#define CLIENT_BODY_MAX (4 << 20)
ACE_MUST_CHECK enum ace_err client_exchange_whole(const struct client_carrier *carrier, const struct client_protected *in,
						  struct client_answer *ret_answer, struct cli_error *ret_error);

#endif
