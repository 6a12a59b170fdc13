/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is released all at once: what a policy or an inventory consists of. */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct policy_arena_block;

/* Starts as { 0 }. */
struct policy_arena {
	struct policy_arena_block *blocks;
	bool no_memory; /* some allocation failed: whatever was built is not complete */
};

/* Zeroed and aligned for anything; never NULL for size 0. NULL: no memory, and the flag is set. */
void *policy_arena_alloc(struct policy_arena *arena, size_t size);
/* The same for count elements, with the product checked. */
void *policy_arena_array(struct policy_arena *arena, size_t count, size_t size);
/* A copy with a NUL at its end. */
char *policy_arena_text(struct policy_arena *arena, const char *text);
char *policy_arena_printf(struct policy_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void policy_arena_free(struct policy_arena *arena);

#endif
