/* SPDX-License-Identifier: Apache-2.0 */
#include "as/reasons.h"

#include "cli/oauth.h"
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
	const char *name = error ? cli_oauth_error_name(error) : "none";

	return name ? name : "unknown";
}
