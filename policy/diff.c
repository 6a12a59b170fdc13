/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/diff.h"

#include <stdlib.h>
#include <string.h>

#include "policy/diff_internal.h"

/* Classes of clients that a rule selects on one side. An entry is the value of the rule's first same_tag, whether the rule
 * says the same to them as before, and the class: sorted, those that a device may find are together, the moved ones first. */
#define ENTRY(value, stayed, class) ((uint64_t)(value) << 33 | (uint64_t)(stayed) << 32 | (class))
#define ENTRY_VALUE(entry) ((entry) >> 33)
#define ENTRY_STAYED(entry) ((entry) >> 32 & 1)
#define ENTRY_CLASS(entry) ((uint32_t)(entry))

struct found {
	uint32_t row, client;
};

struct running {
	struct policy_diff *diff;
	uint64_t *entries;
	size_t *starts; /* of each rule and side, and the end */
	uint32_t *seen; /* of each class of clients: the device class that met it last, plus 1 */
	struct found *found;
	size_t found_len, found_cap;
};

enum ace_err policy_diff_new(const struct policy *before, const struct policy *after, int64_t now,
			     struct policy_diff **ret_diff)
{
	struct policy_diff *diff = calloc(1, sizeof *diff);

	if (!diff)
		return ACE_ERR_MEMORY;
	diff->policy[0] = before;
	diff->policy[1] = after;
	diff->now = now;
	diff->rows_max = POLICY_DIFF_ROWS_MAX;
	diff->clients.looks.arena = diff->devices.looks.arena = &diff->arena;
	diff->values.arena = diff->tags.arena = diff->clients.keys.arena = diff->devices.keys.arena = &diff->arena;
	diff->situations.arena = diff->row_keys.arena = diff->lists.arena = diff->block_keys.arena = &diff->arena;
	if (!diff_rules_join(diff)) {
		policy_diff_free(diff);
		return ACE_ERR_MEMORY;
	}
	*ret_diff = diff;
	return ACE_OK;
}

static void side_free(struct diff_side *parties)
{
	policy_intern_free(&parties->looks);
	free(parties->class_of);
	policy_intern_free(&parties->keys);
	free(parties->classes);
	free(parties->members);
}

void policy_diff_free(struct policy_diff *diff)
{
	if (!diff)
		return;
	side_free(&diff->clients);
	side_free(&diff->devices);
	policy_intern_free(&diff->values);
	policy_intern_free(&diff->tags);
	policy_intern_free(&diff->situations);
	policy_intern_free(&diff->row_keys);
	policy_intern_free(&diff->lists);
	policy_intern_free(&diff->block_keys);
	diff_blocks_free(diff->blocks, diff->blocks_len);
	free(diff->outcomes);
	free(diff->rows);
	free(diff->words);
	policy_arena_free(&diff->arena);
	free(diff);
}

enum ace_err policy_diff_add(struct policy_diff *diff, enum policy_kind kind, const struct policy_diff_party *party)
{
	return diff_class_add(diff, kind, party) ? ACE_OK : ACE_ERR_MEMORY;
}

/* Where the lists of a rule are searched: 0 where it has no same_tag. false: it applies to nobody. */
static bool value_of(const struct diff_rule *rule, unsigned int side, const struct diff_class *class, uint32_t *ret_value)
{
	*ret_value = rule->same_len[side] ? class->values[side][rule->same[side][0]] : 0;
	return *ret_value || !rule->same_len[side];
}

/* Count the entries behind starts (entries NULL), or put them; starts end up at the next list then. */
static void walk_clients(struct running *run, uint64_t *entries)
{
	const struct policy_diff *diff = run->diff;

	for (uint32_t c = 0; c < diff->clients.keys.len; c++) {
		const struct diff_class *class = &diff->clients.classes[c];

		for (size_t i = 0; i < class->links_len; i++)
			for (unsigned int side = 0; side < 2; side++) {
				const struct diff_link *link = &class->links[i];
				size_t *start = &run->starts[2 * link->rule + side + (entries ? 0 : 1)];
				uint32_t value;

				if (!(link->sides >> side & 1) || !value_of(&diff->rules[link->rule], side, class, &value))
					continue;
				if (entries)
					entries[*start] = ENTRY(value, !diff_link_moved(diff, class, link), c);
				++*start;
			}
	}
}

