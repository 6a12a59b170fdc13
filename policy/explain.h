/* SPDX-License-Identifier: Apache-2.0 */
/* A decision in words, for the operator. The same facts as JSON come from policy_explain_json(). */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include <stdio.h>

#include "policy/policy.h"

struct policy_explain_options {
	uint64_t generation;     /* 0: not from the store, left out */
	const char *decision_id; /* NULL: a request that nobody made */
	size_t token_bytes;      /* size of the token; 0: not known */
	const char *alg;         /* name of what seals it; NULL: not known */
	bool token_too_long;     /* refused for its size, whatever the policy allows */
};

/* What one rule had to say to a query. */
enum policy_rule_match {
	POLICY_MATCH_YES,
	POLICY_MATCH_DISABLED,
	POLICY_MATCH_CLIENT,      /* client not selected */
	POLICY_MATCH_DEVICE,      /* device not selected */
	POLICY_MATCH_SCOPE,       /* nothing asked is in the rule */
	POLICY_MATCH_CLIENT_TAGS, /* when.client_tags does not hold */
	POLICY_MATCH_DEVICE_TAGS,
	POLICY_MATCH_SAME_TAG,
	POLICY_MATCH_NOT_BEFORE,
	POLICY_MATCH_NOT_AFTER,
	POLICY_MATCH_TIME, /* outside every window */
};

struct policy_rule_result {
	uint32_t rule; /* its number */
	bool is_deny;
	enum policy_rule_match match;
	bool is_near_miss; /* the one that would have allowed it with the least change */
	char by[320];      /* which selectors matched, or "" */
	char reason[320];  /* why not, or which conditions held, or "" */
};

/* Look at one rule as policy_decide() does, and say why. */
void policy_explain_rule(const struct policy *policy, const struct policy_query *query, uint32_t rule,
			 struct policy_rule_result *ret_result);
/* The rule that came closest to allowing what was refused. False when there is none, or when it was refused for what no
 * rule changes: client or device is disabled, the profile is another one, the token would be too long. */
bool policy_nearest_miss(const struct policy *policy, const struct policy_query *query,
			 const struct policy_decision *decision, struct policy_rule_result *ret_result);

/* The whole story of a decision that policy_decide() made of that query.
 * @param options  NULL: all zero.
 * Errors of out are the caller's to look for (ferror). */
void policy_explain(const struct policy *policy, const struct policy_query *query,
		    const struct policy_decision *decision, const struct policy_explain_options *options, FILE *out);
/* The same as one JSON document: decision, narrowed, granted, removed, not_granted, expires_in, bounded_by,
 * bounds, token, rules, generation, decision_id. ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_explain_json(const struct policy *policy, const struct policy_query *query,
						const struct policy_decision *decision,
						const struct policy_explain_options *options, FILE *out);

#endif
