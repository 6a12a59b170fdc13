/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules of two policies say the same? Those with one id are compared by what they mean, not by how they are written. */
#include <string.h>

#include "policy/diff_internal.h"

static bool names_are_alike(struct policy_names a, struct policy_names b)
{
	for (size_t i = 0; i < a.len; i++)
		if (!policy_names_have(b, a.list[i]))
			return false;
	return a.len == b.len;
}

static const struct policy_tag_match *match_find(struct policy_tag_matches matches, const char *key)
{
	for (size_t i = 0; i < matches.len; i++)
		if (!strcmp(matches.list[i].key, key))
			return &matches.list[i];
	return NULL;
}

static bool matches_are_alike(struct policy_tag_matches a, struct policy_tag_matches b)
{
	for (size_t i = 0; i < a.len; i++) {
		const struct policy_tag_match *other = match_find(b, a.list[i].key);

		if (!other || !names_are_alike(a.list[i].values, other->values))
			return false;
	}
	return a.len == b.len;
}

static bool has_window(const struct policy_when *when, const struct policy_window *window)
{
	for (size_t i = 0; i < when->windows_len; i++) {
		const struct policy_window *other = &when->windows[i];

		if (other->days == window->days && other->from_s == window->from_s && other->to_s == window->to_s &&
		    !strcmp(other->tz, window->tz))
			return true;
	}
	return false;
}

static bool times_are_alike(const struct policy_when *a, const struct policy_when *b)
{
	if (a->has_not_before != b->has_not_before || (a->has_not_before && a->not_before != b->not_before) ||
	    a->has_not_after != b->has_not_after || (a->has_not_after && a->not_after != b->not_after))
		return false;
	for (size_t i = 0; i < a->windows_len; i++)
		if (!has_window(b, &a->windows[i]))
			return false;
	return a->windows_len == b->windows_len;
}

static bool masks_are_alike(const struct policy_diff *diff, const struct policy_rule *a, const struct policy_rule *b)
{
	for (size_t i = 0; i < a->masks.len && i < b->masks.len; i++)
		if (a->masks.list[i].methods != b->masks.list[i].methods ||
		    strcmp(diff->policy[0]->paths[a->masks.list[i].path_id], diff->policy[1]->paths[b->masks.list[i].path_id]))
			return false;
	return a->masks.len == b->masks.len;
}

/* What it says of those whom it selects. Whom it selects is looked at party by party. */
static bool says_the_same(const struct policy_diff *diff, const struct policy_rule *a, const struct policy_rule *b)
{
	return a->is_enabled == b->is_enabled && a->is_deny == b->is_deny && a->lifetime_s == b->lifetime_s &&
	       masks_are_alike(diff, a, b) && times_are_alike(&a->when, &b->when) &&
	       matches_are_alike(a->when.client_tags, b->when.client_tags) &&
	       matches_are_alike(a->when.device_tags, b->when.device_tags) &&
	       names_are_alike(a->when.same_tag, b->when.same_tag);
}

static uint32_t default_s(const struct policy *policy)
{
	return policy->default_lifetime_s ? policy->default_lifetime_s : POLICY_LIFETIME_DEFAULT_S;
}

static void compare_rule(const struct policy_diff *diff, struct diff_rule *joint)
{
	const struct policy_rule *a, *b;

	if (joint->at[0] == DIFF_NONE || joint->at[1] == DIFF_NONE) {
		joint->listed = joint->at[0] == DIFF_NONE ? POLICY_DIFF_RULE_ADDED : POLICY_DIFF_RULE_REMOVED;
		joint->is_hot = true;
		return;
	}
	a = &diff->policy[0]->rules[joint->at[0]];
	b = &diff->policy[1]->rules[joint->at[1]];
	joint->is_hot = !says_the_same(diff, a, b);
	if (joint->is_hot || !names_are_alike(a->clients, b->clients) || !names_are_alike(a->devices, b->devices))
		joint->listed = POLICY_DIFF_RULE_CHANGED;
	if (!a->lifetime_s && !a->is_deny && default_s(diff->policy[0]) != default_s(diff->policy[1]))
		joint->is_hot = true;
}

static bool same_key(struct policy_diff *diff, const char *key, uint32_t *ret_number)
{
	uint32_t i = 0;

	while (i < diff->same_keys_len && strcmp(diff->same_keys[i], key))
		i++;
	if (i == diff->same_keys_len) {
		const char **list = policy_arena_array(&diff->arena, i + 1, sizeof *list);

		if (!list)
			return false;
		if (i)
			memcpy(list, diff->same_keys, i * sizeof *list);
		list[i] = key;
		diff->same_keys = list;
		diff->same_keys_len++;
	}
	*ret_number = i;
	return true;
}

static bool note_side(struct policy_diff *diff, struct diff_rule *joint, unsigned int side)
{
	const struct policy_when *when;
	uint32_t *same;

	if (joint->at[side] == DIFF_NONE)
		return true;
	when = &diff->policy[side]->rules[joint->at[side]].when;
	same = policy_arena_array(&diff->arena, when->same_tag.len, sizeof *same);
	if (!same)
		return false;
	for (size_t i = 0; i < when->same_tag.len; i++)
		if (!same_key(diff, when->same_tag.list[i], &same[i]))
			return false;
	joint->same[side] = same;
	joint->same_len[side] = when->same_tag.len;
	return true;
}

