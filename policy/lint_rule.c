/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about rules by themselves and against each other: what one cannot do, or need not. */
#include <stdlib.h>
#include <string.h>

#include "policy/rule.h"

/* POST, PUT, DELETE, PATCH and iPATCH, and the same on what a client made itself (RFC 9237 3). */
#define WRITING (UINT64_C(0x6e) | UINT64_C(0x6e) << 32)

/* What a rule is about, in few bits. One that lacks a bit of another's cannot cover it: 65,536 rules are compared in a second. */
struct sketch {
	uint64_t clients, devices, paths;
	uint64_t hash; /* equal for rules that do the same */
	uint32_t rule;
};

static void report(struct policy_build *build, const struct policy_rule *rule, const char *member, size_t index,
		   const char *code, const char *what, const char *other)
{
	struct policy_pointer at =
		policy_pointer_make((const char *const[]){ "rules", rule->id, member, NULL }, index);

	policy_report(build->problems, (struct policy_place){ rule->source, at.text }, code, "%s “%s”", what, other);
}

static bool may_write(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->masks.len; i++)
		if (rule->masks.list[i].methods & WRITING)
			return true;
	return false;
}

static void lint_open_to_all(struct policy_build *build, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->clients.len && !rule->is_deny && may_write(rule); i++)
		if (!strcmp(rule->clients.list[i], "*"))
			report(build, rule, "clients", i, "W204", "every client that is registered may write by", rule->id);
}

/* Has each selector a group that nobody can be in? */
static bool selects_nobody(const struct policy_names *selectors, struct policy_group *groups, size_t groups_len)
{
	for (size_t i = 0; i < selectors->len; i++) {
		const struct policy_group *group;

		if (strncmp(selectors->list[i], "group:", 6))
			return false;
		group = policy_group_find(groups, groups_len, selectors->list[i] + 6);
		if (!group || group->members.len || group->match.len)
			return false;
	}
	return true;
}

static void lint_never(struct policy_build *build, const struct policy_rule *rule)
{
	const struct policy *policy = build->policy;
	const struct policy_when *when = &rule->when;
	struct policy_pointer at =
		policy_pointer_make((const char *const[]){ "rules", rule->id, "when", "not_after", NULL }, SIZE_MAX);
	struct policy_place place = { rule->source, at.text };

	if (when->has_not_after && when->has_not_before && when->not_before >= when->not_after)
		policy_report(build->problems, place, "W205", "“%s” ends before it begins", rule->id);
	else if (when->has_not_after && build->options->now && when->not_after <= build->options->now)
		policy_report(build->problems, place, "W205", "“%s” is over", rule->id);
	if (selects_nobody(&rule->clients, policy->client_groups, policy->client_groups_len))
		report(build, rule, "clients", SIZE_MAX, "W205", "no client is in the groups of", rule->id);
	if (selects_nobody(&rule->devices, policy->device_groups, policy->device_groups_len))
		report(build, rule, "devices", SIZE_MAX, "W205", "no device is in the groups of", rule->id);
}

static uint64_t names_bits(struct policy_names names, uint64_t *hash)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < names.len; i++) {
		uint64_t name = policy_hash(names.list[i], NULL);

		bits |= strcmp(names.list[i], "*") ? UINT64_C(1) << (name >> 32 & 63) : UINT64_MAX;
		*hash += name * UINT64_C(0x9e3779b97f4a7c15);
	}
	*hash ^= *hash >> 29;
	return bits;
}

static struct sketch sketch_of(const struct policy_rule *rule, uint32_t number)
{
	struct sketch sketch = { .rule = number, .hash = rule->lifetime_s * 2 + rule->is_deny };

