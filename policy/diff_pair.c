/* SPDX-License-Identifier: Apache-2.0 */
/* Which rules apply to clients of one class at devices of another, before and after? What is worked out for one situation
 * holds for all others that are alike. */
#include <stdlib.h>

#include "policy/diff_internal.h"

static bool same_tag_holds(const struct diff_rule *rule, unsigned int side, const struct diff_class *client,
			   const struct diff_class *device)
{
	for (size_t i = 0; i < rule->same_len[side]; i++) {
		uint32_t value = client->values[side][rule->same[side][i]];

		if (!value || value != device->values[side][rule->same[side][i]])
			return false;
	}
	return true;
}

static uint32_t sides_of(const struct diff_rule *rule, uint32_t sides, const struct diff_class *client,
			 const struct diff_class *device)
{
	for (unsigned int side = 0; side < 2; side++)
		if ((sides >> side & 1) && !same_tag_holds(rule, side, client, device))
			sides &= ~(1u << side);
	return sides;
}

/* Rules that apply, behind words. @return how many words; 0: no memory. */
static size_t put_situation(struct policy_diff *diff, const struct diff_class *client, const struct diff_class *device)
{
	size_t at = 4;
	const struct diff_link *c = client->links, *d = device->links;
	const struct diff_link *c_end = c + client->links_len, *d_end = d + device->links_len;

	if (!diff_words(diff, at + 2 * client->links_len))
		return 0;
	while (c < c_end && d < d_end) {
		uint32_t rule = c->rule, sides;

		if (rule != d->rule) {
			rule < d->rule ? c++ : d++;
			continue;
		}
		sides = sides_of(&diff->rules[rule], c++->sides & d++->sides, client, device);
		if (!sides)
			continue;
		diff->words[at++] = rule;
		diff->words[at++] = sides;
	}
	for (unsigned int side = 0; side < 2; side++) {
		diff->words[side] = device->model[side];
		diff->words[2 + side] = client->state[side] << 8 | device->state[side];
	}
	return at;
}

static bool may_differ(const struct policy_diff *diff, const struct diff_class *device, size_t len)
{
	if (len > 4 && !diff_model_is_same(diff, device->model))
		return true;
	for (size_t at = 4; at < len; at += 2)
		if (diff->words[at + 1] != 3 || diff->rules[diff->words[at]].is_hot)
			return true;
	return false;
}

static bool outcome_fill(struct policy_diff *diff, uint32_t number)
{
	const struct policy_interned *key = &diff->situations.list[number];
	const uint32_t *words = key->bytes;
	const struct diff_situation situation = {
		.heads = { words[0], words[1], words[2], words[3] }, .links = (const struct diff_link *)(words + 4),
		.links_len = (key->len / sizeof *words - 4) / 2,
	};
	struct diff_outcome *outcomes = diff->outcomes;

	if (number == diff->outcomes_cap) {
		outcomes = reallocarray(outcomes, diff->outcomes_cap * 2 + 64, sizeof *outcomes);
		if (!outcomes)
			return false;
		diff->outcomes = outcomes;
		diff->outcomes_cap = diff->outcomes_cap * 2 + 64;
	}
	return diff_rows(diff, &situation, &outcomes[number]);
}

bool diff_pair(struct policy_diff *diff, const struct diff_class *client, const struct diff_class *device,
	       const struct diff_outcome **ret_outcome)
{
	size_t len = put_situation(diff, client, device), known = diff->situations.len;
	uint32_t number;

	*ret_outcome = NULL;
	if (!len)
		return false;
	if (!may_differ(diff, device, len))
		return true;
	if (!policy_intern(&diff->situations, diff->words, len * sizeof *diff->words, &number))
		return false;
	if (number == known && !outcome_fill(diff, number))
		return false;
	*ret_outcome = diff->outcomes[number].len ? &diff->outcomes[number] : NULL;
	return true;
}
