/* SPDX-License-Identifier: Apache-2.0 */
/* Live tokens that go beyond a policy: it would not give them, neither when they were issued nor now. A token under an
 * unchanged policy never does. */
#ifndef AS_CTL_EXCEED_H
#define AS_CTL_EXCEED_H

#include "as/ctl_draft.h"
#include "storage/tokens.h"

#define CTL_EXCEEDING_FIRST 5 /* tokens that are told one by one; all are counted */

struct ctl_exceeding {
	size_t tokens;
	struct store_token first[CTL_EXCEEDING_FIRST];
};

/* Does that token? Errors of the store. */
ACE_MUST_CHECK enum ace_err ctl_token_exceeds(const struct ctl_draft *draft, const struct store_token *token, int64_t now,
					      bool *ret_exceeds);
/* All that do; the draft may be what is in force. */
ACE_MUST_CHECK enum ace_err ctl_exceeding_find(const struct ctl_draft *draft, int64_t now,
					       struct ctl_exceeding *ret_exceeding);
/* "2 live tokens exceed the new policy:", the first ones, and what to do. Nothing when there are none. */
void ctl_exceeding_say(const struct cli_output *output, const struct ctl_exceeding *exceeding, bool is_rehearsal);
/* {"count", "first": [{"id", "client", "device", "scope", "expires"}]} */
struct json_t *ctl_exceeding_record(const struct ctl_exceeding *exceeding);

#endif
