/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to whom is gathered: first each row with its clients and its devices, then all rows of the same parties. */
#include <stdlib.h>
#include <string.h>

#include "policy/diff_internal.h"

bool diff_number_add(struct diff_numbers *numbers, uint32_t number)
{
	uint32_t *list = numbers->list;

	if (numbers->len == numbers->cap) {
		list = reallocarray(list, numbers->cap * 2 + 4, sizeof *list);
		if (!list)
			return false;
		numbers->list = list;
		numbers->cap = numbers->cap * 2 + 4;
	}
	numbers->list[numbers->len++] = number;
	return true;
}

void diff_blocks_free(struct diff_block *blocks, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		free(blocks[i].devices.list);
		free(blocks[i].rows.list);
	}
	free(blocks);
}

/* Numbers of blocks ascend as those of their keys do. NULL: no memory. */
static struct diff_block *block_at(struct policy_diff *diff, uint32_t number)
{
	struct diff_block *blocks = diff->blocks;

	if (number < diff->blocks_len)
		return &blocks[number];
	if (number == diff->blocks_cap) {
		blocks = reallocarray(blocks, diff->blocks_cap * 2 + 64, sizeof *blocks);
		if (!blocks)
			return NULL;
		diff->blocks = blocks;
		diff->blocks_cap = diff->blocks_cap * 2 + 64;
	}
	memset(&blocks[number], 0, sizeof *blocks);
	diff->blocks_len++;
	return &blocks[number];
}

/* A list is kept once however many blocks have it, and so is what is told of two. */
static bool key_of(struct policy_diff *diff, const uint32_t *list, size_t len, uint32_t other, uint32_t *ret_number)
{
	uint32_t key[2] = { 0, other };

	return policy_intern(&diff->lists, list, len * sizeof *list, &key[0]) &&
	       policy_intern(&diff->block_keys, key, sizeof key, ret_number);
}

static void take_clients(const struct policy_diff *diff, uint32_t number, struct diff_block *block)
{
	const uint32_t *key = diff->block_keys.list[number].bytes;

	block->clients = diff->lists.list[key[0]].bytes;
	block->clients_len = diff->lists.list[key[0]].len / sizeof *block->clients;
}

bool diff_block_add(struct policy_diff *diff, uint32_t row, size_t clients_len, uint32_t device)
{
	size_t known = diff->block_keys.len;
	struct diff_block *block;
	uint32_t number;

	if (!key_of(diff, diff->words, clients_len, row, &number))
		return false;
	block = block_at(diff, number);
	if (!block)
		return false;
	if (number == known) {
		take_clients(diff, number, block);
		if (!diff_number_add(&block->rows, row))
			return false;
	}
	return diff_number_add(&block->devices, device);
}

/* The key is both lists. */
static bool join_one(struct policy_diff *diff, const struct diff_block *from)
{
	size_t known = diff->block_keys.len;
	struct diff_block *block;
	uint32_t number, devices;

	if (!policy_intern(&diff->lists, from->devices.list, from->devices.len * sizeof *from->devices.list, &devices) ||
	    !key_of(diff, from->clients, from->clients_len, devices, &number))
		return false;
	block = block_at(diff, number);
	if (!block)
		return false;
	if (number == known) {
		take_clients(diff, number, block);
		for (size_t i = 0; i < from->devices.len; i++)
			if (!diff_number_add(&block->devices, from->devices.list[i]))
				return false;
	}
	return diff_number_add(&block->rows, from->rows.list[0]);
}

static bool join(struct policy_diff *diff)
{
	struct diff_block *single = diff->blocks;
	size_t len = diff->blocks_len;
	bool is_done = true;

	policy_intern_free(&diff->block_keys);
	diff->block_keys = (struct policy_intern){ .arena = &diff->arena };
	diff->blocks = NULL;
	diff->blocks_len = diff->blocks_cap = 0;
	for (size_t i = 0; is_done && i < len; i++)
		is_done = join_one(diff, &single[i]);
	diff_blocks_free(single, len);
	return is_done;
}

static uint32_t first_of(struct diff_side *parties, const uint32_t *classes, size_t len, uint8_t kinds)
{
	uint32_t first = DIFF_NONE;

	for (size_t i = 0; i < len; i++) {
		parties->classes[classes[i]].kinds |= kinds;
		if (parties->classes[classes[i]].first < first)
			first = parties->classes[classes[i]].first;
	}
	return first;
}

static int compare_shown(const void *left, const void *right)
{
	return diff_row_compare(*(const struct policy_diff_row *const *)left, *(const struct policy_diff_row *const *)right);
}

static bool finish(struct policy_diff *diff, struct diff_block *block)
{
	uint8_t kinds = 0;

	block->shown = policy_arena_array(&diff->arena, block->rows.len, sizeof *block->shown);
	for (size_t i = 0; block->shown && i < block->rows.len; i++) {
		block->shown[i] = &diff->rows[block->rows.list[i]];
		kinds |= (uint8_t)(1u << block->shown[i]->kind);
	}
	if (!block->shown)
		return false;
	qsort(block->shown, block->rows.len, sizeof *block->shown, compare_shown);
	block->first_client = first_of(&diff->clients, block->clients, block->clients_len, kinds);
	block->first_device = first_of(&diff->devices, block->devices.list, block->devices.len, kinds);
	return true;
}

/* In an order that depends on ids and rights alone. */
static int compare_blocks(const void *left, const void *right)
{
	const struct diff_block *a = left, *b = right;

	if (a->first_client != b->first_client)
		return a->first_client < b->first_client ? -1 : 1;
	if (a->first_device != b->first_device)
		return a->first_device < b->first_device ? -1 : 1;
	return diff_row_compare(a->shown[0], b->shown[0]);
}

bool diff_blocks_finish(struct policy_diff *diff)
{
	if (!join(diff))
		return false;
	for (size_t i = 0; i < diff->blocks_len; i++)
		if (!finish(diff, &diff->blocks[i]))
			return false;
	if (diff->blocks_len)
		qsort(diff->blocks, diff->blocks_len, sizeof *diff->blocks, compare_blocks);
	return true;
}
