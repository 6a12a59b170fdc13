/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about tests of policies share. Internal. */
#ifndef POLICY_TEST_INTERNAL_H
#define POLICY_TEST_INTERNAL_H

#include "policy/rule.h"
#include "policy/test.h"

/* In the files or elsewhere. */
bool policy_test_find(const struct policy_test_parties *parties, enum policy_kind kind, const char *name,
		      struct policy_test_party *ret_party);

/* Compare what came with what was expected; words go into the arena. */
void policy_test_compare(const struct policy *policy, const struct policy_decision *decision, struct policy_arena *arena,
			 struct policy_test_result *result);

#endif
