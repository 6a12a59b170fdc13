/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diag_internal.h"

#define MAJOR_TAG 6
#define LINE_BYTES 16
#define INDENT 2

static void item(struct diag_walk *walk);
static void hex_item(struct diag_walk *walk);

static void line_begin(struct diag_walk *walk)
{
	cli_text_printf(walk->text, "\n%*s", (int)walk->indent, "");
}

/* --- notation --- */

static void hidden(struct diag_walk *walk)
{
	struct diag_walk ahead = *walk;
	struct diag_head head = diag_head_take(&ahead);
	size_t len = diag_skip(walk).len;

	/* Dots in the place of what is left out; how long a key is tells nothing of it. */
	cli_text_printf(walk->text, "h'...' /%zu bytes, hidden/", head.major == ACE_CBOR_BSTR ? head.content.len : len);
}

static void member(struct diag_walk *walk)
{
	const char *name;

	diag_step(walk, diag_key(walk));
	name = walk->view->name(&walk->path);
	line_begin(walk);
	if (name)
		cli_text_printf(walk->text, "/%s/ ", name);
}

static void map(struct diag_walk *walk, const struct diag_head *head)
{
	struct diag_walk inner = *walk;
	struct diag_head key;
	struct ace_slice end;
	uint64_t taken = 0;

	cli_text_printf(walk->text, head->info == DIAG_INDEFINITE ? "{_ " : "{");
	inner.indent += INDENT;
	for (; diag_goes_on(&inner, head, taken, &end); taken++) {
		if (taken)
			cli_text_printf(walk->text, ",");
		member(&inner);
		key = diag_head_take(&inner);
		diag_scalar(walk->text, &key);
		cli_text_printf(walk->text, ": ");
		item(&inner);
		inner.path = walk->path;
	}
	walk->rest = inner.rest;
	if (taken)
		line_begin(walk);
	cli_text_printf(walk->text, "}");
}

static void array(struct diag_walk *walk, const struct diag_head *head)
{
	struct diag_walk inner = *walk;
	struct ace_slice end;
	uint64_t taken = 0;

	cli_text_printf(walk->text, head->info == DIAG_INDEFINITE ? "[_ " : "[");
	for (; diag_goes_on(&inner, head, taken, &end); taken++) {
		if (taken)
			cli_text_printf(walk->text, ", ");
		diag_step(&inner, (int64_t)taken);
		item(&inner);
		inner.path = walk->path;
	}
	walk->rest = inner.rest;
	cli_text_printf(walk->text, "]");
}

static void embedded(struct diag_walk *walk)
{
	struct diag_head head = diag_head_take(walk);
	struct diag_walk inside = diag_inside(walk, &head);

	cli_text_printf(walk->text, "<< ");
	item(&inside);
	cli_text_printf(walk->text, " >>");
}

/* As deep as ace_cbor_read_init() lets bytes be, and as deep again in byte strings that hold CBOR. */
static void item(struct diag_walk *walk)
{
	enum cli_diag_as as = diag_show(walk);
	struct diag_head head;

	if (as == CLI_DIAG_HIDDEN) {
		hidden(walk);
		return;
	}
	if (as == CLI_DIAG_EMBEDDED) {
		embedded(walk);
		return;
	}
	head = diag_head_take(walk);
	if (head.major == ACE_CBOR_ARRAY) {
		array(walk, &head);
	} else if (head.major == ACE_CBOR_MAP) {
		map(walk, &head);
	} else if (head.major == MAJOR_TAG) {
		cli_text_printf(walk->text, "%llu(", (unsigned long long)head.value);
		item(walk);
		cli_text_printf(walk->text, ")");
	} else {
		diag_scalar(walk->text, &head);
	}
}

/* --- annotated hex --- */

/* Up to LINE_BYTES, in a column of their own. */
static void hex_column(struct diag_walk *walk, struct ace_slice bytes, const char *note)
{
	size_t width = 2 * LINE_BYTES + 2 * INDENT * 4;
	size_t used = walk->indent + 2 * bytes.len;

	cli_text_printf(walk->text, "%*s", (int)walk->indent, "");
	cli_text_hex(walk->text, bytes);
	if (note)
		cli_text_printf(walk->text, "%*s # %s", used < width ? (int)(width - used) : 0, "", note);
}

static void hex_content(struct diag_walk *walk, struct ace_slice content)
{
	for (size_t at = 0; at < content.len; at += LINE_BYTES) {
		size_t len = content.len - at < LINE_BYTES ? content.len - at : LINE_BYTES;

		hex_column(walk, (struct ace_slice){ content.ptr + at, len }, NULL);
		cli_text_printf(walk->text, "\n");
	}
}

