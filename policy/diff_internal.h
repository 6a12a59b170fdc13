/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about policy_diff share. Sides are 0 (before) and 1 (after). Internal. */
#ifndef POLICY_DIFF_INTERNAL_H
#define POLICY_DIFF_INTERNAL_H

#include "policy/can_internal.h"
#include "policy/diff.h"
#include "policy/intern.h"

#define DIFF_NONE UINT32_MAX

/* A rule of both policies, or of one. */
struct diff_rule {
	uint32_t at[2]; /* its number on each side, or DIFF_NONE */
	bool is_hot;      /* says something else on both sides */
	enum policy_diff_rule listed;
	const uint32_t *same[2]; /* numbers of the keys of same_tag */
	size_t same_len[2];
};

/* A rule that selects a class, on which sides (bits). */
struct diff_link {
	uint32_t rule, sides;
};

/* Parties that are alike for both policies. The words of its key; so compared and hashed as one. */
struct diff_class {
	uint32_t state[2];  /* enum policy_diff_state */
	uint32_t model[2];  /* number plus 1, or 0 */
	const uint32_t *values[2]; /* of each key of same_tag: interned, plus 1; 0: none */
	const struct diff_link *links; /* by rule */
	size_t links_len;
	uint32_t members, first; /* how many, and the place of the first */
	uint8_t kinds; /* bits of enum policy_diff_kind: what happens to it */
};

struct diff_member {
	const char *id;
	const uint32_t *tags; /* interned "key=value" */
	uint32_t tags_len, class;
};

/* Clients, or devices. */
struct diff_side {
	/* What parties look like at first sight, before it is worked out what it means; alike ones are in one class. */
	struct policy_intern looks;
	uint32_t *class_of; /* of each look */
	size_t class_of_cap;
	uint64_t *over[2];        /* rules that have ended, as bits, on each side */
	uint64_t *conditional[2]; /* rules with conditions about tags of this kind of party */
	struct policy_intern keys; /* of classes */
	struct diff_class *classes;
	size_t classes_cap;
	struct diff_member *members; /* by id */
	size_t members_len, members_cap;
};

/* What comes of a situation. */
struct diff_outcome {
	const uint32_t *rows; /* numbers; none: no difference */
	size_t len;
};

/* Numbers that become more; owns them. */
struct diff_numbers {
	uint32_t *list;
	size_t len, cap;
};

/* Classes of clients that the same happens to, and at which classes of devices. */
struct diff_block {
	const uint32_t *clients;
	size_t clients_len;
	struct diff_numbers devices, rows;
	const struct policy_diff_row **shown;
	uint32_t first_client, first_device; /* members */
};

struct policy_diff {
	const struct policy *policy[2];
	int64_t now;
	struct policy_arena arena;
	struct diff_rule *rules;
	size_t rules_len;
	uint32_t *joint[2];   /* from a rule's number on a side to its place in rules */
	bool *is_model_other; /* of each model before: after it offers something else, or is gone */
	const char **same_keys;
	size_t same_keys_len;
	struct policy_intern values, tags;
	struct diff_side clients, devices;
	struct policy_intern situations; /* what decides the rights of two classes */
	struct diff_outcome *outcomes;   /* of each situation */
	size_t outcomes_cap;
	struct policy_intern row_keys; /* what is the same for people */
	struct policy_diff_row *rows;
	size_t rows_cap, rows_max;
	bool is_full; /* there are more */
	struct policy_intern lists; /* of classes, as blocks have them */
	struct policy_intern block_keys;
	struct diff_block *blocks;
	size_t blocks_len, blocks_cap;
	uint32_t *words; /* scratch */
	size_t words_cap;
};

/* Room for so many words of scratch. */
bool diff_words(struct policy_diff *diff, size_t len);

/* diff_rules.c: false when there is no memory. */
bool diff_rules_join(struct policy_diff *diff);
/* Does a model mean the same on both sides? Numbers plus 1, as in a class. */
bool diff_model_is_same(const struct policy_diff *diff, const uint32_t model[2]);
/* diff_class.c */
bool diff_class_add(struct policy_diff *diff, enum policy_kind kind, const struct policy_diff_party *party);
/* Has the class another say in that rule than before? */
bool diff_link_moved(const struct policy_diff *diff, const struct diff_class *class, const struct diff_link *link);
/* diff_pair.c: what differs for clients of one class at devices of another; NULL: nothing. */
bool diff_pair(struct policy_diff *diff, const struct diff_class *client, const struct diff_class *device,
	       const struct diff_outcome **ret_outcome);
/* diff_key.c: the number of a row; those with the same words have the same one. heads: models and states. */
bool diff_row_put(struct policy_diff *diff, const uint32_t heads[4], const struct policy_diff_row *row, uint32_t *ret_number);
/* diff_rows.c: the rights of both sides, compared. */
struct diff_situation {
	uint32_t heads[4]; /* models, then states */
	const struct diff_link *links; /* rules that apply */
	size_t links_len;
};
bool diff_rows(struct policy_diff *diff, const struct diff_situation *situation, struct diff_outcome *ret_outcome);
/* By path or name, then what is lost before what is gained, then by methods. */
int diff_row_compare(const struct policy_diff_row *a, const struct policy_diff_row *b);
/* diff_blocks.c */
bool diff_number_add(struct diff_numbers *numbers, uint32_t number);
/* Add a class of devices where this row happens to these classes of clients, which are words. */
bool diff_block_add(struct policy_diff *diff, uint32_t row, size_t clients_len, uint32_t device);
/* Join blocks about the same parties, and put them in order. */
bool diff_blocks_finish(struct policy_diff *diff);
void diff_blocks_free(struct diff_block *blocks, size_t len);
/* diff_who.c */
bool diff_who(struct policy_diff *diff, bool is_device, const uint32_t *classes, size_t len, struct policy_diff_who *ret_who);

#endif
