/* SPDX-License-Identifier: Apache-2.0 */
/* The name of a token in revocation lists. */
#include "ace_issue.h"
#include "ace_port.h"

#define HASH_SUITE_SHA_256 1 /* RFC 6920 9.4 */

/* Six bits as a character of RFC 4648 5. Tokens are not secret to those who hash them. */
static uint8_t base64url_char(unsigned bits)
{
	if (bits < 26)
		return (uint8_t)('A' + bits);
	if (bits < 52)
		return (uint8_t)('a' + bits - 26);
	if (bits < 62)
		return (uint8_t)('0' + bits - 52);
	return bits == 62 ? '-' : '_';
}

/* Without padding, as RFC 7515 2 wants it. */
static size_t base64url_write(struct ace_slice bytes, uint8_t *ret_text)
{
	unsigned held = 0, held_bits = 0;
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		held = held << 8 | bytes.ptr[i];
		for (held_bits += 8; held_bits >= 6; held_bits -= 6)
			ret_text[len++] = base64url_char(held >> (held_bits - 6) & 63);
	}
	if (held_bits > 0)
		ret_text[len++] = base64url_char(held << (6 - held_bits) & 63);
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
