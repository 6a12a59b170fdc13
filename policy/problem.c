/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/problem.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	char code[5];
	const char *title;
} titles[] = {
	{ "E001", "file cannot be read" },
	{ "E002", "not JSON" },
	{ "E003", "unknown member" },
	{ "E004", "wrong type" },
	{ "E005", "required member is missing" },
	{ "E006", "value not allowed" },
	{ "E101", "defined twice" },
	{ "E102", "unknown group or tag key" },
	{ "E103", "unknown client or device" },
	{ "E104", "unknown scope" },
	{ "E105", "unknown model" },
	{ "E106", "audience clash" },
	{ "E107", "path that no model has" },
	{ "E108", "method that no model allows" },
	{ "E109", "key id clash" },
	{ "E110", "window that ends before it begins" },
	{ "E111", "unknown time zone" },
	{ "E112", "lifetime above the server's maximum" },
	{ "E113", "path that CoAP cannot carry" },
	{ "E114", "unknown rule" },
	{ "E115", "PSK identity clash" },
	{ "W201", "never used" },
	{ "W202", "allowed and denied" },
	{ "W203", "two rules that do the same" },
	{ "W204", "any client may write" },
	{ "W205", "rule can never match" },
	{ "W210", "AIF larger than the device takes" },
	{ "W211", "token larger than the device takes" },
	{ "W212", "token that needs blocks" },
	{ "W213", "layout that a revocation list cannot rely on" },
	{ "W220", "window on a clock-less device" },
	{ "W222", "lifetimes differ on a clock-less model" },
	{ "W230", "client that no rule selects" },
	{ "W231", "device that no rule selects" },
};

#define TITLES_LEN (sizeof titles / sizeof titles[0])

void policy_problems_free(struct policy_problems *problems)
{
	for (size_t i = 0; i < problems->len; i++) {
		struct policy_problem *problem = &problems->list[i];

		free((void *)(uintptr_t)problem->file);
		free((void *)(uintptr_t)problem->pointer);
		free((void *)(uintptr_t)problem->message);
		free((void *)(uintptr_t)problem->hint);
		free((void *)(uintptr_t)problem->source_line);
	}
	free(problems->list);
	*problems = (struct policy_problems){ 0 };
}

const char *policy_problem_title(const char *code)
{
	for (size_t i = 0; i < TITLES_LEN; i++)
		if (!strcmp(titles[i].code, code))
			return titles[i].title;
	return NULL;
}

void policy_problem_print(FILE *out, const struct policy_problem *problem)
{
	fputs(problem->file ? problem->file : "-", out);
	if (problem->line)
		fprintf(out, ":%u:%u", problem->line, problem->column);
	fprintf(out, ": %s %s: %s", problem->code[0] == 'E' ? "error" : "warning", problem->code, problem->message);
	if (problem->hint)
		fprintf(out, " (%s)", problem->hint);
	fputc('\n', out);
	if (!problem->line || !problem->source_line)
		return;
	fprintf(out, "%6u | %s\n       | %*s^", problem->line, problem->source_line,
		problem->caret ? (int)problem->caret - 1 : 0, "");
	if (problem->pointer && *problem->pointer)
		fprintf(out, "  %s", problem->pointer);
	fputc('\n', out);
}

void policy_problems_print(FILE *out, const struct policy_problems *problems)
{
	for (size_t i = 0; i < problems->len; i++)
		policy_problem_print(out, &problems->list[i]);
	if (problems->len < problems->errors + problems->warnings)
		fprintf(out, "... and %zu more\n", problems->errors + problems->warnings - problems->len);
}

static bool is_listed(const struct policy_problems *problems, const char *code)
{
	for (size_t i = 0; i < problems->len; i++)
		if (!strcmp(problems->list[i].code, code))
			return true;
	return false;
}

void policy_problems_summary(FILE *out, const struct policy_problems *problems)
{
	const char *before = " (";

	fprintf(out, "%zu error%s, %zu warning%s", problems->errors, problems->errors == 1 ? "" : "s", problems->warnings,
		problems->warnings == 1 ? "" : "s");
	for (size_t i = 0; i < TITLES_LEN; i++) {
		if (titles[i].code[0] != 'W' || !is_listed(problems, titles[i].code))
			continue;
		fprintf(out, "%s%s %s", before, titles[i].code, titles[i].title);
		before = ", ";
	}
	if (before[0] == ',')
		fputc(')', out);
}
