/* SPDX-License-Identifier: Apache-2.0 */
/* The decision. Unit is (client, device, path, method): granted is what is asked and offered, in the union
 * of the allow rules that match, minus every deny rule that matches. Pure: no I/O, no clock, no failure. */
#include <string.h>

#include "policy/rule.h"

struct deciding {
	const struct policy *policy;
	const struct policy_query *query;
	const struct policy_model_private *model;
	struct policy_wants wants;
	uint64_t rules[POLICY_RULE_WORDS]; /* that select client and device; later those with a say, denials to come among them */
	uint64_t allowed[POLICY_PATHS_MAX], denied[POLICY_PATHS_MAX]; /* of each want */
};

static const struct policy_model_private *model_find(const struct policy *policy, const char *id)
{
	size_t low = 0, high = policy->models_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(policy->models[middle].public.id, id);

		if (!order)
			return &policy->models[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct policy_model *policy_model_find(const struct policy *policy, const char *id)
{
	const struct policy_model_private *model = model_find(policy, id);

	return model ? &model->public : NULL;
}

static void list_add(struct policy_rule_list *list, uint32_t rule)
{
	if (list->len < POLICY_DECISION_RULES_MAX)
		list->rules[list->len++] = rule;
	else
		list->is_cut = true;
}

static void select_rules(struct deciding *d)
{
	uint64_t devices[POLICY_RULE_WORDS];

	policy_select(d->policy, &d->policy->clients, &d->query->client, d->rules);
	policy_select(d->policy, &d->policy->devices, &d->query->device, devices);
	for (size_t i = 0; i < d->policy->words; i++)
		d->rules[i] &= devices[i];
}

/* Join what a rule names with what is wanted, both by path; true when methods[] has any of it. */
static bool join(const struct deciding *d, const struct policy_rule *rule, const uint64_t *among, uint64_t *into)
{
	bool is_any = false;
	size_t m = 0;

	for (size_t w = 0; w < d->wants.len; w++) {
		uint32_t id = d->model->path_ids[d->wants.list[w].index];
		uint64_t both;

		while (m < rule->masks.len && rule->masks.list[m].path_id < id)
			m++;
		if (m == rule->masks.len)
			break;
		if (rule->masks.list[m].path_id != id)
			continue;
		both = rule->masks.list[m].methods & (among ? among[w] : d->wants.list[w].methods);
		if (into)
			into[w] |= both;
		is_any = is_any || both;
	}
	return is_any;
}

/* Does the rule say anything about what is wanted? A denial whose time is still to come bounds the lifetime. */
static bool has_a_say(struct deciding *d, uint32_t number, struct policy_decision *ret)
{
	const struct policy_rule *rule = &d->policy->rules[number];

	if (!policy_when_tags_hold(&rule->when, d->query))
		return false;
	if (!policy_when_time_holds(&rule->when, d->query->now))
		return rule->is_deny && join(d, rule, NULL, NULL);
	if (!join(d, rule, NULL, rule->is_deny ? d->denied : d->allowed))
		return false;
	if (rule->is_deny)
		list_add(&ret->denied_by, number);
	return true;
}

/* Pass one: what do the rules say to what is wanted? Leaves in d->rules those that have a say. */
static void ask_rules(struct deciding *d, struct policy_decision *ret)
{
	uint64_t by_path[POLICY_RULE_WORDS];

	memset(by_path, 0, d->policy->words * sizeof *by_path);
	for (size_t w = 0; w < d->wants.len; w++)
		policy_posting_add(&d->policy->by_path[d->model->path_ids[d->wants.list[w].index]], d->policy->words, by_path);
	for (size_t i = 0; i < d->policy->words; i++)
		by_path[i] &= d->rules[i];
	for (uint32_t r = 0; policy_rules_next(by_path, d->policy->words, &r); r++)
		if (!has_a_say(d, r, ret))
			by_path[r / 64] &= ~(UINT64_C(1) << r % 64);
	memcpy(d->rules, by_path, d->policy->words * sizeof *by_path);
}

/* Would any scope be granted at any time? Rules of the past and the future count, denials only if permanent. */
static bool could_ever(const struct deciding *d)
{
	uint64_t allowed[POLICY_PATHS_MAX] = { 0 }, denied[POLICY_PATHS_MAX] = { 0 };
	const struct ace_resources *resources = &d->model->public.resources;

	for (uint32_t r = 0; policy_rules_next(d->rules, d->policy->words, &r); r++) {
		const struct policy_rule *rule = &d->policy->rules[r];

		if (!policy_when_tags_hold(&rule->when, d->query) || (rule->is_deny && !policy_when_is_timeless(&rule->when)))
			continue;
		for (size_t i = 0, m = 0; i < resources->entries_len; i++) {
			while (m < rule->masks.len && rule->masks.list[m].path_id < d->model->path_ids[i])
				m++;
			if (m < rule->masks.len && rule->masks.list[m].path_id == d->model->path_ids[i])
				(rule->is_deny ? denied : allowed)[i] |= rule->masks.list[m].methods;
		}
	}
	for (size_t i = 0; i < resources->entries_len; i++)
		if (allowed[i] & ~denied[i] & resources->entries[i].methods)
			return true;
	return false;
}

static void bound_by(struct policy_decision *ret, enum policy_bound_kind kind, uint32_t rule, int64_t lifetime_s)
{
	if (lifetime_s >= ret->lifetime_s)
		return;
	ret->bound = (struct policy_bound){ kind, rule, (uint32_t)lifetime_s };
	ret->lifetime_s = (uint32_t)lifetime_s;
}

/* "A token never outlives the window that allowed it": the latest end of those that are open. */
static void bound_by_when(struct policy_decision *ret, const struct policy_when *when, uint32_t rule, int64_t now)
{
	int64_t end, latest = INT64_MIN;

	for (size_t i = 0; i < when->windows_len; i++)
		if (policy_window_open(&when->windows[i], now, &end) && end > latest)
			latest = end;
	if (when->windows_len)
		bound_by(ret, POLICY_BOUND_WINDOW, rule, latest - now);
	if (when->has_not_after)
		bound_by(ret, POLICY_BOUND_NOT_AFTER, rule, when->not_after - now);
}

static void bound_by_denial(struct policy_decision *ret, const struct policy_when *when, uint32_t rule, int64_t now)
{
	int64_t begin = policy_when_begin(when, now);

	if (begin < INT64_MAX)
		bound_by(ret, POLICY_BOUND_DENIAL, rule, begin - now);
}

/* Pass two: the rules that contributed to what is granted bound its lifetime, and so do denials of any of it, which
 * are all still to come: what is denied now was not granted. */
static void set_lifetime(const struct deciding *d, const uint64_t *granted, struct policy_decision *ret)
{
	bool has_lifetime = false;

	ret->lifetime_s = UINT32_MAX;
	for (uint32_t r = 0; policy_rules_next(d->rules, d->policy->words, &r); r++) {
		const struct policy_rule *rule = &d->policy->rules[r];

		if (!join(d, rule, granted, NULL))
			continue;
		if (rule->is_deny) {
			bound_by_denial(ret, &rule->when, r, d->query->now);
			continue;
		}
		list_add(&ret->allowed_by, r);
		if (rule->lifetime_s) {
			has_lifetime = true;
			bound_by(ret, POLICY_BOUND_RULE, r, rule->lifetime_s);
		}
		bound_by_when(ret, &rule->when, r, d->query->now);
	}
	if (!has_lifetime)
		bound_by(ret, POLICY_BOUND_DEFAULT, 0,
			 d->policy->default_lifetime_s ? d->policy->default_lifetime_s : POLICY_LIFETIME_DEFAULT_S);
	if (d->model->public.lifetime_s)
		bound_by(ret, POLICY_BOUND_MODEL, 0, d->model->public.lifetime_s);
}

static void deny(struct policy_decision *ret, enum policy_reason reason)
{
	bool is_whole = reason == POLICY_REASON_CLIENT_DISABLED || reason == POLICY_REASON_DEVICE_DISABLED ||
			reason == POLICY_REASON_MODEL_UNKNOWN || reason == POLICY_REASON_NOTHING_ALLOWED;

	ret->outcome = ret->denied_by.len ? POLICY_DENY_EXPLICIT : POLICY_DENY_IMPLICIT;
	ret->reason = reason;
	ret->error = is_whole ? ACE_OAUTH_UNAUTHORIZED_CLIENT : ACE_OAUTH_INVALID_SCOPE;
	/* RFC 9200 5.8.3: if client and RS "do not share a common profile, the AS MUST reject that request". */
	if (reason == POLICY_REASON_PROFILE)
		ret->error = ACE_OAUTH_INCOMPATIBLE_PROFILES;
	ret->granted_len = 0;
	ret->scope_kind = ACE_SCOPE_ABSENT;
	ret->scope_len = 0;
}

static bool differs(const struct ace_scope *asked, const struct policy_decision *ret)
{
	return asked->kind != ret->scope_kind ||
	       !ace_slice_equal(asked->bytes, (struct ace_slice){ ret->scope_bytes, ret->scope_len });
}

/* Only what nobody may at all is unauthorized_client; then comes the profile; everything else is about the scope. */
static void grant_or_deny(struct deciding *d, struct policy_decision *ret)
{
	enum policy_reason reason;
	uint64_t granted[POLICY_PATHS_MAX] = { 0 }, any = 0;

	reason = policy_want_read(d->model, &d->query->scope, &d->wants);
	if (d->model->public.profile != ACE_PROFILE_COAP_OSCORE)
		reason = POLICY_REASON_PROFILE;
	select_rules(d);
	if (!reason)
		ask_rules(d, ret);
	for (size_t w = 0; !reason && w < d->wants.len; w++)
		any |= granted[w] = d->wants.list[w].methods & d->allowed[w] & ~d->denied[w];
	if (!reason)
		reason = any ? policy_want_grant(d->model, &d->query->scope, &d->wants, granted, ret) :
			       POLICY_REASON_NOT_ALLOWED;
	if (reason) {
		select_rules(d);
		deny(ret, could_ever(d) ? reason : POLICY_REASON_NOTHING_ALLOWED);
		return;
	}
	ret->is_narrowed = d->wants.lost_some;
	for (size_t w = 0; w < d->wants.len; w++)
		ret->is_narrowed = ret->is_narrowed || granted[w] != d->wants.list[w].methods;
	ret->scope_differs = differs(&d->query->scope, ret);
	ret->uses_exi = !d->model->public.has_clock;
	set_lifetime(d, granted, ret);
}

void policy_decide(const struct policy *policy, const struct policy_query *query, struct policy_decision *ret_decision)
{
	struct deciding d;

	memset(ret_decision, 0, offsetof(struct policy_decision, granted));
	memset((char *)ret_decision + offsetof(struct policy_decision, granted_len), 0,
	       offsetof(struct policy_decision, scope_bytes) - offsetof(struct policy_decision, granted_len));
	memset((char *)ret_decision + offsetof(struct policy_decision, scope_len), 0,
	       sizeof *ret_decision - offsetof(struct policy_decision, scope_len));
	d.policy = policy;
	d.query = query;
	d.model = model_find(policy, query->model);
	memset(d.allowed, 0, sizeof d.allowed);
	memset(d.denied, 0, sizeof d.denied);
	ret_decision->model = d.model ? &d.model->public : NULL;
	if (!query->client.enabled)
		deny(ret_decision, POLICY_REASON_CLIENT_DISABLED);
	else if (!query->device.enabled)
		deny(ret_decision, POLICY_REASON_DEVICE_DISABLED);
	else if (!d.model)
		deny(ret_decision, POLICY_REASON_MODEL_UNKNOWN);
	else
		grant_or_deny(&d, ret_decision);
}

struct ace_scope policy_decision_scope(const struct policy_decision *decision)
{
	return (struct ace_scope){ decision->scope_kind, { decision->scope_bytes, decision->scope_len } };
}
