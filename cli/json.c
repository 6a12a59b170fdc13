/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/hex.h"

/* What jansson frees must be wiped, so each piece knows its length. The alignment is malloc's. */
union piece {
	size_t len;
	max_align_t align;
};

static void *wiped_malloc(size_t len)
{
	union piece *piece = len < SIZE_MAX / 2 ? malloc(sizeof *piece + len) : NULL;

	if (!piece)
		return NULL;
	piece->len = len;
	return piece + 1;
}

static void wiped_free(void *memory)
{
	union piece *piece = memory;

	if (!piece)
		return;
	piece--;
	ace_wipe(piece + 1, piece->len);
	free(piece);
}

void cli_json_init(void)
{
	json_set_alloc_funcs(wiped_malloc, wiped_free);
}

/* A member that could not be made is remembered here until the text is asked for. */
static bool out_of_memory;

static void put_new(struct json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		out_of_memory = true;
}

struct json_t *cli_json_object(void)
{
	json_t *object = json_object();

	out_of_memory |= !object;
	return object;
}

struct json_t *cli_json_array(void)
{
	json_t *array = json_array();

	out_of_memory |= !array;
	return array;
}

/* Bytes that are no UTF-8 are shown as \xNN, so that nothing is lost and nothing fails. */
static json_t *escaped(struct ace_slice text)
{
	char *copy = malloc(4 * text.len + 1);
	json_t *value = NULL;
	size_t at = 0;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f)
			copy[at++] = (char)text.ptr[i];
		else
			at += (size_t)snprintf(copy + at, 5, "\\x%02x", text.ptr[i]);
	}
	value = json_stringn(copy, at);
	free(copy);
	return value;
}

static json_t *text_value(struct ace_slice text)
{
	json_t *value = json_stringn(text.ptr ? (const char *)text.ptr : "", text.len);

	return value ? value : escaped(text);
}

void cli_json_put_slice(struct json_t *object, const char *key, struct ace_slice text)
{
	put_new(object, key, text_value(text));
}

void cli_json_put_text(struct json_t *object, const char *key, const char *text)
{
	if (text)
		cli_json_put_slice(object, key, (struct ace_slice){ (const uint8_t *)text, strlen(text) });
	else
		cli_json_put_null(object, key);
}

void cli_json_put_hex(struct json_t *object, const char *key, struct ace_slice bytes)
{
	size_t cap = CLI_HEX_CAP(bytes.len);
	char *text = malloc(cap);

	if (!text) {
		out_of_memory = true;
		return;
	}
	cli_hex_encode(bytes, text, cap);
	put_new(object, key, json_string(text));
	ace_wipe(text, cap);
	free(text);
}

void cli_json_put_int(struct json_t *object, const char *key, int64_t number)
{
	put_new(object, key, json_integer(number));
}

void cli_json_put_bool(struct json_t *object, const char *key, bool value)
{
	put_new(object, key, json_boolean(value));
}

void cli_json_put_null(struct json_t *object, const char *key)
{
	put_new(object, key, json_null());
}

void cli_json_put_time(struct json_t *object, const char *key, int64_t seconds)
{
	char text[CLI_TIME_TEXT_MAX];

	cli_time_text(seconds, text);
	put_new(object, key, json_string(text));
}

void cli_json_put(struct json_t *object, const char *key, struct json_t *value)
{
	put_new(object, key, value);
}

void cli_json_add(struct json_t *array, struct json_t *value)
{
	if (!value || json_array_append_new(array, value))
		out_of_memory = true;
}

void cli_json_add_text(struct json_t *array, const char *text)
{
	cli_json_add(array, text_value((struct ace_slice){ (const uint8_t *)text, strlen(text) }));
}

void cli_json_free(struct json_t *document)
{
	json_decref(document);
}

/* What json_dumps() made belongs to jansson's allocator, which is ours only after cli_json_init(). */
static void free_dump(char *text, size_t len)
{
	json_malloc_t malloc_fn;
	json_free_t free_fn;

	json_get_alloc_funcs(&malloc_fn, &free_fn);
	ace_wipe(text, len);
	free_fn(text);
}

bool cli_json_is_whole(void)
{
	return !out_of_memory;
}

char *cli_json_text(const struct json_t *document, bool compact)
{
	char *text, *line;
	size_t len;

	if (out_of_memory || !document)
		return NULL;
	text = json_dumps(document, JSON_ENCODE_ANY | (compact ? JSON_COMPACT : JSON_INDENT(2)));
	if (!text)
		return NULL;
	len = strlen(text);
	line = wiped_malloc(len + 2);
	if (line) {
		memcpy(line, text, len);
		line[len] = '\n';
		line[len + 1] = '\0';
	}
	free_dump(text, len);
	return line;
}

void cli_json_text_free(char *text)
{
	wiped_free(text);
}

void cli_json_compare(const struct json_t *before, const struct json_t *after, const char *member,
		      struct cli_json_tally *ret_tally)
{
	json_t *old = json_object_get(before, member), *new = json_object_get(after, member), *value;
	const char *key;

	*ret_tally = (struct cli_json_tally){ 0 };
	json_object_foreach(new, key, value) {
		const json_t *same = json_object_get(old, key);

		if (!same)
			ret_tally->added++;
		else if (!json_equal(same, value))
			ret_tally->changed++;
	}
	json_object_foreach(old, key, value)
		if (!json_object_get(new, key))
			ret_tally->removed++;
}
