/* SPDX-License-Identifier: Apache-2.0 */
/* Rights, rules and times in words. */
#include <string.h>

#include "policy/can.h"
#include "policy/explain_words.h"

#define RULES_NAMED 4

static void methods_words(uint64_t methods, FILE *out)
{
	for (; methods; methods &= methods - 1)
		fprintf(out, "%s ", policy_method_name(methods & -methods));
}

void policy_right_words(const struct policy_right *right, FILE *out)
{
	if (!right->name) {
		methods_words(right->methods, out);
		fprintf(out, "%.*s", (int)right->path.len, (const char *)right->path.ptr);
		return;
	}
	fprintf(out, "%.*s (", (int)right->name->name.len, (const char *)right->name->name.ptr);
	for (size_t i = 0; i < right->name->grants_len; i++) {
		fputs(i ? ", " : "", out);
		methods_words(right->name->grants[i].methods, out);
		fprintf(out, "%.*s", (int)right->name->grants[i].path.len, (const char *)right->name->grants[i].path.ptr);
	}
	fputc(')', out);
}

void policy_rules_words(const struct policy *policy, const struct policy_rule_list *rules, FILE *out)
{
	for (size_t i = 0; i < rules->len && i < RULES_NAMED; i++)
		fprintf(out, "%s%s", i ? ", " : "", policy_rule_id(policy, rules->rules[i]));
	if (rules->is_cut)
		fputs(" and many more", out);
	else if (rules->len > RULES_NAMED)
		fprintf(out, " and %zu more", rules->len - RULES_NAMED);
}

/* "mon-fri", "sat,sun". */
static void days_words(uint8_t days, FILE *out)
{
	static const char *const names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
	const char *between = "";

	if (days == 0x7f) {
		fputs("daily", out);
		return;
	}
	for (unsigned int from = 0, to; from < 7; from = to + 1) {
		for (to = from; to < 7 && (days >> to & 1); to++)
			;
		if (to == from)
			continue;
		to--;
		fprintf(out, "%s%s", between, names[from]);
		if (to > from)
			fprintf(out, "%s%s", to > from + 1 ? "-" : ",", names[to]);
		between = ",";
	}
}

static void moment_words(const char *label, int64_t at, FILE *out)
{
	int64_t day = at / 86400 - (at % 86400 < 0), second = at - day * 86400, year = 1970 + day / 366;
	unsigned int month = 1;

	while (policy_days_from_civil(year + 1, 1, 1) <= day)
		year++;
	while (month < 12 && policy_days_from_civil(year, month + 1, 1) <= day)
		month++;
	fprintf(out, "%s %04lld-%02u-%02lldT%02lld:%02lld:%02lldZ", label, (long long)year, month,
		(long long)(day - policy_days_from_civil(year, month, 1) + 1), (long long)second / 3600,
		(long long)second / 60 % 60, (long long)second % 60);
}

void policy_times_words(const struct policy *policy, uint32_t rule, FILE *out)
{
	const struct policy_when *when = &policy->rules[rule].when;
	const char *between = "";

	for (size_t i = 0; i < when->windows_len; i++) {
		const struct policy_window *window = &when->windows[i];

		fputs(i ? " or " : "", out);
		days_words(window->days, out);
		fprintf(out, " %02u:%02u–%02u:%02u %s", window->from_s / 3600, window->from_s / 60 % 60, window->to_s / 3600,
			window->to_s / 60 % 60, window->tz);
		between = ", ";
	}
	if (when->has_not_before) {
		fputs(between, out);
		moment_words("from", when->not_before, out);
		between = ", ";
	}
	if (when->has_not_after) {
		fputs(between, out);
		moment_words("until", when->not_after, out);
	}
}

uint64_t policy_method_bit(const char *name)
{
	for (unsigned int bit = 0; strcmp(name, "?") && bit < 39; bit++)
		if (!strcmp(policy_method_name(UINT64_C(1) << bit), name))
			return UINT64_C(1) << bit;
	return 0;
}

const char *policy_method_text(uint64_t method)
{
	return policy_method_name(method);
}
