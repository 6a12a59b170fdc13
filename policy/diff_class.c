/* SPDX-License-Identifier: Apache-2.0 */
/* Parties that the same rules select, on both sides, are one class. */
#include <stdlib.h>
#include <string.h>

#include "policy/diff_internal.h"

#define TEXT_MAX 4096

struct sorting {
	struct policy_diff *diff;
	struct diff_side *parties;
	bool is_device;
	const struct policy_party *party[2];
	uint32_t state[2], model[2];
	uint64_t rules[2][POLICY_RULE_WORDS];
};

bool diff_words(struct policy_diff *diff, size_t len)
{
	uint32_t *words;

	if (len <= diff->words_cap)
		return true;
	words = reallocarray(diff->words, len * 2, sizeof *words);
	if (!words)
		return false;
	diff->words = words;
	diff->words_cap = len * 2;
	return true;
}

static uint32_t state_of(struct sorting *s, unsigned int side, const char *model_id)
{
	const struct policy_party *party = s->party[side];
	const struct policy_model *model;

	if (!party)
		return POLICY_DIFF_ABSENT;
	if (!party->enabled)
		return POLICY_DIFF_DISABLED;
	if (!s->is_device)
		return POLICY_DIFF_ACTIVE;
	model = policy_model_find(s->diff->policy[side], model_id);
	if (!model)
		return POLICY_DIFF_NO_MODEL;
	if (model->profile != ACE_PROFILE_COAP_OSCORE)
		return POLICY_DIFF_PROFILE;
	/* public is the first member of the private one. */
	s->model[side] = (uint32_t)((const struct policy_model_private *)model - s->diff->policy[side]->models) + 1;
	return POLICY_DIFF_ACTIVE;
}

/* Rules that select it and may apply to it; conditions about the other party are left for later. */
static void select_rules(struct sorting *s, unsigned int side)
{
	const struct policy *policy = s->diff->policy[side];
	uint64_t *rules = s->rules[side];

	if (s->state[side] != POLICY_DIFF_ACTIVE) {
		memset(rules, 0, policy->words * sizeof *rules);
		return;
	}
	policy_select(policy, s->is_device ? &policy->devices : &policy->clients, s->party[side], rules);
	for (size_t w = 0; w < policy->words; w++) {
		rules[w] &= ~s->parties->over[side][w];
		for (uint64_t rest = rules[w] & s->parties->conditional[side][w]; rest; rest &= rest - 1) {
			const struct policy_when *when = &policy->rules[w * 64 + (size_t)__builtin_ctzll(rest)].when;

			if (!policy_tags_match(s->is_device ? when->device_tags : when->client_tags, s->party[side]->tags))
				rules[w] &= ~(rest & -rest);
		}
	}
}

/* Merge both sides' rules behind words. @return how many words, 0 when there is no memory. */
static size_t put_links(struct sorting *s, size_t at)
{
	struct policy_diff *diff = s->diff;
	uint32_t r[2] = { 0, 0 }, joint[2];
	bool is_any[2];

	for (;;) {
		for (unsigned int side = 0; side < 2; side++) {
			is_any[side] = policy_rules_next(s->rules[side], diff->policy[side]->words, &r[side]);
			joint[side] = is_any[side] ? diff->joint[side][r[side]] : DIFF_NONE;
		}
		if (!is_any[0] && !is_any[1])
			return at;
		if (!diff_words(diff, at + 2))
			return 0;
		diff->words[at] = joint[0] < joint[1] ? joint[0] : joint[1];
		diff->words[at + 1] = (joint[0] <= joint[1]) | (joint[1] <= joint[0]) << 1;
		r[0] += diff->words[at + 1] & 1;
		r[1] += diff->words[at + 1] >> 1;
		at += 2;
	}
}

static bool value_of(struct policy_diff *diff, const struct policy_party *party, uint32_t key, uint32_t *ret_value)
{
	const char *value = policy_tag_value(party->tags, diff->same_keys[key]);

	*ret_value = 0;
	if (!value)
		return true;
	if (!policy_intern(&diff->values, value, strlen(value), ret_value))
		return false;
	(*ret_value)++;
	return true;
}

/* Values of tags that no rule of the class looks at would only make more classes. */
static bool put_values(struct sorting *s, size_t links, size_t links_end)
{
	struct policy_diff *diff = s->diff;
	size_t keys = diff->same_keys_len;

	memset(diff->words + 4, 0, 2 * keys * sizeof *diff->words);
	for (size_t at = links; at < links_end; at += 2)
		for (unsigned int side = 0; side < 2; side++) {
			const struct diff_rule *rule = &diff->rules[diff->words[at]];

			for (size_t i = 0; (diff->words[at + 1] >> side & 1) && i < rule->same_len[side]; i++)
				if (!value_of(diff, s->party[side], rule->same[side][i],
					      &diff->words[4 + side * keys + rule->same[side][i]]))
					return false;
		}
	return true;
}

static bool class_fill(struct diff_side *parties, uint32_t number, size_t keys)
{
	const struct policy_interned *key = &parties->keys.list[number];
	const uint32_t *words = key->bytes;
	struct diff_class *classes = parties->classes;

	if (number == parties->classes_cap) {
		classes = reallocarray(classes, parties->classes_cap * 2 + 64, sizeof *classes);
		if (!classes)
			return false;
		parties->classes = classes;
		parties->classes_cap = parties->classes_cap * 2 + 64;
	}
	classes[number] = (struct diff_class){
		.state = { words[0], words[1] }, .model = { words[2], words[3] }, .values = { words + 4, words + 4 + keys },
		.links = (const struct diff_link *)(words + 4 + 2 * keys),
		.links_len = (key->len / sizeof *words - 4 - 2 * keys) / 2,
	};
	return true;
}

