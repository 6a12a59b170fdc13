/* SPDX-License-Identifier: Apache-2.0 */
/* What policy_diff_run() found, for people: sets of parties by their ids when they are few, and by the selector that means
 * just them when they are many. */
#include <stdlib.h>
#include <string.h>

#include "policy/diff_internal.h"

#define SHORT 10     /* so many ids are as good as a selector */
#define COMMON_MAX 32

struct naming {
	struct policy_diff *diff;
	const struct diff_side *parties;
	bool is_device;
	bool *is_in; /* of each class */
	uint32_t common[COMMON_MAX]; /* tags that all of them carry */
	size_t common_len;
};

static bool carries(const struct diff_member *member, uint32_t tag)
{
	for (size_t i = 0; i < member->tags_len; i++)
		if (member->tags[i] == tag)
			return true;
	return false;
}

/* The first ids of the set, and the tags that all of them have. first: the place of the first of them. */
static void gather(struct naming *n, size_t first, struct policy_diff_who *who)
{
	bool is_first = true;
	size_t seen = 0;

	who->ids_len = 0;
	for (size_t i = first; seen < who->count; i++) {
		const struct diff_member *member = &n->parties->members[i];
		size_t left = 0;

		if (!n->is_in[member->class])
			continue;
		seen++;
		if (who->ids_len < POLICY_DIFF_IDS_MAX)
			who->ids[who->ids_len++] = member->id;
		for (size_t k = 0; is_first && k < member->tags_len && k < COMMON_MAX; k++)
			n->common[n->common_len++] = member->tags[k];
		is_first = false;
		for (size_t k = 0; k < n->common_len; k++)
			if (carries(member, n->common[k]))
				n->common[left++] = n->common[k];
		n->common_len = left;
		if (!left && who->ids_len == POLICY_DIFF_IDS_MAX)
			return;
	}
}

static size_t count_of(const struct naming *n, const uint32_t *tags, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < n->parties->members_len; i++) {
		size_t k = 0;

		while (k < len && carries(&n->parties->members[i], tags[k]))
			k++;
		count += k == len;
	}
	return count;
}

static const char *tag_text(const struct naming *n, uint32_t tag)
{
	return n->diff->tags.list[tag].bytes;
}

/* A group that means just those with one tag. */
static const char *group_of(const struct naming *n, const char *tag)
{
	const struct policy *policy = n->diff->policy[1];
	const struct policy_group *groups = n->is_device ? policy->device_groups : policy->client_groups;
	size_t len = n->is_device ? policy->device_groups_len : policy->client_groups_len;

	for (size_t i = 0; i < len; i++) {
		const struct policy_tag_matches *match = &groups[i].match;
		size_t key_len;

		if (groups[i].members.len || match->len != 1 || match->list[0].values.len != 1)
			continue;
		key_len = strlen(match->list[0].key);
		if (!strncmp(tag, match->list[0].key, key_len) && tag[key_len] == '=' &&
		    !strcmp(tag + key_len + 1, match->list[0].values.list[0]))
			return policy_arena_printf(&n->diff->arena, "group:%s", groups[i].id);
	}
	return policy_arena_printf(&n->diff->arena, "tag:%s", tag);
}

/* As few of the common tags as tell the set from all others: leave out, one after the other, what is not needed. */
static const char *conjunction(struct naming *n, size_t count)
{
	const char *text = "";

	if (count_of(n, n->common, n->common_len) != count)
		return NULL;
	for (size_t i = n->common_len; i-- > 0 && n->common_len > 1;) {
		uint32_t tag = n->common[i];

		memmove(n->common + i, n->common + i + 1, (n->common_len - i - 1) * sizeof *n->common);
		n->common_len--;
		if (count_of(n, n->common, n->common_len) == count)
			continue;
		memmove(n->common + i + 1, n->common + i, (n->common_len - i) * sizeof *n->common);
		n->common[i] = tag;
		n->common_len++;
	}
	for (size_t i = 0; text && i < n->common_len; i++)
		text = policy_arena_printf(&n->diff->arena, "%s%stag:%s", text, i ? " " : "", tag_text(n, n->common[i]));
	return text;
}

