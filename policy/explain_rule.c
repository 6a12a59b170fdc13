/* SPDX-License-Identifier: Apache-2.0 */
/* What one rule had to say, question by question in the order of policy_decide(). */
#include <stdarg.h>
#include <string.h>

#include "policy/explain.h"
#include "policy/rule.h"

static void set_text(char *text, size_t cap, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void set_text(char *text, size_t cap, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, cap, format, args);
	va_end(args);
}

#define SET(field, ...) set_text(field, sizeof field, __VA_ARGS__)

static bool masks_join(const struct policy_rule *rule, const struct policy_model_private *model,
		       const struct policy_wants *wants)
{
	for (size_t w = 0; w < wants->len; w++)
		for (size_t m = 0; m < rule->masks.len; m++)
			if (rule->masks.list[m].path_id == model->path_ids[wants->list[w].index] &&
			    (rule->masks.list[m].methods & wants->list[w].methods))
				return true;
	return false;
}

/* Nothing of what is asked is in the rule. */
static bool scope_misses(const struct policy *policy, const struct policy_rule *rule, const struct policy_query *query)
{
	const struct policy_model *model = policy_model_find(policy, query->model);
	struct policy_wants wants;

	if (!model)
		return true;
	/* public is the first member of the private one. */
	if (policy_want_read((const struct policy_model_private *)model, &query->scope, &wants))
		return true;
	return !masks_join(rule, (const struct policy_model_private *)model, &wants);
}

static const struct policy_tag_match *tag_miss(struct policy_tag_matches matches, struct ace_tags tags)
{
	for (size_t i = 0; i < matches.len; i++)
		if (!policy_tags_match((struct policy_tag_matches){ &matches.list[i], 1 }, tags))
			return &matches.list[i];
	return NULL;
}

static void say_tag(struct policy_rule_result *ret, const char *who, const struct policy_tag_match *miss,
		    struct ace_tags tags)
{
	const char *value = policy_tag_value(tags, miss->key);

	if (value)
		SET(ret->reason, "%s has %s=%s, %s=%s%s is needed", who, miss->key, value, miss->key, miss->values.list[0],
		    miss->values.len > 1 ? " or another of the list" : "");
	else
		SET(ret->reason, "%s has no tag %s", who, miss->key);
}

static void say_same_tag(struct policy_rule_result *ret, const char *key, const struct policy_query *query)
{
	const char *client = policy_tag_value(query->client.tags, key);
	const char *device = policy_tag_value(query->device.tags, key);

	SET(ret->reason, "same_tag %s: client %s%s%s, device %s%s%s", key, client ? key : "has none",
	    client ? "=" : "", client ? client : "", device ? key : "has none", device ? "=" : "", device ? device : "");
}

static void say_time(struct policy_rule_result *ret, const struct policy_rule *rule, int64_t now, bool is_open)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	const struct policy_window *window = &rule->when.windows[0];
	struct policy_local_time local;
	int64_t end;

	for (size_t i = 0; is_open && i < rule->when.windows_len; i++)
		if (policy_window_open(&rule->when.windows[i], now, &end))
			window = &rule->when.windows[i];
	local = policy_zone_local(window->zone, now);
	SET(ret->reason, "time %s %02u:%02u %s %02u:%02u–%02u:%02u %s", days[local.weekday], local.second / 3600,
	    local.second / 60 % 60, is_open ? "in" : "is outside", window->from_s / 3600, window->from_s / 60 % 60,
	    window->to_s / 3600, window->to_s / 60 % 60, window->tz);
}

static void say_conditions(struct policy_rule_result *ret, const struct policy_rule *rule,
			   const struct policy_query *query)
{
	if (rule->when.windows_len)
		say_time(ret, rule, query->now, true);
	else if (rule->when.same_tag.len)
		SET(ret->reason, "same_tag %s=%s", rule->when.same_tag.list[0],
		    policy_tag_value(query->client.tags, rule->when.same_tag.list[0]));
	else if (rule->when.has_not_after)
		SET(ret->reason, "before not_after");
}

