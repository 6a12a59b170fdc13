/* SPDX-License-Identifier: Apache-2.0 */
/* One question a function. Decisions use the index for selectors; these are for conditions, explanations
 * and checks. */
#include <string.h>

#include "policy/rule.h"

const char *policy_tag_value(struct ace_tags tags, const char *key)
{
	for (size_t i = 0; i < tags.len; i++)
		if (!strcmp(tags.list[i].key, key))
			return tags.list[i].value;
	return NULL;
}

bool policy_names_have(struct policy_names names, const char *name)
{
	for (size_t i = 0; i < names.len; i++)
		if (!strcmp(names.list[i], name))
			return true;
	return false;
}

bool policy_tags_match(struct policy_tag_matches matches, struct ace_tags tags)
{
	for (size_t i = 0; i < matches.len; i++) {
		const char *value = policy_tag_value(tags, matches.list[i].key);

		if (!value || !policy_names_have(matches.list[i].values, value))
			return false;
	}
	return true;
}

bool policy_group_has(const struct policy_group *group, const struct policy_party *party)
{
	if (policy_names_have(group->members, party->id))
		return true;
	return group->match.len && policy_tags_match(group->match, party->tags);
}

static bool tag_selector_matches(const char *selector, struct ace_tags tags)
{
	const char *equals = strchr(selector, '=');
	size_t key_len = (size_t)(equals - selector);

	for (size_t i = 0; i < tags.len; i++)
		if (strlen(tags.list[i].key) == key_len && !memcmp(tags.list[i].key, selector, key_len))
			return !strcmp(tags.list[i].value, equals + 1);
	return false;
}

bool policy_selector_matches(const struct policy_group *groups, size_t groups_len, const char *selector,
			     const struct policy_party *party)
{
	if (!strcmp(selector, "*"))
		return true;
	if (!strncmp(selector, "tag:", 4))
		return tag_selector_matches(selector + 4, party->tags);
	if (strncmp(selector, "group:", 6))
		return !strcmp(selector, party->id);
	for (size_t i = 0; i < groups_len; i++)
		if (!strcmp(groups[i].id, selector + 6))
			return policy_group_has(&groups[i], party);
	return false;
}

const char *policy_client_selected(const struct policy *policy, const struct policy_rule *rule,
				   const struct policy_party *party)
{
	for (size_t i = 0; i < rule->clients.len; i++)
		if (policy_selector_matches(policy->client_groups, policy->client_groups_len, rule->clients.list[i], party))
			return rule->clients.list[i];
	return NULL;
}

const char *policy_device_selected(const struct policy *policy, const struct policy_rule *rule,
				   const struct policy_party *party)
{
	for (size_t i = 0; i < rule->devices.len; i++)
		if (policy_selector_matches(policy->device_groups, policy->device_groups_len, rule->devices.list[i], party))
			return rule->devices.list[i];
	return NULL;
}

const char *policy_same_tag_miss(const struct policy_when *when, const struct policy_query *query)
{
	for (size_t i = 0; i < when->same_tag.len; i++) {
		const char *client = policy_tag_value(query->client.tags, when->same_tag.list[i]);
		const char *device = policy_tag_value(query->device.tags, when->same_tag.list[i]);

		if (!client || !device || strcmp(client, device))
			return when->same_tag.list[i];
	}
	return NULL;
}

bool policy_when_tags_hold(const struct policy_when *when, const struct policy_query *query)
{
	return policy_tags_match(when->client_tags, query->client.tags) &&
	       policy_tags_match(when->device_tags, query->device.tags) && !policy_same_tag_miss(when, query);
}

bool policy_when_time_holds(const struct policy_when *when, int64_t now)
{
	int64_t end;

	if (when->has_not_before && now < when->not_before)
		return false;
	if (when->has_not_after && now >= when->not_after)
		return false;
	for (size_t i = 0; i < when->windows_len; i++)
		if (policy_window_open(&when->windows[i], now, &end))
			return true;
	return !when->windows_len;
}

bool policy_when_is_timeless(const struct policy_when *when)
{
	return !when->windows_len && !when->has_not_before && !when->has_not_after;
}

int64_t policy_when_end(const struct policy_when *when, int64_t now)
{
	int64_t end, latest = when->windows_len ? INT64_MIN : INT64_MAX;

	for (size_t i = 0; i < when->windows_len; i++)
		if (policy_window_open(&when->windows[i], now, &end) && end > latest)
			latest = end;
	return when->has_not_after && when->not_after < latest ? when->not_after : latest;
}

int64_t policy_when_begin(const struct policy_when *when, int64_t now)
{
	int64_t from = when->has_not_before && when->not_before > now ? when->not_before : now;
	int64_t begin = when->windows_len ? INT64_MAX : from;

	for (size_t i = 0; i < when->windows_len; i++) {
		int64_t next = policy_window_next(&when->windows[i], from);

		if (next < begin)
			begin = next;
	}
	return when->has_not_after && begin >= when->not_after ? INT64_MAX : begin;
}