static int compare_entries(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static bool make_lists(struct running *run)
{
	size_t len = 2 * run->diff->rules_len;

	run->starts = calloc(len + 1, sizeof *run->starts);
	run->seen = calloc(run->diff->clients.keys.len + 1, sizeof *run->seen);
	if (!run->starts || !run->seen)
		return false;
	walk_clients(run, NULL);
	for (size_t i = 0; i < len; i++)
		run->starts[i + 1] += run->starts[i];
	run->entries = calloc(run->starts[len] + 1, sizeof *run->entries);
	if (!run->entries)
		return false;
	walk_clients(run, run->entries);
	/* Each start has moved to the end of its list, where the next one begins. */
	memmove(run->starts + 1, run->starts, len * sizeof *run->starts);
	run->starts[0] = 0;
	for (size_t i = 0; i < len; i++)
		if (run->starts[i + 1] > run->starts[i] + 1)
			qsort(run->entries + run->starts[i], run->starts[i + 1] - run->starts[i], sizeof *run->entries,
			      compare_entries);
	return true;
}

static bool find(struct running *run, uint32_t row, uint32_t client)
{
	struct found *found = run->found;

	if (run->found_len == run->found_cap) {
		found = reallocarray(found, run->found_cap * 2 + 64, sizeof *found);
		if (!found)
			return false;
		run->found = found;
		run->found_cap = run->found_cap * 2 + 64;
	}
	found[run->found_len++] = (struct found){ row, client };
	return true;
}

static bool meet(struct running *run, uint32_t device, uint32_t client)
{
	struct policy_diff *diff = run->diff;
	const struct diff_outcome *outcome;

	if (run->seen[client] == device + 1)
		return true;
	run->seen[client] = device + 1;
	if (!diff_pair(diff, &diff->clients.classes[client], &diff->devices.classes[device], &outcome))
		return false;
	for (size_t i = 0; outcome && i < outcome->len; i++)
		if (!find(run, outcome->rows[i], client))
			return false;
	return true;
}

/* Only those are met about whom this rule may say something else than before. */
static bool meet_list(struct running *run, uint32_t device, const struct diff_link *link, unsigned int side)
{
	const struct diff_rule *rule = &run->diff->rules[link->rule];
	const struct diff_class *class = &run->diff->devices.classes[device];
	bool is_any = rule->is_hot || diff_link_moved(run->diff, class, link);
	size_t low = run->starts[2 * link->rule + side], end = run->starts[2 * link->rule + side + 1], high = end;
	uint32_t value;

	if (!value_of(rule, side, class, &value))
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ENTRY_VALUE(run->entries[middle]) < value)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < end && ENTRY_VALUE(run->entries[low]) == value && (is_any || !ENTRY_STAYED(run->entries[low])); low++)
		if (!meet(run, device, ENTRY_CLASS(run->entries[low])))
			return false;
	return true;
}

static int compare_found(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	return (a->client > b->client) - (a->client < b->client);
}

/* What was found at one class of devices: clients with one row are one block. */
static bool make_blocks(struct running *run, uint32_t device)
{
	struct policy_diff *diff = run->diff;

	if (run->found_len)
		qsort(run->found, run->found_len, sizeof *run->found, compare_found);
	for (size_t i = 0, end; i < run->found_len; i = end) {
		for (end = i; end < run->found_len && run->found[end].row == run->found[i].row; end++)
			;
		if (!diff_words(diff, end - i))
			return false;
		for (size_t k = i; k < end; k++)
			diff->words[k - i] = run->found[k].client;
		if (!diff_block_add(diff, run->found[i].row, end - i, device))
			return false;
	}
	run->found_len = 0;
	return true;
}

static bool meet_all(struct running *run)
{
	const struct policy_diff *diff = run->diff;

	for (uint32_t d = 0; d < diff->devices.keys.len; d++) {
		const struct diff_class *class = &diff->devices.classes[d];

		for (size_t i = 0; i < class->links_len; i++)
			for (unsigned int side = 0; side < 2; side++)
				if ((class->links[i].sides >> side & 1) && !meet_list(run, d, &class->links[i], side))
					return false;
		if (!make_blocks(run, d))
			return false;
	}
	return true;
}

enum ace_err policy_diff_run(struct policy_diff *diff)
{
	struct running run = { .diff = diff };
	bool is_done = make_lists(&run) && meet_all(&run) && diff_blocks_finish(diff);

	free(run.entries);
	free(run.starts);
	free(run.seen);
	free(run.found);
	if (is_done)
		return ACE_OK;
	return diff->is_full ? ACE_ERR_RANGE : ACE_ERR_MEMORY;
}
