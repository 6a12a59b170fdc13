/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request was refused though the policy had no say, or had nothing against it. A decision record holds one of these, or a
 * enum policy_reason, in one field: the numbers are stored and do not overlap. */
#ifndef AS_REASONS_H
#define AS_REASONS_H

#include <stdint.h>

#include "ace_registry.h"

enum as_reason {
	AS_REASON_REQUEST = 1000, /* no map, a repeated key, a wrong type */
	AS_REASON_GRANT_TYPE,     /* another grant than client_credentials */
	AS_REASON_IDENTITY,       /* a device, or a client that the store does not know any more */
	AS_REASON_CLIENT_ID,      /* client_id is not who the OSCORE context says */
	AS_REASON_AUDIENCE,       /* no such device, or none named and no default */
	AS_REASON_REQ_CNF,        /* req_cnf holds a key of the client's own, or is no single kid */
	/* An update of access rights, whose kid names input material that ... */
	AS_REASON_KID_UNKNOWN,    /* was never issued, or is forgotten since it expired */
	AS_REASON_KID_CLIENT,     /* another client has */
	AS_REASON_KID_DEVICE,     /* another device has */
	AS_REASON_KID_EXPIRED,    /* has no token that is still valid */
	AS_REASON_KID_REVOKED,    /* has a revoked token */
	/* What the policy grants makes a token longer than the device, or one message, takes: a smaller scope may do. */
	AS_REASON_TOKEN_TOO_LONG,
	AS_REASON_END, /* one past the last; never stored */
};

/* "audience-unknown", ...: for records and logs. Takes enum policy_reason too. */
const char *as_reason_name(int32_t reason);
/* "invalid_scope", ...; "none" when granted. */
const char *as_oauth_error_name(enum ace_oauth_error error);

#endif
