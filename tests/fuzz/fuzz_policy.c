/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, inventories and policy tests, in two files when a zero byte stands between them. What loads has a canonical form
 * that compiles, and no problem passes unprinted. */
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

/* What is too long is refused unread: there is nothing behind the text. */
static void refuse_long(void)
{
	static const struct policy_options options = { 0 };
	struct policy_source source = { "file", "{}", POLICY_FILE_MAX + 1 };
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;

	fuzz_require(policy_load(&source, 1, &options, &problems, &loaded) == ACE_ERR_MALFORMED);
	policy_problems_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const uint8_t *second = len ? memchr(bytes, 0, len) : NULL;
	struct policy_source sources[] = { { "file", (const char *)bytes, second ? (size_t)(second - bytes) : len },
					   { "second", (const char *)second + 1, 0 } };
	struct policy_options options = { .allow_unknown = true };
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;
	struct policy_tests tests;

	if (!len)
		refuse_long();
	if (second)
		sources[1].len = len - sources[0].len - 1;
	if (!policy_load(sources, second ? 2 : 1, &options, &problems, &loaded)) {
		fuzz_accepted++;
		compile(&loaded);
		policy_loaded_free(&loaded);
	}
	if (!policy_tests_load(sources, 1, &problems, &tests)) {
		fuzz_accepted++;
		policy_tests_free(&tests);
	}
	policy_problems_free(&problems);
	return 0;
}
