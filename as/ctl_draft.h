/* SPDX-License-Identifier: Apache-2.0 */
/* Policy and parties as they are, or as they would be once files were applied. */
#ifndef AS_CTL_DRAFT_H
#define AS_CTL_DRAFT_H

#include "as/ctl.h"
#include "as/ctl_files.h"
#include "policy/inventory.h"

/* One read transaction of the store, and over it what files change. Ended by ctl_draft_close(), or ctl_draft_end(). */
struct ctl_draft {
	struct store *store;
	struct store_txn *txn;
	struct policy *running; /* of the generation */
	uint64_t generation;
	struct ctl_files files;
	const struct policy *policy;              /* borrows: the running one, or that of the files */
	const struct policy_inventory *inventory; /* borrows from the files; NULL: none */
	bool has_files;
	bool prune; /* clients and devices that the inventory does not have are gone */
};

/* A client or a device. The query's party borrows from here. */
struct ctl_party {
	struct policy_party party;
	const char *model; /* of a device */
	bool is_stored;    /* false: only files have it */
	bool is_listed;    /* in the inventory of the files */
	union {
		struct store_client client;
		struct store_device device;
	} record;
	char id[STORE_ID_MAX + 1];
	struct ace_tag tags[STORE_TAGS_MAX];
};

/* Open the store, compile the policy in force, and load files over it (paths_len 0: none). Prints what is wrong.
 * @return CLI_EXIT_OK, or the exit code. */
int ctl_draft_open(const struct cli_call *call, const struct cli_output *output, const char *const *paths,
		   size_t paths_len, struct ctl_draft *ret_draft);
/* The same with the paths of --policy. */
int ctl_draft_open_flag(const struct cli_call *call, const struct cli_output *output, struct ctl_draft *ret_draft);
void ctl_draft_close(struct ctl_draft *draft);

/* The same on a store that is open already, with what was loaded from files over it (NULL: nothing; else it must last as long
 * as the draft). Errors of the store; ACE_ERR_DAMAGED; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ctl_draft_begin(struct store *store, const struct policy_loaded *over,
					    struct ctl_draft *ret_draft);
/* Leaves the store open. A zeroed one is fine. */
void ctl_draft_end(struct ctl_draft *draft);

/* ACE_ERR_NOT_FOUND; errors of the store. A device is found by its audience, too. */
ACE_MUST_CHECK enum ace_err ctl_draft_find(const struct ctl_draft *draft, enum store_kind kind, const char *id,
					   struct ctl_party *ret_party);
/* The one whose id comes after party's, pruned or not ("" at first). ACE_ERR_NOT_FOUND: no more. */
ACE_MUST_CHECK enum ace_err ctl_draft_next(const struct ctl_draft *draft, enum store_kind kind, struct ctl_party *party);

/* As the store has it, whatever the files say; only of one that is_stored. The result borrows from party and tags. */
struct policy_party ctl_party_stored(enum store_kind kind, const struct ctl_party *party,
				     struct ace_tag tags[STORE_TAGS_MAX]);

#endif
