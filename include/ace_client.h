/* SPDX-License-Identifier: Apache-2.0 */
/* libace-client: CoAP requests under OSCORE to devices that take tokens of an ACE authorization server (AS). A request does
 * whatever is needed: it asks the device which AS is in charge, gets a token there, hands it over, agrees on keys, and sends
 * what was asked for. Tokens, keys and sequence numbers are kept in a state directory that several processes may share, and
 * which survives their being killed at any moment without a number used twice.
 *
 *	struct ace_client *client;
 *	struct ace_client_answer answer;
 *
 *	if (ace_client_open(&(struct ace_client_options){ .state_dir = "state" }, &client) ||
 *	    ace_client_request(client, &(struct ace_client_request){ .uri = "coap://127.0.0.1:5690/temp" }, &answer))
 *		fprintf(stderr, "%s\n", ace_client_strerror(client));
 *
 * Hosted code: heap, files and sockets. Calls block. One thread at a time in all handles of a process, since libcoap underneath
 * keeps state of its own; libcoap's log is switched off by ace_client_open(). docs/client-guide.md has more. */
#ifndef ACE_CLIENT_H
#define ACE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ace_err.h"
#include "ace_slice.h" /* ACE_MUST_CHECK */

struct ace_client;

/* A pair of messages, for who wants to watch. Texts borrow for the call. */
struct ace_client_step {
	unsigned int number;   /* from 1 */
	bool is_again;         /* the step before once more, for an Echo or a further block */
	bool is_to_as;         /* else to the device */
	const char *request;   /* "GET /temp (OSCORE)" */
	uint8_t code;          /* of the answer; 0: none that counts */
	const char *answer;    /* what there is to say about it */
	size_t sent_len, received_len; /* on the wire, CoAP header included */
};

struct ace_client_options {
	const char *state_dir;      /* NULL: $XDG_STATE_HOME/ace-client or ~/.local/state/ace-client; made when it is missing */
	uint32_t timeout_ms;        /* for each answer; 0: 90 s */
	const char *wireshark_path; /* append each OSCORE context for Wireshark: secrets; NULL: none */
	/* Told of what a person should know, in one line; and of each pair of messages. May be NULL; must not call the library. */
	void (*note)(void *arg, const char *text);
	void (*step)(void *arg, const struct ace_client_step *step);
	void *arg;
};

/* Open a state directory. Everything in options is copied or used in this call, but arg.
 * @param ret_client  written also on failure, unless memory is out (then NULL): for ace_client_strerror() and ace_client_close().
 * @return ACE_OK; ACE_ERR_PERMISSION or ACE_ERR_IO the directory; ACE_ERR_USAGE its path; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ace_client_open(const struct ace_client_options *options, struct ace_client **ret_client);
/* Wipe keys, close sockets, free. NULL is fine. */
void ace_client_close(struct ace_client *client);

/* Who is to blame, as ace-client's exit codes have it. */
enum ace_client_fault {
	ACE_CLIENT_DENIED = 1,      /* a clean no: of the AS, or nothing there */
	ACE_CLIENT_USAGE = 2,       /* of the caller */
	ACE_CLIENT_UNREACHABLE = 3, /* nobody answers */
	ACE_CLIENT_REFUSED = 4,     /* an unprotected or unverified answer, an AS or a pin that is not to be trusted */
	ACE_CLIENT_BROKEN = 5,      /* a damaged file, no memory, no clock */
};
struct ace_client_failure {
	enum ace_err err;
	enum ace_client_fault fault;
	const char *code;    /* stable, for programs: "denied" */
	const char *message; /* in words; holds no secret */
	const char *advice;  /* the next step; "": none is known */
	const char *file;    /* what it is about; "": none */
};
/* Why the latest call on that handle failed. Borrows until the next call. NULL client: memory was out. */
struct ace_client_failure ace_client_failure(const struct ace_client *client);
/* The same as one line, "message: advice"; "" after a call that did not fail. Borrows until the next call. */
const char *ace_client_strerror(const struct ace_client *client);

/* Credentials with an AS. Texts borrow until the next call; in a callback, until it returns. */
struct ace_client_enrolment {
	const char *client, *as_uri;
};
/* Turn a ticket file into credentials: tested with the AS first, then moved into the state directory; the file is removed.
 * @param replace  also when another client is enrolled with that AS.
 * @return ACE_OK; ACE_ERR_EXPIRED; ACE_ERR_EXISTS; ACE_ERR_UNPROTECTED, ACE_ERR_TAG the AS does not know it; ACE_ERR_BUSY,
 * ACE_ERR_IO it does not answer; errors of files; of the malformed band. */
