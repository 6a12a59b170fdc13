/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about policy_can() share. Internal. */
#ifndef POLICY_CAN_INTERNAL_H
#define POLICY_CAN_INTERNAL_H

#include "policy/can.h"
#include "policy/rule.h"

struct policy_looking {
	const struct policy *policy;
	const struct policy_can_query *query;
	const struct policy_model_private *model;
	uint64_t rules[POLICY_RULE_WORDS]; /* that have a say about this client at this device */
};

/* policy_can() for rules that are selected already; of the query only now and at_any_time count. */
bool policy_look(const struct policy_looking *l, policy_right_fn *found, void *context);
/* Methods of the rule on that path. */
uint64_t policy_rule_methods(const struct policy_rule *rule, uint32_t path_id);
/* The number of the times at which all of these are allowed. */
uint64_t policy_cuts_times(const struct policy_looking *l, const struct policy_cut *cuts, size_t len);

#endif
