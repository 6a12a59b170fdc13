/* SPDX-License-Identifier: Apache-2.0 */
/* The URI of the token endpoint, as its several users are told it. */
#ifndef AS_CTL_URI_H
#define AS_CTL_URI_H

#include "cli/address.h"
#include "storage/meta.h"

/* Is it coap://HOST:PORT/PATH, or coaps://? ACE_ERR_MALFORMED with a text; ret_address may be NULL. */
ACE_MUST_CHECK enum ace_err ctl_uri_check(const char *as_uri, struct cli_address *ret_address,
					  struct cli_error *ret_error);
/* For who comes by DTLS, from what the store has: coaps://, and the port plus one, as 5684 is 5683 plus one. A URI that
 * is coaps:// already stays. ACE_ERR_RANGE with a text: there is no such port, or the URI is too long. */
ACE_MUST_CHECK enum ace_err ctl_uri_dtls(const char *as_uri, char ret_uri[STORE_URI_MAX + 1],
					 struct cli_error *ret_error);

#endif
