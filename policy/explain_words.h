/* SPDX-License-Identifier: Apache-2.0 */
/* What the two renderers of a decision share. Internal. */
#ifndef POLICY_EXPLAIN_WORDS_H
#define POLICY_EXPLAIN_WORDS_H

#include "policy/explain.h"
#include "policy/rule.h"

/* One permission of the story: a method on a path. */
struct policy_told {
	struct ace_slice path;
	uint64_t method; /* one bit */
	uint32_t by;     /* the rule that allowed or denied it; UINT32_MAX: none did */
};

#define POLICY_TOLD_MAX 256

struct policy_story {
	struct policy_told granted[POLICY_TOLD_MAX];
	struct policy_told refused[POLICY_TOLD_MAX];
	size_t granted_len, refused_len;
	struct policy_bound bounds[4 * POLICY_DECISION_RULES_MAX];
	size_t bounds_len; /* all that applied, the shortest first */
};

void policy_story_tell(const struct policy *policy, const struct policy_query *query,
		       const struct policy_decision *decision, struct policy_story *ret_story);
/* Of the errors that a decision can have: "invalid_scope", ... */
const char *policy_error_name(enum ace_oauth_error error);
/* "GET"; one bit. */
const char *policy_method_name(uint64_t method);
/* "end of window in RULE", "model thermo-v2", ... into text. */
void policy_bound_words(const struct policy *policy, const struct policy_decision *decision,
			const struct policy_bound *bound, char *text, size_t cap);
/* "2026-11-24 17:50 CET" in the zone of a window that had a say, else in UTC. */
void policy_time_words(const struct policy *policy, const struct policy_query *query,
		       const struct policy_decision *decision, char *text, size_t cap);

#endif
