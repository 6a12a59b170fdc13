/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a token in revocation lists. */
#include "ace_issue.h"
#include "ace_port.h"

#define HASH_SUITE_SHA_256 1 /* RFC 6920 9.4 */

/* RFC 4648 5. Tokens are not secret to those who hash them, so a table may be indexed with their bits. */
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint8_t digit(uint32_t bits)
{
	return (uint8_t)base64url[bits & 63];
}

/* Without padding, as RFC 7515 2 wants it: three bytes are four characters, a rest of n bytes n + 1. */
static size_t base64url_write(struct ace_slice bytes, uint8_t *ret_text)
{
	const uint8_t *from = bytes.ptr, *end = bytes.ptr + bytes.len / 3 * 3;
	size_t rest = bytes.len % 3;
	uint8_t *to = ret_text;

	for (; from != end; from += 3, to += 4) {
		uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

		to[0] = digit(bits >> 18);
		to[1] = digit(bits >> 12);
		to[2] = digit(bits >> 6);
		to[3] = digit(bits);
	}
	if (rest) {
		uint32_t bits = (uint32_t)from[0] << 16 | (rest > 1 ? (uint32_t)from[1] << 8 : 0);

		*to++ = digit(bits >> 18);
		*to++ = digit(bits >> 12);
		if (rest > 1)
			*to++ = digit(bits >> 6);
	}
	return (size_t)(to - ret_text);
}

enum ace_err ace_token_hash(struct ace_slice token, struct ace_buf scratch, uint8_t ret_hash[ACE_TOKEN_HASH_LEN])
{
	uint8_t hash[ACE_SHA256_LEN];
	enum ace_err err;

	/* The text has one byte more for each three or fewer of the token. */
	if (token.len > scratch.cap || (token.len + 2) / 3 > scratch.cap - token.len)
		return ACE_ERR_SPACE;
	err = ace_port_sha256((struct ace_slice){ scratch.ptr, base64url_write(token, scratch.ptr) }, hash);
	if (err)
		return err;
	ret_hash[0] = HASH_SUITE_SHA_256;
	for (size_t i = 0; i < sizeof(hash); i++)
		ret_hash[i + 1] = hash[i];
	return ACE_OK;
}
