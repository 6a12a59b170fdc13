/* SPDX-License-Identifier: Apache-2.0 */
/* From what files say to what decisions need: names become numbers, and every reference is looked up. */
#include <stdlib.h>
#include <string.h>

#include "policy/rule.h"

#define MASKS_MAX ((size_t)4 << 20) /* methods on paths in all rules together */

struct policy_scope *policy_scope_find(const struct policy *policy, const char *id)
{
	size_t low = 0, high = policy->scopes_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(policy->scopes[middle].id, id);

		if (!order)
			return &policy->scopes[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct policy_group *policy_group_find(struct policy_group *groups, size_t len, const char *id)
{
	size_t low = 0, high = len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(groups[middle].id, id);

		if (!order)
			return &groups[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

uint32_t policy_path_find(const struct policy *policy, const char *path, size_t len)
{
	size_t low = 0, high = policy->paths_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strncmp(policy->paths[middle], path, len);

		if (!order && policy->paths[middle][len])
			order = 1;
		if (!order)
			return (uint32_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return POLICY_NO_PATH;
}

static void number_paths(const struct policy *policy, struct policy_permissions *permissions)
{
	for (size_t i = 0; i < permissions->len; i++)
		permissions->list[i].path_id =
			policy_path_find(policy, permissions->list[i].path, strlen(permissions->list[i].path));
}

static bool masks_fill(struct policy_arena *arena, const struct policy_permissions *permissions, struct policy_masks *ret)
{
	struct policy_mask *list = policy_arena_array(arena, permissions->len, sizeof *list);
	size_t len = 0;

	for (size_t i = 0; list && i < permissions->len; i++)
		if (permissions->list[i].path_id != POLICY_NO_PATH)
			list[len++] = (struct policy_mask){ permissions->list[i].path_id, permissions->list[i].methods };
	*ret = (struct policy_masks){ list, len };
	return list != NULL;
}

static int compare_masks(const void *left, const void *right)
{
	const struct policy_mask *a = left, *b = right;

	return (a->path_id > b->path_id) - (a->path_id < b->path_id);
}

static size_t masks_count(const struct policy *policy, const struct policy_rule *rule)
{
	size_t count = rule->permissions.len;

	for (size_t i = 0; i < rule->scopes.len; i++) {
		const struct policy_scope *scope = policy_scope_find(policy, rule->scopes.list[i]);

		count += scope ? scope->masks.len : 0;
	}
	return count;
}

/* The union of its scopes and its own permissions. A rule with one scope shares the scope's. */
static bool rule_masks(struct policy *policy, struct policy_rule *rule)
{
	struct policy_masks own;
	struct policy_mask *list;
	size_t len = 0, kept = 0;

	number_paths(policy, &rule->permissions);
	if (!masks_fill(&policy->arena, &rule->permissions, &own))
		return false;
	list = policy_arena_array(&policy->arena, masks_count(policy, rule), sizeof *list);
	if (!list)
		return false;
	for (size_t i = 0; i < own.len; i++)
		list[len++] = own.list[i];
	for (size_t i = 0; i < rule->scopes.len; i++) {
		struct policy_scope *scope = policy_scope_find(policy, rule->scopes.list[i]);

		if (!scope)
			continue;
		scope->is_used = true;
		for (size_t k = 0; k < scope->masks.len; k++)
			list[len++] = scope->masks.list[k];
	}
	qsort(list, len, sizeof *list, compare_masks);
	for (size_t i = 0; i < len; i++) {
		if (kept && list[kept - 1].path_id == list[i].path_id)
			list[kept - 1].methods |= list[i].methods;
		else
			list[kept++] = list[i];
	}
	rule->masks = (struct policy_masks){ list, kept };
	return true;
}

static const struct policy_zone *zone_find(struct policy_build *build, const char *name)
{
	struct policy *policy = build->policy;
	const struct policy_zone *zone;

	for (size_t i = 0; i < policy->zones_len; i++)
		if (!strcmp(policy->zones[i]->name, name))
			return policy->zones[i];
	zone = policy_zone_load(&policy->arena, build->options->zoneinfo_dir, name);
	if (zone && policy->zones_len < 600)
		policy->zones[policy->zones_len++] = zone;
	return zone;
}

static void report_window(struct policy_build *build, const struct policy_rule *rule, size_t index, const char *member,
			  const char *code)
{
	struct policy_pointer pointer =
		policy_pointer_make((const char *const[]){ "rules", rule->id, "when", "time", NULL }, index);

	policy_pointer_push(&pointer, member);
	if (!strcmp(code, "E110"))
		policy_report(build->problems, (struct policy_place){ rule->source, pointer.text }, code,
			      "the window ends before it begins; write one that passes midnight as two");
	else
		policy_report(build->problems, (struct policy_place){ rule->source, pointer.text }, code,
			      "there is no time zone “%s” on this machine (package tzdata)", rule->when.windows[index].tz);
}

static void rule_windows(struct policy_build *build, struct policy_rule *rule)
{
	struct policy_window *windows =
		policy_arena_array(&build->policy->arena, rule->when.windows_len, sizeof *windows);

	for (size_t i = 0; windows && i < rule->when.windows_len; i++) {
		windows[i] = rule->when.windows[i];
		if (windows[i].from_s >= windows[i].to_s)
			report_window(build, rule, i, "from", "E110");
		windows[i].zone = zone_find(build, windows[i].tz);
		if (!windows[i].zone)
			report_window(build, rule, i, "tz", "E111");
	}
	rule->when.windows = windows;
}

bool policy_compile_all(struct policy_build *build)
{
	struct policy *policy = build->policy;
	size_t masks = 0;

	policy->zones = policy_arena_array(&policy->arena, 600, sizeof *policy->zones);
	if (!policy->zones || !policy_compile_models(build))
		return false;
	for (size_t i = 0; i < policy->scopes_len; i++) {
		number_paths(policy, &policy->scopes[i].permissions);
		if (!masks_fill(&policy->arena, &policy->scopes[i].permissions, &policy->scopes[i].masks))
			return false;
	}
	for (size_t i = 0; i < policy->rules_len; i++) {
		masks += masks_count(policy, &policy->rules[i]);
		if (masks > MASKS_MAX) {
			policy_report(build->problems, (struct policy_place){ policy->rules[i].source, "/rules" }, "E006",
				      "the rules are too large all together");
			return true;
		}
		if (!rule_masks(policy, &policy->rules[i]))
			return false;
		rule_windows(build, &policy->rules[i]);
	}
	return policy_compile_index(policy) && !policy->arena.no_memory;
}