ACE_MUST_CHECK enum ace_err ace_client_enroll(struct ace_client *client, const char *ticket_path, bool replace,
					      struct ace_client_enrolment *ret_enrolment);
/* Call each, which must not call the library, with every enrolment. ACE_ERR_NOT_FOUND there is none; errors of files. */
ACE_MUST_CHECK enum ace_err ace_client_enrolments(struct ace_client *client,
						  void (*each)(void *arg, const struct ace_client_enrolment *enrolment),
						  void *arg);

/* What a token is wanted for; also what a request may say about itself. NULL: what the device hints at, or what is pinned. */
struct ace_client_wish {
	const char *as_uri;   /* one that we are enrolled with */
	const char *audience; /* the device as the AS knows it */
	const char *scope;    /* "climate.read climate.set", or for AIF "/temp:GET /setpoint:GET,PUT" */
};
/* A token in the state directory, or one just granted. Texts and bytes borrow until the next call; in a callback,
 * until it returns. */
struct ace_client_token {
	const char *device;       /* "coap://127.0.0.1:5690", where it was used; NULL: nowhere yet */
	const char *as_uri, *audience;
	const char *scope;        /* as a person writes it; NULL: none is known */
	int64_t expires;          /* seconds since 1970; 0: there is no token, the device is only pinned */
	int64_t expires_in_s;     /* of ace_client_token() only */
	const uint8_t *bytes;     /* the token itself: useless without its keys, which are not shown */
	size_t bytes_len;
};
/* Ask the AS for a token. With an audience it is kept for the first request to it, unless one that is in force is there.
 * @return ACE_OK; ACE_ERR_DENIED the AS refuses: the message has the id of its decision; ACE_ERR_NOT_FOUND not enrolled with it;
 * ACE_ERR_USAGE a bad scope, or several AS and none is named; others as ace_client_request(). */
ACE_MUST_CHECK enum ace_err ace_client_token(struct ace_client *client, const struct ace_client_wish *wish,
					     struct ace_client_token *ret_token);
/* Call each, which must not call the library, with every device that is pinned and every token. Errors of files. */
ACE_MUST_CHECK enum ace_err ace_client_list(struct ace_client *client,
					    void (*each)(void *arg, const struct ace_client_token *token), void *arg);
/* Unpin the device of that URI, and drop its token and keys. ACE_ERR_NOT_FOUND nothing is known about it. */
ACE_MUST_CHECK enum ace_err ace_client_forget(struct ace_client *client, const char *uri);

struct ace_client_option {
	uint16_t number;
	const void *value;
	size_t value_len;
};
struct ace_client_request {
	const char *uri;           /* coap://HOST[:PORT][/PATH][?QUERY] */
	uint8_t method;            /* 1 GET, 2 POST, 3 PUT, 4 DELETE, 5 FETCH, 6 PATCH, 7 iPATCH; 0: GET */
	bool is_non;               /* send as NON */
	bool is_fresh;             /* begin with a new token */
	const void *payload;
	size_t payload_len;
	const struct ace_client_option *options; /* Content-Format, Accept and so on; not OSCORE, Echo, Observe, blocks */
	size_t options_len;
	struct ace_client_wish wish;
};
/* A verified answer: only the device can have made it. Borrows until the next call. */
struct ace_client_answer {
	uint8_t code;              /* 0x45: 2.05. A 4.xx or 5.xx that verified is an answer, too */
	bool has_format;
	uint16_t format;           /* Content-Format */
	const uint8_t *payload;
	size_t payload_len;
};
/* Send a request. A GET, PUT or DELETE may be sent again; nothing else is, since it may have been carried out.
 * @param request  everything in it is used in this call only.
 * @return ACE_OK a verified answer, of whatever code; ACE_ERR_DENIED the AS gives no token, or the device takes none;
 * ACE_ERR_SPACE the payload or the answer is longer than 4 MiB, or the URI and options are too long;
 * ACE_ERR_UNPROTECTED, ACE_ERR_TAG only answers came that prove nothing; ACE_ERR_BUSY none in time; ACE_ERR_IO nobody is there;
 * ACE_ERR_NOT_FOUND not enrolled; ACE_ERR_MISSING nobody said which AS or audience; ACE_ERR_USAGE, ACE_ERR_MALFORMED the request;
 * ACE_ERR_DAMAGED a state file.  Source: RFC 9200 5, RFC 9203 4. */
ACE_MUST_CHECK enum ace_err ace_client_request(struct ace_client *client, const struct ace_client_request *request,
					       struct ace_client_answer *ret_answer);

#endif
