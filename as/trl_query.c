/* SPDX-License-Identifier: Apache-2.0 */
#include "as/trl_query.h"

#include <string.h>

#include "ace_coap.h"

static bool read_digits(struct ace_slice text, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)text.ptr[i] - '0';

		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
	}
	*ret_value = value;
	return text.len != 0;
}

/* "NAME" or "NAME=VALUE"; a name that comes twice has no value. */
static void take(struct ace_slice argument, const char *name, struct as_trl_number *number)
{
	size_t len = strlen(name);

	if (argument.len < len || memcmp(argument.ptr, name, len) ||
	    (argument.len > len && argument.ptr[len] != '='))
		return;
	number->valid = !number->given && argument.len > len &&
			read_digits((struct ace_slice){ argument.ptr + len + 1, argument.len - len - 1 }, &number->value);
	number->given = true;
}

void as_trl_query_read(struct ace_slice options, struct as_trl_query *ret_query)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	*ret_query = (struct as_trl_query){ 0 };
	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option)) {
		if (option.number != ACE_OPT_URI_QUERY)
			continue;
		take(option.value, "diff", &ret_query->diff);
		take(option.value, "cursor", &ret_query->cursor);
	}
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* RFC 9770 6.2.1: after MAX_INDEX the index is 0 again. */
static uint64_t index_of(uint64_t number, const struct as_trl_limits *limits)
{
	return limits->index_max == UINT64_MAX ? number : number % (limits->index_max + 1);
}

/* How many updates ago that index was given out. */
static uint64_t distance(uint64_t newest, uint64_t index, const struct as_trl_limits *limits)
{
	uint64_t at = index_of(newest, limits);

	return at >= index ? at - index : at + (limits->index_max + 1 - index);
}

static void set_cursor(const struct as_trl_limits *limits, const struct as_trl_history *history,
		       struct as_trl_plan *plan)
{
	plan->has_cursor = limits->page != 0;
	plan->is_null = history->is_empty;
	plan->cursor = index_of(history->newest, limits);
}

static void refuse(enum as_trl_error error, struct as_trl_plan *plan)
{
	plan->what = AS_TRL_ERROR;
	plan->error = error;
}

/* The first of RFC 9770 6.3 that holds. */
static bool is_refused(const struct as_trl_query *query, const struct as_trl_limits *limits,
		       const struct as_trl_history *history, struct as_trl_plan *plan)
{
	const struct as_trl_number *cursor = &query->cursor;

	if (query->diff.given && !query->diff.valid) {
		refuse(AS_TRL_BAD_VALUE, plan);
		return true;
	}
	if (!limits->page || !cursor->given)
		return false;
	if (!query->diff.given) {
		refuse(AS_TRL_BAD_SET, plan);
		return true;
	}
	if (!cursor->valid || cursor->value > limits->index_max) {
		refuse(AS_TRL_BAD_VALUE, plan);
		set_cursor(limits, history, plan);
		return true;
	}
	/* Once the numbers have gone past MAX_INDEX no index is above the newest of them. */
	if (history->is_empty || cursor->value <= history->newest)
		return false;
	refuse(AS_TRL_OUT_OF_BOUND, plan);
	return true;
}

/* RFC 9770 9.2.3: those after the cursor, of which the oldest come first; without one the last that were asked for. */
static void choose(const struct as_trl_query *query, const struct as_trl_limits *limits,
		   const struct as_trl_history *history, struct as_trl_plan *plan)
{
	uint64_t asked = query->diff.value, kept = smaller(history->newest + 1, limits->updates), wanted, behind;

	wanted = asked == 0 ? limits->updates : smaller(asked, limits->updates);
	behind = smaller(wanted, kept);
	if (limits->page && query->cursor.given) {
		behind = distance(history->newest, query->cursor.value, limits);
		/* RFC 9770 9.2.3 case A: neither this one nor the next is there any more: ask for everything. */
		if (behind > kept) {
			plan->is_null = plan->more = true;
			return;
		}
		plan->cursor = query->cursor.value;
	}
	plan->first = history->newest + 1 - behind;
	plan->count = smaller(wanted, behind);
	if (limits->page)
		plan->count = smaller(plan->count, limits->page);
	if (plan->count)
		plan->cursor = index_of(plan->first + plan->count - 1, limits);
	plan->more = plan->count < behind;
}

void as_trl_plan_make(const struct as_trl_query *query, const struct as_trl_limits *limits,
		      const struct as_trl_history *history, struct as_trl_plan *ret_plan)
{
	*ret_plan = (struct as_trl_plan){ .what = AS_TRL_FULL };
	/* RFC 9770 6.3: an AS without diff queries "MUST ignore the 'diff' query parameter". */
	if (limits->updates && is_refused(query, limits, history, ret_plan))
		return;
	if (limits->updates)
		set_cursor(limits, history, ret_plan);
	if (!limits->updates || !query->diff.given)
		return;
	ret_plan->what = AS_TRL_DIFF;
	if (!history->is_empty)
		choose(query, limits, history, ret_plan);
}
