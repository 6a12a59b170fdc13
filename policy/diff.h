/* SPDX-License-Identifier: Apache-2.0 */
/* Two policies, side by side: who gains and who loses which method on which device. Clients and devices are handed in one by
 * one, as they are on both sides, and are sorted into classes by the rules that select them: rights are compared once for a
 * class of clients and a class of devices, and only where some rule says something else. So the work follows what
 * differs and how manifold the policy is, not how many parties there are.
 *
 *     policy_diff_new(); policy_diff_add() for each client and device, in the order of ids; policy_diff_run();
 *     policy_diff_block_at() for each block; policy_diff_free() */
#ifndef POLICY_DIFF_H
#define POLICY_DIFF_H

#include "policy/can.h"

#define POLICY_DIFF_ROWS_MAX 200000 /* different things that happen to somebody */
#define POLICY_DIFF_IDS_MAX 100 /* ids that are named of a set; all are counted */

struct policy_diff;

/* Both policies are borrowed until policy_diff_free(). Windows count whenever they open; what ended before now does not.
 * ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_diff_new(const struct policy *before, const struct policy *after, int64_t now,
					    struct policy_diff **ret_diff);
/* NULL is fine. */
void policy_diff_free(struct policy_diff *diff);

/* A client or a device on both sides. Borrowed for the call. */
struct policy_diff_party {
	const char *id;
	const struct policy_party *before, *after; /* NULL: it is not there */
	const char *model_before, *model_after;    /* of a device */
};

/* kind is POLICY_KIND_CLIENT or POLICY_KIND_DEVICE. ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_diff_add(struct policy_diff *diff, enum policy_kind kind,
					    const struct policy_diff_party *party);
/* Compare. Once, after the last policy_diff_add(). ACE_ERR_RANGE: more than POLICY_DIFF_ROWS_MAX different things happen, which
 * nobody would read; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_diff_run(struct policy_diff *diff);

/* What became of a rule, whether it matters to anybody or not. */
enum policy_diff_rule { POLICY_DIFF_RULE_SAME, POLICY_DIFF_RULE_ADDED, POLICY_DIFF_RULE_CHANGED, POLICY_DIFF_RULE_REMOVED };
/* All rules of both policies by id, from 0. NULL: no more. */
const char *policy_diff_rule_at(const struct policy_diff *diff, size_t index, enum policy_diff_rule *ret_rule);

enum policy_diff_kind { POLICY_DIFF_GAINED, POLICY_DIFF_LOST, POLICY_DIFF_CHANGED };

struct policy_diff_row {
	enum policy_diff_kind kind;
	struct policy_right right;     /* what it is about: of before when lost, else of after; methods are those concerned */
	struct policy_right before;    /* only when changed: another lifetime, or other times */
	struct policy_rule_list denied; /* only when lost: rules of after that deny it */
};

/* Why somebody counts, or does not, whatever the rules say. */
enum policy_diff_state {
	POLICY_DIFF_ACTIVE,
	POLICY_DIFF_ABSENT,
	POLICY_DIFF_DISABLED,
	POLICY_DIFF_NO_MODEL, /* its model is not in the policy */
	POLICY_DIFF_PROFILE,  /* its model speaks another profile than the one served */
};

struct policy_diff_who {
	size_t count;
	const char *ids[POLICY_DIFF_IDS_MAX]; /* the first ones, sorted; borrows from the diff */
	size_t ids_len;
	bool is_everybody;
	const char *selector; /* "group:technicians", "tag:role=technician tag:site=b7": exactly these; NULL: nothing short is */
	enum policy_diff_state before, after;
};

/* Rows that the same clients have at the same devices. */
struct policy_diff_block {
	const struct policy_diff_row *const *rows; /* borrow from the diff, by path; at least one */
	size_t rows_len;
	struct policy_diff_who clients, devices;
	const char *model; /* of the devices, after where there is one; borrows from the policy */
};

size_t policy_diff_blocks_len(const struct policy_diff *diff);
/* By the first client, then the first device. ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_diff_block_at(struct policy_diff *diff, size_t index,
						 struct policy_diff_block *ret_block);

/* How many clients and devices are in some block. */
struct policy_diff_counts {
	size_t clients_gaining, clients_losing, clients_changing, devices;
};
void policy_diff_count(const struct policy_diff *diff, struct policy_diff_counts *ret_counts);

#endif
