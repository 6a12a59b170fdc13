/* SPDX-License-Identifier: Apache-2.0 */
/* AS Request Creation Hints: what a device says about where to get a token. Nobody vouches for them when they come
 * unprotected (RFC 9200 6.4): they are suggestions. */
#ifndef CLIENT_HINTS_H
#define CLIENT_HINTS_H

#include "ace_claims.h"

/* Absent members have a NULL ptr, an absent scope the kind ACE_SCOPE_ABSENT. Slices borrow from the payload. */
struct client_hints {
	struct ace_slice as_uri, kid, audience, cnonce;
	struct ace_scope scope;
};
/* Unknown members are passed over. *ret_hints is written on ACE_OK only. ACE_ERR_TYPE, or of the malformed band.
 * Source: RFC 9200 5.3. */
ACE_MUST_CHECK enum ace_err client_hints_read(struct ace_slice payload, struct client_hints *ret_hints);

#endif
