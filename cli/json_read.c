/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/hex.h"
#include "cli/json.h"

static void fail(struct cli_json_reader *r, enum ace_err err, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void fail(struct cli_json_reader *r, enum ace_err err, const char *pointer, const char *format, ...)
{
	char text[240];
	va_list args;

	if (r->err)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	r->err = cli_error_set(r->error, err, "%s", text);
	cli_error_place(r->error, r->file, 0, 0);
	if (r->error && pointer)
		snprintf(r->error->pointer, sizeof r->error->pointer, "%s", pointer);
}

/* A JSON Pointer to a member (RFC 6901 3: "~" and "/" are written as "~0" and "~1"); cut when it is too long. */
static void pointer_to(const struct cli_json_place *at, const char *member, char *ret_pointer, size_t cap)
{
	size_t len = (size_t)snprintf(ret_pointer, cap, "%s/", at->pointer);

	for (; *member && len + 3 < cap; member++) {
		if (*member == '~' || *member == '/') {
			ret_pointer[len++] = '~';
			ret_pointer[len++] = *member == '~' ? '0' : '1';
		} else {
			ret_pointer[len++] = *member;
		}
		ret_pointer[len] = '\0';
	}
}

void cli_json_refuse(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
		     const char *format, ...)
{
	char pointer[160], text[200];
	va_list args;

	if (member)
		pointer_to(at, member, pointer, sizeof pointer);
	else
		snprintf(pointer, sizeof pointer, "%s", at->pointer);
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fail(r, ACE_ERR_RANGE, pointer, "%s", text);
}

struct json_t *cli_json_parse(struct cli_json_reader *r, struct ace_slice text)
{
	json_error_t error;
	json_t *document = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
	char *near;

	if (document)
		return document;
	/* jansson quotes the text where it stopped, which may be a secret. */
	near = strstr(error.text, " near ");
	if (near)
		*near = '\0';
	fail(r, json_error_code(&error) == json_error_out_of_memory ? ACE_ERR_MEMORY : ACE_ERR_MALFORMED, NULL,
	     "not valid JSON: %s", error.text);
	if (r->error && error.line > 0) {
		r->error->line = (unsigned int)error.line;
		r->error->column = error.column > 0 ? (unsigned int)error.column : 0;
	}
	return NULL;
}

/* Typing errors must not pass as absent members. */
static void check_members(struct cli_json_reader *r, const struct cli_json_place *at, const char *const *members)
{
	const char *key;
	json_t *value;
	size_t len = 0;

	while (members[len])
		len++;
	json_object_foreach(at->value, key, value) {
		bool known = false;
		char pointer[160];
		const char *near;

		for (size_t i = 0; i < len; i++)
			known |= !strcmp(key, members[i]);
		if (known || r->err)
			continue;
		pointer_to(at, key, pointer, sizeof pointer);
		near = cli_nearest(key, members, len);
		fail(r, ACE_ERR_UNKNOWN, pointer, "unknown member \"%.60s\"", key);
		if (near)
			cli_error_hint(r->error, "did you mean \"%s\"?", near);
	}
}

void cli_json_check(struct cli_json_reader *r, const struct cli_json_place *at, const char *const *members)
{
	if (!json_is_object(at->value))
		fail(r, ACE_ERR_TYPE, at->pointer, "must be an object");
	else if (members)
		check_members(r, at, members);
}

void cli_json_root(struct cli_json_reader *r, struct json_t *document, const char *const *members,
		   struct cli_json_place *ret_place)
{
	*ret_place = (struct cli_json_place){ .value = document };
	cli_json_check(r, ret_place, members);
}

bool cli_json_has(const struct cli_json_place *at, const char *member)
{
	const json_t *value = json_object_get(at->value, member);

	return value && !json_is_null(value);
}

bool cli_json_member(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
		     struct cli_json_place *ret_place)
{
	if (r->err || !cli_json_has(at, member))
		return false;
	ret_place->value = json_object_get(at->value, member);
	pointer_to(at, member, ret_place->pointer, sizeof ret_place->pointer);
	return true;
}

bool cli_json_enter(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
		    const char *const *members, struct cli_json_place *ret_place)
{
	if (!cli_json_member(r, at, member, ret_place))
		return false;
	cli_json_check(r, ret_place, members);
	return !r->err;
}

/* The value of a member that must be there; NULL after the error. */
static json_t *must_have(struct cli_json_reader *r, const struct cli_json_place *at, const char *member)
{
	json_t *value = json_object_get(at->value, member);
	char pointer[160];

	if (!value && !r->err) {
		pointer_to(at, member, pointer, sizeof pointer);
		fail(r, ACE_ERR_MISSING, pointer, "\"%s\" is missing", member);
	}
	return r->err ? NULL : value;
}

static void wrong(struct cli_json_reader *r, enum ace_err err, const struct cli_json_place *at, const char *member,
		  const char *what)
{
	char pointer[160];

	pointer_to(at, member, pointer, sizeof pointer);
	fail(r, err, pointer, "\"%s\" must be %s", member, what);
}

const char *cli_json_get_text(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
			      size_t max)
{
	const json_t *value = must_have(r, at, member);
	char what[48];

	if (!value)
		return NULL;
	if (!json_is_string(value)) {
		wrong(r, ACE_ERR_TYPE, at, member, "a text");
		return NULL;
	}
	if (!json_string_length(value) || json_string_length(value) > max) {
		snprintf(what, sizeof what, "1 to %zu bytes long", max);
		wrong(r, ACE_ERR_RANGE, at, member, what);
		return NULL;
	}
	return json_string_value(value);
}

int64_t cli_json_get_int(struct cli_json_reader *r, const struct cli_json_place *at, const char *member, int64_t min,
			 int64_t max)
{
	const json_t *value = must_have(r, at, member);
	char what[64];

	if (!value)
		return 0;
	if (json_is_integer(value) && json_integer_value(value) >= min && json_integer_value(value) <= max)
		return json_integer_value(value);
	snprintf(what, sizeof what, "a number from %lld to %lld", (long long)min, (long long)max);
	wrong(r, json_is_integer(value) ? ACE_ERR_RANGE : ACE_ERR_TYPE, at, member, what);
	return 0;
}

int64_t cli_json_get_time(struct cli_json_reader *r, const struct cli_json_place *at, const char *member)
{
	const char *text = cli_json_get_text(r, at, member, 40);
	int64_t seconds = 0;

	if (text && !cli_time_parse(text, &seconds))
		wrong(r, ACE_ERR_MALFORMED, at, member, "a time like 2026-11-24T17:50:00Z");
	return seconds;
}

void cli_json_get_hex(struct cli_json_reader *r, const struct cli_json_place *at, const char *member, size_t min,
		      struct ace_buf *out)
{
	const json_t *value = must_have(r, at, member);
	enum ace_err err;
	char what[64];

	out->len = 0;
	if (!value)
		return;
	if (!json_is_string(value)) {
		wrong(r, ACE_ERR_TYPE, at, member, "a text of hexadecimal digits");
		return;
	}
	err = cli_hex_decode(json_string_value(value), json_string_length(value), out);
	if (err == ACE_ERR_MALFORMED) {
		wrong(r, err, at, member, "an even number of hexadecimal digits");
	} else if (err || out->len < min) {
		snprintf(what, sizeof what, "%zu to %zu bytes in hexadecimal", min, out->cap);
		wrong(r, ACE_ERR_RANGE, at, member, what);
	}
}

size_t cli_json_size(const struct cli_json_place *at)
{
	return json_is_array(at->value) ? json_array_size(at->value) : json_object_size(at->value);
}

bool cli_json_nth(const struct cli_json_place *at, size_t nth, struct cli_json_place *ret_place,
		  const char **ret_key)
{
	const char *key = NULL;
	json_t *value = NULL;
	char index[24];

	if (json_is_array(at->value)) {
		value = json_array_get(at->value, nth);
		snprintf(index, sizeof index, "%zu", nth);
	} else {
		void *it = json_object_iter(at->value);

		for (size_t i = 0; it && i < nth; i++)
			it = json_object_iter_next(at->value, it);
		value = it ? json_object_iter_value(it) : NULL;
		key = it ? json_object_iter_key(it) : NULL;
	}
	if (!value)
		return false;
	ret_place->value = value;
	pointer_to(at, key ? key : index, ret_place->pointer, sizeof ret_place->pointer);
	if (ret_key)
		*ret_key = key;
	return true;
}

bool cli_json_is_array(const struct cli_json_place *at)
{
	return json_is_array(at->value);
}

const char *cli_json_string(const struct cli_json_place *at)
{
	return json_string_value(at->value);
}
