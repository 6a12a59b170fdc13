/* SPDX-License-Identifier: Apache-2.0 */
/* Bring a set of checked files into the store: one transaction, all of it or nothing. */
#ifndef AS_CTL_APPLY_H
#define AS_CTL_APPLY_H

#include "cli/output.h"
#include "policy/inventory.h"
#include "policy/policy.h"
#include "storage/store.h"

struct ctl_apply_input {
	const struct policy_loaded *loaded; /* borrows */
	const char *message;                /* for the history; NULL: none */
	int64_t now;                        /* seconds since 1970 */
};

struct ctl_applied {
	uint64_t generation_before, generation;
	size_t clients_added, clients_changed;
	size_t devices_added, devices_changed;
};

/* Models, scopes, groups and rules replace those of the generation before as a whole (a set of inventory files alone makes
 * no generation); clients and devices are added or changed, their keys made only where none exist.
 * @param ret_error  filled when a key file is at fault; else the store's last error tells.
 * @return ACE_OK, or nothing was changed. */
ACE_MUST_CHECK enum ace_err ctl_apply(struct store *store, const struct ctl_apply_input *in,
				      struct ctl_applied *ret_applied, struct cli_error *ret_error);

#endif
