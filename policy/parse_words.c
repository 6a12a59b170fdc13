/* SPDX-License-Identifier: Apache-2.0 */
/* The patterns of the schema, one function each. Without the locale: isalnum() would ask it. */
#include <string.h>

#include "policy/parse_shape.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

size_t policy_text_chars(const char *text)
{
	size_t chars = 0;

	for (; *text; text++)
		chars += ((unsigned char)*text & 0xc0) != 0x80;
	return chars;
}

bool policy_is_id(const char *text)
{
	size_t len = strlen(text);

	if (len < 1 || len > POLICY_ID_MAX || !is_alnum(text[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("._-", text[i]))
			return false;
	return true;
}

/* "scope-token = 1*( %x21 / %x23-5B / %x5D-7E )" (RFC 6749 3.3), and at most 64 of them. */
static bool is_scope_char(char c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

bool policy_is_scope_name(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!is_scope_char(text[i]))
			return false;
	return len >= 1 && len <= 64;
}

/* Names with single spaces between them. */
bool policy_is_scope_text(const char *text)
{
	size_t len = strlen(text);

	if (len < 1 || len > POLICY_SCOPE_MAX || text[len - 1] == ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_scope_char(text[i]) && !(text[i] == ' ' && i > 0 && text[i - 1] != ' '))
			return false;
	return true;
}

bool policy_is_duration(const char *text)
{
	size_t len = strlen(text);

	if (len < 2 || len > 8 || text[0] == '0' || !strchr("smhd", text[len - 1]))
		return false;
	for (size_t i = 0; i + 1 < len; i++)
		if (!is_digit(text[i]))
			return false;
	return true;
}

/* White space beyond ASCII, as the schema's \s sees it: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028,
 * U+2029, U+202F, U+205F, U+3000, U+FEFF. */
static bool is_wide_space(const char *text)
{
	static const char *const spaces[] = { "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
					      "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf" };

	for (size_t i = 0; i < ACE_ARRAY_LEN(spaces); i++)
		if (!strncmp(text, spaces[i], strlen(spaces[i])))
			return true;
	return !strncmp(text, "\xe2\x80", 2) && (unsigned char)text[2] >= 0x80 && (unsigned char)text[2] <= 0x8a;
}

bool policy_is_path(const char *text)
{
	if (text[0] != '/' || policy_text_chars(text) > 128)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= 0x20 || *text == 0x7f || strchr("?#", *text) || is_wide_space(text))
			return false;
	return true;
}

static size_t tag_key_len(const char *text)
{
	size_t len = 0;

	if (!is_lower(text[0]))
		return 0;
	while (is_lower(text[len]) || is_digit(text[len]) || (text[len] && strchr("_-", text[len])))
		len++;
	return len <= 32 ? len : 0;
}

bool policy_is_tag_key(const char *text)
{
	size_t len = tag_key_len(text);

	return len && !text[len];
}

static bool is_tag_selector(const char *text)
{
	size_t len = tag_key_len(text), chars;

	if (!len || text[len] != '=')
		return false;
	text += len + 1;
	chars = policy_text_chars(text);
	for (; *text; text++)
		if ((unsigned char)*text <= 0x20 || *text == 0x7f || is_wide_space(text))
			return false;
	return chars >= 1 && chars <= 64;
}

bool policy_is_selector(const char *text)
{
	if (!strcmp(text, "*"))
		return true;
	if (!strncmp(text, "group:", 6))
		return policy_is_id(text + 6);
	if (!strncmp(text, "tag:", 4))
		return is_tag_selector(text + 4);
	return policy_is_id(text);
}

static size_t hex_len(const char *text)
{
	size_t len = 0;

	while (is_digit(text[len]) || (text[len] >= 'a' && text[len] <= 'f'))
		len++;
	return text[len] ? 0 : len;
}

bool policy_is_kid_hex(const char *text)
{
	size_t len = hex_len(text);

	return len >= 2 && len <= 16 && len % 2 == 0;
}

bool policy_is_fingerprint(const char *text)
{
	return !strncmp(text, "sha256:", 7) && hex_len(text + 7) == 16;
}

bool policy_is_zone_name(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (!is_alnum(text[i]) && !strchr("_+/-", text[i]))
			return false;
	return len >= 1 && len <= 64;
}

/* Does text look like the picture, where 0 stands for any digit? */
static bool looks_like(const char *text, const char *picture)
{
	for (; *picture && *text; picture++, text++)
		if (*picture == '0' ? !is_digit(*text) : *picture != *text)
			return false;
	return !*picture && !*text;
}

bool policy_is_clock_time(const char *text)
{
	if (!strcmp(text, "24:00"))
		return true;
	return looks_like(text, "00:00") && (text[0] < '2' || (text[0] == '2' && text[1] < '4')) && text[3] < '6';
}

bool policy_is_timestamp(const char *text)
{
	const char *zone;
	bool is_shaped = looks_like(text, "0000-00-00T00:00:00Z") || looks_like(text, "0000-00-00T00:00:00+00:00") ||
			 looks_like(text, "0000-00-00T00:00:00-00:00");

	if (!is_shaped)
		return false;
	zone = text + 19;
	return text[5] < '2' && text[8] < '4' && text[11] < '3' && text[14] < '6' && text[17] < '6' &&
	       (*zone == 'Z' || (zone[1] < '3' && zone[4] < '6'));
}
