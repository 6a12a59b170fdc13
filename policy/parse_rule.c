/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and their conditions. */
#include <stdlib.h>
#include <string.h>

#include "policy/parse_read.h"

static const char *const day_words[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

static uint8_t read_days(const json_t *days)
{
	uint8_t ret = 0;
	json_t *word;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)days, i, word)
		for (unsigned int day = 0; day < ACE_ARRAY_LEN(day_words); day++)
			if (!strcmp(day_words[day], json_string_value(word)))
				ret |= (uint8_t)(1u << day);
	return ret ? ret : 0x7f;
}

static uint32_t read_clock_time(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return (uint32_t)((text[0] - '0') * 10 + text[1] - '0') * 3600 +
	       (uint32_t)((text[3] - '0') * 10 + text[4] - '0') * 60;
}

static void read_windows(struct policy_arena *arena, const json_t *array, struct policy_when *when)
{
	size_t count = json_array_size(array);
	struct policy_window *list = policy_arena_array(arena, count, sizeof *list);

	for (size_t i = 0; list && i < count; i++) {
		const json_t *value = json_array_get(array, i);

		list[i].days = read_days(json_object_get(value, "days"));
		list[i].from_s = read_clock_time(value, "from");
		list[i].to_s = read_clock_time(value, "to");
		list[i].tz = policy_read_text(arena, value, "tz");
		if (!list[i].tz)
			list[i].tz = "UTC";
	}
	when->windows = list;
	when->windows_len = list ? count : 0;
}

static bool read_time_bound(const struct policy_parsed *parsed, const struct policy_entry *entry, const char *member,
			    int64_t *ret_time)
{
	const char *text = json_string_value(json_object_get(json_object_get(entry->value, "when"), member));
	struct policy_pointer pointer;

	if (!text)
		return false;
	if (policy_read_timestamp(text, ret_time))
		return true;
	pointer = policy_pointer_make((const char *const[]){ "rules", entry->id, "when", member, NULL }, SIZE_MAX);
	policy_report(parsed->problems, (struct policy_place){ entry->source, pointer.text }, "E006",
		      "“%s” is on no calendar", text);
	return false;
}

static void read_when(const struct policy_parsed *parsed, struct policy_arena *arena, const struct policy_entry *entry,
		      struct policy_when *when)
{
	const json_t *value = json_object_get(entry->value, "when");

	read_windows(arena, json_object_get(value, "time"), when);
	when->has_not_before = read_time_bound(parsed, entry, "not_before", &when->not_before);
	when->has_not_after = read_time_bound(parsed, entry, "not_after", &when->not_after);
	when->client_tags = policy_read_matches(arena, json_object_get(value, "client_tags"));
	when->device_tags = policy_read_matches(arena, json_object_get(value, "device_tags"));
	when->same_tag = policy_read_names(arena, json_object_get(value, "same_tag"));
}

void policy_parse_rules(const struct policy_parsed *parsed, struct policy *policy)
{
	struct policy_entries entries = policy_parse_section(parsed, "rules");
	struct policy_arena *arena = &policy->arena;

	policy->rules = policy_arena_array(arena, entries.len, sizeof *policy->rules);
	for (size_t i = 0; policy->rules && i < entries.len; i++) {
		const json_t *value = entries.list[i].value;
		struct policy_rule *rule = &policy->rules[policy->rules_len++];

		rule->id = policy_arena_text(arena, entries.list[i].id);
		rule->description = policy_read_text(arena, value, "description");
		rule->source = entries.list[i].source;
		rule->is_enabled = policy_read_bool(value, "enabled", true);
		rule->is_deny = !strcmp(json_string_value(json_object_get(value, "effect")), "deny");
		rule->clients = policy_read_names(arena, json_object_get(value, "clients"));
		rule->devices = policy_read_names(arena, json_object_get(value, "devices"));
		rule->scopes = policy_read_names(arena, json_object_get(value, "scopes"));
		rule->permissions = policy_read_permissions(arena, json_object_get(value, "permissions"));
		rule->lifetime_s = policy_read_duration(value, "lifetime");
		read_when(parsed, arena, &entries.list[i], &rule->when);
	}
}
