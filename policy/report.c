/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy/locate.h"

#define LINE_SHOWN 140 /* bytes of a source line that are shown */

size_t policy_pointer_push(struct policy_pointer *pointer, const char *name)
{
	size_t before = pointer->len;

	if (pointer->len + 1 < sizeof pointer->text)
		pointer->text[pointer->len++] = '/';
	for (; *name && pointer->len + 3 < sizeof pointer->text; name++) {
		if (*name == '~' || *name == '/') {
			pointer->text[pointer->len++] = '~';
			pointer->text[pointer->len++] = *name == '~' ? '0' : '1';
		} else {
			pointer->text[pointer->len++] = *name;
		}
	}
	pointer->text[pointer->len] = 0;
	return before;
}

size_t policy_pointer_push_index(struct policy_pointer *pointer, size_t index)
{
	char name[24];

	snprintf(name, sizeof name, "%zu", index);
	return policy_pointer_push(pointer, name);
}

void policy_pointer_cut(struct policy_pointer *pointer, size_t len)
{
	pointer->len = len;
	pointer->text[len] = 0;
}

struct policy_pointer policy_pointer_make(const char *const *names, size_t index)
{
	struct policy_pointer pointer = { .len = 0 };

	for (; *names; names++)
		policy_pointer_push(&pointer, *names);
	if (index != SIZE_MAX)
		policy_pointer_push_index(&pointer, index);
	return pointer;
}

static char *copy_text(struct policy_problems *problems, const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy) {
		problems->no_memory = true;
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}

/* Names come from files: keep what would steer a terminal out of messages. */
static char *format_text(struct policy_problems *problems, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static char *format_text(struct policy_problems *problems, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		problems->no_memory = true;
		return NULL;
	}
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return text;
}

static struct policy_problem *problem_add(struct policy_problems *problems, const char *code)
{
	struct policy_problem *list = problems->list;

	if (code[0] == 'E')
		problems->errors++;
	else
		problems->warnings++;
	if (problems->len == POLICY_PROBLEMS_MAX)
		return NULL;
	if (problems->len == problems->cap) {
		list = realloc(list, (problems->cap + 16) * sizeof *list);
		if (!list) {
			problems->no_memory = true;
			return NULL;
		}
		problems->list = list;
		problems->cap += 16;
	}
	list[problems->len] = (struct policy_problem){ .source = UINT32_MAX };
	memcpy(list[problems->len].code, code, sizeof list->code);
	return &list[problems->len++];
}

void policy_report(struct policy_problems *problems, struct policy_place place, const char *code, const char *format,
		   ...)
{
	struct policy_problem *problem = problem_add(problems, code);
	va_list args;

	if (!problem)
		return;
	va_start(args, format);
	problem->message = format_text(problems, format, args);
	va_end(args);
	problem->source = place.source;
	problem->pointer = copy_text(problems, place.pointer, strlen(place.pointer));
}

void policy_report_hint(struct policy_problems *problems, const char *format, ...)
{
	va_list args;

	if (!problems->len || problems->list[problems->len - 1].hint)
		return;
	va_start(args, format);
	problems->list[problems->len - 1].hint = format_text(problems, format, args);
	va_end(args);
}

/* The line as it is shown: cut around the column when long, and fit for a terminal. */
static void show_line(struct policy_problems *problems, struct policy_problem *problem, const char *text,
		      struct policy_line line, size_t offset)
{
	size_t from = line.start, len = line.len;
	char *shown;

	if (len > LINE_SHOWN && offset - line.start > LINE_SHOWN / 2)
		from = offset - LINE_SHOWN / 2;
	while (from < offset && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	len = line.start + line.len - from;
	if (len > LINE_SHOWN)
		len = LINE_SHOWN;
	while (len && len < line.start + line.len - from && ((unsigned char)text[from + len] & 0xc0) == 0x80)
		len--;
	shown = copy_text(problems, text + from, len);
	problem->source_line = shown;
	for (size_t i = 0; shown && i < len; i++)
		if ((unsigned char)shown[i] < 0x20 || shown[i] == 0x7f)
			shown[i] = i + 1 == len ? 0 : ' ';
	problem->caret = 1;
	for (size_t i = from; i < offset; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			problem->caret++;
}

static void set_position(struct policy_problems *problems, struct policy_problem *problem,
			 const struct policy_source *source, size_t offset)
{
	struct policy_line line = policy_locate_line(source->text, source->len, offset);

	problem->line = line.line;
	problem->column = line.column;
	show_line(problems, problem, source->text, line, offset < source->len ? offset : source->len);
}

void policy_report_at(struct policy_problems *problems, const struct policy_source *source, size_t offset,
		      const char *code, const char *message)
{
	struct policy_problem *problem = problem_add(problems, code);

	if (!problem)
		return;
	problem->file = copy_text(problems, source->name, strlen(source->name));
	problem->message = copy_text(problems, message, strlen(message));
	problem->pointer = copy_text(problems, "", 0);
	set_position(problems, problem, source, offset);
}

struct lookup {
	struct policy_problems *problems;
	size_t first;
	uint32_t source_index;
	const struct policy_source *source;
	uint64_t wanted[64]; /* one bit for the hash of each pointer looked for: most visits end there */
};

static uint32_t pointer_hash(const char *pointer)
{
	uint32_t hash = 2166136261u;

	for (; *pointer; pointer++)
		hash = (hash ^ (unsigned char)*pointer) * 16777619u;
	return (hash ^ hash >> 12) & 4095;
}

static bool lookup_visit(void *context, const char *pointer, size_t offset)
{
	struct lookup *lookup = context;
	uint32_t hash = pointer_hash(pointer);

	if (!(lookup->wanted[hash / 64] >> hash % 64 & 1))
		return true;
	for (size_t i = lookup->first; i < lookup->problems->len; i++) {
		struct policy_problem *problem = &lookup->problems->list[i];

		if (problem->source == lookup->source_index && !problem->line && problem->pointer &&
		    !strcmp(problem->pointer, pointer))
			set_position(lookup->problems, problem, lookup->source, offset);
	}
	return true;
}

static int compare_problems(const void *left, const void *right)
{
	const struct policy_problem *a = left, *b = right;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->code, b->code);
}

void policy_report_locate(struct policy_problems *problems, size_t first, const struct policy_source *sources,
			  size_t sources_len)
{
	for (uint32_t s = 0; s < sources_len; s++) {
		struct lookup lookup = { problems, first, s, &sources[s], { 0 } };
		bool is_named = false;

		for (size_t i = first; i < problems->len; i++) {
			struct policy_problem *problem = &problems->list[i];
			uint32_t hash;

			if (problem->source != s || problem->file || !problem->pointer)
				continue;
			problem->file = copy_text(problems, sources[s].name, strlen(sources[s].name));
			hash = pointer_hash(problem->pointer);
			lookup.wanted[hash / 64] |= UINT64_C(1) << hash % 64;
			is_named = true;
		}
		if (is_named)
			policy_locate_walk(sources[s].text, sources[s].len, lookup_visit, &lookup);
	}
	if (problems->len > first)
		qsort(problems->list + first, problems->len - first, sizeof *problems->list, compare_problems);
}