static bool tags_intern(struct policy_diff *diff, struct ace_tags tags, struct diff_member *member)
{
	uint32_t *list = policy_arena_array(&diff->arena, tags.len, sizeof *list);
	char text[TEXT_MAX];

	for (size_t i = 0; list && i < tags.len; i++) {
		int len = snprintf(text, sizeof text, "%s=%s", tags.list[i].key, tags.list[i].value);

		/* With its NUL, so that it can be printed; a store keeps no tags that are longer than text. */
		if (len < 0 || (size_t)len >= sizeof text || !policy_intern(&diff->tags, text, (size_t)len + 1, &list[i]))
			return false;
	}
	member->tags = list;
	member->tags_len = (uint32_t)tags.len;
	return list != NULL;
}

static bool member_add(struct policy_diff *diff, struct diff_side *parties, const struct policy_diff_party *party, uint32_t class)
{
	struct diff_member *members = parties->members, *member;

	if (parties->members_len == parties->members_cap) {
		members = reallocarray(members, parties->members_cap * 2 + 64, sizeof *members);
		if (!members)
			return false;
		parties->members = members;
		parties->members_cap = parties->members_cap * 2 + 64;
	}
	member = &members[parties->members_len++];
	*member = (struct diff_member){ .id = policy_arena_text(&diff->arena, party->id), .class = class };
	if (!parties->classes[class].members++)
		parties->classes[class].first = (uint32_t)parties->members_len - 1;
	return member->id && tags_intern(diff, party->after ? party->after->tags : party->before->tags, member);
}

/* The class of a look that was not seen before. */
static bool class_of(struct sorting *s, uint32_t *ret_class)
{
	struct policy_diff *diff = s->diff;
	size_t links = 4 + 2 * diff->same_keys_len, end, known = s->parties->keys.len;

	if (!diff_words(diff, links))
		return false;
	end = put_links(s, links);
	if (!end || !put_values(s, links, end))
		return false;
	memcpy(diff->words, s->state, sizeof s->state);
	memcpy(diff->words + 2, s->model, sizeof s->model);
	if (!policy_intern(&s->parties->keys, diff->words, end * sizeof *diff->words, ret_class))
		return false;
	return *ret_class < known || class_fill(s->parties, *ret_class, diff->same_keys_len);
}

/* State and model, the values of all tags that same_tag may look at, and the rules of both sides as bits. @return how many
 * words, 0 when there is no memory. */
static size_t put_look(struct sorting *s)
{
	struct policy_diff *diff = s->diff;
	size_t keys = diff->same_keys_len, at = 4 + 2 * keys;
	size_t words = diff->policy[0]->words + diff->policy[1]->words;

	if (!diff_words(diff, at + 2 * words))
		return 0;
	memcpy(diff->words, s->state, sizeof s->state);
	memcpy(diff->words + 2, s->model, sizeof s->model);
	for (unsigned int side = 0; side < 2; side++) {
		for (uint32_t k = 0; k < keys; k++) {
			uint32_t *value = &diff->words[4 + side * keys + k];

			*value = 0;
			if (s->state[side] == POLICY_DIFF_ACTIVE && !value_of(diff, s->party[side], k, value))
				return 0;
		}
		memcpy(diff->words + at, s->rules[side], diff->policy[side]->words * sizeof *s->rules[side]);
		at += 2 * diff->policy[side]->words;
	}
	return at;
}

static bool sort_in(struct sorting *s, const struct policy_diff_party *party)
{
	struct diff_side *parties = s->parties;
	size_t len = put_look(s), known = parties->looks.len;
	uint32_t look, *list = parties->class_of;

	if (!len || !policy_intern(&parties->looks, s->diff->words, len * sizeof *s->diff->words, &look))
		return false;
	if (look == known && look == parties->class_of_cap) {
		list = reallocarray(list, parties->class_of_cap * 2 + 64, sizeof *list);
		if (!list)
			return false;
		parties->class_of = list;
		parties->class_of_cap = parties->class_of_cap * 2 + 64;
	}
	if (look == known && !class_of(s, &list[look]))
		return false;
	return member_add(s->diff, parties, party, list[look]);
}

bool diff_class_add(struct policy_diff *diff, enum policy_kind kind, const struct policy_diff_party *party)
{
	const char *models[2] = { party->model_before, party->model_after };
	struct sorting s; /* its sets of rules are large, and are written whole where they are read */

	s.diff = diff;
	s.is_device = kind == POLICY_KIND_DEVICE;
	s.parties = s.is_device ? &diff->devices : &diff->clients;
	s.model[0] = s.model[1] = 0;
	s.party[0] = party->before;
	s.party[1] = party->after;
	for (unsigned int side = 0; side < 2; side++) {
		s.state[side] = state_of(&s, side, models[side]);
		select_rules(&s, side);
	}
	return sort_in(&s, party);
}

bool diff_link_moved(const struct policy_diff *diff, const struct diff_class *class, const struct diff_link *link)
{
	const struct diff_rule *rule = &diff->rules[link->rule];

	if (link->sides != 3 || !diff_model_is_same(diff, class->model))
		return true;
	for (size_t i = 0; i < rule->same_len[0]; i++)
		if (class->values[0][rule->same[0][i]] != class->values[1][rule->same[0][i]])
			return true;
	return false;
}
