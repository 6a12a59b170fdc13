/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_inspect.h"

#include <ctype.h>
#include <string.h>

#include "cli/hex.h"

#define TEXT_MAX (4 * CTL_TOKEN_MAX) /* hex with white space */

static int digit_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-' || c == '+')
		return 62;
	return c == '_' || c == '/' ? 63 : -1;
}

static enum ace_err decode_base64(const uint8_t *text, size_t len, struct ace_buf *out)
{
	uint32_t bits = 0;
	size_t digits = 0;

	for (size_t padding = 0; padding < 2 && len && text[len - 1] == '='; padding++)
		len--;
	if (len % 4 == 1)
		return ACE_ERR_MALFORMED;
	for (; digits < len; digits++) {
		int digit = digit_of(text[digits]);

		if (digit < 0)
			return ACE_ERR_MALFORMED;
		bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
		if (digits % 4 == 0)
			continue;
		if (out->len == out->cap)
			return ACE_ERR_SPACE;
		out->ptr[out->len++] = (uint8_t)(bits >> (4 - 2 * (digits % 4 - 1)));
	}
	return ACE_OK;
}

/* A token begins with the head of a tag or an array, which is no ASCII. */
static enum ace_err decode(struct cli_bytes *bytes, bool may_be_raw, struct ace_buf *out)
{
	size_t len = 0;

	if (may_be_raw && bytes->len && bytes->ptr[0] >= 0x80) {
		if (bytes->len > out->cap)
			return ACE_ERR_SPACE;
		memcpy(out->ptr, bytes->ptr, bytes->len);
		out->len = bytes->len;
		return ACE_OK;
	}
	for (size_t i = 0; i < bytes->len; i++)
		if (!isspace(bytes->ptr[i]))
			bytes->ptr[len++] = bytes->ptr[i];
	if (!len)
		return ACE_ERR_MALFORMED;
	if (cli_hex_decode((const char *)bytes->ptr, len, out) == ACE_OK)
		return ACE_OK;
	out->len = 0;
	return decode_base64(bytes->ptr, len, out);
}

enum ace_err ctl_token_take(const char *name, struct ace_buf *out, struct cli_error *ret_error)
{
	bool is_file = name[0] == '@' || !strcmp(name, "-");
	uint8_t copy[TEXT_MAX];
	struct cli_bytes text = { copy, strlen(name) }, read = { 0 };
	enum ace_err err;

	if (is_file) {
		err = cli_file_read(name[0] == '@' ? name + 1 : name, TEXT_MAX, &read, ret_error);
		if (err)
			return err;
		text = read;
	} else {
		if (text.len > sizeof copy)
			text.len = sizeof copy;
		memcpy(copy, name, text.len);
	}
	err = decode(&text, is_file, out);
	cli_bytes_free(&read);
	if (err)
		cli_error_set(ret_error, err, err == ACE_ERR_SPACE ? "longer than a token can be" :
								     "neither hex nor base64url: is it a token?");
	if (err && ret_error)
		ret_error->exit = CLI_EXIT_NO;
	return err;
}
