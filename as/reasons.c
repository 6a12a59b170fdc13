/* SPDX-License-Identifier: Apache-2.0 */
#include "as/reasons.h"

#include "ace_slice.h"
#include "policy/policy.h"

const char *as_reason_name(int32_t reason)
{
	switch (reason) {
	case AS_REASON_REQUEST:
		return "request-malformed";
	case AS_REASON_GRANT_TYPE:
		return "grant-type-unsupported";
	case AS_REASON_IDENTITY:
		return "not-a-client";
	case AS_REASON_CLIENT_ID:
		return "client-id-foreign";
	case AS_REASON_AUDIENCE:
		return "audience-unknown";
	case AS_REASON_REQ_CNF:
		return "req-cnf-unusable";
	case AS_REASON_KID_UNKNOWN:
		return "update-unknown";
	case AS_REASON_KID_CLIENT:
		return "update-of-another-client";
	case AS_REASON_KID_DEVICE:
		return "update-of-another-device";
	case AS_REASON_KID_EXPIRED:
		return "update-expired";
	case AS_REASON_KID_REVOKED:
		return "update-revoked";
	case AS_REASON_TOKEN_TOO_LONG:
		return "token-too-long";
	default:
		return policy_reason_name((enum policy_reason)reason);
	}
}

const char *as_oauth_error_name(enum ace_oauth_error error)
{
	static const char *const names[] = {
		[ACE_OAUTH_NONE] = "none",
		[ACE_OAUTH_INVALID_REQUEST] = "invalid_request",
		[ACE_OAUTH_INVALID_CLIENT] = "invalid_client",
		[ACE_OAUTH_INVALID_GRANT] = "invalid_grant",
		[ACE_OAUTH_UNAUTHORIZED_CLIENT] = "unauthorized_client",
		[ACE_OAUTH_UNSUPPORTED_GRANT_TYPE] = "unsupported_grant_type",
		[ACE_OAUTH_INVALID_SCOPE] = "invalid_scope",
		[ACE_OAUTH_UNSUPPORTED_POP_KEY] = "unsupported_pop_key",
		[ACE_OAUTH_INCOMPATIBLE_PROFILES] = "incompatible_ace_profiles",
	};

	return (size_t)error < ACE_ARRAY_LEN(names) ? names[error] : "unknown";
}
