/* SPDX-License-Identifier: Apache-2.0 */
/* Time windows in the time zones that operators live in, without the C library's: that has one zone for
 * the whole process, changed behind every thread's back. */
#include "policy/rule.h"

int64_t policy_days_from_civil(int64_t year, unsigned int month, unsigned int day)
{
	int64_t era, day_of_era;
	unsigned int year_of_era, day_of_year;

	/* The year begins in March here, so that the leap day is its last. */
	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = (unsigned int)(year - era * 400);
	day_of_year = (153 * (month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;
	day_of_era = (int64_t)year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

/* The number of transitions up to now. */
static size_t transitions_before(const struct policy_zone *zone, int64_t now)
{
	size_t low = 0, high = zone->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->at[middle] <= now)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct policy_local_time local_time(const struct policy_zone *zone, size_t passed, int64_t now)
{
	uint8_t type = passed ? zone->type[passed - 1] : zone->first_type;
	struct policy_local_time ret = { .offset_s = zone->offset_s[type], .abbreviation = zone->abbreviation[type] };
	int64_t local = now + ret.offset_s;

	ret.day = local / 86400 - (local % 86400 < 0);
	ret.second = (uint32_t)(local - ret.day * 86400);
	ret.weekday = (uint8_t)(((ret.day + 3) % 7 + 7) % 7); /* day 0 was a Thursday */
	return ret;
}

struct policy_local_time policy_zone_local(const struct policy_zone *zone, int64_t now)
{
	return local_time(zone, transitions_before(zone, now), now);
}

static bool is_inside(const struct policy_window *window, const struct policy_local_time *local)
{
	return (window->days >> local->weekday & 1) && local->second >= window->from_s && local->second < window->to_s;
}

bool policy_window_open(const struct policy_window *window, int64_t now, int64_t *ret_end)
{
	const struct policy_zone *zone = window->zone;
	size_t passed = transitions_before(zone, now);
	struct policy_local_time local = local_time(zone, passed, now);

	if (!is_inside(window, &local))
		return false;
	/* Where the clocks change meanwhile, the window goes on from there by the new time, or is over. */
	for (;; passed++) {
		int64_t day = local.day;

		*ret_end = now + window->to_s - local.second;
		if (passed >= zone->len || zone->at[passed] > *ret_end)
			return true;
		now = zone->at[passed];
		local = local_time(zone, passed + 1, now);
		if (local.day == day && is_inside(window, &local))
			continue;
		*ret_end = now;
		return true;
	}
}

/* As if the clocks were never changed again. */
static int64_t next_by(const struct policy_window *window, const struct policy_local_time *local, int64_t now)
{
	if (is_inside(window, local))
		return now;
	for (unsigned int days = local->second < window->from_s ? 0 : 1; days <= 7; days++)
		if (window->days >> (local->weekday + days) % 7 & 1)
			return now + (int64_t)days * 86400 + window->from_s - local->second;
	return INT64_MAX;
}

int64_t policy_window_next(const struct policy_window *window, int64_t now)
{
	const struct policy_zone *zone = window->zone;

	for (size_t passed = transitions_before(zone, now);; passed++) {
		struct policy_local_time local = local_time(zone, passed, now);
		int64_t next = next_by(window, &local, now);

		if (passed >= zone->len || next < zone->at[passed])
			return next;
		now = zone->at[passed];
	}
}
