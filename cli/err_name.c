/* SPDX-License-Identifier: Apache-2.0 */
#include "ace_err.h"

#include "ace_slice.h"

static const char *const names[] = {
	[ACE_OK] = "ok",
	[ACE_ERR_TRUNCATED] = "truncated",
	[ACE_ERR_MALFORMED] = "malformed",
	[ACE_ERR_TRAILING] = "trailing",
	[ACE_ERR_DUPLICATE] = "duplicate",
	[ACE_ERR_DEPTH] = "depth",
	[ACE_ERR_TYPE] = "type",
	[ACE_ERR_RANGE] = "range",
	[ACE_ERR_MISSING] = "missing",
	[ACE_ERR_UNKNOWN] = "unknown",
	[ACE_ERR_UNSUPPORTED] = "unsupported",
	[ACE_ERR_NO_KEY] = "no-key",
	[ACE_ERR_TAG] = "tag",
	[ACE_ERR_NO_CONTEXT] = "no-context",
	[ACE_ERR_REPLAY] = "replay",
	[ACE_ERR_ISSUER] = "issuer",
	[ACE_ERR_EXPIRED] = "expired",
	[ACE_ERR_NOT_YET] = "not-yet",
	[ACE_ERR_AUDIENCE] = "audience",
	[ACE_ERR_SCOPE] = "scope",
	[ACE_ERR_CNF] = "cnf",
	[ACE_ERR_CNONCE] = "cnonce",
	[ACE_ERR_REVOKED] = "revoked",
	[ACE_ERR_LIFETIME] = "lifetime",
	[ACE_ERR_UNPROTECTED] = "unprotected",
	[ACE_ERR_LAYOUT] = "layout",
	[ACE_ERR_DENIED] = "denied",
	[ACE_ERR_NOT_FOUND] = "not-found",
	[ACE_ERR_FORMAT] = "format",
	[ACE_ERR_SPACE] = "space",
	[ACE_ERR_FULL] = "full",
	[ACE_ERR_CRYPTO] = "crypto",
	[ACE_ERR_RANDOM] = "random",
	[ACE_ERR_CLOCK] = "clock",
	[ACE_ERR_EXHAUSTED] = "exhausted",
	[ACE_ERR_BUSY] = "busy",
	[ACE_ERR_IO] = "io",
	[ACE_ERR_STORAGE] = "storage",
	[ACE_ERR_DAMAGED] = "damaged",
	[ACE_ERR_VERSION] = "version",
	[ACE_ERR_MEMORY] = "memory",
	[ACE_ERR_EXISTS] = "exists",
	[ACE_ERR_PERMISSION] = "permission",
	[ACE_ERR_WRONG_KEY] = "wrong-key",
	[ACE_ERR_NOT_READY] = "not-ready",
	[ACE_ERR_USAGE] = "usage",
};

const char *ace_err_name(enum ace_err err)
{
	if ((unsigned int)err >= ACE_ARRAY_LEN(names) || !names[err])
		return "unknown-error";
	return names[err];
}
