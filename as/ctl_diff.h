/* SPDX-License-Identifier: Apache-2.0 */
/* Two policies compared over the clients and devices of the store, and what came of it in the forms that acectl prints. */
#ifndef AS_CTL_DIFF_H
#define AS_CTL_DIFF_H

#include "as/ctl_draft.h"
#include "policy/diff.h"

#define CTL_DIFF_SHOWN 200 /* blocks that are printed for people; JSON has all */

/* Starts as { 0 } with the policies filled in. Ended by ctl_diff_free(). */
struct ctl_diff {
	const struct policy *before, *after; /* borrowed */
	uint64_t generations[2];
	bool is_draft; /* after is in files, and no generation yet */
	struct policy_diff *diff; /* owns */
};

/* Compare them: parties are those of the store before, and afterwards as the draft would have them. Errors of the store;
 * ACE_ERR_RANGE: as policy_diff_run(); ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ctl_diff_make(const struct ctl_draft *draft, int64_t now, struct ctl_diff *diff);
/* Tell what went wrong there. Returns the exit code. */
int ctl_diff_fail(const struct cli_output *output, const struct ctl_draft *draft, enum ace_err err);
void ctl_diff_free(struct ctl_diff *diff);
/* May somebody do more, or less, or otherwise? */
bool ctl_diff_is_any(const struct ctl_diff *diff);

/* ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ctl_diff_say(const struct ctl_diff *diff, bool color, FILE *out);
ACE_MUST_CHECK enum ace_err ctl_diff_markdown(const struct ctl_diff *diff, FILE *out);
/* Add "before", "after", "rules", the counts and "changes" to a document. */
ACE_MUST_CHECK enum ace_err ctl_diff_put(const struct ctl_diff *diff, struct json_t *document);

/* "generation 4 → draft" */
void ctl_diff_title(const struct ctl_diff *diff, FILE *out);
/* "2 clients gain, 1 loses, at 4 devices", or that nobody does. */
void ctl_diff_summary(const struct ctl_diff *diff, FILE *out);
/* The policy that a row's right is of. */
const struct policy *ctl_diff_policy_of(const struct ctl_diff *diff, const struct policy_diff_row *row);
/* NULL, or why somebody gains or loses it all: "new", "gone", "now disabled", ... */
const char *ctl_diff_state(const struct policy_diff_who *who);

#endif
