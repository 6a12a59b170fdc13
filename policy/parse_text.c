/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to JSON. Whatever is wrong is said with its place; nothing in here trusts the text. */
#include <stdlib.h>
#include <string.h>

#include "policy/locate.h"
#include "policy/parse_read.h"

struct last_seen {
	char pointer[1024];
	size_t offset, limit;
};

static bool last_seen_visit(void *context, const char *pointer, size_t offset)
{
	struct last_seen *last = context;

	if (offset >= last->limit)
		return false;
	snprintf(last->pointer, sizeof last->pointer, "%s", pointer);
	last->offset = offset;
	return true;
}

/* jansson stops behind the second name: the last member before that place is the one, and the first
 * with the same pointer the other. */
static void report_duplicate(const struct policy_source *source, size_t position, struct policy_problems *problems)
{
	struct last_seen last = { .limit = position };
	char message[1400];
	size_t first = 0;
	struct policy_line line;

	policy_locate_walk(source->text, position, last_seen_visit, &last);
	(void)policy_locate(source->text, position, last.pointer, &first);
	line = policy_locate_line(source->text, source->len, first);
	snprintf(message, sizeof message, "%s is defined twice; the other one is at %u:%u", last.pointer, line.line,
		 line.column);
	for (char *c = message; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	policy_report_at(problems, source, last.offset, "E101", message);
}

static bool is_encoding_wrong(const struct policy_source *source, struct policy_problems *problems)
{
	const char *nul = source->len ? memchr(source->text, 0, source->len) : NULL;
	const unsigned char *bytes = (const unsigned char *)source->text;

	if (source->len >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff)))
		policy_report_at(problems, source, 0, "E002", "the file is UTF-16; JSON here is UTF-8");
	else if (source->len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		policy_report_at(problems, source, 0, "E002", "the file begins with a byte order mark, which JSON has not");
	else if (nul)
		policy_report_at(problems, source, (size_t)(nul - source->text), "E002", "a zero byte");
	else
		return false;
	return true;
}

/* jansson names the place behind the token that it could not take; step back to where that begins. */
static size_t token_start(const struct policy_source *source, const json_error_t *error)
{
	size_t position = error->position > 0 ? (size_t)error->position : 0;
	const char *near = strstr(error->text, " near '");
	const char *last = strrchr(error->text, '\'');
	size_t len;

	if (position > source->len)
		position = source->len;
	if (!near || last <= near + 7)
		return position;
	len = (size_t)(last - (near + 7));
	return len <= position && !memcmp(source->text + position - len, near + 7, len) ? position - len : position;
}

/* What most often leads to such an error, from jansson's words for it; NULL when nothing is likely. */
static const char *likely_slip(const char *text)
{
	const char *near = strstr(text, " near '");
	bool wants_end = !strncmp(text, "'}' expected", 12) || !strncmp(text, "']' expected", 12);

	if (!near)
		return NULL;
	near += 7;
	if (*near == '/' || *near == '#')
		return "JSON has no comments; most objects take a “description”";
	if (*near == '\'')
		return "strings stand in double quotes";
	if (wants_end && strchr("\"{[", *near))
		return "is a comma missing before it?";
	if ((*near == '}' || *near == ']') && !wants_end)
		return "is there a comma too many before it?";
	return NULL;
}

json_t *policy_parse_text(const struct policy_source *source, struct policy_problems *problems)
{
	json_error_t error;
	const char *slip;
	size_t offset;
	json_t *root;

	if (source->len > POLICY_FILE_MAX) {
		policy_report_at(problems, &(struct policy_source){ source->name, "", 0 }, 0, "E001",
				 "the file is larger than 32 MiB");
		return NULL;
	}
	if (is_encoding_wrong(source, problems))
		return NULL;
	if (policy_locate_too_deep(source->text, source->len, &offset)) {
		policy_report_at(problems, source, offset, "E002", "nested more than 16 levels deep");
		return NULL;
	}
	root = json_loadb(source->text, source->len, JSON_REJECT_DUPLICATES, &error);
	if (root)
		return root;
	if (json_error_code(&error) == json_error_duplicate_key) {
		report_duplicate(source, (size_t)error.position, problems);
		return NULL;
	}
	for (char *c = error.text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	policy_report_at(problems, source, token_start(source, &error), "E002", error.text);
	slip = likely_slip(error.text);
	if (slip)
		policy_report_hint(problems, "%s", slip);
	return NULL;
}
