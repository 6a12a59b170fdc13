/* SPDX-License-Identifier: Apache-2.0 */
/* When is something allowed? Two policies are compared without a clock: what rules state about time is summed up in a
 * number, and the same statements give the same number, whatever the rules are called. */
#include <stdlib.h>
#include <string.h>

#include "policy/can_internal.h"

#define STATEMENTS_MAX 64

/* What rules state about one permission, each statement once. */
struct statements {
	uint64_t list[STATEMENTS_MAX];
	size_t len;
	uint64_t rest; /* of what had no room: every one counts */
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

static uint64_t when_number(const struct policy_when *when, bool is_deny)
{
	uint64_t hash = mix(17, is_deny), sum = 0;

	for (size_t i = 0; i < when->windows_len; i++) {
		const struct policy_window *window = &when->windows[i];

		sum += mix(mix(mix(policy_hash(window->tz, NULL), window->days), window->from_s), window->to_s);
	}
	hash = mix(mix(hash, sum), when->windows_len);
	hash = mix(hash, when->has_not_before ? (uint64_t)when->not_before : 1);
	return mix(hash, when->has_not_after ? (uint64_t)when->not_after : 1);
}

static void state(struct statements *s, uint64_t number)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->list[i] == number)
			return;
	if (s->len < STATEMENTS_MAX)
		s->list[s->len++] = number;
	else
		s->rest += number;
}

/* Where one rule allows it always, the windows of others add nothing. */
static uint64_t permission_number(const struct policy_looking *l, uint32_t path_id, uint64_t method)
{
	struct statements allows = { .len = 0 }, denies = { .len = 0 };
	bool is_always = false;
	uint64_t sum;

	for (uint32_t r = 0; policy_rules_next(l->rules, l->policy->words, &r); r++) {
		const struct policy_rule *rule = &l->policy->rules[r];

		if (!(policy_rule_methods(rule, path_id) & method))
			continue;
		is_always = is_always || (!rule->is_deny && policy_when_is_timeless(&rule->when));
		state(rule->is_deny ? &denies : &allows, when_number(&rule->when, rule->is_deny));
	}
	sum = is_always ? 1 : mix(2, allows.rest);
	for (size_t i = 0; !is_always && i < allows.len; i++)
		sum += allows.list[i];
	for (size_t i = 0; i < denies.len; i++)
		sum += denies.list[i];
	return sum + denies.rest;
}

uint64_t policy_cuts_times(const struct policy_looking *l, const struct policy_cut *cuts, size_t len)
{
	uint64_t hash = 1;

	for (size_t i = 0; i < len; i++)
		for (uint64_t rest = cuts[i].methods; rest; rest &= rest - 1)
			hash = mix(hash, permission_number(l, l->model->path_ids[cuts[i].index], rest & -rest));
	return hash;
}
