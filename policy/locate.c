/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/locate.h"

#include <stdlib.h>
#include <string.h>

#include "policy/report.h"

struct walk {
	const char *text;
	size_t len, pos;
	struct policy_pointer pointer;
	policy_locate_fn *visit;
	void *context;
};

struct level {
	bool is_object;
	size_t index;
	size_t pointer_len; /* of the container itself */
};

static void skip_space(struct walk *w)
{
	while (w->pos < w->len && memchr(" \t\r\n,:", w->text[w->pos], 6))
		w->pos++;
}

/* At an opening quote: the position after the closing one. */
static size_t string_end(const char *text, size_t len, size_t pos)
{
	for (pos++; pos < len && text[pos] != '"'; pos++)
		if (text[pos] == '\\')
			pos++;
	return pos < len ? pos + 1 : len;
}

static unsigned int hex4(const char *text)
{
	char digits[5];

	memcpy(digits, text, 4);
	digits[4] = 0;
	return (unsigned int)strtoul(digits, NULL, 16);
}

static size_t utf8_put(unsigned int c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* One escape, its backslash at text[0]: bytes read in *ret_read, bytes written as result. */
static size_t unescape(const char *text, size_t len, char *out, size_t *ret_read)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found;
	unsigned int c;

	*ret_read = 2;
	if (len >= 6 && text[1] == 'u') {
		c = hex4(text + 2);
		*ret_read = 6;
		if (c >= 0xd800 && c < 0xdc00 && len >= 12 && text[6] == '\\' && text[7] == 'u') {
			c = 0x10000 + ((c & 0x3ff) << 10 | (hex4(text + 8) & 0x3ff));
			*ret_read = 12;
		}
		return utf8_put(c, out);
	}
	found = len >= 2 ? strchr(from, text[1]) : NULL;
	out[0] = found && *found ? to[found - from] : text[len >= 2 ? 1 : 0];
	return 1;
}

/* The name between two quotes, decoded, onto the pointer. Longer ones than any pointer are cut. */
static void push_key(struct walk *w, size_t end)
{
	char name[sizeof w->pointer.text];
	size_t out = 0, pos = w->pos + 1, read = 1;

	for (; pos + 1 < end && out + 5 < sizeof name; pos += read) {
		read = 1;
		if (w->text[pos] == '\\')
			out += unescape(w->text + pos, end - 1 - pos, name + out, &read);
		else
			name[out++] = w->text[pos];
	}
	name[out] = 0;
	policy_pointer_push(&w->pointer, name);
}

static void skip_scalar(struct walk *w)
{
	if (w->text[w->pos] == '"') {
		w->pos = string_end(w->text, w->len, w->pos);
		return;
	}
	while (w->pos < w->len && !memchr(" \t\r\n,:]}", w->text[w->pos], 8))
		w->pos++;
}

/* Announce the next member or element of the container; false: stop. */
static bool step_into(struct walk *w, struct level *level)
{
	size_t offset = w->pos;

	policy_pointer_cut(&w->pointer, level->pointer_len);
	if (!level->is_object) {
		policy_pointer_push_index(&w->pointer, level->index++);
		return w->visit(w->context, w->pointer.text, offset);
	}
	if (w->text[w->pos] != '"')
		return false;
	push_key(w, string_end(w->text, w->len, w->pos));
	w->pos = string_end(w->text, w->len, w->pos);
	if (!w->visit(w->context, w->pointer.text, offset))
		return false;
	skip_space(w);
	return true;
}

static bool is_opening(char c)
{
	return c == '{' || c == '[';
}

void policy_locate_walk(const char *text, size_t len, policy_locate_fn *visit, void *context)
{
	struct walk w = { .text = text, .len = len, .visit = visit, .context = context };
	struct level levels[POLICY_DEPTH_MAX];
	size_t depth = 0;

	skip_space(&w);
	if (!visit(context, "", w.pos))
		return;
	do {
		if (w.pos < len && is_opening(text[w.pos])) {
			if (depth == POLICY_DEPTH_MAX)
				return;
			levels[depth++] =
				(struct level){ .is_object = text[w.pos] == '{', .pointer_len = w.pointer.len };
			w.pos++;
		} else if (w.pos < len) {
			skip_scalar(&w);
		}
		skip_space(&w);
		while (depth && w.pos < len && (text[w.pos] == ']' || text[w.pos] == '}')) {
			depth--;
			w.pos++;
			skip_space(&w);
		}
	} while (depth && w.pos < len && step_into(&w, &levels[depth - 1]));
}

struct search {
	const char *pointer;
	size_t offset;
	bool found;
};

static bool search_visit(void *context, const char *pointer, size_t offset)
{
	struct search *search = context;

	if (strcmp(pointer, search->pointer))
		return true;
	search->offset = offset;
	search->found = true;
	return false;
}

bool policy_locate(const char *text, size_t len, const char *pointer, size_t *ret_offset)
{
	struct search search = { .pointer = pointer };

	policy_locate_walk(text, len, search_visit, &search);
	if (search.found)
		*ret_offset = search.offset;
	return search.found;
}

bool policy_locate_too_deep(const char *text, size_t len, size_t *ret_offset)
{
	size_t depth = 0;

	for (size_t pos = 0; pos < len; pos++) {
		if (text[pos] == '"') {
			pos = string_end(text, len, pos) - 1;
		} else if (is_opening(text[pos]) && ++depth > POLICY_DEPTH_MAX) {
			*ret_offset = pos;
			return true;
		} else if ((text[pos] == ']' || text[pos] == '}') && depth) {
			depth--;
		}
	}
	return false;
}

struct policy_line policy_locate_line(const char *text, size_t len, size_t offset)
{
	struct policy_line line = { .line = 1, .column = 1 };
	const char *end;

	if (offset > len)
		offset = len;
	for (size_t pos = 0; pos < offset; pos++) {
		if (text[pos] == '\n') {
			line.line++;
			line.start = pos + 1;
		}
	}
	for (size_t pos = line.start; pos < offset; pos++)
		if ((text[pos] & 0xc0) != 0x80)
			line.column++;
	end = memchr(text + line.start, '\n', len - line.start);
	line.len = end ? (size_t)(end - text) - line.start : len - line.start;
	return line;
}
