/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked, in terms of the model; and what is granted, as the scope to issue. */
#include <string.h>

#include "policy/rule.h"

/* The model's resource with that path; its number, or the number of resources. */
static size_t resource_find(const struct policy_model *model, struct ace_slice path)
{
	size_t i = 0;

	while (i < model->resources.entries_len && !ace_slice_equal(model->resources.entries[i].path, path))
		i++;
	return i;
}

static bool wants_add(struct policy_wants *wants, struct policy_want want)
{
	size_t at = wants->len;

	for (size_t i = 0; i < wants->len; i++) {
		if (wants->list[i].index == want.index && ace_slice_equal(wants->list[i].path, want.path)) {
			wants->list[i].methods |= want.methods;
			return true;
		}
	}
	if (wants->len == POLICY_PATHS_MAX)
		return false;
	for (; at && wants->list[at - 1].index > want.index; at--)
		wants->list[at] = wants->list[at - 1];
	wants->list[at] = want;
	wants->len++;
	return true;
}

/* "An AIF path without query covers any query": so a path with one asks for a part of the resource. */
static struct ace_slice without_query(struct ace_slice path)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] == '?')
			return (struct ace_slice){ path.ptr, i };
	return path;
}

static bool want_permission(const struct policy_model *model, struct ace_slice path, uint64_t methods,
			    struct policy_wants *wants)
{
	size_t index = resource_find(model, without_query(path));
	uint64_t offered = index < model->resources.entries_len ? model->resources.entries[index].methods & methods : 0;

	if (offered != methods || !methods)
		wants->lost_some = true;
	return !offered || wants_add(wants, (struct policy_want){ (uint8_t)index, offered, path });
}

static enum policy_reason read_aif(const struct policy_model *model, struct ace_slice bytes, struct policy_wants *wants)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq entries, pair;
	bool has_room = true;

	ace_cbor_read_init(&r, bytes);
	ace_cbor_array_enter(&r, &entries);
	while (ace_cbor_array_next(&r, &entries)) {
		struct ace_slice path = { NULL, 0 };
		uint64_t methods = 0;
		size_t items = 0;

		ace_cbor_array_enter(&r, &pair);
		for (; ace_cbor_array_next(&r, &pair); items++) {
			if (items == 0)
				path = ace_cbor_read_tstr(&r);
			else if (items == 1)
				methods = ace_cbor_read_uint(&r);
			else
				(void)ace_cbor_read_raw(&r);
		}
		if (r.err || items != 2 || !path.len || path.ptr[0] != '/')
			return POLICY_REASON_SCOPE_MALFORMED;
		has_room = want_permission(model, path, methods, wants) && has_room;
	}
	return ace_cbor_read_finish(&r) || !has_room ? POLICY_REASON_SCOPE_MALFORMED : POLICY_REASON_GRANTED;
}

static int compare_slices(struct ace_slice a, struct ace_slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static size_t text_scope_find(const struct policy_model *model, struct ace_slice name)
{
	size_t low = 0, high = model->resources.text_scopes_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_slices(model->resources.text_scopes[middle].name, name);

		if (!order)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return SIZE_MAX;
}

static void want_name(const struct policy_model_private *model, struct ace_slice name, struct policy_wants *wants)
{
	size_t number = text_scope_find(&model->public, name);
	const struct ace_resources *resources = &model->public.resources;

	if (number == SIZE_MAX) {
		wants->lost_some = true;
		return;
	}
	for (size_t i = 0; i < wants->names_len; i++)
		if (wants->names[i] == number)
			return;
	wants->names[wants->names_len++] = number;
	for (size_t i = 0; i < resources->text_scopes[number].grants_len; i++) {
		const struct policy_cut *cut = &model->cuts[number][i];

		/* One entry a resource at most, so that there is always room. */
		(void)wants_add(wants, (struct policy_want){ cut->index, cut->methods, resources->entries[cut->index].path });
	}
}

/* scope = scope-token *( SP scope-token ) (RFC 6749 3.3) */
static enum policy_reason read_text(const struct policy_model_private *model, struct ace_slice text,
				    struct policy_wants *wants)
{
	for (size_t at = 0, end; at <= text.len; at = end + 1) {
		for (end = at; end < text.len && text.ptr[end] != ' '; end++)
			if (text.ptr[end] < 0x21 || text.ptr[end] > 0x7e || text.ptr[end] == '"' || text.ptr[end] == '\\')
				return POLICY_REASON_SCOPE_MALFORMED;
		if (end == at)
			return POLICY_REASON_SCOPE_MALFORMED;
		if (wants->names_len == ACE_ARRAY_LEN(wants->names))
			return POLICY_REASON_SCOPE_MALFORMED;
		want_name(model, (struct ace_slice){ text.ptr + at, end - at }, wants);
	}
	return POLICY_REASON_GRANTED;
}

enum policy_reason policy_want_read(const struct policy_model_private *model, const struct ace_scope *scope,
				    struct policy_wants *wants)
{
	enum policy_reason reason;

	wants->len = 0;
	wants->names_len = 0;
	wants->lost_some = false;
	if (scope->kind == ACE_SCOPE_ABSENT)
		return POLICY_REASON_SCOPE_ABSENT;
	if (scope->bytes.len > POLICY_SCOPE_MAX)
		return POLICY_REASON_SCOPE_MALFORMED;
	if (scope->kind == ACE_SCOPE_AIF)
		reason = read_aif(&model->public, scope->bytes, wants);
	else
		reason = read_text(model, scope->bytes, wants);
	if (!reason && !wants->len)
		return POLICY_REASON_SCOPE_UNKNOWN;
	return reason;
}

static void add_granted(const struct policy_wants *wants, const uint64_t *granted, struct policy_decision *decision)
{
	for (size_t i = 0; i < wants->len; i++) {
		struct ace_aif_entry entry = { wants->list[i].path, granted[i] };
		size_t at = decision->granted_len;

		if (!granted[i])
			continue;
		for (; at && compare_slices(decision->granted[at - 1].path, entry.path) > 0; at--)
			decision->granted[at] = decision->granted[at - 1];
		decision->granted[at] = entry;
		decision->granted_len++;
	}
}

static enum policy_reason write_aif(const struct policy_model *model, struct policy_decision *decision)
{
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, decision->scope_bytes, sizeof decision->scope_bytes);
	ace_cbor_write_array(&w, decision->granted_len);
	for (size_t i = 0; i < decision->granted_len; i++) {
		ace_cbor_write_array(&w, 2);
		ace_cbor_write_tstr(&w, decision->granted[i].path);
		ace_cbor_write_uint(&w, decision->granted[i].methods);
	}
	if (w.len > model->scope_bytes || w.len > sizeof decision->scope_bytes)
		return POLICY_REASON_SCOPE_TOO_LONG;
	decision->scope_len = w.len;
	decision->scope_kind = ACE_SCOPE_AIF;
	return POLICY_REASON_GRANTED;
}

