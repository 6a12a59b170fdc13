/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"

struct cli_arena_block {
	struct cli_arena_block *next; /* owns */
	size_t len;
	alignas(max_align_t) unsigned char bytes[];
};

void *cli_arena_alloc(struct cli_arena *arena, size_t len)
{
	struct cli_arena_block *block;

	if (len > SIZE_MAX / 2)
		return NULL;
	block = calloc(1, sizeof *block + (len ? len : 1));
	if (!block)
		return NULL;
	block->len = len;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->bytes;
}

char *cli_arena_text(struct cli_arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? cli_arena_alloc(arena, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

void cli_arena_free(struct cli_arena *arena)
{
	while (arena->blocks) {
		struct cli_arena_block *block = arena->blocks;

		arena->blocks = block->next;
		ace_wipe(block->bytes, block->len);
		free(block);
	}
}
