/* SPDX-License-Identifier: Apache-2.0 */
/* The access token request: bytes of a POST to the token endpoint into a struct. */
#ifndef AS_REQUEST_H
#define AS_REQUEST_H

#include "ace_claims.h"

/* What req_cnf holds. Only a kid, which names input material issued before, is of use in the OSCORE profile. */
enum as_req_cnf { AS_REQ_CNF_ABSENT = 0, AS_REQ_CNF_KID, AS_REQ_CNF_SYMMETRIC, AS_REQ_CNF_ASYMMETRIC, AS_REQ_CNF_OTHER };

/* Slices borrow from the request's payload. Absent strings have a NULL ptr. */
struct as_request {
	struct ace_slice audience;
	struct ace_scope scope; /* as sent: AIF is not looked into */
	struct ace_slice client_id;
	struct ace_slice cnonce; /* 1 to AS_CNONCE_MAX bytes */
	bool wants_profile;      /* ace_profile was sent as null */
	enum as_req_cnf req_cnf;
	struct ace_slice kid; /* with AS_REQ_CNF_KID */
};

#define AS_CNONCE_MAX 32
#define AS_SCOPE_MAX 1024

/* Read the body. Unknown members are passed over.
 * @return ACE_OAUTH_NONE; ACE_OAUTH_INVALID_REQUEST no map, a repeated key, a known member of another
 * type or out of its limits; ACE_OAUTH_UNSUPPORTED_GRANT_TYPE, with *ret_request written all the same: whose name it
 * bears is asked first.
 * Source: RFC 9200 5.8.1, 5.8.4.1; RFC 9201 3.1; RFC 6749 3.2. */
ACE_MUST_CHECK enum ace_oauth_error as_request_read(struct ace_slice body, struct as_request *ret_request);

#endif
