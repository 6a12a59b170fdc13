/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON that has the right shape to structs in an arena. Internal to parse_*.c. */
#ifndef POLICY_PARSE_READ_H
#define POLICY_PARSE_READ_H

#include <jansson.h>

#include "policy/rule.h"

/* One member of a merged section: an id, what it means, and the file that it is from. */
struct policy_entry {
	const char *id;
	const json_t *value;
	uint32_t source;
};

struct policy_entries {
	struct policy_entry *list; /* sorted by id */
	size_t len;
};

/* All files of a load as JSON. */
struct policy_parsed {
	const struct policy_source *sources;
	size_t len;
	json_t **roots;
	struct policy_arena *arena; /* for the entries */
	struct policy_problems *problems;
};

/* Text to JSON with every fault reported; NULL then. */
json_t *policy_parse_text(const struct policy_source *source, struct policy_problems *problems);

/* A section of all files; an id in two of them is reported (E101). */
struct policy_entries policy_parse_section(const struct policy_parsed *parsed, const char *section);

/* These return empty things without memory; the arena's flag tells. */
const char *policy_read_text(struct policy_arena *arena, const json_t *object, const char *member);
struct policy_names policy_read_names(struct policy_arena *arena, const json_t *array);
struct policy_permissions policy_read_permissions(struct policy_arena *arena, const json_t *object);
struct policy_tag_matches policy_read_matches(struct policy_arena *arena, const json_t *object);
uint32_t policy_read_duration(const json_t *object, const char *member); /* 0: absent; more than fits: UINT32_MAX */
bool policy_read_bool(const json_t *object, const char *member, bool otherwise);
/* Seconds since 1970 of what policy_is_timestamp() takes; false: on no calendar. */
ACE_MUST_CHECK bool policy_read_timestamp(const char *text, int64_t *ret_time);

void policy_parse_models(const struct policy_parsed *parsed, struct policy *policy);
void policy_parse_scopes(const struct policy_parsed *parsed, struct policy *policy);
void policy_parse_groups(const struct policy_parsed *parsed, struct policy *policy);
void policy_parse_rules(const struct policy_parsed *parsed, struct policy *policy);
void policy_parse_defaults(const struct policy_parsed *parsed, struct policy *policy);
void policy_parse_inventory(const struct policy_parsed *parsed, struct policy_inventory_private *inventory,
			    struct policy_build *build);

/* canonical.c: the sections of a policy as one text in one form; NULL: no memory. End it with free(). */
char *policy_canonical(const struct policy_parsed *parsed);

#endif
