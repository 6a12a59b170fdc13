/* SPDX-License-Identifier: Apache-2.0 */
/* What a scope means on a device, and whether it allows a request. */
#include "ace_scope.h"

void ace_scope_write(struct ace_cbor_writer *w, const struct ace_scope *scope)
{
	if (scope->kind == ACE_SCOPE_AIF)
		ace_cbor_write_bstr(w, scope->bytes);
	else
		ace_cbor_write_tstr(w, scope->bytes);
}

enum ace_err ace_scope_read(struct ace_cbor_reader *r, struct ace_scope *ret_scope)
{
	enum ace_scope_kind kind = ace_cbor_peek(r) == ACE_CBOR_BSTR ? ACE_SCOPE_AIF : ACE_SCOPE_TEXT;
	struct ace_slice bytes = kind == ACE_SCOPE_AIF ? ace_cbor_read_bstr(r) : ace_cbor_read_tstr(r);

	if (r->err)
		return r->err;
	*ret_scope = (struct ace_scope){ kind, bytes };
	return ACE_OK;
}

/* NQCHAR of RFC 6749 3.3: printable ASCII but space, quotation mark and backslash. */
static bool char_is_of_name(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

bool ace_scope_text_next(struct ace_slice text, size_t *pos, struct ace_slice *ret_name)
{
	size_t start = *pos, end;

	if (start > 0 && start < text.len && text.ptr[start] == ' ')
		start++;
	for (end = start; end < text.len && char_is_of_name(text.ptr[end]);)
		end++;
	if (end == start || (end < text.len && text.ptr[end] != ' '))
		return false;
	*ret_name = (struct ace_slice){ text.ptr + start, end - start };
	*pos = end;
	return true;
}

static const struct ace_text_scope *text_scope_find(const struct ace_resources *resources, struct ace_slice name)
{
	for (size_t i = 0; i < resources->text_scopes_len; i++)
		if (ace_slice_equal(resources->text_scopes[i].name, name))
			return &resources->text_scopes[i];
	return NULL;
}

/* Does an entry speak of this path with this query? RFC 9237 2.2 knows no prefixes and no templates. */
static bool entry_covers(struct ace_slice entry, struct ace_slice path, struct ace_slice query)
{
	struct ace_slice end = { entry.ptr + path.len, entry.len - path.len };

	if (entry.len < path.len || !ace_slice_equal((struct ace_slice){ entry.ptr, path.len }, path))
		return false;
	if (end.len == 0)
		return true;
	return end.ptr[0] == '?' && ace_slice_equal((struct ace_slice){ end.ptr + 1, end.len - 1 }, query);
}

/* --- understood --- */

/* With its query, or as a path for any query. */
static bool path_is_hosted(struct ace_slice local, const struct ace_resources *resources)
{
	struct ace_slice path = { local.ptr, 0 };

	while (path.len < local.len && local.ptr[path.len] != '?')
		path.len++;
	for (size_t i = 0; i < resources->entries_len; i++)
		if (ace_slice_equal(resources->entries[i].path, local) || ace_slice_equal(resources->entries[i].path, path))
			return true;
	return false;
}

static bool aif_is_understood(struct ace_slice bytes, const struct ace_resources *resources)
{
	struct ace_aif_reader it;
	struct ace_aif_entry entry;

	ace_aif_read_init(&it, bytes);
	while (ace_aif_read_next(&it, &entry))
		if ((entry.methods & ~ACE_AIF_ALL) != 0 || !path_is_hosted(entry.path, resources))
			return false;
	return ace_aif_read_finish(&it) == ACE_OK;
}

static bool text_is_understood(struct ace_slice text, const struct ace_resources *resources)
{
	struct ace_slice name;
	size_t pos = 0;

	while (ace_scope_text_next(text, &pos, &name))
		if (!text_scope_find(resources, name))
			return false;
	return pos > 0 && pos == text.len;
}

enum ace_err ace_scope_understood(const struct ace_scope *scope, const struct ace_resources *resources)
{
	bool understood = false;

	if (scope->kind == ACE_SCOPE_AIF)
		understood = aif_is_understood(scope->bytes, resources);
	else if (ACE_RS_TEXT_SCOPES && scope->kind == ACE_SCOPE_TEXT)
		understood = text_is_understood(scope->bytes, resources);
	return understood ? ACE_OK : ACE_ERR_SCOPE;
}

/* --- access --- */

/* One request, and what the entries looked at so far say of it. */
struct question {
	struct ace_slice path;
	struct ace_slice query;
	uint64_t method_bit; /* 0 for a code that is no method of AIF, which nothing allows */
	enum ace_access answer;
};

static void question_ask(struct question *q, const struct ace_aif_entry *entry)
{
	if (q->answer == ACE_ACCESS_ALLOWED || !entry_covers(entry->path, q->path, q->query))
		return;
	q->answer = (entry->methods & q->method_bit) != 0 ? ACE_ACCESS_ALLOWED : ACE_ACCESS_NO_METHOD;
}

static bool aif_ask(struct question *q, struct ace_slice bytes)
{
	struct ace_aif_reader it;
	struct ace_aif_entry entry;

	ace_aif_read_init(&it, bytes);
	while (ace_aif_read_next(&it, &entry))
		question_ask(q, &entry);
	return ace_aif_read_finish(&it) == ACE_OK;
}

static bool text_ask(struct question *q, struct ace_slice text, const struct ace_resources *resources)
{
	struct ace_slice name;
	size_t pos = 0;

	while (ace_scope_text_next(text, &pos, &name)) {
		const struct ace_text_scope *scope = text_scope_find(resources, name);

		for (size_t i = 0; scope && i < scope->grants_len; i++)
			question_ask(q, &scope->grants[i]);
	}
	return pos == text.len;
}

enum ace_access ace_scope_access(const struct ace_scope *scope, const struct ace_resources *resources,
				 struct ace_slice path, struct ace_slice query, uint8_t method)
{
	struct question q = { path, query, 0, ACE_ACCESS_NO_RESOURCE };
	bool well_formed = false;

	/* Dynamic-X speaks of resources that were made by requests, never of the path that is named: those bits are of no
	 * use here. RFC 9237 2: what is not listed is denied. */
	if (method >= ACE_COAP_GET && method <= ACE_COAP_IPATCH)
		q.method_bit = ACE_AIF_BIT(method);
	if (scope->kind == ACE_SCOPE_AIF)
		well_formed = aif_ask(&q, scope->bytes);
	else if (ACE_RS_TEXT_SCOPES && scope->kind == ACE_SCOPE_TEXT)
		well_formed = text_ask(&q, scope->bytes, resources);
	return well_formed ? q.answer : ACE_ACCESS_NO_RESOURCE;
}
