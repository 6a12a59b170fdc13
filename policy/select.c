/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of rules as bits: which rules name this client, or this device? */
#include <string.h>

#include "policy/rule.h"

void policy_posting_add(const struct policy_posting *posting, size_t words, uint64_t *bits)
{
	if (posting->bits) {
		for (size_t i = 0; i < words; i++)
			bits[i] |= posting->bits[i];
		return;
	}
	for (size_t i = 0; i < posting->len; i++)
		bits[posting->rules[i] / 64] |= UINT64_C(1) << posting->rules[i] % 64;
}

static const struct policy_index_entry *entry_find(const struct policy_index *index, const char *key, const char *value)
{
	size_t slot = policy_hash(key, value) & (index->slots_len - 1);

	for (; index->slots[slot]; slot = (slot + 1) & (index->slots_len - 1)) {
		const struct policy_index_entry *entry = &index->entries[index->slots[slot] - 1];

		if (!strcmp(entry->key, key) && !entry->value == !value && (!value || !strcmp(entry->value, value)))
			return entry;
	}
	return NULL;
}

static void add_links(const struct policy *policy, const struct policy_index_entry *entry,
		      const struct policy_party *party, uint64_t *bits)
{
	for (size_t i = 0; entry && i < entry->len; i++)
		if (!entry->links[i].check || policy_tags_match(entry->links[i].check->match, party->tags))
			policy_posting_add(entry->links[i].posting, policy->words, bits);
}

void policy_select(const struct policy *policy, const struct policy_index *index, const struct policy_party *party,
		   uint64_t *ret_bits)
{
	memcpy(ret_bits, index->all, policy->words * sizeof *ret_bits);
	add_links(policy, entry_find(index, party->id, NULL), party, ret_bits);
	for (size_t i = 0; i < party->tags.len; i++)
		add_links(policy, entry_find(index, party->tags.list[i].key, party->tags.list[i].value), party, ret_bits);
}

bool policy_rules_next(const uint64_t *bits, size_t words, uint32_t *at)
{
	size_t word = *at / 64;
	uint64_t rest;

	if (word >= words)
		return false;
	rest = bits[word] & ~UINT64_C(0) << *at % 64;
	while (!rest) {
		if (++word >= words)
			return false;
		rest = bits[word];
	}
	*at = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(rest));
	return true;
}