static enum policy_rule_match look_at_tags(const struct policy_rule *rule, const struct policy_query *query,
					   struct policy_rule_result *ret)
{
	const struct policy_tag_match *miss = tag_miss(rule->when.client_tags, query->client.tags);
	const char *key = policy_same_tag_miss(&rule->when, query);

	if (miss) {
		say_tag(ret, "the client", miss, query->client.tags);
		return POLICY_MATCH_CLIENT_TAGS;
	}
	miss = tag_miss(rule->when.device_tags, query->device.tags);
	if (miss) {
		say_tag(ret, "the device", miss, query->device.tags);
		return POLICY_MATCH_DEVICE_TAGS;
	}
	if (!key)
		return POLICY_MATCH_YES;
	say_same_tag(ret, key, query);
	return POLICY_MATCH_SAME_TAG;
}

static enum policy_rule_match look_at_when(const struct policy_rule *rule, const struct policy_query *query,
					   struct policy_rule_result *ret)
{
	enum policy_rule_match match = look_at_tags(rule, query, ret);

	if (match)
		return match;
	if (rule->when.has_not_before && query->now < rule->when.not_before) {
		SET(ret->reason, "not_before has not come");
		return POLICY_MATCH_NOT_BEFORE;
	}
	if (rule->when.has_not_after && query->now >= rule->when.not_after) {
		SET(ret->reason, "not_after has passed");
		return POLICY_MATCH_NOT_AFTER;
	}
	if (!policy_when_time_holds(&rule->when, query->now)) {
		say_time(ret, rule, query->now, false);
		return POLICY_MATCH_TIME;
	}
	say_conditions(ret, rule, query);
	return POLICY_MATCH_YES;
}

void policy_explain_rule(const struct policy *policy, const struct policy_query *query, uint32_t number,
			 struct policy_rule_result *ret_result)
{
	const struct policy_rule *rule = &policy->rules[number];
	const char *client = policy_client_selected(policy, rule, &query->client);
	const char *device = policy_device_selected(policy, rule, &query->device);

	*ret_result = (struct policy_rule_result){ .rule = number, .is_deny = rule->is_deny };
	if (client && device)
		SET(ret_result->by, "client %s, device %s", client, device);
	if (!rule->is_enabled) {
		ret_result->match = POLICY_MATCH_DISABLED;
		SET(ret_result->reason, "rule is disabled");
	} else if (!client) {
		ret_result->match = POLICY_MATCH_CLIENT;
		SET(ret_result->reason, "client not selected");
	} else if (!device) {
		ret_result->match = POLICY_MATCH_DEVICE;
		SET(ret_result->reason, "device not selected");
	} else if (scope_misses(policy, rule, query)) {
		ret_result->match = POLICY_MATCH_SCOPE;
		SET(ret_result->reason, "nothing of what was asked");
	} else {
		ret_result->match = look_at_when(rule, query, ret_result);
	}
}

static bool is_up_to_rules(enum policy_reason reason)
{
	return reason != POLICY_REASON_GRANTED && reason != POLICY_REASON_CLIENT_DISABLED &&
	       reason != POLICY_REASON_DEVICE_DISABLED && reason != POLICY_REASON_SCOPE_TOO_LONG &&
	       reason != POLICY_REASON_PROFILE;
}

/* An allow rule that has what was asked and fails late is nearer than one that fails early. */
bool policy_nearest_miss(const struct policy *policy, const struct policy_query *query,
			 const struct policy_decision *decision, struct policy_rule_result *ret_result)
{
	bool is_found = false;

	if (!is_up_to_rules(decision->reason))
		return false;
	for (uint32_t r = 0; r < policy->rules_len; r++) {
		struct policy_rule_result result;

		if (policy->rules[r].is_deny || scope_misses(policy, &policy->rules[r], query))
			continue;
		policy_explain_rule(policy, query, r, &result);
		if (result.match == POLICY_MATCH_YES || (is_found && result.match <= ret_result->match))
			continue;
		result.is_near_miss = true;
		*ret_result = result;
		is_found = true;
	}
	return is_found;
}
