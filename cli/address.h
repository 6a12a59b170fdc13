/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses as operators and developers write them: HOST:PORT, coap://HOST:PORT/path?query, IPv6 in brackets. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include <sys/socket.h>

#include "cli/output.h"

#define CLI_HOST_MAX 255
#define CLI_PATH_MAX 1024
#define CLI_COAP_PORT 5683
#define CLI_COAPS_PORT 5684

struct cli_address {
	bool has_scheme;
	bool secure;                 /* coaps:// */
	char host[CLI_HOST_MAX + 1]; /* name or literal, without brackets, lower case */
	uint16_t port;               /* the scheme's default when left out */
	char path[CLI_PATH_MAX + 1]; /* as written, from "/" on; "" when left out */
	char query[CLI_PATH_MAX + 1]; /* as written, without "?"; "" when left out */
};

/* ACE_ERR_MALFORMED with a text that says what is wrong. Userinfo, fragments, other schemes, port 0 are refused. */
ACE_MUST_CHECK enum ace_err cli_address_parse(const char *text, struct cli_address *ret_address,
					      struct cli_error *ret_error);
/* The socket address of the host for UDP; the first that the resolver knows. passive: to listen on.
 * ACE_ERR_NOT_FOUND (exit CLI_EXIT_UNREACHABLE) with a text. May ask the name service, thus block. */
ACE_MUST_CHECK enum ace_err cli_address_resolve(const struct cli_address *address, bool passive,
						struct sockaddr_storage *ret_addr, socklen_t *ret_len,
						struct cli_error *ret_error);
/* "coap://[::1]:5683" of a socket address. */
#define CLI_ADDRESS_TEXT_MAX 72
void cli_address_text(const struct sockaddr *addr, bool secure, char ret_text[CLI_ADDRESS_TEXT_MAX]);

#endif
