/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a difference, as words: two that have the same ones are the same for people. */
#include <stdlib.h>

#include "policy/diff_internal.h"

struct key {
	struct policy_diff *diff;
	size_t len;
	bool no_memory;
};

static void put(struct key *key, uint64_t value)
{
	if (key->no_memory || !diff_words(key->diff, key->len + 2)) {
		key->no_memory = true;
		return;
	}
	key->diff->words[key->len++] = (uint32_t)value;
	key->diff->words[key->len++] = (uint32_t)(value >> 32);
}

static void put_list(struct key *key, const struct policy_rule_list *list)
{
	put(key, (uint64_t)list->len << 1 | list->is_cut);
	for (size_t i = 0; i < list->len; i++)
		put(key, list->rules[i]);
}

/* Paths and names are those of the policy, so that the place says it. */
static void put_right(struct key *key, const struct policy_right *right)
{
	put(key, (uintptr_t)right->path.ptr);
	put(key, (uintptr_t)right->name);
	put(key, right->methods);
	put(key, right->lifetime_s);
	put(key, right->times);
	put_list(key, &right->by);
	put_list(key, &right->unless);
}

bool diff_row_put(struct policy_diff *diff, const uint32_t heads[4], const struct policy_diff_row *row, uint32_t *ret_number)
{
	struct key key = { .diff = diff };
	struct policy_diff_row *rows = diff->rows;
	size_t known = diff->row_keys.len;

	for (size_t i = 0; i < 4; i++)
		put(&key, heads[i]);
	put(&key, row->kind);
	put_right(&key, &row->right);
	put_right(&key, &row->before);
	put_list(&key, &row->denied);
	if (key.no_memory || !policy_intern(&diff->row_keys, diff->words, key.len * sizeof *diff->words, ret_number))
		return false;
	if (*ret_number < known)
		return true;
	diff->is_full = known == diff->rows_max;
	if (diff->is_full)
		return false;
	if (known == diff->rows_cap) {
		rows = reallocarray(rows, diff->rows_cap * 2 + 64, sizeof *rows);
		if (!rows)
			return false;
		diff->rows = rows;
		diff->rows_cap = diff->rows_cap * 2 + 64;
	}
	rows[known] = *row;
	return true;
}
