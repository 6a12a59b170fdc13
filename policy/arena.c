/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)16384)
#define ALIGN ((size_t)16)

struct policy_arena_block {
	struct policy_arena_block *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

static struct policy_arena_block *block_add(struct policy_arena *arena, size_t size)
{
	struct policy_arena_block *block;

	if (size < BLOCK_SIZE)
		size = BLOCK_SIZE;
	block = calloc(1, sizeof *block + size);
	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *policy_arena_alloc(struct policy_arena *arena, size_t size)
{
	struct policy_arena_block *block = arena->blocks;
	void *ret;

	if (size > SIZE_MAX / 2) {
		arena->no_memory = true;
		return NULL;
	}
	size = (size + ALIGN) & ~(ALIGN - 1); /* rounds 0 up too */
	if (!block || block->size - block->used < size)
		block = block_add(arena, size);
	if (!block) {
		arena->no_memory = true;
		return NULL;
	}
	ret = block->bytes + block->used;
	block->used += size;
	return ret;
}

void *policy_arena_array(struct policy_arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size) {
		arena->no_memory = true;
		return NULL;
	}
	return policy_arena_alloc(arena, count * size);
}

char *policy_arena_text(struct policy_arena *arena, const char *text)
{
	size_t len = strlen(text);
	char *copy = policy_arena_alloc(arena, len + 1);

	if (copy)
		memcpy(copy, text, len + 1);
	return copy;
}

char *policy_arena_printf(struct policy_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = len < 0 ? NULL : policy_arena_alloc(arena, (size_t)len + 1);
	if (!text)
		return NULL;
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void policy_arena_free(struct policy_arena *arena)
{
	while (arena->blocks) {
		struct policy_arena_block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
}
