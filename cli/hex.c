/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/hex.h"

void cli_hex_encode(struct ace_slice bytes, char *ret_text, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	if (!cap)
		return;
	for (size_t i = 0; i < bytes.len && at + 2 < cap; i++) {
		ret_text[at++] = digits[bytes.ptr[i] >> 4];
		ret_text[at++] = digits[bytes.ptr[i] & 15];
	}
	ret_text[at] = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum ace_err cli_hex_decode(const char *text, size_t text_len, struct ace_buf *out)
{
	for (size_t i = 0; i < text_len; i++)
		if (digit_value(text[i]) < 0)
			return ACE_ERR_MALFORMED;
	if (text_len % 2)
		return ACE_ERR_MALFORMED;
	if (text_len / 2 > out->cap)
		return ACE_ERR_SPACE;
	for (size_t i = 0; i < text_len / 2; i++)
		out->ptr[i] = (uint8_t)(digit_value(text[2 * i]) << 4 | digit_value(text[2 * i + 1]));
	out->len = text_len / 2;
	return ACE_OK;
}
