/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/oauth.h"

#include <stddef.h>

#include "ace_registry.h"
#include "ace_slice.h"

const char *cli_oauth_error_name(int64_t error)
{
	static const char *const names[] = {
		[ACE_OAUTH_INVALID_REQUEST] = "invalid_request",
		[ACE_OAUTH_INVALID_CLIENT] = "invalid_client",
		[ACE_OAUTH_INVALID_GRANT] = "invalid_grant",
		[ACE_OAUTH_UNAUTHORIZED_CLIENT] = "unauthorized_client",
		[ACE_OAUTH_UNSUPPORTED_GRANT_TYPE] = "unsupported_grant_type",
		[ACE_OAUTH_INVALID_SCOPE] = "invalid_scope",
		[ACE_OAUTH_UNSUPPORTED_POP_KEY] = "unsupported_pop_key",
		[ACE_OAUTH_INCOMPATIBLE_PROFILES] = "incompatible_ace_profiles",
	};

	return error > 0 && error < (int64_t)ACE_ARRAY_LEN(names) ? names[error] : NULL;
}
