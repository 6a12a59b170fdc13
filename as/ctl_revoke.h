/* SPDX-License-Identifier: Apache-2.0 */
/* Find live tokens, revoke them, and say who learns of it and when. */
#ifndef AS_CTL_REVOKE_H
#define AS_CTL_REVOKE_H

#include "cli/output.h"
#include "storage/revocations.h"

#define CTL_REVOKE_NAMED 8 /* devices that a message names; the others are counted */

struct ctl_draft;

/* Which ones. Borrowed for the call. */
struct ctl_selection {
	const char *client, *device; /* ids; NULL: any */
	uint64_t sequence;           /* 0: any */
	bool unheld;                 /* only those whose client or device is disabled or gone */
	bool exceeding;              /* only those that the policy in force would not give */
};

/* Tell each live token of a selection, oldest first, in the transaction of the draft; its policy is what exceeding means. An
 * error of found ends it. */
typedef enum ace_err ctl_live_fn(void *context, const struct store_token *token);
ACE_MUST_CHECK enum ace_err ctl_live_each(const struct ctl_draft *draft, const struct ctl_selection *selection, int64_t now,
					  ctl_live_fn *found, void *context);

struct ctl_revoked {
	size_t tokens;
	size_t devices;
	char named[CTL_REVOKE_NAMED][STORE_ID_MAX + 1];
	bool all_have_lines; /* each of the devices can ask for the list */
};

/* The live tokens of a selection: neither over nor on the list. Nothing is written. */
ACE_MUST_CHECK enum ace_err ctl_revoke_count(struct store *store, const struct ctl_selection *selection, int64_t now,
					     size_t *ret_count);
/* Revoke them, in transactions of at most STORE_REVOKE_MAX tokens: between them others can write. */
ACE_MUST_CHECK enum ace_err ctl_revoke(struct store *store, const struct ctl_selection *selection, int64_t now,
				       struct ctl_revoked *ret_revoked);
/* "1 token revoked; thermo-101 learns it at its next poll, at the latest when the token expires there". */
void ctl_revoke_say(const struct cli_output *output, const struct ctl_revoked *revoked);

#endif
