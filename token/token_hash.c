/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a token in revocation lists. */
#include "ace_issue.h"
#include "ace_port.h"

#define HASH_SUITE_SHA_256 1 /* RFC 6920 9.4 */

/* RFC 4648 5. Tokens are not secret to those who hash them, so a table may be indexed with their bits. */
static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Without padding, as RFC 7515 2 wants it: three bytes are four characters, a rest of n bytes n + 1. */
static size_t base64url_write(struct ace_slice bytes, uint8_t *ret_text)
{
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t bits = (uint32_t)bytes.ptr[i] << 16 | (left > 1 ? (uint32_t)bytes.ptr[i + 1] << 8 : 0) |
				(left > 2 ? bytes.ptr[i + 2] : 0u);

		ret_text[len++] = (uint8_t)base64url[bits >> 18];
		ret_text[len++] = (uint8_t)base64url[bits >> 12 & 63];
		if (left > 1)
			ret_text[len++] = (uint8_t)base64url[bits >> 6 & 63];
		if (left > 2)
			ret_text[len++] = (uint8_t)base64url[bits & 63];
	}
	return len;
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
