/* SPDX-License-Identifier: Apache-2.0 */
/* What a compiled policy says about itself. */
#include "policy/policy.h"

#include <stdlib.h>

#include "policy/rule.h"

void policy_free(struct policy *policy)
{
	if (policy)
		policy_arena_free(&policy->arena);
	free(policy);
}

size_t policy_models_len(const struct policy *policy)
{
	return policy->models_len;
}

const struct policy_model *policy_model_at(const struct policy *policy, size_t index)
{
	return &policy->models[index].public;
}

struct policy_counts policy_counts(const struct policy *policy)
{
	return (struct policy_counts){
		.models = policy->models_len,
		.scopes = policy->scopes_len,
		.groups = policy->client_groups_len + policy->device_groups_len,
		.rules = policy->rules_len,
	};
}

const char *policy_rule_id(const struct policy *policy, size_t index)
{
	return policy->rules[index].id;
}

bool policy_rule_is_deny(const struct policy *policy, size_t index)
{
	return policy->rules[index].is_deny;
}

const char *policy_outcome_name(enum policy_outcome outcome)
{
	static const char *const names[] = { "allow", "deny (explicit)", "deny (implicit)" };

	return names[outcome];
}

const char *policy_reason_name(enum policy_reason reason)
{
	static const char *const names[] = {
		"granted",	   "client-disabled", "device-disabled", "model-unknown", "nothing-allowed",
		"scope-absent", "scope-malformed", "scope-unknown",   "not-allowed",	  "scope-too-long",
		"profile-incompatible",
	};

	return names[reason];
}
