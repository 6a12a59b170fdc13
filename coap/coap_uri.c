/* SPDX-License-Identifier: Apache-2.0 */
/* Path and query as one text each. A text that could have come from two different lists of options
 * is refused, since access is decided on it. */
#include "ace_coap.h"

#include "token/mem.h"

static enum ace_err text_append(struct ace_buf *text, struct ace_slice bytes)
{
	if (text->len > text->cap || bytes.len > text->cap - text->len)
		return ACE_ERR_SPACE;
	if (bytes.len)
		memcpy(text->ptr + text->len, bytes.ptr, bytes.len);
	text->len += bytes.len;
	return ACE_OK;
}

static bool has_byte(struct ace_slice value, uint8_t byte)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] == byte)
			return true;
	return false;
}

/* RFC 7252 5.10.1: "The value of a Uri-Path Option MUST NOT be "." or ".."." */
static bool is_dots(struct ace_slice value)
{
	return (value.len == 1 || value.len == 2) && value.ptr[0] == '.' && value.ptr[value.len - 1] == '.';
}

/* All options with that number: path segments with a separator before each, query arguments with one
 * between them. */
static enum ace_err join(struct ace_slice options, uint32_t number, char separator, struct ace_buf *text)
{
	struct ace_coap_options it;
	struct ace_coap_option option;
	uint8_t byte = (uint8_t)separator;
	bool separate = number == ACE_OPT_URI_PATH;

	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option)) {
		enum ace_err err = ACE_OK;

		if (option.number != number)
			continue;
		if (has_byte(option.value, byte) || has_byte(option.value, 0))
			return ACE_ERR_MALFORMED;
		if (number == ACE_OPT_URI_PATH && is_dots(option.value))
			return ACE_ERR_MALFORMED;
		if (separate)
			err = text_append(text, (struct ace_slice){ &byte, 1 });
		separate = true;
		if (!err)
			err = text_append(text, option.value);
		if (err)
			return err;
	}
	return ACE_OK;
}

enum ace_err ace_coap_uri_path(struct ace_slice options, struct ace_buf *text)
{
	struct ace_buf path = *text;
	enum ace_err err = join(options, ACE_OPT_URI_PATH, '/', &path);

	if (!err && path.len == text->len)
		err = text_append(&path, ACE_LITERAL("/"));
	if (!err)
		text->len = path.len;
	return err;
}

enum ace_err ace_coap_uri_query(struct ace_slice options, struct ace_buf *text)
{
	struct ace_buf query = *text;
	enum ace_err err = join(options, ACE_OPT_URI_QUERY, '&', &query);

	if (!err)
		text->len = query.len;
	return err;
}

void ace_coap_write_path(struct ace_coap_writer *w, struct ace_slice path)
{
	size_t start = path.len && path.ptr[0] == '/' ? 1 : 0;

	if (start == path.len)
		return;
	for (size_t end = start; end <= path.len; end++) {
		if (end < path.len && path.ptr[end] != '/')
			continue;
		ace_coap_write_option(w, ACE_OPT_URI_PATH, (struct ace_slice){ path.ptr + start, end - start });
		start = end + 1;
	}
}
