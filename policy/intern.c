/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/intern.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const unsigned char *bytes, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ len, word;

	for (; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	while (len--)
		hash = (hash ^ *bytes++) * UINT64_C(1099511628211);
	return hash ^ hash >> 32;
}

/* At most half of the slots are taken. */
static bool make_room(struct policy_intern *table)
{
	size_t slots_len = table->slots_len ? table->slots_len * 2 : 64;
	struct policy_interned *list;
	uint32_t *slots;

	if (table->len == table->cap) {
		list = reallocarray(table->list, table->cap * 2 + 32, sizeof *list);
		if (!list)
			return false;
		table->list = list;
		table->cap = table->cap * 2 + 32;
	}
	if (table->len < table->slots_len / 2)
		return true;
	slots = calloc(slots_len, sizeof *slots);
	if (!slots || table->len >= UINT32_MAX / 2) {
		free(slots);
		return false;
	}
	for (uint32_t i = 0; i < table->len; i++) {
		size_t slot = table->list[i].hash & (slots_len - 1);

		while (slots[slot])
			slot = (slot + 1) & (slots_len - 1);
		slots[slot] = i + 1;
	}
	free(table->slots);
	table->slots = slots;
	table->slots_len = slots_len;
	return true;
}

bool policy_intern(struct policy_intern *table, const void *bytes, size_t len, uint32_t *ret_number)
{
	uint64_t hash = hash_of(bytes, len);
	size_t slot;
	void *copy;

	if (!make_room(table))
		return false;
	for (slot = hash & (table->slots_len - 1); table->slots[slot]; slot = (slot + 1) & (table->slots_len - 1)) {
		const struct policy_interned *known = &table->list[table->slots[slot] - 1];

		if (known->hash != hash || known->len != len || memcmp(known->bytes, bytes, len))
			continue;
		*ret_number = table->slots[slot] - 1;
		return true;
	}
	copy = policy_arena_alloc(table->arena, len);
	if (!copy)
		return false;
	memcpy(copy, bytes, len);
	table->list[table->len] = (struct policy_interned){ hash, copy, len };
	*ret_number = (uint32_t)table->len++;
	table->slots[slot] = *ret_number + 1;
	return true;
}

void policy_intern_free(struct policy_intern *table)
{
	free(table->list);
	free(table->slots);
}
