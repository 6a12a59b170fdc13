/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP for the client, on libcoap: message layer only (retransmission, acknowledgement, matching). Over UDP nothing that
 * arrives here is to be trusted, and OSCORE is above, in exchange.c; over DTLS it comes from who has the key. */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include <sys/socket.h>

#include "ace_coap.h"
#include "cli/output.h"

struct client_transport;

/* Where a request goes. */
struct client_peer {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	char name[300]; /* as the user wrote it, for messages */
	bool secure;    /* by DTLS with a pre-shared key; only an AS is reached so */
	const char *psk_identity; /* of secure; both borrow until its first exchange has ended */
	struct ace_slice psk_key;
};

#define CLIENT_MESSAGE_MAX 4096
#define CLIENT_TOKEN_LEN 4 /* RFC 7252 5.3.1: 32 random bits make a forged answer hard to match */

/* Looks at an answer that matches the request. */
enum client_verdict {
	CLIENT_TAKE,      /* this is the one */
	CLIENT_PASS_OVER, /* worthless: wait for a better one */
	CLIENT_END,       /* worthless, and no better one is waited for */
};
typedef enum client_verdict client_take_fn(void *arg, const struct ace_coap_message *answer);

struct client_wait {
	client_take_fn *take;
	void *arg;
	uint32_t timeout_ms; /* for the whole wait */
	uint32_t grace_ms;   /* once an answer was not taken: wait at most this much longer for a better one */
};

ACE_MUST_CHECK enum ace_err client_transport_new(struct client_transport **ret_transport, struct cli_error *ret_error);
/* NULL is fine. */
void client_transport_free(struct client_transport *transport);

/* Send a request (its type, code, options and payload; Message ID and token are chosen here) and hand each answer to
 * wait->take until it takes one, or ends the wait.
 * @return ACE_OK one was taken; ACE_ERR_BUSY none in time, or the wait was ended; ACE_ERR_IO the network says that
 * nobody is there (ICMP) or the message could not be sent; ACE_ERR_SPACE it does not fit a datagram; ACE_ERR_MEMORY.
 * Errors ask for CLI_EXIT_UNREACHABLE where the peer is at fault. */
ACE_MUST_CHECK enum ace_err client_transport_exchange(struct client_transport *transport,
						      const struct client_peer *peer,
						      const struct ace_coap_message *request,
						      const struct client_wait *wait, struct cli_error *ret_error);

#endif
