/* SPDX-License-Identifier: Apache-2.0 */
/* Each reason for which a request may be refused is counted under its own name, so that none hides among the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "as/metrics_text.h"
#include "as/reasons.h"
#include "policy/policy.h"

/* As many times as its place in the list, so that a count under a wrong name is seen. */
static void refuse(struct as_metrics *metrics, int32_t reason, size_t times)
{
	const struct as_token_event event = { .kind = AS_TOKEN_REFUSED, .reason = reason };

	for (size_t i = 0; i < times; i++)
		as_metrics_token(metrics, &event);
}

static char *written(const struct as_metrics *metrics)
{
	char *bytes = NULL;
	size_t len;
	struct as_text text = { open_memstream(&bytes, &len) };

	assert_non_null(text.out);
	as_metrics_write_counters(&text, metrics);
	assert_int_equal(fclose(text.out), 0);
	return bytes;
}

static void is_counted_once(const char *text, int32_t reason, size_t times)
{
	char line[160];
	const char *found;

	snprintf(line, sizeof line, "aced_token_requests_total{result=\"denied\",reason=\"%s\"} ", as_reason_name(reason));
	found = strstr(text, line);
	assert_non_null(found);
	assert_null(strstr(found + 1, line));
	assert_int_equal(strtoul(found + strlen(line), NULL, 10), times);
}

/* Does fn for each reason there is, with its place in the list. */
static size_t for_each_reason(void (*fn)(void *arg, int32_t reason, size_t place), void *arg)
{
	size_t place = 0;

	for (int32_t reason = POLICY_REASON_GRANTED + 1; reason < (int32_t)POLICY_REASONS_LEN; reason++)
		fn(arg, reason, ++place);
	for (int32_t reason = AS_REASON_REQUEST; reason < AS_REASON_END; reason++)
		fn(arg, reason, ++place);
	return place;
}

static void refuse_each(void *arg, int32_t reason, size_t place)
{
	refuse(arg, reason, place);
}

static void look_for_each(void *arg, int32_t reason, size_t place)
{
	is_counted_once(arg, reason, place);
}

static void every_reason_is_counted_under_its_own_name(void **state)
{
	struct as_metrics metrics = { 0 };
	char *text;

	(void)state;
	assert_true(for_each_reason(refuse_each, &metrics) >= 21);
	text = written(&metrics);
	for_each_reason(look_for_each, text);
	assert_non_null(strstr(text, "reason=\"other\"} 0\n"));
	free(text);
}

static void what_is_no_reason_is_counted_as_other(void **state)
{
	static const int32_t odd[] = { -1, 0, POLICY_REASONS_LEN, AS_REASON_REQUEST - 1, AS_REASON_END, INT32_MAX, INT32_MIN };
	struct as_metrics metrics = { 0 };
	char *text;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(odd); i++)
		refuse(&metrics, odd[i], 1);
	text = written(&metrics);
	assert_non_null(strstr(text, "reason=\"other\"} 7\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_is_counted_under_its_own_name),
		cmocka_unit_test(what_is_no_reason_is_counted_as_other),
	};

	return cmocka_run_group_tests_name("as_metrics", tests, NULL, NULL);
}
