/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/can.h"

#include <string.h>

#include "policy/can_internal.h"

uint64_t policy_rule_methods(const struct policy_rule *rule, uint32_t path_id)
{
	size_t low = 0, high = rule->masks.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rule->masks.list[middle].path_id == path_id)
			return rule->masks.list[middle].methods;
		if (rule->masks.list[middle].path_id < path_id)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

static bool has_a_say(const struct policy_rule *rule, const struct policy_can_query *query)
{
	struct policy_query asked = { .client = query->client, .device = query->device };

	if (!policy_when_tags_hold(&rule->when, &asked))
		return false;
	if (query->at_any_time)
		return !rule->when.has_not_after || query->now < rule->when.not_after;
	/* A denial that is still to come ends what is allowed until then. */
	return policy_when_time_holds(&rule->when, query->now) ||
	       (rule->is_deny && policy_when_begin(&rule->when, query->now) < INT64_MAX);
}

/* Denials that hold only at times, or not yet, take nothing away from what is allowed. */
static bool denies(const struct policy_rule *rule, const struct policy_can_query *query)
{
	return query->at_any_time ? policy_when_is_timeless(&rule->when) : policy_when_time_holds(&rule->when, query->now);
}

static void select_rules(struct policy_looking *l)
{
	uint64_t devices[POLICY_RULE_WORDS];

	policy_select(l->policy, &l->policy->clients, &l->query->client, l->rules);
	policy_select(l->policy, &l->policy->devices, &l->query->device, devices);
	for (size_t i = 0; i < l->policy->words; i++)
		l->rules[i] &= devices[i];
	for (uint32_t r = 0; policy_rules_next(l->rules, l->policy->words, &r); r++)
		if (!has_a_say(&l->policy->rules[r], l->query))
			l->rules[r / 64] &= ~(UINT64_C(1) << r % 64);
}

/* What is allowed of each resource, but for denials that hold only at times. */
static void collect(const struct policy_looking *l, uint64_t *ret_allowed)
{
	const struct ace_resources *resources = &l->model->public.resources;
	uint64_t denied[POLICY_PATHS_MAX] = { 0 };

	memset(ret_allowed, 0, POLICY_PATHS_MAX * sizeof *ret_allowed);
	for (uint32_t r = 0; policy_rules_next(l->rules, l->policy->words, &r); r++) {
		const struct policy_rule *rule = &l->policy->rules[r];

		if (rule->is_deny && !denies(rule, l->query))
			continue;
		for (size_t i = 0; i < resources->entries_len; i++)
			(rule->is_deny ? denied : ret_allowed)[i] |= policy_rule_methods(rule, l->model->path_ids[i]);
	}
	for (size_t i = 0; i < resources->entries_len; i++)
		ret_allowed[i] &= ~denied[i] & resources->entries[i].methods;
}

static bool touches(const struct policy_looking *l, const struct policy_rule *rule, const struct policy_cut *cuts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (policy_rule_methods(rule, l->model->path_ids[cuts[i].index]) & cuts[i].methods)
			return true;
	return false;
}

static void list_add(struct policy_rule_list *list, uint32_t rule)
{
	if (list->len < POLICY_DECISION_RULES_MAX)
		list->rules[list->len++] = rule;
	else
		list->is_cut = true;
}

static void shorten(uint32_t *lifetime_s, int64_t to_s)
{
	if (to_s < *lifetime_s)
		*lifetime_s = (uint32_t)to_s;
}

/* As a decision about just these would have it: rules that contribute, and what bounds the lifetime. */
static void fill(const struct policy_looking *l, const struct policy_cut *cuts, size_t len, struct policy_right *right)
{
	uint32_t default_s = l->policy->default_lifetime_s;
	bool has_lifetime = false;

	right->lifetime_s = UINT32_MAX;
	for (uint32_t r = 0; policy_rules_next(l->rules, l->policy->words, &r); r++) {
		const struct policy_rule *rule = &l->policy->rules[r];

		if (!touches(l, rule, cuts, len))
			continue;
		if (rule->is_deny && !l->query->at_any_time)
			shorten(&right->lifetime_s, policy_when_begin(&rule->when, l->query->now) - l->query->now);
		else
			list_add(rule->is_deny ? &right->unless : &right->by, r);
		if (rule->is_deny)
			continue;
		if (rule->lifetime_s) {
			has_lifetime = true;
			shorten(&right->lifetime_s, rule->lifetime_s);
		}
		if (!l->query->at_any_time && !policy_when_is_timeless(&rule->when))
			shorten(&right->lifetime_s, policy_when_end(&rule->when, l->query->now) - l->query->now);
	}
	if (!has_lifetime)
		shorten(&right->lifetime_s, default_s ? default_s : POLICY_LIFETIME_DEFAULT_S);
	if (l->model->public.lifetime_s)
		shorten(&right->lifetime_s, l->model->public.lifetime_s);
	right->times = policy_cuts_times(l, cuts, len);
}

