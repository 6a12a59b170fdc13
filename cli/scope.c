/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scope.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const aif_methods[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "IPATCH" };

/* --- Sets --- */

struct names {
	struct ace_slice list[CLI_SCOPE_PARTS_MAX]; /* borrow from the scope */
	size_t len;
};

static bool names_has(const struct names *names, struct ace_slice name)
{
	for (size_t i = 0; i < names->len; i++)
		if (ace_slice_equal(names->list[i], name))
			return true;
	return false;
}

/* Add the names of a scope that are not in names or in without yet. */
static enum ace_err names_add(struct names *names, const struct ace_scope *scope, const struct names *without)
{
	struct ace_slice name;
	size_t pos = 0;

	while (ace_scope_text_next(scope->bytes, &pos, &name)) {
		if (names_has(names, name) || (without && names_has(without, name)))
			continue;
		if (names->len == CLI_SCOPE_PARTS_MAX)
			return ACE_ERR_SCOPE;
		names->list[names->len++] = name;
	}
	return pos < scope->bytes.len ? ACE_ERR_SCOPE : ACE_OK;
}

static enum ace_err append(struct ace_buf *out, struct ace_slice bytes)
{
	if (bytes.len > out->cap - out->len)
		return ACE_ERR_SPACE;
	if (bytes.len)
		memcpy(out->ptr + out->len, bytes.ptr, bytes.len);
	out->len += bytes.len;
	return ACE_OK;
}

static enum ace_err names_write(const struct names *names, struct ace_buf *out, struct ace_scope *ret_scope)
{
	size_t start = out->len;
	enum ace_err err = ACE_OK;

	for (size_t i = 0; !err && i < names->len; i++) {
		if (i)
			err = append(out, ACE_LITERAL(" "));
		if (!err)
			err = append(out, names->list[i]);
	}
	if (err)
		return err;
	*ret_scope = (struct ace_scope){ names->len ? ACE_SCOPE_TEXT : ACE_SCOPE_ABSENT,
					 { out->ptr + start, out->len - start } };
	return ACE_OK;
}

struct grants {
	struct ace_aif_entry list[CLI_SCOPE_PARTS_MAX]; /* paths borrow from the scope */
	size_t len;
};

static enum ace_err grants_add(struct grants *grants, const struct ace_scope *scope)
{
	struct ace_aif_reader it;
	struct ace_aif_entry entry;
	enum ace_err err = ACE_OK;

	ace_aif_read_init(&it, scope->bytes);
	while (ace_aif_read_next(&it, &entry)) {
		if (grants->len == CLI_SCOPE_PARTS_MAX)
			err = ACE_ERR_SCOPE;
		else
			grants->list[grants->len++] = entry;
	}
	return ace_aif_read_finish(&it) ? ACE_ERR_SCOPE : err;
}

/* Take the methods of without away; paths that have none left go. */
static void grants_less(struct grants *grants, const struct grants *without)
{
	size_t kept = 0;

	for (size_t i = 0; i < grants->len; i++) {
		struct ace_aif_entry entry = grants->list[i];

		for (size_t j = 0; j < without->len; j++)
			if (ace_slice_equal(entry.path, without->list[j].path))
				entry.methods &= ~without->list[j].methods;
		if (entry.methods)
			grants->list[kept++] = entry;
	}
	grants->len = kept;
}

static enum ace_err grants_write(struct grants *grants, struct ace_buf *out, struct ace_scope *ret_scope)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err;

	grants->len = ace_aif_canonicalize(grants->list, grants->len);
	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_aif_write(&w, grants->list, grants->len);
	err = ace_cbor_written(&w, &written);
	if (err)
		return err;
	out->len += written.len;
	*ret_scope = (struct ace_scope){ grants->len ? ACE_SCOPE_AIF : ACE_SCOPE_ABSENT, written };
	return ACE_OK;
}

enum ace_err cli_scope_less(const struct ace_scope *a, const struct ace_scope *b, struct ace_buf *out,
			       struct ace_scope *ret_scope)
{
	struct names names = { .len = 0 }, without_names = { .len = 0 };
	struct grants grants = { .len = 0 }, without_grants = { .len = 0 };
	enum ace_err err;

	if (a->kind == ACE_SCOPE_ABSENT || b->kind == ACE_SCOPE_ABSENT) {
		*ret_scope = *a;
		return ACE_OK;
	}
	if (a->kind != b->kind)
		return ACE_ERR_UNSUPPORTED;
	if (a->kind == ACE_SCOPE_TEXT) {
		err = names_add(&without_names, b, NULL);
		if (!err)
			err = names_add(&names, a, &without_names);
		return err ? err : names_write(&names, out, ret_scope);
	}
	err = grants_add(&without_grants, b);
	if (!err)
		err = grants_add(&grants, a);
	grants_less(&grants, &without_grants);
	return err ? err : grants_write(&grants, out, ret_scope);
}

enum ace_err cli_scope_join(const struct ace_scope *a, const struct ace_scope *b, struct ace_buf *out,
			       struct ace_scope *ret_scope)
{
	struct names names = { .len = 0 };
	struct grants grants = { .len = 0 };
	enum ace_err err;

