/* SPDX-License-Identifier: Apache-2.0 */
/* The index that makes a decision's cost depend on the rules that may match, not on all there are. Each
 * selector has one posting: the rules that name it. Ids and tags lead to postings through a hash table. */
#include <stdlib.h>
#include <string.h>

#include "policy/rule.h"

struct use {
	const char *selector;
	uint32_t rule;
};

struct pair {
	const char *key, *value;
	struct policy_link link;
};

struct builder {
	struct policy *policy;
	struct policy_group *groups;
	size_t groups_len;
	struct use *uses;
	size_t uses_len;
	struct pair *pairs;
	size_t pairs_len, pairs_cap;
};

uint64_t policy_hash(const char *key, const char *value)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
	for (hash = (hash ^ (value ? 1 : 2)) * UINT64_C(1099511628211); value && *value; value++)
		hash = (hash ^ (unsigned char)*value) * UINT64_C(1099511628211);
	return hash ^ hash >> 29;
}

static bool posting_fill(struct policy *policy, const uint32_t *rules, size_t len, struct policy_posting *ret)
{
	uint64_t *bits;

	*ret = (struct policy_posting){ rules, len, NULL };
	if (len <= policy->words)
		return true;
	bits = policy_arena_array(&policy->arena, policy->words, sizeof *bits);
	for (size_t i = 0; bits && i < len; i++)
		bits[rules[i] / 64] |= UINT64_C(1) << rules[i] % 64;
	ret->bits = bits;
	return bits != NULL;
}

static int compare_uses(const void *left, const void *right)
{
	const struct use *a = left, *b = right;
	int order = strcmp(a->selector, b->selector);

	return order ? order : (a->rule > b->rule) - (a->rule < b->rule);
}

static bool pair_add(struct builder *b, const char *key, const char *value, struct policy_link link)
{
	struct pair *list = b->pairs;

	if (b->pairs_len == b->pairs_cap) {
		b->pairs_cap = b->pairs_cap * 2 + 64;
		list = realloc(list, b->pairs_cap * sizeof *list);
		if (!list)
			return false;
		b->pairs = list;
	}
	b->pairs[b->pairs_len++] = (struct pair){ key, value, link };
	return true;
}

/* Members lead to the posting; so does each value of the first tag, with the other tags still to be checked. */
static bool group_pairs(struct builder *b, const struct policy_group *group, const struct policy_posting *posting)
{
	for (size_t i = 0; i < group->members.len; i++)
		if (!pair_add(b, group->members.list[i], NULL, (struct policy_link){ posting, NULL }))
			return false;
	for (size_t i = 0; group->match.len && i < group->match.list[0].values.len; i++)
		if (!pair_add(b, group->match.list[0].key, group->match.list[0].values.list[i],
			      (struct policy_link){ posting, group->match.len > 1 ? group : NULL }))
			return false;
	return true;
}

static bool selector_pairs(struct builder *b, const char *selector, const struct policy_posting *posting)
{
	const struct policy_group *group;
	const char *equals;
	char *key;

	if (!strncmp(selector, "group:", 6)) {
		group = policy_group_find(b->groups, b->groups_len, selector + 6);
		return !group || group_pairs(b, group, posting);
	}
	if (strncmp(selector, "tag:", 4))
		return pair_add(b, selector, NULL, (struct policy_link){ posting, NULL });
	equals = strchr(selector, '=');
	key = policy_arena_printf(&b->policy->arena, "%.*s", (int)(equals - selector - 4), selector + 4);
	return key && pair_add(b, key, equals + 1, (struct policy_link){ posting, NULL });
}

/* One selector after the other, with the rules that use it. */
static bool index_selectors(struct builder *b, struct policy_index *index)
{
	uint64_t *all = policy_arena_array(&b->policy->arena, b->policy->words, sizeof *all);
	uint32_t *rules = policy_arena_array(&b->policy->arena, b->uses_len, sizeof *rules);

	if (!all || !rules)
		return false;
	index->all = all;
	for (size_t i = 0, end; i < b->uses_len; i = end) {
		struct policy_posting *posting = policy_arena_alloc(&b->policy->arena, sizeof *posting);

		for (end = i; end < b->uses_len && !strcmp(b->uses[end].selector, b->uses[i].selector); end++)
			rules[end] = b->uses[end].rule;
		if (!strcmp(b->uses[i].selector, "*")) {
			for (size_t k = i; k < end; k++)
				all[rules[k] / 64] |= UINT64_C(1) << rules[k] % 64;
			continue;
		}
		if (!posting || !posting_fill(b->policy, rules + i, end - i, posting) ||
		    !selector_pairs(b, b->uses[i].selector, posting))
			return false;
	}
	return true;
}