	sketch.clients = names_bits(rule->clients, &sketch.hash);
	sketch.devices = names_bits(rule->devices, &sketch.hash);
	for (size_t i = 0; i < rule->masks.len; i++) {
		sketch.paths |= UINT64_C(1) << rule->masks.list[i].path_id % 64;
		sketch.hash = (sketch.hash ^ rule->masks.list[i].path_id) * UINT64_C(0x9e3779b97f4a7c15);
		sketch.hash = (sketch.hash ^ rule->masks.list[i].methods) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return sketch;
}

static bool names_cover(struct policy_names wide, struct policy_names narrow)
{
	if (policy_names_have(wide, "*"))
		return true;
	for (size_t i = 0; i < narrow.len; i++)
		if (!policy_names_have(wide, narrow.list[i]))
			return false;
	return true;
}

static bool masks_cover(struct policy_masks wide, struct policy_masks narrow)
{
	size_t w = 0;

	for (size_t i = 0; i < narrow.len; i++) {
		while (w < wide.len && wide.list[w].path_id < narrow.list[i].path_id)
			w++;
		if (w == wide.len || wide.list[w].path_id != narrow.list[i].path_id ||
		    (narrow.list[i].methods & ~wide.list[w].methods))
			return false;
	}
	return true;
}

static bool tags_equal(struct policy_tag_matches a, struct policy_tag_matches b)
{
	bool equal = a.len == b.len;

	for (size_t i = 0; equal && i < a.len; i++)
		equal = !strcmp(a.list[i].key, b.list[i].key) && names_cover(a.list[i].values, b.list[i].values) &&
			names_cover(b.list[i].values, a.list[i].values);
	return equal;
}

static bool windows_equal(const struct policy_when *a, const struct policy_when *b)
{
	bool equal = a->windows_len == b->windows_len;

	for (size_t i = 0; equal && i < a->windows_len; i++)
		equal = a->windows[i].days == b->windows[i].days && a->windows[i].from_s == b->windows[i].from_s &&
			a->windows[i].to_s == b->windows[i].to_s && !strcmp(a->windows[i].tz, b->windows[i].tz);
	return equal;
}

static bool when_equal(const struct policy_when *a, const struct policy_when *b)
{
	return a->has_not_before == b->has_not_before && a->has_not_after == b->has_not_after &&
	       (!a->has_not_before || a->not_before == b->not_before) &&
	       (!a->has_not_after || a->not_after == b->not_after) && windows_equal(a, b) &&
	       tags_equal(a->client_tags, b->client_tags) && tags_equal(a->device_tags, b->device_tags) &&
	       names_cover(a->same_tag, b->same_tag) && names_cover(b->same_tag, a->same_tag);
}

static bool is_unconditional(const struct policy_when *when)
{
	return policy_when_is_timeless(when) && !when->client_tags.len && !when->device_tags.len && !when->same_tag.len;
}

/* Whatever the narrow one speaks about, the wide one does. */
static bool rule_covers(const struct policy_rule *wide, const struct policy_rule *narrow)
{
	return (is_unconditional(&wide->when) || when_equal(&wide->when, &narrow->when)) &&
	       names_cover(wide->clients, narrow->clients) && names_cover(wide->devices, narrow->devices) &&
	       masks_cover(wide->masks, narrow->masks);
}

static void lint_covered(struct policy_build *build, const struct sketch *allows, size_t allows_len,
			 const struct sketch *denies, size_t denies_len)
{
	const struct policy_rule *rules = build->policy->rules;

	for (size_t a = 0; a < allows_len; a++) {
		for (size_t d = 0; d < denies_len; d++) {
			if ((allows[a].clients & ~denies[d].clients) | (allows[a].devices & ~denies[d].devices) |
			    (allows[a].paths & ~denies[d].paths))
				continue;
			if (!rule_covers(&rules[denies[d].rule], &rules[allows[a].rule]))
				continue;
			report(build, &rules[allows[a].rule], "effect", SIZE_MAX, "W202",
			       "all that this rule allows is denied by", rules[denies[d].rule].id);
			break;
		}
	}
}

static int compare_sketches(const void *left, const void *right)
{
	const struct sketch *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->rule < b->rule ? -1 : 1;
}

static bool rules_equal(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->is_deny == b->is_deny && a->lifetime_s == b->lifetime_s && when_equal(&a->when, &b->when) &&
	       rule_covers(a, b) && rule_covers(b, a);
}

static void lint_doubles(struct policy_build *build, struct sketch *sketches, size_t len)
{
	const struct policy_rule *rules = build->policy->rules;

	qsort(sketches, len, sizeof *sketches, compare_sketches);
	for (size_t i = 1; i < len; i++) {
		const struct policy_rule *first = &rules[sketches[i - 1].rule], *second = &rules[sketches[i].rule];

		if (sketches[i].hash == sketches[i - 1].hash && rules_equal(first, second))
			report(build, second, NULL, SIZE_MAX, "W203", "does the same as", first->id);
	}
}

void policy_lint_rules(struct policy_build *build)
{
	const struct policy *policy = build->policy;
	struct sketch *sketches = calloc(policy->rules_len + 1, sizeof *sketches);
	size_t allows = 0, denies = policy->rules_len;

	if (!sketches) {
		build->problems->no_memory = true;
		return;
	}
	for (uint32_t i = 0; i < policy->rules_len; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!rule->is_enabled)
			continue;
		lint_open_to_all(build, rule);
		lint_never(build, rule);
		sketches[rule->is_deny ? --denies : allows++] = sketch_of(rule, i);
	}
	lint_covered(build, sketches, allows, sketches + denies, policy->rules_len - denies);
	lint_doubles(build, sketches, allows);
	lint_doubles(build, sketches + denies, policy->rules_len - denies);
	free(sketches);
}
