/* SPDX-License-Identifier: Apache-2.0 */
#include "as/reasons.h"

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
	default:
		return policy_reason_name((enum policy_reason)reason);
	}
}
