/* SPDX-License-Identifier: Apache-2.0 */
/* Bring a set of checked files into the store: one transaction, all of it or nothing. */
#ifndef AS_CTL_APPLY_H
#define AS_CTL_APPLY_H

#include "as/ctl_exceed.h"
#include "as/ctl_files.h"
#include "as/ctl_modelless.h"
#include "as/ctl_revoke.h"
#include "cli/json.h"
#include "policy/inventory.h"
#include "policy/policy.h"
#include "storage/store.h"

struct ctl_apply_input {
	const struct policy_loaded *loaded; /* borrows */
	const char *message;                /* for the history; NULL: none */
	int64_t now;                        /* seconds since 1970 */
	bool prune;                         /* clients and devices that the files do not have go */
	bool is_rehearsal;                  /* do all of it, then forget it */
	bool has_expected;
	uint64_t expected;                  /* the generation that must be in force before; refused otherwise */
	size_t tests;                       /* how many the files have: all passed, unless they were skipped */
	bool tests_skipped;
};

#define CTL_IMPORTED_NAMED 3 /* key files that are told by name */

struct ctl_applied {
	uint64_t generation_before, generation; /* equal: the policy stays as it is */
	struct cli_json_tally clients, devices, models, scopes, groups, rules;
	bool is_defaults_changed;
	size_t keys_of_clients, keys_of_devices; /* made here, not read from files */
	size_t imported;                         /* keys read from files */
	const char *imported_names[CTL_IMPORTED_NAMED]; /* borrow from loaded */
	struct ctl_revoked revoked;     /* tokens of what was removed or disabled; filled after ctl_apply() */
	struct ctl_exceeding exceeding; /* filled by ctl_applied_look() */
	struct ctl_modelless modelless; /* the same */
};

/* Models, scopes, groups and rules replace those of the generation before as a whole (a set of inventory files alone, and
 * one that says the same, make no generation); clients and devices are added or changed, their keys made only where none exist.
 * @param ret_error  filled when the files are at fault, or another generation is in force; else the store's last error tells.
 * @return ACE_OK, or nothing was changed. */
ACE_MUST_CHECK enum ace_err ctl_apply(struct store *store, const struct ctl_apply_input *in,
				      struct ctl_applied *ret_applied, struct cli_error *ret_error);

/* Is the store other than before? */
bool ctl_applied_anything(const struct ctl_applied *applied);
/* What it leaves behind, or would: fills in exceeding and modelless. Errors of the store; ACE_ERR_DAMAGED; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ctl_applied_look(struct store *store, const struct ctl_apply_input *in,
					     struct ctl_applied *applied);
/* Print what it did. @return the exit code. */
int ctl_applied_tell(const struct cli_call *call, const struct cli_output *output, const struct ctl_files *files,
		     const struct ctl_apply_input *in, const struct ctl_applied *applied);

#endif
