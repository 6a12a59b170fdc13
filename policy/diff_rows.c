/* SPDX-License-Identifier: Apache-2.0 */
/* The rights of both sides, compared. What differs in the rules that give a right, but not in the right, is no difference. */
#include <stdlib.h>
#include <string.h>

#include "policy/diff_internal.h"

/* Rights of one side, or rows. */
struct rights {
	struct policy_right *list; /* owns */
	size_t len, cap;
	bool no_memory;
};

struct comparing {
	const struct policy_diff *diff;
	const struct diff_situation *situation;
	struct policy_can_query query;
	struct policy_looking looking[2];
	struct rights rights[2];
	struct policy_diff_row *rows; /* owns */
	size_t rows_len, rows_cap;
	bool no_memory;
};

static void keep(void *context, const struct policy_right *right)
{
	struct rights *rights = context;
	struct policy_right *list = rights->list;

	if (rights->len == rights->cap) {
		list = reallocarray(list, rights->cap * 2 + 8, sizeof *list);
		if (!list) {
			rights->no_memory = true;
			return;
		}
		rights->list = list;
		rights->cap = rights->cap * 2 + 8;
	}
	rights->list[rights->len++] = *right;
}

static void look(struct comparing *c, unsigned int side)
{
	const struct diff_situation *situation = c->situation;
	struct policy_looking *l = &c->looking[side];

	l->policy = c->diff->policy[side];
	l->query = &c->query;
	memset(l->rules, 0, l->policy->words * sizeof *l->rules);
	if (!situation->heads[side])
		return;
	l->model = &l->policy->models[situation->heads[side] - 1];
	for (size_t i = 0; i < situation->links_len; i++) {
		uint32_t rule = c->diff->rules[situation->links[i].rule].at[side];

		if (situation->links[i].sides >> side & 1)
			l->rules[rule / 64] |= UINT64_C(1) << rule % 64;
	}
	policy_look(l, keep, &c->rights[side]);
	c->no_memory = c->no_memory || c->rights[side].no_memory;
}

/* Is it the same thing: a path, or a name that means the same? */
static bool are_of_one(const struct policy_right *a, const struct policy_right *b)
{
	if (!a->name || !b->name)
		return !a->name && !b->name && ace_slice_equal(a->path, b->path);
	if (!ace_slice_equal(a->name->name, b->name->name) || a->name->grants_len != b->name->grants_len)
		return false;
	for (size_t i = 0; i < a->name->grants_len; i++)
		if (a->name->grants[i].methods != b->name->grants[i].methods ||
		    !ace_slice_equal(a->name->grants[i].path, b->name->grants[i].path))
			return false;
	return true;
}

static struct policy_diff_row *row_add(struct comparing *c, enum policy_diff_kind kind, const struct policy_right *right)
{
	struct policy_diff_row *rows = c->rows, *row;

	if (c->rows_len == c->rows_cap) {
		rows = reallocarray(rows, c->rows_cap * 2 + 8, sizeof *rows);
		if (!rows) {
			c->no_memory = true;
			return NULL;
		}
		c->rows = rows;
		c->rows_cap = c->rows_cap * 2 + 8;
	}
	row = &c->rows[c->rows_len++];
	memset(row, 0, sizeof *row);
	row->kind = kind;
	row->right = *right;
	return row;
}

static bool rule_denies(const struct policy *policy, const struct policy_rule *rule, const struct policy_right *right)
{
	const struct ace_aif_entry one = { right->path, right->methods }, *entries = right->name ? right->name->grants : &one;

	for (size_t i = 0; i < (right->name ? right->name->grants_len : 1); i++) {
		uint32_t path = policy_path_find(policy, (const char *)entries[i].path.ptr, entries[i].path.len);

		if (path != POLICY_NO_PATH && (policy_rule_methods(rule, path) & entries[i].methods))
			return true;
	}
	return false;
}

