/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, inventories and policy tests. What loads has a canonical form that compiles, and no problem passes unprinted. */
#include "fuzz.h"
#include "policy/policy.h"
#include "policy/test.h"

static void compile(const struct policy_loaded *loaded)
{
	struct policy_source generation = { "canonical", loaded->canonical, loaded->canonical_len };
	struct policy_problems problems = { 0 };
	struct policy *policy;

	fuzz_require(policy_compile(&generation, &problems, &policy) == ACE_OK);
	policy_free(policy);
	policy_problems_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct policy_source source = { "file", (const char *)bytes, len };
	struct policy_options options = { .allow_unknown = true };
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;
	struct policy_tests tests;

	if (!policy_load(&source, 1, &options, &problems, &loaded)) {
		fuzz_accepted++;
		compile(&loaded);
		policy_loaded_free(&loaded);
	}
	if (!policy_tests_load(&source, 1, &problems, &tests)) {
		fuzz_accepted++;
		policy_tests_free(&tests);
	}
	policy_problems_free(&problems);
	return 0;
}
