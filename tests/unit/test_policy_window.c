/* SPDX-License-Identifier: Apache-2.0 */
/* Time windows where clocks change. Europe/Stockholm: CET is UTC+1, CEST UTC+2; in 2026 summer begins on
 * 29 March at 01:00Z and ends on 25 October at 01:00Z. The C library is asked for a second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "policy/rule.h"
#include "policy_files.h"
#include "policy_world.h"

static struct policy_arena arena;

static const struct policy_zone *zone(const char *name)
{
	const struct policy_zone *found = policy_zone_load(&arena, NULL, name);

	if (!found)
		fail_msg("time zone %s does not load", name);
	return found;
}

static struct policy_window window(uint8_t days, unsigned int from_minute, unsigned int to_minute)
{
	return (struct policy_window){ .days = days,
				       .from_s = from_minute * 60,
				       .to_s = to_minute * 60,
				       .zone = zone("Europe/Stockholm") };
}

static void assert_open_until(const struct policy_window *w, const char *now, const char *end)
{
	int64_t got = 0;

	if (!policy_window_open(w, policy_files_time(now), &got))
		fail_msg("closed at %s", now);
	assert_int_equal(got, policy_files_time(end));
}

static void assert_closed(const struct policy_window *w, const char *now)
{
	int64_t got;

	if (policy_window_open(w, policy_files_time(now), &got))
		fail_msg("open at %s", now);
}

static void edges_are_from_inclusive_to_exclusive(void **state)
{
	struct policy_window w = window(0x7f, 7 * 60, 18 * 60);

	(void)state;
	assert_closed(&w, "2026-11-24T05:59:59Z");
	assert_open_until(&w, "2026-11-24T06:00:00Z", "2026-11-24T17:00:00Z");
	assert_open_until(&w, "2026-11-24T16:59:59Z", "2026-11-24T17:00:00Z");
	assert_closed(&w, "2026-11-24T17:00:00Z");
	assert_open_until(&w, "2026-07-24T05:00:00Z", "2026-07-24T16:00:00Z");
}

static void days_are_local_days(void **state)
{
	struct policy_window monday = window(1, 0, 24 * 60);

	(void)state;
	assert_closed(&monday, "2026-11-22T22:59:59Z");
	assert_open_until(&monday, "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z");
	assert_closed(&monday, "2026-11-23T23:00:00Z");
}

static void a_spring_day_has_23_hours(void **state)
{
	struct policy_window day = window(0x7f, 0, 24 * 60), gap = window(0x7f, 2 * 60, 3 * 60);
	struct policy_window into = window(0x7f, 60, 2 * 60 + 30);

	(void)state;
	assert_open_until(&day, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
	assert_closed(&gap, "2026-03-29T00:59:59Z");
	assert_closed(&gap, "2026-03-29T01:00:00Z");
	assert_open_until(&into, "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z");
}

static void an_autumn_day_has_25_hours(void **state)
{
	struct policy_window day = window(0x7f, 0, 24 * 60), twice = window(0x7f, 2 * 60, 3 * 60);
	struct policy_window half = window(0x7f, 2 * 60 + 30, 3 * 60), before = window(0x7f, 0, 2 * 60 + 30);

	(void)state;
	assert_open_until(&day, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z");
	assert_open_until(&twice, "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z");
	assert_open_until(&half, "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z");
	assert_closed(&half, "2026-10-25T01:00:00Z");
	assert_open_until(&half, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z");
	assert_open_until(&before, "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z");
	assert_open_until(&before, "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z");
}

/* Every 5 hours and 7 minutes for 150 years: the transitions of the file, and the rule behind them. */
static void local_time_agrees_with_the_c_library(void **state)
{
	static const char *const names[] = { "Europe/Stockholm", "America/St_Johns", "Australia/Lord_Howe",
					     "Asia/Kolkata", "America/Santiago", "Africa/Casablanca", "Pacific/Apia" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		const struct policy_zone *z = zone(names[i]);

		setenv("TZ", names[i], 1);
		tzset();
		for (time_t at = -1000000000; at < 3900000000; at += 18420 * 7) {
			struct policy_local_time local = policy_zone_local(z, at);
			struct tm tm;

			localtime_r(&at, &tm);
			if (tm.tm_gmtoff != local.offset_s)
				fail_msg("%s at %lld: %ld, not %d", names[i], (long long)at, tm.tm_gmtoff, local.offset_s);
			assert_int_equal((tm.tm_wday + 6) % 7, local.weekday);
		}
	}
	unsetenv("TZ");
	tzset();
}

static void what_is_no_zone_does_not_load(void **state)
{
	static const char *const names[] = { "Mars/Olympus", "", "Europe", "zone.tab", "../../../etc/passwd",
					     "right/Europe/Stockholm" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++)
		assert_null(policy_zone_load(&arena, NULL, names[i]));
	assert_null(policy_zone_load(&arena, "/nonexistent", "Europe/Stockholm"));
	assert_non_null(policy_zone_load(&arena, "/nonexistent", "UTC"));
}

static void damaged_zone_files_do_no_harm(void **state)
{
	char dir[] = "/tmp/test_policy_window.XXXXXX", path[64];
	size_t len;
	char *text = policy_files_text("/usr/share/zoneinfo/Europe/Stockholm", &len);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/z", dir);
	for (size_t cut = 0; cut < len; cut += cut < 100 ? 1 : 13) {
		FILE *file = fopen(path, "wb");
		struct policy_arena small = { 0 };

		assert_non_null(file);
		fwrite(text, 1, cut, file);
		fclose(file);
		if (cut < len - 30)
			assert_null(policy_zone_load(&small, dir, "z"));
		policy_arena_free(&small);
	}
	remove(path);
	remove(dir);
	free(text);
}

/* A week and a day of minutes around each change of the clocks, asked one by one. */
static void the_next_opening_is_the_first_open_second(void **state)
{
	static const char *const days[] = { "2026-03-27T11:00:00Z", "2026-10-23T11:00:00Z", "2026-07-01T00:00:00Z" };
	unsigned int found = 0;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		unsigned int from = world_dice(1439), to = from + 1 + world_dice(1440 - from);
		struct policy_window w = window((uint8_t)(1 + world_dice(127)), from, to);
		int64_t now = policy_files_time(days[round % 3]) + world_dice(3 * 1440) * 60, at = now, end;

		while (at < now + 15 * 86400 && !policy_window_open(&w, at, &end))
			at += 60;
		if (at == now + 15 * 86400) /* a window in the hour that is left out, once a week */
			continue;
		assert_int_equal(policy_window_next(&w, now), at);
		found++;
	}
	assert_in_range(found, 290, 300);
}

static int teardown(void **state)
{
	(void)state;
	policy_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges_are_from_inclusive_to_exclusive),
		cmocka_unit_test(days_are_local_days),
		cmocka_unit_test(a_spring_day_has_23_hours),
		cmocka_unit_test(an_autumn_day_has_25_hours),
		cmocka_unit_test(local_time_agrees_with_the_c_library),
		cmocka_unit_test(the_next_opening_is_the_first_open_second),
		cmocka_unit_test(what_is_no_zone_does_not_load),
		cmocka_unit_test(damaged_zone_files_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
