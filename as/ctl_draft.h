/* SPDX-License-Identifier: Apache-2.0 */
/* Policy and parties as they are, or as they would be once files were applied. */
#ifndef AS_CTL_DRAFT_H
#define AS_CTL_DRAFT_H

#include "as/ctl.h"
#include "as/ctl_files.h"
#include "policy/inventory.h"

/* One read transaction of the store, and over it what files change. Ended by ctl_draft_close(). */
struct ctl_draft {
	struct store *store;
	struct store_txn *txn;
	struct policy *running; /* of the generation */
	uint64_t generation;
	struct ctl_files files;
	const struct policy *policy;              /* borrows: the running one, or that of the files */
	const struct policy_inventory *inventory; /* borrows from the files; NULL: none */
	bool has_files;
};

/* A client or a device. The query's party borrows from here. */
struct ctl_party {
	struct policy_party party;
	const char *model; /* of a device */
	bool is_stored;    /* false: only files have it */
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

/* ACE_ERR_NOT_FOUND; errors of the store. A device is found by its audience, too. */
ACE_MUST_CHECK enum ace_err ctl_draft_find(const struct ctl_draft *draft, enum store_kind kind, const char *id,
					   struct ctl_party *ret_party);
/* The one whose id comes after party's ("" at first). ACE_ERR_NOT_FOUND: no more. */
ACE_MUST_CHECK enum ace_err ctl_draft_next(const struct ctl_draft *draft, enum store_kind kind, struct ctl_party *party);

#endif
