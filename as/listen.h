/* SPDX-License-Identifier: Apache-2.0 */
/* Where to serve, as operators write it. */
#ifndef AS_LISTEN_H
#define AS_LISTEN_H

#include "as/config.h"

struct as_listen {
	bool secure;                 /* coaps:// */
	char address[AS_LISTEN_MAX]; /* "HOST:PORT", IPv6 in brackets; port 0: any that is free */
};

/* "coap://HOST:PORT" or "coaps://HOST:PORT". ret_error may be NULL. ACE_ERR_MALFORMED with a text. */
ACE_MUST_CHECK enum ace_err as_listen_parse(const char *text, struct as_listen *ret_listen,
					    struct cli_error *ret_error);
/* Into the configuration, in place of what it said for that scheme. */
void as_listen_put(const struct as_listen *listen, struct as_config *config);
/* The socket address of such a "HOST:PORT". May ask the name service. ACE_ERR_NOT_FOUND; ACE_ERR_MALFORMED. */
ACE_MUST_CHECK enum ace_err as_listen_resolve(const char *address, struct sockaddr_storage *ret_addr,
					      socklen_t *ret_len, struct cli_error *ret_error);

#endif
