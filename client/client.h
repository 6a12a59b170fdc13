/* SPDX-License-Identifier: Apache-2.0 */
/* The client as a whole: what the verbs share, and the steps that flow.c is made of. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "ace_client.h"
#include "client/exchange.h"
#include "client/explain.h"
#include "client/hints.h"
#include "client/request.h"
#include "client/state.h"
#include "client/token_request.h"

#define CLIENT_REFUSALS_MAX 3 /* unprotected 4.01 in a row before a context is given up (RFC 9203 6) */

struct client {
	struct client_state state;
	struct client_carrier carrier;
	struct client_explain explain;
	void (*note)(void *arg, const char *text); /* NULL: nobody listens */
	void *note_arg;
	char wireshark_path[CLIENT_PATH_MAX]; /* "": none */
};

/* options->timeout_ms is taken as it is. */
ACE_MUST_CHECK enum ace_err client_open(struct client *ret_client, const struct ace_client_options *options,
					struct cli_error *ret_error);
/* Tell what a person should know. */
void client_note(const struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A zeroed struct is fine. */
void client_close(struct client *client);

/* Resolve the host of a coap:// address; may ask the name service. */
ACE_MUST_CHECK enum ace_err client_peer_resolve(const struct cli_address *address, struct client_peer *ret_peer,
						struct cli_error *ret_error);
/* Write the context for Wireshark if that was asked for. */
ACE_MUST_CHECK enum ace_err client_keys_log(const struct client *client, const struct ace_oscore_input *input,
					    struct cli_error *ret_error);
static inline struct ace_slice client_slice(const char *text)
{
	size_t len = 0;

	while (text && text[len])
		len++;
	return (struct ace_slice){ (const uint8_t *)text, len };
}

/* --- The line to an AS (as_line.c) --- */

struct client_as_line {
	const struct cli_client_bundle *bundle; /* borrows */
	struct cli_address address;
	struct client_peer peer;
	struct client_line line; /* secret; not with DTLS */
};
/* ACE_ERR_UNSUPPORTED the scheme of the AS's URI is not that of the credentials. enrolling: begin the sequence numbers of
 * OSCORE if there are none. */
ACE_MUST_CHECK enum ace_err client_as_open(const struct client *client, const struct cli_client_bundle *bundle,
					   bool enrolling, struct client_as_line *ret_line,
					   struct cli_error *ret_error);
void client_as_close(struct client_as_line *line);
/* A verified exchange that changes nothing: the AS has our key and we have its. */
ACE_MUST_CHECK enum ace_err client_as_probe(struct client *client, struct client_as_line *line,
					    struct cli_error *ret_error);
/* Ask for a token. ret_answer holds the bytes that *ret_grant borrows from: wipe it.
 * ACE_ERR_DENIED the AS refuses (exit CLI_EXIT_NO, with the decision id); others: see exchange.h. */
ACE_MUST_CHECK enum ace_err client_as_token(struct client *client, struct client_as_line *line,
					    const struct client_token_query *query, struct client_answer *ret_answer,
					    struct client_grant *ret_grant, struct cli_error *ret_error);
/* Turn a ticket file into an enrolment, which the caller ends with cli_client_bundle_fini(). replace: also when another
 * client is enrolled with that AS. */
ACE_MUST_CHECK enum ace_err client_enroll(struct client *client, const char *ticket_path, bool replace,
					  struct cli_client_bundle *ret_ticket, struct cli_error *ret_error);

/* --- Handing a token over (authz_step.c) --- */

/* Post the token of *assoc and derive, store and open the new context; the old one, if any, is gone then.
 * ACE_ERR_DENIED the device takes the token not (exit CLI_EXIT_REFUSED); others. */
ACE_MUST_CHECK enum ace_err client_authz_step(struct client *client, const struct client_peer *peer,
					      struct client_assoc *assoc, struct client_line *ret_line,
					      struct cli_error *ret_error);
/* Post a token for other rights over the context that is there (update_step.c). Nothing is kept here.
 * ACE_ERR_DENIED the device takes it not (exit CLI_EXIT_REFUSED), and goes by the earlier one; others: see exchange.h.
 * Source: RFC 9203 4.1, 4.2. */
ACE_MUST_CHECK enum ace_err client_update_step(struct client *client, const struct client_peer *peer,
					       struct client_line *line, struct ace_slice token,
					       struct cli_error *ret_error);
/* Open the context that is stored. */
ACE_MUST_CHECK enum ace_err client_line_open(const struct client *client, const struct client_assoc *assoc,
					     struct client_line *ret_line, struct cli_error *ret_error);

/* --- The whole (flow.c) --- */

struct client_job {
	struct cli_address address;
	struct client_request *request; /* borrows */
	const char *as_uri;             /* NULL: what pin or hints say */
	const char *audience;           /* NULL: what pin or hints say */
	struct ace_scope scope;         /* absent: what hints say */
	bool fresh;                     /* begin with a new token */
};
/* Do whatever is needed, and the request. *ret_answer is a verified answer. */
ACE_MUST_CHECK enum ace_err client_flow(struct client *client, const struct client_job *job,
					struct client_answer *ret_answer, struct cli_error *ret_error);

/* "coap://HOST:PORT" of an address, as pins know it. */
#define CLIENT_ORIGIN_MAX 300
void client_origin(const struct cli_address *address, char ret_text[CLIENT_ORIGIN_MAX]);

#endif
