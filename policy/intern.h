/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings that are kept once and known by a number: the same bytes, the same number. */
#ifndef POLICY_INTERN_H
#define POLICY_INTERN_H

#include <stdint.h>

#include "policy/arena.h"

struct policy_interned {
	uint64_t hash;
	const void *bytes; /* aligned for anything */
	size_t len;
};

/* Starts as { .arena = ... }, where the bytes go. Ended by policy_intern_free(). */
struct policy_intern {
	struct policy_arena *arena;
	struct policy_interned *list;
	size_t len, cap;
	uint32_t *slots; /* hash table of places plus 1; 0: free */
	size_t slots_len; /* a power of two */
};

/* The number of bytes, a new one if need be: numbers ascend from 0. false: no memory. */
bool policy_intern(struct policy_intern *table, const void *bytes, size_t len, uint32_t *ret_number);
void policy_intern_free(struct policy_intern *table);

#endif
