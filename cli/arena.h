/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one owner for many small things that may be secret: all of it is wiped and freed at once. */
#ifndef CLI_ARENA_H
#define CLI_ARENA_H

#include "ace_slice.h"

struct cli_arena_block;

struct cli_arena {
	struct cli_arena_block *blocks; /* owns; newest first */
};

/* len zeroed bytes, aligned for any object; NULL when memory is out. */
void *cli_arena_alloc(struct cli_arena *arena, size_t len);
/* A copy with a NUL after it. */
char *cli_arena_text(struct cli_arena *arena, const char *text, size_t len);
/* Wipes and frees everything; a zeroed arena is fine. */
void cli_arena_free(struct cli_arena *arena);

#endif