static void note_denials(const struct comparing *c, struct policy_diff_row *row)
{
	const struct policy_looking *after = &c->looking[1];

	for (uint32_t r = 0; policy_rules_next(after->rules, after->policy->words, &r); r++) {
		const struct policy_rule *rule = &after->policy->rules[r];

		if (!rule->is_deny || !rule_denies(after->policy, rule, &row->right))
			continue;
		if (row->denied.len < POLICY_DECISION_RULES_MAX)
			row->denied.rules[row->denied.len++] = r;
		else
			row->denied.is_cut = true;
	}
}

/* What of a right the other side does not have at all. */
static void tell_one_sided(struct comparing *c, unsigned int side, const struct policy_right *right)
{
	const struct rights *others = &c->rights[!side];
	struct policy_right rest = *right;
	struct policy_diff_row *row;

	for (size_t i = 0; i < others->len; i++) {
		if (!are_of_one(right, &others->list[i]))
			continue;
		if (right->name)
			return;
		rest.methods &= ~others->list[i].methods;
	}
	if (!right->name && !rest.methods)
		return;
	row = row_add(c, side ? POLICY_DIFF_GAINED : POLICY_DIFF_LOST, &rest);
	if (row && !side)
		note_denials(c, row);
}

static void tell_changed(struct comparing *c, const struct policy_right *before)
{
	for (size_t i = 0; i < c->rights[1].len; i++) {
		struct policy_right both = c->rights[1].list[i];
		struct policy_diff_row *row;

		if (!are_of_one(before, &both) || (before->lifetime_s == both.lifetime_s && before->times == both.times))
			continue;
		both.methods &= before->methods;
		if (!both.name && !both.methods)
			continue;
		row = row_add(c, POLICY_DIFF_CHANGED, &both);
		if (row)
			row->before = *before;
	}
}

static struct ace_slice label(const struct policy_right *right)
{
	return right->name ? right->name->name : right->path;
}

int diff_row_compare(const struct policy_diff_row *a, const struct policy_diff_row *b)
{
	struct ace_slice x = label(&a->right), y = label(&b->right);
	size_t len = x.len < y.len ? x.len : y.len;
	int order = len ? memcmp(x.ptr, y.ptr, len) : 0;

	if (order || x.len != y.len)
		return order ? order : x.len < y.len ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind == POLICY_DIFF_LOST || (a->kind == POLICY_DIFF_CHANGED && b->kind == POLICY_DIFF_GAINED) ? -1 : 1;
	return (a->right.methods > b->right.methods) - (a->right.methods < b->right.methods);
}

static bool finish(const struct comparing *c, struct policy_diff *diff, struct diff_outcome *ret_outcome)
{
	uint32_t *numbers = c->no_memory ? NULL : policy_arena_array(&diff->arena, c->rows_len, sizeof *numbers);

	for (size_t i = 0; numbers && i < c->rows_len; i++)
		if (!diff_row_put(diff, c->situation->heads, &c->rows[i], &numbers[i]))
			return false;
	*ret_outcome = (struct diff_outcome){ numbers, c->rows_len };
	return numbers != NULL;
}

bool diff_rows(struct policy_diff *diff, const struct diff_situation *situation, struct diff_outcome *ret_outcome)
{
	struct comparing *c = calloc(1, sizeof *c);
	bool is_done;

	if (!c)
		return false;
	c->diff = diff;
	c->situation = situation;
	c->query = (struct policy_can_query){ .now = diff->now, .at_any_time = true };
	for (unsigned int side = 0; side < 2; side++)
		look(c, side);
	for (size_t i = 0; i < c->rights[0].len; i++) {
		tell_one_sided(c, 0, &c->rights[0].list[i]);
		tell_changed(c, &c->rights[0].list[i]);
	}
	for (size_t i = 0; i < c->rights[1].len; i++)
		tell_one_sided(c, 1, &c->rights[1].list[i]);
	is_done = finish(c, diff, ret_outcome);
	free(c->rights[0].list);
	free(c->rights[1].list);
	free(c->rows);
	free(c);
	return is_done;
}