static void hex_string(struct diag_walk *walk, const struct diag_head *head, bool is_embedded)
{
	struct diag_walk inside = diag_inside(walk, head);

	hex_column(walk, head->bytes, head->major == ACE_CBOR_BSTR ? "bytes" : "text");
	cli_text_printf(walk->text, "(%zu)", head->content.len);
	inside.indent += INDENT;
	if (head->major == ACE_CBOR_TSTR) {
		cli_text_printf(walk->text, " ");
		diag_scalar(walk->text, head);
	}
	cli_text_printf(walk->text, is_embedded ? ", which hold CBOR\n" : "\n");
	if (is_embedded)
		hex_item(&inside);
	else
		hex_content(&inside, head->content);
}

static void hex_hidden(struct diag_walk *walk)
{
	struct diag_walk ahead = *walk;
	struct diag_head head = diag_head_take(&ahead);
	struct ace_slice raw = diag_skip(walk);

	if (head.major != ACE_CBOR_BSTR)
		head.bytes.len = 0;
	hex_column(walk, head.bytes, "hidden:");
	cli_text_printf(walk->text, " %zu bytes\n", raw.len - head.bytes.len);
}

static void hex_key(struct diag_walk *walk)
{
	struct diag_head key;
	const char *name;

	diag_step(walk, diag_key(walk));
	name = walk->view->name(&walk->path);
	key = diag_head_take(walk);
	hex_column(walk, (struct ace_slice){ key.bytes.ptr, key.bytes.len + key.content.len }, "");
	diag_scalar(walk->text, &key);
	cli_text_printf(walk->text, ":%s%s\n", name ? " " : "", name ? name : "");
}

static void hex_container(struct diag_walk *walk, const struct diag_head *head)
{
	bool is_map = head->major == ACE_CBOR_MAP;
	struct diag_walk inner = *walk;
	struct ace_slice end;

	hex_column(walk, head->bytes, is_map ? "map" : "array");
	if (head->info == DIAG_INDEFINITE)
		cli_text_printf(walk->text, "(to the break)\n");
	else
		cli_text_printf(walk->text, "(%llu)\n", (unsigned long long)head->value);
	inner.indent += INDENT;
	for (uint64_t taken = 0; diag_goes_on(&inner, head, taken, &end); taken++) {
		if (is_map)
			hex_key(&inner);
		else
			diag_step(&inner, (int64_t)taken);
		inner.indent += is_map ? INDENT : 0;
		hex_item(&inner);
		inner.indent -= is_map ? INDENT : 0;
		inner.path = walk->path;
	}
	walk->rest = inner.rest;
	if (end.len) {
		hex_column(&inner, end, "break");
		cli_text_printf(walk->text, "\n");
	}
}

static void hex_item(struct diag_walk *walk)
{
	enum cli_diag_as as = diag_show(walk);
	struct diag_head head;

	if (as == CLI_DIAG_HIDDEN) {
		hex_hidden(walk);
		return;
	}
	head = diag_head_take(walk);
	if (head.major == ACE_CBOR_ARRAY || head.major == ACE_CBOR_MAP) {
		hex_container(walk, &head);
	} else if (head.major == ACE_CBOR_BSTR || head.major == ACE_CBOR_TSTR) {
		hex_string(walk, &head, as == CLI_DIAG_EMBEDDED);
	} else if (head.major == MAJOR_TAG) {
		hex_column(walk, head.bytes, "tag");
		cli_text_printf(walk->text, "(%llu)\n", (unsigned long long)head.value);
		hex_item(walk);
	} else {
		hex_column(walk, head.bytes, "");
		diag_scalar(walk->text, &head);
		cli_text_printf(walk->text, "\n");
	}
}

static enum ace_err begin(struct ace_slice bytes, const struct cli_diag_view *view, struct cli_text *text,
			  struct diag_walk *ret_walk)
{
	struct ace_cbor_reader r;

	ace_cbor_read_init(&r, bytes);
	*ret_walk = (struct diag_walk){ .rest = bytes, .view = view, .text = text };
	return r.err;
}

enum ace_err cli_diag_text(struct ace_slice bytes, const struct cli_diag_view *view, struct cli_text *text)
{
	struct diag_walk walk;
	enum ace_err err = begin(bytes, view, text, &walk);

	if (err)
		return err;
	item(&walk);
	cli_text_printf(text, "\n");
	return ACE_OK;
}

enum ace_err cli_diag_hex(struct ace_slice bytes, const struct cli_diag_view *view, struct cli_text *text)
{
	struct diag_walk walk;
	enum ace_err err = begin(bytes, view, text, &walk);

	if (!err)
		hex_item(&walk);
	return err;
}
