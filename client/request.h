/* SPDX-License-Identifier: Apache-2.0 */
/* A request as the user means it, and the CoAP message that it becomes. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "ace_coap.h"
#include "cli/address.h"

#define CLIENT_OPTIONS_MAX 64
#define CLIENT_OPTION_BYTES_MAX 2560 /* path, query and user's options together */

struct client_request {
	uint8_t code;
	bool non; /* send as NON */
	size_t options_len;
	struct ace_coap_option options[CLIENT_OPTIONS_MAX]; /* slices borrow from bytes, or from the caller */
	struct ace_buf bytes;                               /* over store */
	uint8_t store[CLIENT_OPTION_BYTES_MAX];
	struct ace_slice payload; /* borrows from the caller */
	/* Of a transfer in blocks (body.c); not the user's to set. */
	struct client_block {
		bool is_set;
		uint32_t value;
	} block1, block2;
	uint32_t size1; /* 0: none */
	bool has_tag;
	uint8_t tag[4];
};

/* A request for the resource that the address names. Escapes in path and query are decoded (RFC 7252 6.4).
 * A host that is a name goes along as Uri-Host. It must not be moved in memory afterwards.
 * ACE_ERR_MALFORMED a bad escape; ACE_ERR_SPACE too long. */
ACE_MUST_CHECK enum ace_err client_request_init(struct client_request *request, uint8_t code,
						const struct cli_address *address);
/* Add an option. The value is copied. ACE_ERR_SPACE. */
ACE_MUST_CHECK enum ace_err client_request_option(struct client_request *request, uint32_t number,
						  struct ace_slice value);
ACE_MUST_CHECK enum ace_err client_request_uint(struct client_request *request, uint32_t number, uint32_t value);

/* The message without token: options in ascending order, those of one number as they were added. Slices of *ret_msg
 * borrow from out, which must be empty. ACE_ERR_SPACE. */
ACE_MUST_CHECK enum ace_err client_request_message(const struct client_request *request, struct ace_buf *out,
						   struct ace_coap_message *ret_msg);

/* Bytes of a message on the wire; a request has no token yet, so its length is given apart. */
size_t client_message_size(const struct ace_coap_message *message, size_t token_len);

#define CLIENT_METHOD_MAX 7 /* iPATCH, RFC 8132 */
/* "GET", "POST", ... */
const char *client_method_name(uint8_t code);
/* The code of get, post, put, delete, fetch, patch or ipatch; 0 when it is none. */
uint8_t client_method_code(const char *name);

#endif
