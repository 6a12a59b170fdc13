/* SPDX-License-Identifier: Apache-2.0 */
/* Rights in text and as JSON, and those who have the same ones, for the verbs that answer with many. */
#ifndef AS_CTL_CAN_H
#define AS_CTL_CAN_H

#include "as/ctl_draft.h"
#include "policy/can.h"

#define CTL_CAN_IDS_MAX 100 /* ids kept of a group; all are counted */
#define CTL_CAN_NAMED 10    /* of which text names so many */

/* Who has the same rights. */
struct ctl_can_group {
	char *text; /* owns: the rights; no two groups have the same */
	uint64_t hash;
	struct json_t *rights; /* owns; NULL in text mode */
	char **ids;            /* owns */
	size_t count;          /* of them, kept or not */
};

struct ctl_can_groups {
	struct ctl_can_group *list;
	size_t len, cap;
	size_t last; /* the one found last: neighbours are alike */
	bool is_full;
};

/* The group with that text, which is taken over; a new one has count 0. NULL: max groups are there (is_full), or no memory. */
struct ctl_can_group *ctl_can_group_of(struct ctl_can_groups *groups, char *text, size_t max);
/* false: no memory. */
ACE_MUST_CHECK bool ctl_can_group_add(struct ctl_can_group *group, const char *id);
void ctl_can_groups_free(struct ctl_can_groups *groups);

/* "  GET /temp    8h    read-climate" */
void ctl_can_say(const struct policy *policy, const struct policy_right *right, FILE *out);
/* The same without the right itself: "8h    read-climate" */
void ctl_can_say_grounds(const struct policy *policy, const struct policy_right *right, FILE *out);
struct json_t *ctl_can_record(const struct policy *policy, const struct policy_right *right);
/* "thermo-101, thermo-102 and 998 more" */
void ctl_can_names(const struct ctl_can_group *group, FILE *out);
/* [{"devices_count", "devices", "rights"}, ...]; takes the rights over. */
struct json_t *ctl_can_groups_record(struct ctl_can_groups *groups, const char *noun);

#endif
