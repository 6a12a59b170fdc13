/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/hex.h"

static bool make_room(struct cli_text *text, size_t len)
{
	size_t cap = text->cap ? text->cap : 256;
	uint8_t *bigger;

	if (text->failed || len > SIZE_MAX / 4) {
		text->failed = true;
		return false;
	}
	while (cap < text->bytes.len + len + 1)
		cap *= 2;
	if (cap == text->cap)
		return true;
	bigger = malloc(cap);
	if (!bigger) {
		text->failed = true;
		return false;
	}
	if (text->bytes.len)
		memcpy(bigger, text->bytes.ptr, text->bytes.len);
	if (text->bytes.ptr)
		ace_wipe(text->bytes.ptr, text->bytes.len);
	free(text->bytes.ptr);
	text->bytes.ptr = bigger;
	text->cap = cap;
	return true;
}

uint8_t *cli_text_room(struct cli_text *text, size_t len)
{
	uint8_t *room;

	if (!make_room(text, len))
		return NULL;
	room = text->bytes.ptr + text->bytes.len;
	text->bytes.len += len;
	text->bytes.ptr[text->bytes.len] = '\0';
	return room;
}

void cli_text_printf(struct cli_text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !make_room(text, (size_t)len)) {
		text->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf((char *)text->bytes.ptr + text->bytes.len, (size_t)len + 1, format, args);
	va_end(args);
	text->bytes.len += (size_t)len;
}

void cli_text_hex(struct cli_text *text, struct ace_slice bytes)
{
	char digits[CLI_HEX_CAP(1)];

	for (size_t i = 0; i < bytes.len; i++) {
		cli_hex_encode((struct ace_slice){ bytes.ptr + i, 1 }, digits, sizeof digits);
		cli_text_printf(text, "%s", digits);
	}
	ace_wipe(digits, sizeof digits);
}

enum ace_err cli_text_take(struct cli_text *text, struct cli_bytes *ret_bytes)
{
	if (text->failed || !make_room(text, 0)) {
		cli_text_free(text);
		return ACE_ERR_MEMORY;
	}
	text->bytes.ptr[text->bytes.len] = '\0';
	*ret_bytes = text->bytes;
	*text = (struct cli_text){ 0 };
	return ACE_OK;
}

void cli_text_free(struct cli_text *text)
{
	cli_bytes_free(&text->bytes);
	*text = (struct cli_text){ 0 };
}