/* What is granted of each resource as a whole: an entry with a query is only a part. */
static void whole_methods(const struct policy_model *model, const struct policy_wants *wants, const uint64_t *granted,
			  uint64_t *ret_methods)
{
	memset(ret_methods, 0, POLICY_PATHS_MAX * sizeof *ret_methods);
	for (size_t i = 0; i < wants->len; i++)
		if (wants->list[i].path.len == model->resources.entries[wants->list[i].index].path.len)
			ret_methods[wants->list[i].index] |= granted[i];
}

static bool name_survives(const struct policy_model_private *model, size_t number, const uint64_t *methods)
{
	for (size_t i = 0; i < model->public.resources.text_scopes[number].grants_len; i++)
		if (model->cuts[number][i].methods & ~methods[model->cuts[number][i].index])
			return false;
	return true;
}

/* Firmware maps a name as a whole, so that a name is granted only if all of its permissions are. */
static enum policy_reason write_names(const struct policy_model_private *model, bool is_text,
				      const struct policy_wants *wants, uint64_t *granted,
				      struct policy_decision *decision)
{
	uint64_t methods[POLICY_PATHS_MAX], kept[POLICY_PATHS_MAX] = { 0 };
	const struct ace_resources *resources = &model->public.resources;
	size_t count = is_text ? wants->names_len : resources->text_scopes_len;

	whole_methods(&model->public, wants, granted, methods);
	for (size_t k = 0; k < count; k++) {
		size_t number = is_text ? (size_t)wants->names[k] : k;
		struct ace_slice name = resources->text_scopes[number].name;

		if (!name_survives(model, number, methods))
			continue;
		if (decision->scope_len + name.len + 1 > model->public.scope_bytes + (decision->scope_len ? 0u : 1u))
			return POLICY_REASON_SCOPE_TOO_LONG;
		if (decision->scope_len)
			decision->scope_bytes[decision->scope_len++] = ' ';
		memcpy(decision->scope_bytes + decision->scope_len, name.ptr, name.len);
		decision->scope_len += name.len;
		for (size_t i = 0; i < resources->text_scopes[number].grants_len; i++)
			kept[model->cuts[number][i].index] |= model->cuts[number][i].methods;
	}
	for (size_t i = 0; i < wants->len; i++)
		granted[i] &= wants->list[i].path.len == resources->entries[wants->list[i].index].path.len ?
				      kept[wants->list[i].index] :
				      0;
	decision->scope_kind = ACE_SCOPE_TEXT;
	return decision->scope_len ? POLICY_REASON_GRANTED : POLICY_REASON_NOT_ALLOWED;
}

enum policy_reason policy_want_grant(const struct policy_model_private *model, const struct ace_scope *asked,
				     const struct policy_wants *wants, uint64_t *granted,
				     struct policy_decision *decision)
{
	enum policy_reason reason = POLICY_REASON_GRANTED;

	if (model->public.scope_is_text)
		reason = write_names(model, asked->kind == ACE_SCOPE_TEXT, wants, granted, decision);
	if (reason)
		return reason;
	add_granted(wants, granted, decision);
	return model->public.scope_is_text ? POLICY_REASON_GRANTED : write_aif(&model->public, decision);
}
