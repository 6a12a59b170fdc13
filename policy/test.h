/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a policy: requests at a fixed time, and what is to come of them (ace-policy-tests/1). A file of tests is read
 * once, its names are looked up, and then each test is one policy_decide(). No clock and no store are asked. */
#ifndef POLICY_TEST_H
#define POLICY_TEST_H

#include <stdio.h>

#include "policy/arena.h"
#include "policy/inventory.h"
#include "policy/policy.h"

struct policy_permissions;

/* Who takes part in a test, as policy_decide() wants it. */
struct policy_test_party {
	struct policy_party party;
	const char *model;         /* of a device */
	const char *default_scope; /* of a client; NULL: none */
};

/* Someone whom the files do not list. kind is POLICY_KIND_CLIENT, or POLICY_KIND_DEVICE by its id or audience. What is found
 * must last until the next call for the same kind. */
typedef bool policy_test_find_fn(void *context, enum policy_kind kind, const char *name,
				 struct policy_test_party *ret_party);

/* Whom tests may name: those of the files, then those that find knows. Borrowed for the call. */
struct policy_test_parties {
	const struct policy_inventory *inventory; /* NULL: none */
	policy_test_find_fn *find;                /* NULL: only the files count */
	void *find_context;
};

struct policy_test {
	const char *name;
	uint32_t source; /* which file */
	uint32_t index;  /* place in it */
	int64_t now;     /* seconds since 1970 */
	const char *client, *device;
	struct ace_scope scope; /* absent: the client's default scope */
	enum policy_outcome outcome;
	bool any_denial;                          /* POLICY_DENY_EXPLICIT will do as well as POLICY_DENY_IMPLICIT */
	const struct policy_permissions *granted; /* these and the four below NULL or 0: whatever comes */
	uint32_t expires_in_s;
	const char *error;
	const char *const *rules, *const *denied_by; /* end with NULL */
};

/* Ended by policy_tests_free(). */
struct policy_tests {
	struct policy_test *list; /* in the order of files and places */
	size_t len;
	const struct policy_source *sources; /* borrows */
	size_t sources_len;
	struct policy_arena arena;
};

/* Read files of tests.
 * @param sources    borrowed as long as the tests live.
 * @param problems   E0xx for shape and values, E101 for two tests of one name.
 * @param ret_tests  written only on ACE_OK.
 * @return ACE_OK; ACE_ERR_MALFORMED at least one error was added; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_tests_load(const struct policy_source *sources, size_t sources_len,
					      struct policy_problems *problems, struct policy_tests *ret_tests);
void policy_tests_free(struct policy_tests *tests);

/* Do the clients and devices (E103), and the rules (E114) that the tests name exist? Returns as policy_tests_load(). */
ACE_MUST_CHECK enum ace_err policy_tests_check(const struct policy_tests *tests, const struct policy *policy,
					       const struct policy_test_parties *parties,
					       struct policy_problems *problems);

#define POLICY_TEST_DIFFERENCES_MAX 6

/* What came otherwise than it was expected, in words. */
struct policy_test_difference {
	const char *member; /* "decision", "granted", ... */
	const char *expected, *actual;
};

struct policy_test_result {
	const struct policy_test *test; /* borrows */
	struct policy_test_difference differences[POLICY_TEST_DIFFERENCES_MAX];
	size_t differences_len;  /* 0: it passed */
	uint32_t line, column;   /* of the test in its file; only when it failed */
	const char *explanation; /* what policy_explain() says; NULL when it passed */
};

/* Ended by policy_test_report_free(). */
struct policy_test_report {
	struct policy_test_result *results; /* one a test, in their order */
	size_t results_len, passed, failed;
	const char **unreached; /* rules that no test made match, by id; disabled ones do not count */
	size_t unreached_len, rules_len;
	struct policy_arena arena;
};

/* Run tests that policy_tests_check() has found in order. The report borrows from tests and policy.
 * @return ACE_OK, whether they pass or not; ACE_ERR_NOT_FOUND someone is not known any more; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_tests_run(const struct policy_tests *tests, const struct policy *policy,
					     const struct policy_test_parties *parties,
					     struct policy_test_report *ret_report);
void policy_test_report_free(struct policy_test_report *report);

/* One test in one line; when it failed also where it stands, what differs, and the explanation. */
void policy_test_print(FILE *out, const struct policy_tests *tests, const struct policy_test_result *result);

#endif