static const char *find_selector(struct naming *n, size_t count)
{
	for (size_t i = 0; i < n->common_len; i++)
		if (count_of(n, &n->common[i], 1) == count)
			return group_of(n, tag_text(n, n->common[i]));
	return n->common_len ? conjunction(n, count) : NULL;
}

bool diff_who(struct policy_diff *diff, bool is_device, const uint32_t *classes, size_t len, struct policy_diff_who *ret_who)
{
	struct naming n = { .diff = diff, .parties = is_device ? &diff->devices : &diff->clients, .is_device = is_device };
	size_t first = SIZE_MAX;

	n.is_in = calloc(n.parties->keys.len + 1, sizeof *n.is_in);
	if (!n.is_in)
		return false;
	ret_who->count = 0;
	for (size_t i = 0; i < len; i++) {
		n.is_in[classes[i]] = true;
		ret_who->count += n.parties->classes[classes[i]].members;
		if (n.parties->classes[classes[i]].first < first)
			first = n.parties->classes[classes[i]].first;
	}
	gather(&n, first, ret_who);
	ret_who->is_everybody = ret_who->count == n.parties->members_len;
	ret_who->selector = ret_who->count > SHORT && !ret_who->is_everybody ? find_selector(&n, ret_who->count) : NULL;
	/* All of a block's are in the same state, which is part of what makes a row. */
	ret_who->before = (enum policy_diff_state)n.parties->classes[classes[0]].state[0];
	ret_who->after = (enum policy_diff_state)n.parties->classes[classes[0]].state[1];
	free(n.is_in);
	return !diff->arena.no_memory;
}

size_t policy_diff_blocks_len(const struct policy_diff *diff)
{
	return diff->blocks_len;
}

enum ace_err policy_diff_block_at(struct policy_diff *diff, size_t index, struct policy_diff_block *ret_block)
{
	const struct diff_block *block = &diff->blocks[index];
	const struct diff_class *device = &diff->devices.classes[block->devices.list[0]];
	unsigned int side = device->model[1] ? 1 : 0;

	ret_block->rows = block->shown;
	ret_block->rows_len = block->rows.len;
	ret_block->model = diff->policy[side]->models[device->model[side] - 1].public.id;
	return diff_who(diff, false, block->clients, block->clients_len, &ret_block->clients) &&
			       diff_who(diff, true, block->devices.list, block->devices.len, &ret_block->devices) ?
		       ACE_OK : ACE_ERR_MEMORY;
}

const char *policy_diff_rule_at(const struct policy_diff *diff, size_t index, enum policy_diff_rule *ret_rule)
{
	const struct diff_rule *rule;
	unsigned int side;

	if (index >= diff->rules_len)
		return NULL;
	rule = &diff->rules[index];
	side = rule->at[1] == DIFF_NONE ? 0 : 1;
	*ret_rule = rule->listed;
	return diff->policy[side]->rules[rule->at[side]].id;
}

static size_t members_with(const struct diff_side *parties, unsigned int kinds)
{
	size_t count = 0;

	for (size_t i = 0; i < parties->keys.len; i++)
		if (parties->classes[i].kinds & kinds)
			count += parties->classes[i].members;
	return count;
}

void policy_diff_count(const struct policy_diff *diff, struct policy_diff_counts *ret_counts)
{
	ret_counts->clients_gaining = members_with(&diff->clients, 1u << POLICY_DIFF_GAINED);
	ret_counts->clients_losing = members_with(&diff->clients, 1u << POLICY_DIFF_LOST);
	ret_counts->clients_changing = members_with(&diff->clients, 1u << POLICY_DIFF_CHANGED);
	ret_counts->devices = members_with(&diff->devices, ~0u);
}
