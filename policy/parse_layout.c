/* SPDX-License-Identifier: Apache-2.0 */
/* Works on the text, which is known to be JSON by then: numbers and strings stay as they were written. */
#include <stdlib.h>
#include <string.h>

#include "policy/layout.h"
#include "policy/parse_read.h"

#define COLUMNS 120
#define ALWAYS_BROKEN 2 /* levels that are never on one line: the file, its sections */

struct layout {
	const char *text;
	size_t len;
	FILE *out;
};

static size_t skip_space(const struct layout *l, size_t at)
{
	while (at < l->len && strchr(" \t\r\n", l->text[at]))
		at++;
	return at;
}

static bool is_open(char c)
{
	return c == '{' || c == '[';
}

static bool is_close(char c)
{
	return c == '}' || c == ']';
}

/* Behind a string, a number or a word. */
static size_t scalar_end(const struct layout *l, size_t at)
{
	if (l->text[at] != '"') {
		while (at < l->len && !strchr(" \t\r\n,:]}", l->text[at]))
			at++;
		return at;
	}
	for (at++; at < l->len && l->text[at] != '"'; at++)
		at += l->text[at] == '\\';
	return at + 1;
}

static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

/* The next token as it stands on one line, and where it ends. */
static size_t token(const struct layout *l, size_t at, const char **ret_text, size_t *ret_len)
{
	static const char *const marks[] = { "{ ", "[", " }", "]", ", ", ": " };
	const char *mark = strchr("{[}],:", l->text[at]);
	size_t next = skip_space(l, at + 1);

	if (!mark) {
		*ret_text = l->text + at;
		*ret_len = scalar_end(l, at) - at;
		return at + *ret_len;
	}
	*ret_text = marks[mark - "{[}],:"];
	if (is_open(*mark) && is_close(l->text[next])) {
		*ret_text = *mark == '{' ? "{}" : "[]";
		at = next;
	}
	*ret_len = strlen(*ret_text);
	return at + 1;
}

/* The value on one line: to out, or only how wide it is, up to more than most. @return where it ends. */
static size_t flat(const struct layout *l, size_t at, size_t most, FILE *out, size_t *ret_width)
{
	size_t width = 0, depth = 0;

	do {
		const char *text;
		size_t len;

		at = skip_space(l, at);
		depth += is_open(l->text[at]);
		at = token(l, at, &text, &len);
		depth -= is_close(l->text[at - 1]);
		width += width_of(text, len);
		if (out)
			fwrite(text, 1, len, out);
	} while (depth && width <= most);
	*ret_width = width;
	return at;
}

static void line(const struct layout *l, size_t depth)
{
	fprintf(l->out, "\n%*s", (int)(2 * depth), "");
}

static size_t value(const struct layout *l, size_t at, size_t column, size_t depth);

/* Behind the member's name and its colon, which are printed. */
static size_t name(const struct layout *l, size_t at, size_t *column)
{
	size_t width;

	at = flat(l, at, SIZE_MAX, l->out, &width);
	fputs(": ", l->out);
	*column += width + 2;
	return skip_space(l, at) + 1;
}

/* A line for each member. Levels are few: policy_parse_text() takes no more than 16. */
static size_t broken(const struct layout *l, size_t at, size_t depth)
{
	const bool is_object = l->text[at] == '{';

	do {
		size_t column = 2 * (depth + 1);

		fputs(l->text[at] == ',' ? "," : is_object ? "{" : "[", l->out);
		line(l, depth + 1);
		at = skip_space(l, at + 1);
		if (is_object)
			at = name(l, at, &column);
		at = skip_space(l, value(l, skip_space(l, at), column, depth + 1));
	} while (l->text[at] == ',');
	line(l, depth);
	fputc(l->text[at], l->out);
	return at + 1;
}

static size_t value(const struct layout *l, size_t at, size_t column, size_t depth)
{
	const bool is_whole = !is_open(l->text[at]) || is_close(l->text[skip_space(l, at + 1)]);
	size_t most = column < COLUMNS - 1 ? COLUMNS - 1 - column : 0; /* and a comma */
	size_t width = 0;

	if (!is_whole && depth >= ALWAYS_BROKEN)
		flat(l, at, most, NULL, &width);
	if (is_whole || (depth >= ALWAYS_BROKEN && width <= most))
		return flat(l, at, SIZE_MAX, l->out, &width);
	return broken(l, at, depth);
}

enum ace_err policy_layout(const struct policy_source *source, struct policy_problems *problems, char **ret_text,
			   size_t *ret_len)
{
	struct layout l = { source->text, source->len, NULL };
	json_t *root = policy_parse_text(source, problems);
	char *text = NULL;
	size_t len = 0;
	bool is_whole;

	if (!root)
		return problems->no_memory ? ACE_ERR_MEMORY : ACE_ERR_MALFORMED;
	json_decref(root);
	l.out = open_memstream(&text, &len);
	if (!l.out)
		return ACE_ERR_MEMORY;
	value(&l, skip_space(&l, 0), 0, 0);
	fputc('\n', l.out);
	is_whole = !ferror(l.out);
	if (fclose(l.out) || !is_whole) {
		free(text);
		return ACE_ERR_MEMORY;
	}
	*ret_text = text;
	*ret_len = len;
	return ACE_OK;
}