static bool note_parties(struct policy_diff *diff, struct diff_side *parties, unsigned int side, bool is_device)
{
	const struct policy *policy = diff->policy[side];

	parties->over[side] = policy_arena_array(&diff->arena, policy->words, sizeof *parties->over[side]);
	parties->conditional[side] = policy_arena_array(&diff->arena, policy->words, sizeof *parties->conditional[side]);
	if (!parties->over[side] || !parties->conditional[side])
		return false;
	for (uint32_t r = 0; r < policy->rules_len; r++) {
		const struct policy_when *when = &policy->rules[r].when;
		uint64_t bit = UINT64_C(1) << r % 64;

		if (when->has_not_after && diff->now >= when->not_after)
			parties->over[side][r / 64] |= bit;
		if ((is_device ? when->device_tags : when->client_tags).len)
			parties->conditional[side][r / 64] |= bit;
	}
	return true;
}

static bool entries_are_alike(const struct ace_aif_entry *a, size_t a_len, const struct ace_aif_entry *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (a[i].methods != b[i].methods || !ace_slice_equal(a[i].path, b[i].path))
			return false;
	return a_len == b_len;
}

static bool models_are_alike(const struct policy_model *a, const struct policy_model *b)
{
	const struct ace_resources *x = &a->resources, *y = &b->resources;

	if (a->profile != b->profile || a->lifetime_s != b->lifetime_s || a->scope_is_text != b->scope_is_text ||
	    !entries_are_alike(x->entries, x->entries_len, y->entries, y->entries_len) ||
	    x->text_scopes_len != y->text_scopes_len)
		return false;
	for (size_t i = 0; a->scope_is_text && i < x->text_scopes_len; i++) {
		const struct ace_text_scope *s = &x->text_scopes[i], *t = &y->text_scopes[i];

		if (!ace_slice_equal(s->name, t->name) || !entries_are_alike(s->grants, s->grants_len, t->grants, t->grants_len))
			return false;
	}
	return true;
}

bool diff_model_is_same(const struct policy_diff *diff, const uint32_t model[2])
{
	if (!model[0] || !model[1])
		return model[0] == model[1];
	return !diff->is_model_other[model[0] - 1] && !strcmp(diff->policy[0]->models[model[0] - 1].public.id,
							    diff->policy[1]->models[model[1] - 1].public.id);
}

static bool compare_models(struct policy_diff *diff)
{
	diff->is_model_other = policy_arena_array(&diff->arena, diff->policy[0]->models_len, sizeof *diff->is_model_other);
	for (size_t i = 0; diff->is_model_other && i < diff->policy[0]->models_len; i++) {
		const struct policy_model *before = &diff->policy[0]->models[i].public;
		const struct policy_model *after = policy_model_find(diff->policy[1], before->id);

		diff->is_model_other[i] = !after || !models_are_alike(before, after);
	}
	return diff->is_model_other != NULL;
}

/* Both lists are sorted by id. */
static void merge(struct policy_diff *diff)
{
	const struct policy *a = diff->policy[0], *b = diff->policy[1];

	for (uint32_t i = 0, k = 0; i < a->rules_len || k < b->rules_len;) {
		struct diff_rule *joint = &diff->rules[diff->rules_len];
		int order = i == a->rules_len ? 1 : k == b->rules_len ? -1 : strcmp(a->rules[i].id, b->rules[k].id);

		joint->at[0] = order <= 0 ? i : DIFF_NONE;
		joint->at[1] = order >= 0 ? k : DIFF_NONE;
		if (order <= 0)
			diff->joint[0][i++] = (uint32_t)diff->rules_len;
		if (order >= 0)
			diff->joint[1][k++] = (uint32_t)diff->rules_len;
		diff->rules_len++;
	}
}

bool diff_rules_join(struct policy_diff *diff)
{
	const struct policy *a = diff->policy[0], *b = diff->policy[1];

	diff->rules = policy_arena_array(&diff->arena, a->rules_len + b->rules_len, sizeof *diff->rules);
	for (unsigned int side = 0; side < 2; side++)
		diff->joint[side] = policy_arena_array(&diff->arena, diff->policy[side]->rules_len, sizeof *diff->joint[side]);
	if (!diff->rules || !diff->joint[0] || !diff->joint[1] || !compare_models(diff))
		return false;
	for (unsigned int side = 0; side < 2; side++)
		if (!note_parties(diff, &diff->clients, side, false) || !note_parties(diff, &diff->devices, side, true))
			return false;
	merge(diff);
	for (size_t i = 0; i < diff->rules_len; i++) {
		compare_rule(diff, &diff->rules[i]);
		if (!note_side(diff, &diff->rules[i], 0) || !note_side(diff, &diff->rules[i], 1))
			return false;
	}
	return true;
}
