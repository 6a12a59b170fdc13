/* SPDX-License-Identifier: Apache-2.0 */
/* Introspection: what a token says, told to the device that it is meant for. */
#ifndef AS_INTROSPECT_H
#define AS_INTROSPECT_H

#include "as/answer.h"

/* The introspection request. The slice borrows from its body. */
struct as_introspection {
	struct ace_slice token;
};

/* Read the body. A token_type_hint may be text, as RFC 9200 Table 6 says, or an integer, as its Figure 9 shows; it
 * steers nothing (RFC 7662 2.1: a server "MUST extend its search across all of its supported token types").
 * @return ACE_OAUTH_NONE; ACE_OAUTH_INVALID_REQUEST no map, a repeated key, no token or one that is no byte string. */
ACE_MUST_CHECK enum ace_oauth_error as_introspection_read(struct ace_slice body, struct as_introspection *ret_request);

/* 2.01 with active true among the claims of an opened token, which are copied as they stand. token_type is added unless
 * the token was cut down to what its device cannot do without (no iss): PoP is the default (RFC 9200 8.7.1).
 * ACE_ERR_SPACE; a malformed-band error when claims is no map; the answer is then as before, and wiped.
 * Source: RFC 9200 5.9.2, RFC 9201 4. */
ACE_MUST_CHECK enum ace_err as_introspection_active(struct as_answer *answer, struct ace_slice claims);
/* 2.01 with active false and nothing else.  Source: RFC 9200 5.9.3, RFC 7662 2.2. */
void as_introspection_inactive(struct as_answer *answer);

#endif