static int compare_pairs(const void *left, const void *right)
{
	const struct pair *a = left, *b = right;
	int order = strcmp(a->key, b->key);

	if (order || (!a->value && !b->value))
		return order;
	if (!a->value || !b->value)
		return a->value ? 1 : -1;
	return strcmp(a->value, b->value);
}

static bool index_hash(struct policy *policy, struct policy_index *index)
{
	uint32_t *slots;
	size_t len = 16;

	while (len < index->len * 2)
		len *= 2;
	slots = policy_arena_array(&policy->arena, len, sizeof *slots);
	for (uint32_t i = 0; slots && i < index->len; i++) {
		size_t slot = policy_hash(index->entries[i].key, index->entries[i].value) & (len - 1);

		while (slots[slot])
			slot = (slot + 1) & (len - 1);
		slots[slot] = i + 1;
	}
	index->slots = slots;
	index->slots_len = len;
	return slots != NULL;
}

static bool index_entries(struct builder *b, struct policy_index *index)
{
	struct policy_index_entry *entries = policy_arena_array(&b->policy->arena, b->pairs_len, sizeof *entries);
	struct policy_link *links = policy_arena_array(&b->policy->arena, b->pairs_len, sizeof *links);
	size_t len = 0;

	if (!entries || !links)
		return false;
	if (b->pairs_len)
		qsort(b->pairs, b->pairs_len, sizeof *b->pairs, compare_pairs);
	for (size_t i = 0, end; i < b->pairs_len; i = end) {
		for (end = i; end < b->pairs_len && !compare_pairs(&b->pairs[end], &b->pairs[i]); end++)
			links[end] = b->pairs[end].link;
		entries[len++] = (struct policy_index_entry){ b->pairs[i].key, b->pairs[i].value, links + i, end - i };
	}
	index->entries = entries;
	index->len = len;
	return index_hash(b->policy, index);
}

static size_t uses_fill(const struct policy *policy, bool is_device, struct use *ret)
{
	size_t len = 0;

	for (uint32_t r = 0; r < policy->rules_len; r++) {
		const struct policy_rule *rule = &policy->rules[r];
		struct policy_names names = is_device ? rule->devices : rule->clients;

		for (size_t i = 0; rule->is_enabled && i < names.len; i++, len++)
			if (ret)
				ret[len] = (struct use){ names.list[i], r };
	}
	return len;
}

static bool index_side(struct policy *policy, bool is_device, struct policy_index *index)
{
	struct builder b = { .policy = policy };
	bool is_done = false;

	b.groups = is_device ? policy->device_groups : policy->client_groups;
	b.groups_len = is_device ? policy->device_groups_len : policy->client_groups_len;
	b.uses_len = uses_fill(policy, is_device, NULL);
	b.uses = calloc(b.uses_len + 1, sizeof *b.uses);
	if (b.uses) {
		uses_fill(policy, is_device, b.uses);
		qsort(b.uses, b.uses_len, sizeof *b.uses, compare_uses);
		is_done = index_selectors(&b, index) && index_entries(&b, index);
	}
	free(b.uses);
	free(b.pairs);
	return is_done;
}

static bool index_paths(struct policy *policy)
{
	struct policy_posting *postings = policy_arena_array(&policy->arena, policy->paths_len, sizeof *postings);
	size_t *counts = policy_arena_array(&policy->arena, policy->paths_len, sizeof *counts);

	if (!postings || !counts)
		return false;
	for (size_t r = 0; r < policy->rules_len; r++)
		for (size_t i = 0; i < policy->rules[r].masks.len; i++)
			counts[policy->rules[r].masks.list[i].path_id]++;
	for (size_t p = 0; p < policy->paths_len; p++) {
		postings[p].rules = policy_arena_array(&policy->arena, counts[p], sizeof(uint32_t));
		if (!postings[p].rules)
			return false;
	}
	for (uint32_t r = 0; r < policy->rules_len; r++) {
		for (size_t i = 0; i < policy->rules[r].masks.len; i++) {
			struct policy_posting *posting = &postings[policy->rules[r].masks.list[i].path_id];

			((uint32_t *)(uintptr_t)posting->rules)[posting->len++] = r;
		}
	}
	for (size_t p = 0; p < policy->paths_len; p++)
		if (!posting_fill(policy, postings[p].rules, postings[p].len, &postings[p]))
			return false;
	policy->by_path = postings;
	return true;
}

bool policy_compile_index(struct policy *policy)
{
	policy->words = (policy->rules_len + 63) / 64;
	return index_side(policy, false, &policy->clients) && index_side(policy, true, &policy->devices) &&
	       index_paths(policy);
}
