/* SPDX-License-Identifier: Apache-2.0 */
/* The rule for the far future in time zone files: "CET-1CEST,M3.5.0,M10.5.0/3" (RFC 8536 3.3, POSIX TZ). */
#include <string.h>

#include "policy/rule.h"

#define LAST_YEAR 2199

struct date_rule {
	char kind; /* 'M', 'J' or 'D' (a day from 0 that counts 29 February) */
	unsigned int month, week, day;
	int64_t second;
};

struct zone_rule {
	struct policy_zone_change standard, summer; /* at is not used */
	bool has_summer;
	struct date_rule start, end;
};

static bool take(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool take_number(const char **text, unsigned int max, unsigned int *ret)
{
	unsigned int value = 0;
	const char *start = *text;

	while (**text >= '0' && **text <= '9' && value <= max)
		value = value * 10 + (unsigned int)(*(*text)++ - '0');
	*ret = value;
	return *text > start && value <= max;
}

static bool take_name(const char **text, char *ret_name)
{
	bool is_quoted = take(text, '<');
	size_t len = 0;

	for (; **text && (is_quoted ? **text != '>' : !strchr("0123456789+-,", **text)); (*text)++) {
		if (len == 7)
			return false;
		ret_name[len++] = **text;
	}
	ret_name[len] = 0;
	return len >= 3 && (!is_quoted || take(text, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **text, int64_t *ret_seconds)
{
	bool is_negative = take(text, '-');
	unsigned int hours, minutes = 0, seconds = 0;

	if (!is_negative)
		take(text, '+');
	if (!take_number(text, 167, &hours))
		return false;
	if (take(text, ':') && !take_number(text, 59, &minutes))
		return false;
	if (take(text, ':') && !take_number(text, 59, &seconds))
		return false;
	*ret_seconds = (int64_t)hours * 3600 + minutes * 60 + seconds;
	if (is_negative)
		*ret_seconds = -*ret_seconds;
	return true;
}

static bool take_date(const char **text, struct date_rule *ret)
{
	ret->second = 7200;
	if (take(text, 'M')) {
		ret->kind = 'M';
		if (!take_number(text, 12, &ret->month) || !ret->month || !take(text, '.') ||
		    !take_number(text, 5, &ret->week) || !ret->week || !take(text, '.') || !take_number(text, 6, &ret->day))
			return false;
	} else {
		ret->kind = take(text, 'J') ? 'J' : 'D';
		if (!take_number(text, 365, &ret->day) || (ret->kind == 'J' && !ret->day))
			return false;
	}
	return !take(text, '/') || take_time(text, &ret->second);
}

static bool rule_parse(const char *text, struct zone_rule *ret)
{
	int64_t west;

	if (!take_name(&text, ret->standard.abbreviation) || !take_time(&text, &west))
		return false;
	ret->standard.offset_s = (int32_t)-west;
	if (!*text)
		return true;
	ret->has_summer = true;
	if (!take_name(&text, ret->summer.abbreviation))
		return false;
	ret->summer.offset_s = ret->standard.offset_s + 3600;
	if (*text != ',') {
		if (!take_time(&text, &west))
			return false;
		ret->summer.offset_s = (int32_t)-west;
	}
	return take(&text, ',') && take_date(&text, &ret->start) && take(&text, ',') && take_date(&text, &ret->end) &&
	       !*text;
}

/* Seconds since 1970 of the local date and time, as if it were UTC. */
static int64_t date_in_year(const struct date_rule *rule, int64_t year)
{
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t day, next;

	if (rule->kind == 'M') {
		day = policy_days_from_civil(year, rule->month, 1);
		next = policy_days_from_civil(rule->month == 12 ? year + 1 : year, rule->month % 12 + 1, 1);
		day += ((int64_t)rule->day - (day + 4) % 7 + 7) % 7 + 7 * ((int64_t)rule->week - 1); /* 0 is Sunday */
		while (day >= next)
			day -= 7;
	} else {
		day = policy_days_from_civil(year, 1, 1) + rule->day;
		if (rule->kind == 'J' && !(is_leap && rule->day >= 60))
			day--;
	}
	return day * 86400 + rule->second;
}

static void add_change(struct policy_zone_change change, int64_t at, int64_t from, struct policy_zone_change *list,
		       size_t *len)
{
	if (at < from || *len == POLICY_ZONE_CHANGES_MAX)
		return;
	change.at = at;
	list[(*len)++] = change;
}

bool policy_zone_rule(const char *text, int64_t from, struct policy_zone_change *ret_list, size_t *ret_len)
{
	struct zone_rule rule = { .has_summer = false };

	*ret_len = 0;
	if (!rule_parse(text, &rule))
		return false;
	if (!rule.has_summer) {
		add_change(rule.standard, from, from, ret_list, ret_len);
		return true;
	}
	for (int64_t year = 2007; year <= LAST_YEAR; year++) {
		int64_t start = date_in_year(&rule.start, year) - rule.standard.offset_s;
		int64_t end = date_in_year(&rule.end, year) - rule.summer.offset_s;

		/* South of the equator summer ends before it starts. */
		if (end < start)
			add_change(rule.standard, end, from, ret_list, ret_len);
		add_change(rule.summer, start, from, ret_list, ret_len);
		if (end >= start)
			add_change(rule.standard, end, from, ret_list, ret_len);
	}
	return true;
}