static bool lists_are_alike(const struct policy_rule_list *a, const struct policy_rule_list *b)
{
	return a->len == b->len && a->is_cut == b->is_cut && !memcmp(a->rules, b->rules, a->len * sizeof *a->rules);
}

static bool are_alike(const struct policy_right *a, const struct policy_right *b)
{
	return a->lifetime_s == b->lifetime_s && a->times == b->times && lists_are_alike(&a->by, &b->by) &&
	       lists_are_alike(&a->unless, &b->unless);
}

/* The methods of one path that are alike. */
static void tell_path(const struct policy_looking *l, uint8_t index, uint64_t allowed, policy_right_fn *found, void *context)
{
	while (allowed) {
		struct policy_right right = { .path = l->model->public.resources.entries[index].path };
		struct policy_cut cut = { index, allowed & -allowed };

		right.methods = cut.methods;
		fill(l, &cut, 1, &right);
		allowed &= ~cut.methods;
		for (uint64_t rest = allowed; rest; rest &= rest - 1) {
			struct policy_right other = { .methods = 0 };

			cut.methods = rest & -rest;
			fill(l, &cut, 1, &other);
			if (are_alike(&right, &other))
				right.methods |= cut.methods;
		}
		allowed &= ~right.methods;
		found(context, &right);
	}
}

static bool tell_paths(const struct policy_looking *l, const uint64_t *allowed, policy_right_fn *found, void *context)
{
	bool is_any = false;

	for (size_t i = 0; i < l->model->public.resources.entries_len; i++) {
		is_any = is_any || allowed[i];
		tell_path(l, (uint8_t)i, allowed[i], found, context);
	}
	return is_any;
}

/* "a name is granted only if all of its permissions survive" */
static bool tell_names(const struct policy_looking *l, const uint64_t *allowed, policy_right_fn *found, void *context)
{
	const struct ace_resources *resources = &l->model->public.resources;
	bool is_any = false;

	for (size_t n = 0; n < resources->text_scopes_len; n++) {
		struct policy_right right = { .name = &resources->text_scopes[n] };
		const struct policy_cut *cuts = l->model->cuts[n];
		size_t i = 0;

		while (i < right.name->grants_len && !(cuts[i].methods & ~allowed[cuts[i].index]))
			i++;
		if (i < right.name->grants_len || !i)
			continue;
		fill(l, cuts, i, &right);
		found(context, &right);
		is_any = true;
	}
	return is_any;
}

bool policy_look(const struct policy_looking *l, policy_right_fn *found, void *context)
{
	uint64_t allowed[POLICY_PATHS_MAX];

	collect(l, allowed);
	return l->model->public.scope_is_text ? tell_names(l, allowed, found, context) :
						tell_paths(l, allowed, found, context);
}

bool policy_can(const struct policy *policy, const struct policy_can_query *query, policy_right_fn *found, void *context)
{
	/* public is the first member of the private one. */
	struct policy_looking l = {
		.policy = policy, .query = query,
		.model = (const struct policy_model_private *)policy_model_find(policy, query->model),
	};

	if (!l.model || l.model->public.profile != ACE_PROFILE_COAP_OSCORE || !query->client.enabled ||
	    !query->device.enabled)
		return false;
	select_rules(&l);
	return policy_look(&l, found, context);
}

bool policy_right_covers(const struct policy_right *right, struct ace_slice path, uint64_t method)
{
	if (!right->name)
		return ace_slice_equal(right->path, path) && (right->methods & method);
	for (size_t i = 0; i < right->name->grants_len; i++)
		if (ace_slice_equal(right->name->grants[i].path, path))
			return (right->name->grants[i].methods & method) != 0;
	return false;
}