	if (a->kind == ACE_SCOPE_ABSENT || b->kind == ACE_SCOPE_ABSENT) {
		*ret_scope = a->kind == ACE_SCOPE_ABSENT ? *b : *a;
		return ACE_OK;
	}
	if (a->kind != b->kind)
		return ACE_ERR_UNSUPPORTED;
	if (a->kind == ACE_SCOPE_TEXT) {
		err = names_add(&names, a, NULL);
		if (!err)
			err = names_add(&names, b, NULL);
		return err ? err : names_write(&names, out, ret_scope);
	}
	err = grants_add(&grants, a);
	if (!err)
		err = grants_add(&grants, b);
	return err ? err : grants_write(&grants, out, ret_scope);
}

/* --- For people --- */

void cli_text_clean(struct ace_slice text, char *ret_text, size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < cap; i++)
		ret_text[len++] = text.ptr[i] >= 0x20 && text.ptr[i] < 0x7f ? (char)text.ptr[i] : '?';
	ret_text[len] = '\0';
}

static void text_add(char *text, size_t cap, const char *more)
{
	size_t len = strlen(text);

	snprintf(text + len, cap - len, "%s", more);
}

static void grant_text(const struct ace_aif_entry *entry, char *text, size_t cap)
{
	char path[256];
	const char *separator = ":";

	cli_text_clean(entry->path, path, sizeof path);
	text_add(text, cap, text[0] ? " " : "");
	text_add(text, cap, path);
	for (size_t bit = 0; bit < ACE_ARRAY_LEN(aif_methods); bit++)
		if (entry->methods >> bit & 1) {
			text_add(text, cap, separator);
			text_add(text, cap, aif_methods[bit]);
			separator = ",";
		}
}

void cli_scope_text(const struct ace_scope *scope, char *ret_text, size_t cap)
{
	struct grants grants = { .len = 0 };

	ret_text[0] = '\0';
	if (scope->kind == ACE_SCOPE_TEXT)
		cli_text_clean(scope->bytes, ret_text, cap);
	else if (scope->kind == ACE_SCOPE_ABSENT)
		text_add(ret_text, cap, "-");
	else if (grants_add(&grants, scope))
		text_add(ret_text, cap, "(unreadable)");
	for (size_t i = 0; i < grants.len; i++)
		grant_text(&grants.list[i], ret_text, cap);
}

/* "GET,PUT" -> bits; 0 when a word is no method. */
static uint64_t methods_parse(const char *text, size_t len)
{
	uint64_t methods = 0;

	for (const char *end = text + len; text < end;) {
		const char *comma = memchr(text, ',', end - text);
		size_t word = comma ? (size_t)(comma - text) : (size_t)(end - text), bit = 0;

		while (bit < ACE_ARRAY_LEN(aif_methods) &&
		       (strlen(aif_methods[bit]) != word || strncasecmp(aif_methods[bit], text, word)))
			bit++;
		if (bit == ACE_ARRAY_LEN(aif_methods))
			return 0;
		methods |= UINT64_C(1) << bit;
		text += word + (comma ? 1 : 0);
		if (comma && text == end)
			return 0;
	}
	return methods;
}

static enum ace_err aif_parse(const char *text, struct ace_buf *out, struct ace_scope *ret_scope,
			      struct cli_error *ret_error)
{
	struct grants grants = { .len = 0 };

	while (*text) {
		size_t len = strcspn(text, " ");
		const char *colon = memrchr(text, ':', len);
		uint64_t methods = colon ? methods_parse(colon + 1, len - (size_t)(colon + 1 - text)) : 0;

		if (text[0] != '/' || !methods || grants.len == CLI_SCOPE_PARTS_MAX)
			return cli_error_set(ret_error, ACE_ERR_SCOPE,
					     "scope: \"%.*s\" is not PATH:METHOD,METHOD... as in /temp:GET,PUT",
					     (int)len, text);
		grants.list[grants.len++] = (struct ace_aif_entry){
			.path = { (const uint8_t *)text, (size_t)(colon - text) }, .methods = methods };
		text += len + strspn(text + len, " ");
	}
	return grants_write(&grants, out, ret_scope) ?
		       cli_error_set(ret_error, ACE_ERR_SCOPE, "the scope is too long") :
		       ACE_OK;
}

enum ace_err cli_scope_parse(const char *text, struct ace_buf *out, struct ace_scope *ret_scope,
				struct cli_error *ret_error)
{
	struct ace_scope scope = { ACE_SCOPE_TEXT, { (const uint8_t *)text, strlen(text) } };
	struct names names = { .len = 0 };

	if (text[0] == '/')
		return aif_parse(text, out, ret_scope, ret_error);
	if (scope.bytes.len > CLI_SCOPE_MAX || names_add(&names, &scope, NULL) || !names.len)
		return cli_error_set(ret_error, ACE_ERR_SCOPE,
				     "scope: names with single spaces between are wanted, or paths as in /temp:GET");
	*ret_scope = scope;
	return ACE_OK;
}
