/* SPDX-License-Identifier: Apache-2.0 */
/* Random small policies: as structs, for evaluators that go by the definition, and compiled. Every run makes the same. */
#ifndef POLICY_WORLD_H
#define POLICY_WORLD_H

#include "policy/policy.h"

#define RULES_MAX 90
#define PATHS 5
#define SCOPES 6
#define GROUPS 3

extern const char *const world_tag_values[3];

struct model_rule {
	bool is_deny, is_enabled, has_same, has_tags, has_start, has_limit;
	char clients[2][16], devices[2][16];
	unsigned int scopes; /* bits */
	unsigned int lifetime;
	int not_before, not_after; /* the first is before the second */
};

struct world {
	unsigned int offered[2][PATHS]; /* methods of each model */
	unsigned int scopes[SCOPES][PATHS];
	struct {
		bool has_member, has_k, has_l;
		unsigned int member, k, l;
	} groups[2][GROUPS];
	struct model_rule rules[RULES_MAX];
	unsigned int rules_len;
};

struct person {
	unsigned int number;
	int k, l; /* tag values; negative: none */
};

/* A number below sides. */
unsigned int world_dice(unsigned int sides);
/* Until when and from when the rule holds, if it has limits. */
void world_limits(struct model_rule *rule);
void world_make(struct world *w);
/* Models m0 and m1 take AIF, m2 offers what m1 does and takes text. The caller frees it. */
struct policy *world_compile(const struct world *w);
/* "c0" to "c3", "d0" to "d3"; id has 8 bytes, tags two places. */
struct policy_party world_party(const struct person *who, char side, char *id, struct ace_tag *tags);

#endif
