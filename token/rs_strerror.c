/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons as texts, in a file of their own, so that firmware without a log does not carry them. */
#include "token/rs.h"

static const char *malformed_text(enum ace_err err)
{
	static const char *const texts[] = {
		[ACE_ERR_TRUNCATED] = "cut short",
		[ACE_ERR_MALFORMED] = "malformed",
		[ACE_ERR_TRAILING] = "bytes after the end",
		[ACE_ERR_DUPLICATE] = "a member occurs twice",
		[ACE_ERR_DEPTH] = "nested too deeply or too many members",
		[ACE_ERR_TYPE] = "a member has the wrong type",
		[ACE_ERR_RANGE] = "a value or length is out of range",
		[ACE_ERR_MISSING] = "a required member is missing",
		[ACE_ERR_UNKNOWN] = "a member that must be understood is not",
	};
	size_t i = err;

	return i < ACE_ARRAY_LEN(texts) ? texts[i] : NULL;
}

static const char *untrusted_text(enum ace_err err)
{
	static const char *const texts[] = {
		[ACE_ERR_UNSUPPORTED - 32] = "algorithm, version or profile not supported",
		[ACE_ERR_NO_KEY - 32] = "no key with this kid",
		[ACE_ERR_TAG - 32] = "not authentic",
		[ACE_ERR_NO_CONTEXT - 32] = "no OSCORE context with this kid",
		[ACE_ERR_REPLAY - 32] = "replayed",
		[ACE_ERR_ISSUER - 32] = "another issuer than the owner of the key",
		[ACE_ERR_EXPIRED - 32] = "expired",
		[ACE_ERR_NOT_YET - 32] = "not valid yet",
		[ACE_ERR_AUDIENCE - 32] = "meant for another device",
		[ACE_ERR_SCOPE - 32] = "scope not understood",
		[ACE_ERR_CNF - 32] = "wrong confirmation claim",
		[ACE_ERR_CNONCE - 32] = "client nonce missing or stale",
		[ACE_ERR_REVOKED - 32] = "revoked",
		[ACE_ERR_LIFETIME - 32] = "no lifetime can be told",
		[ACE_ERR_UNPROTECTED - 32] = "not protected",
		[ACE_ERR_LAYOUT - 32] = "token layout not allowed here",
		[ACE_ERR_DENIED - 32] = "denied",
		[ACE_ERR_NOT_FOUND - 32] = "not found",
		[ACE_ERR_FORMAT - 32] = "wrong Content-Format",
	};
	size_t i = (size_t)err - 32; /* errors below 32 wrap around, beyond the end */

	return i < ACE_ARRAY_LEN(texts) ? texts[i] : NULL;
}

static const char *our_text(enum ace_err err)
{
	static const char *const texts[] = {
		[ACE_ERR_SPACE - 64] = "too long for the buffer",
		[ACE_ERR_FULL - 64] = "no room left",
		[ACE_ERR_CRYPTO - 64] = "crypto failed",
		[ACE_ERR_RANDOM - 64] = "no random numbers",
		[ACE_ERR_CLOCK - 64] = "no clock",
		[ACE_ERR_EXHAUSTED - 64] = "sequence numbers used up",
		[ACE_ERR_BUSY - 64] = "too many posts",
		[ACE_ERR_NOT_READY - 64] = "waiting for the authorization server",
	};
	size_t i = (size_t)err - 64;

	return i < ACE_ARRAY_LEN(texts) ? texts[i] : NULL;
}

const char *ace_rs_strerror(enum ace_err err)
{
	const char *text = malformed_text(err);

	if (err == ACE_OK)
		return "ok";
	if (!text)
		text = untrusted_text(err);
	if (!text)
		text = our_text(err);
	if (!text)
		text = err == ACE_ERR_USAGE ? "called wrongly" : "unknown reason";
	return text;
}
