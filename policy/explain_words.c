/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain_words.h"

#include <stdlib.h>
#include <string.h>

const char *policy_error_name(enum ace_oauth_error error)
{
	if (error == ACE_OAUTH_INCOMPATIBLE_PROFILES)
		return "incompatible_ace_profiles";
	return error == ACE_OAUTH_UNAUTHORIZED_CLIENT ? "unauthorized_client" : "invalid_scope";
}

const char *policy_method_name(uint64_t method)
{
	static const char *const names[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH" };
	static const char *const dynamic[] = { "Dynamic-GET",	"Dynamic-POST",	 "Dynamic-PUT",	   "Dynamic-DELETE",
					       "Dynamic-FETCH", "Dynamic-PATCH", "Dynamic-iPATCH" };

	for (unsigned int bit = 0; bit < 7; bit++) {
		if (method == UINT64_C(1) << bit)
			return names[bit];
		if (method == UINT64_C(1) << (bit + 32))
			return dynamic[bit];
	}
	return "?";
}

static bool has_permission(const struct policy_rule *rule, uint32_t path_id, uint64_t method)
{
	for (size_t i = 0; i < rule->masks.len; i++)
		if (rule->masks.list[i].path_id == path_id)
			return (rule->masks.list[i].methods & method) != 0;
	return false;
}

static uint32_t rule_by(const struct policy *policy, const struct policy_rule_list *list, uint32_t path_id,
			uint64_t method)
{
	for (size_t i = 0; i < list->len; i++)
		if (has_permission(&policy->rules[list->rules[i]], path_id, method))
			return list->rules[i];
	return UINT32_MAX;
}

static bool is_granted(const struct policy_decision *decision, struct ace_slice path, uint64_t method)
{
	for (size_t i = 0; i < decision->granted_len; i++)
		if (ace_slice_equal(decision->granted[i].path, path))
			return (decision->granted[i].methods & method) != 0;
	return false;
}

static void tell_want(const struct policy *policy, const struct policy_decision *decision, uint32_t path_id,
		      const struct policy_want *want, struct policy_story *story)
{
	for (unsigned int bit = 0; bit < 39; bit++) {
		uint64_t method = UINT64_C(1) << bit;

		if (!(want->methods & method))
			continue;
		if (is_granted(decision, want->path, method)) {
			if (story->granted_len < POLICY_TOLD_MAX)
				story->granted[story->granted_len++] = (struct policy_told){
					want->path, method, rule_by(policy, &decision->allowed_by, path_id, method)
				};
		} else if (story->refused_len < POLICY_TOLD_MAX) {
			story->refused[story->refused_len++] = (struct policy_told){
				want->path, method, rule_by(policy, &decision->denied_by, path_id, method)
			};
		}
	}
}

static void add_bound(struct policy_story *story, enum policy_bound_kind kind, uint32_t rule, int64_t lifetime_s)
{
	if (story->bounds_len < ACE_ARRAY_LEN(story->bounds))
		story->bounds[story->bounds_len++] = (struct policy_bound){ kind, rule, (uint32_t)lifetime_s };
}

static void rule_bounds(const struct policy *policy, const struct policy_query *query, uint32_t number,
			struct policy_story *story)
{
	const struct policy_rule *rule = &policy->rules[number];
	int64_t end, latest = 0;

	if (rule->lifetime_s)
		add_bound(story, POLICY_BOUND_RULE, number, rule->lifetime_s);
	for (size_t i = 0; i < rule->when.windows_len; i++)
		if (policy_window_open(&rule->when.windows[i], query->now, &end) && end > latest)
			latest = end;
	if (rule->when.windows_len)
		add_bound(story, POLICY_BOUND_WINDOW, number, latest - query->now);
	if (rule->when.has_not_after)
		add_bound(story, POLICY_BOUND_NOT_AFTER, number, rule->when.not_after - query->now);
}

static int compare_bounds(const void *left, const void *right)
{
	const struct policy_bound *a = left, *b = right;

	if (a->lifetime_s != b->lifetime_s)
		return a->lifetime_s < b->lifetime_s ? -1 : 1;
	return (int)a->kind - (int)b->kind;
}

static void tell_bounds(const struct policy *policy, const struct policy_query *query,
			const struct policy_decision *decision, struct policy_story *story)
{
	for (size_t i = 0; i < decision->allowed_by.len; i++)
		rule_bounds(policy, query, decision->allowed_by.rules[i], story);
	if (decision->bound.kind == POLICY_BOUND_DEFAULT || decision->bound.kind == POLICY_BOUND_DENIAL)
		add_bound(story, decision->bound.kind, decision->bound.rule, decision->bound.lifetime_s);
	if (decision->model->lifetime_s)
		add_bound(story, POLICY_BOUND_MODEL, 0, decision->model->lifetime_s);
	qsort(story->bounds, story->bounds_len, sizeof *story->bounds, compare_bounds);
}

void policy_story_tell(const struct policy *policy, const struct policy_query *query,
		       const struct policy_decision *decision, struct policy_story *ret_story)
{
	/* public is the first member of the private one. */
	const struct policy_model_private *model =
		(const struct policy_model_private *)policy_model_find(policy, query->model);
	struct policy_wants wants;

	ret_story->granted_len = ret_story->refused_len = ret_story->bounds_len = 0;
	if (!model || policy_want_read(model, &query->scope, &wants))
		return;
	for (size_t i = 0; i < wants.len; i++)
		tell_want(policy, decision, model->path_ids[wants.list[i].index], &wants.list[i], ret_story);
	if (decision->outcome == POLICY_ALLOW)
		tell_bounds(policy, query, decision, ret_story);
}

void policy_bound_words(const struct policy *policy, const struct policy_decision *decision,
			const struct policy_bound *bound, char *text, size_t cap)
{
	switch (bound->kind) {
	case POLICY_BOUND_RULE:
		snprintf(text, cap, "%s", policy->rules[bound->rule].id);
		break;
	case POLICY_BOUND_WINDOW:
		snprintf(text, cap, "end of window in %s", policy->rules[bound->rule].id);
		break;
	case POLICY_BOUND_NOT_AFTER:
		snprintf(text, cap, "not_after of %s", policy->rules[bound->rule].id);
		break;
	case POLICY_BOUND_DENIAL:
		snprintf(text, cap, "%s begins to deny", policy->rules[bound->rule].id);
		break;
	case POLICY_BOUND_DEFAULT:
		snprintf(text, cap, "default lifetime");
		break;
	case POLICY_BOUND_MODEL:
		snprintf(text, cap, "model %s", decision->model->id);
		break;
	}
}

static const struct policy_zone *story_zone(const struct policy *policy, const struct policy_decision *decision)
{
	for (size_t i = 0; i < decision->allowed_by.len; i++)
		if (policy->rules[decision->allowed_by.rules[i]].when.windows_len)
			return policy->rules[decision->allowed_by.rules[i]].when.windows[0].zone;
	return NULL;
}

void policy_time_words(const struct policy *policy, const struct policy_query *query,
		       const struct policy_decision *decision, char *text, size_t cap)
{
	static const int32_t utc_offset[] = { 0 };
	static const char *const utc_name[] = { "UTC" };
	static const struct policy_zone utc = { .offset_s = utc_offset, .abbreviation = utc_name };
	const struct policy_zone *zone = story_zone(policy, decision);
	struct policy_local_time local = policy_zone_local(zone ? zone : &utc, query->now);
	int64_t year = 1970 + local.day / 366;
	unsigned int month = 1;

	while (policy_days_from_civil(year + 1, 1, 1) <= local.day)
		year++;
	while (month < 12 && policy_days_from_civil(year, month + 1, 1) <= local.day)
		month++;
	snprintf(text, cap, "%lld-%02u-%02lld %02u:%02u %s", (long long)year, month,
		 (long long)(local.day - policy_days_from_civil(year, month, 1) + 1), local.second / 3600,
		 local.second / 60 % 60, local.abbreviation);
}
