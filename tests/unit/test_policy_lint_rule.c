/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about rules, and about who is in none: each case beside one that differs in the one thing that matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

#define NOW INT64_C(1795500000) /* 2026-11-24 */

/* %s: rules beside the first; groups; clients and devices beside the two. */
#define FILE_TEXT                                                                                                      \
	"{ \"format\": \"ace-policy/1\", \"models\": { \"m\": { \"resources\": { \"/a\": [\"GET\", \"PUT\", \"FETCH\"]," \
	" \"/b\": [\"POST\"] }, \"clock\": \"rtc\" } }, \"scopes\": { \"a\": { \"/a\": [\"GET\"] } },"                   \
	" \"clients\": { \"anna\": { \"tags\": { \"role\": \"x\" }, \"auth\": { \"method\": \"oscore\", \"key\": \"generate\" } } %s }," \
	" \"devices\": { \"d1\": { \"model\": \"m\", \"as_key\": { \"kid_hex\": \"01\", \"key\": \"generate\" } } %s },"  \
	" \"client_groups\": { \"g\": { \"match\": { \"role\": \"x\" } } %s },"                                          \
	" \"rules\": { \"r0\": { \"effect\": \"allow\", \"clients\": [\"group:g\"], \"devices\": [\"d1\"], \"scopes\": [\"a\"] } %s } }"

static struct policy_problems problems;

static int teardown(void **state)
{
	(void)state;
	policy_problems_free(&problems);
	return 0;
}

struct parts {
	const char *clients, *devices, *groups, *rules;
};

static void load(struct parts parts)
{
	char text[4096];
	struct policy_source source = { .name = "test", .text = text };
	struct policy_options options = { .now = NOW };
	struct policy_loaded loaded;

	policy_problems_free(&problems);
	source.len = (size_t)snprintf(text, sizeof text, FILE_TEXT, parts.clients ? parts.clients : "",
				      parts.devices ? parts.devices : "", parts.groups ? parts.groups : "",
				      parts.rules ? parts.rules : "");
	assert_true(source.len < sizeof text);
	if (policy_load(&source, 1, &options, &problems, &loaded)) {
		policy_problems_print(stderr, &problems);
		fail_msg("does not load");
	}
	policy_loaded_free(&loaded);
}

/* That one warning and no other; NULL: none at all. */
static void assert_warned(struct parts parts, const char *code, const char *pointer, const char *words)
{
	load(parts);
	if (problems.len != !!code) {
		policy_problems_print(stderr, &problems);
		fail_msg("%zu warnings", problems.len);
	}
	if (!code)
		return;
	assert_string_equal(problems.list[0].code, code);
	assert_string_equal(problems.list[0].pointer, pointer);
	if (!strstr(problems.list[0].message, words))
		fail_msg("%s", problems.list[0].message);
}

static void assert_rules(const char *rules, const char *code, const char *pointer, const char *words)
{
	assert_warned((struct parts){ .rules = rules }, code, pointer, words);
}

#define ALLOW(clients, devices, permissions)                                                                           \
	"\"effect\": \"allow\", \"clients\": [\"" clients "\"], \"devices\": [\"" devices "\"], \"permissions\": { " permissions " }"
#define DENY(clients, devices, permissions)                                                                            \
	"\"effect\": \"deny\", \"clients\": [\"" clients "\"], \"devices\": [\"" devices "\"], \"permissions\": { " permissions " }"
#define PUT_A "\"/a\": [\"PUT\"]"
#define BOTH_A "\"/a\": [\"GET\", \"PUT\"]"

static void nothing_is_said_of_rules_that_are_as_they_should(void **state)
{
	(void)state;
	assert_rules(NULL, NULL, NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) " }", NULL, NULL, NULL);
}

static void a_rule_by_which_all_may_write(void **state)
{
	(void)state;
	assert_rules(", \"r1\": { " ALLOW("*", "d1", PUT_A) " }", "W204", "/rules/r1/clients/0", "may write by “r1”");
	assert_rules(", \"r1\": { " ALLOW("*", "d1", "\"/b\": [\"POST\"]") " }", "W204", "/rules/r1/clients/0", "r1");
	assert_rules(", \"r1\": { " ALLOW("*", "d1", "\"/a\": [\"GET\", \"FETCH\"]") " }", NULL, NULL, NULL);
	assert_rules(", \"r1\": { \"enabled\": false, " ALLOW("*", "d1", PUT_A) " }", NULL, NULL, NULL);
	assert_rules(", \"r1\": { " DENY("*", "d1", PUT_A) " }", NULL, NULL, NULL);
}

static void a_rule_that_is_over(void **state)
{
	(void)state;
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) ", \"when\": { \"not_after\": \"2026-11-24T00:00:00Z\" } }", "W205",
		     "/rules/r1/when/not_after", "is over");
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) ", \"when\": { \"not_after\": \"2026-11-25T00:00:00Z\" } }", NULL,
		     NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) ", \"when\": { \"not_before\": \"2027-11-25T00:00:00Z\","
		     " \"not_after\": \"2027-11-25T00:00:00Z\" } }", "W205", "/rules/r1/when/not_after", "before it begins");
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) ", \"when\": { \"not_before\": \"2027-11-25T00:00:00Z\","
		     " \"not_after\": \"2027-11-25T00:00:01Z\" } }", NULL, NULL, NULL);
}

static void a_rule_for_an_empty_group(void **state)
{
	struct parts parts = { .groups = ", \"e\": { \"members\": [] }", .rules = ", \"r1\": { " ALLOW("group:e", "d1", PUT_A) " }" };

	(void)state;
	assert_warned(parts, "W205", "/rules/r1/clients", "groups of “r1”");
	parts.rules = ", \"r1\": { " ALLOW("group:e\", \"anna", "d1", PUT_A) " }";
	assert_warned(parts, NULL, NULL, NULL);
	parts.rules = ", \"r1\": { " ALLOW("group:e", "d1", PUT_A) " }";
	parts.groups = ", \"e\": { \"members\": [\"anna\"] }";
	assert_warned(parts, NULL, NULL, NULL);
}

static void an_allowance_that_a_denial_takes_back(void **state)
{
	(void)state;
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) " }, \"n\": { " DENY("*", "d1", BOTH_A) ", \"when\": { \"same_tag\":"
		     " [\"site\"] } }", NULL, NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", BOTH_A) " }, \"n\": { " DENY("*", "d1", PUT_A) " }", NULL, NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) " }, \"n\": { " DENY("anna", "*", PUT_A) " }", "W202",
		     "/rules/r1/effect", "denied by “n”");
	assert_rules(", \"r1\": { " ALLOW("anna\", \"group:g", "d1", PUT_A) " }, \"n\": { " DENY("anna", "d1", PUT_A) " }", NULL, NULL,
		     NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) " }, \"n\": { \"enabled\": false, " DENY("*", "*", PUT_A) " }", NULL,
		     NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", PUT_A) ", \"when\": { \"same_tag\": [\"s\"] } }, \"n\": { "
		     DENY("anna", "d1", PUT_A) ", \"when\": { \"same_tag\": [\"s\"] } }", "W202", "/rules/r1/effect", "“n”");
}

static void two_rules_that_do_the_same(void **state)
{
	(void)state;
	assert_rules(", \"r1\": { " ALLOW("anna\", \"group:g", "d1", PUT_A) " }, \"r2\": { " ALLOW("group:g\", \"anna", "d1", PUT_A)
		     " }", "W203", "/rules/r2", "the same as “r1”");
	assert_rules(", \"r1\": { " ALLOW("group:g", "d1", "\"/a\": [\"GET\"]") " }", "W203", "/rules/r1", "the same as “r0”");
	assert_rules(", \"r1\": { \"lifetime\": \"5m\", " ALLOW("group:g", "d1", "\"/a\": [\"GET\"]") " }", NULL, NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("anna", "d1", "\"/a\": [\"GET\"]") " }", NULL, NULL, NULL);
	assert_rules(", \"r1\": { " ALLOW("group:g", "d1", "\"/a\": [\"GET\"]") ", \"when\": { \"client_tags\": { \"role\": \"x\" } } }",
		     NULL, NULL, NULL);
}

static void who_is_in_no_rule(void **state)
{
	struct parts bo = { .clients = ", \"bo\": { \"auth\": { \"method\": \"oscore\", \"key\": \"generate\" } }" };
	struct parts d2 = {
		.devices = ", \"d2\": { \"model\": \"m\", \"as_key\": { \"kid_hex\": \"02\", \"key\": \"generate\" } }" };

	(void)state;
	assert_warned(bo, "W230", "/clients/bo", "no rule selects “bo”");
	assert_warned(d2, "W231", "/devices/d2", "no rule selects “d2”");
	bo.rules = ", \"r1\": { \"enabled\": false, " ALLOW("bo", "d1", PUT_A) " }";
	assert_warned(bo, "W230", "/clients/bo", "bo");
	bo.rules = ", \"r1\": { " ALLOW("bo", "d1", PUT_A) " }";
	assert_warned(bo, NULL, NULL, NULL);
	bo = (struct parts){
		.clients = ", \"bo\": { \"enabled\": false, \"auth\": { \"method\": \"oscore\", \"key\": \"generate\" } }" };
	assert_warned(bo, NULL, NULL, NULL);
}

static bool nobody_is_known(void *context, enum policy_kind kind, const char *name)
{
	(void)context;
	(void)kind;
	(void)name;
	return false;
}

static void what_nothing_uses(void **state)
{
	static const char other[] =
		"{ \"format\": \"ace-policy/1\", \"models\": { \"m2\": { \"resources\": { \"/a\": [\"GET\"] }, \"clock\": \"rtc\" } } }";
	struct policy_source sources[2] = { { "other", other, sizeof other - 1 } };
	struct policy_loaded loaded;
	char text[4096];

	(void)state;
	assert_warned((struct parts){ .groups = ", \"unused\": { \"members\": [\"anna\"] }" }, "W201", "/client_groups/unused",
		      "names the group “unused”");
	snprintf(text, sizeof text, FILE_TEXT, "", "", "", "");
	sources[1] = (struct policy_source){ "test", text, strlen(text) };
	for (int has_store = 0; has_store < 2; has_store++) {
		struct policy_options options = { .known = has_store ? nobody_is_known : NULL };

		policy_problems_free(&problems);
		assert_int_equal(policy_load(sources, 2, &options, &problems, &loaded), ACE_OK);
		policy_loaded_free(&loaded);
		assert_int_equal(problems.len, !has_store);
	}
	policy_problems_free(&problems);
	assert_int_equal(policy_load(sources, 2, &(struct policy_options){ 0 }, &problems, &loaded), ACE_OK);
	policy_loaded_free(&loaded);
	assert_string_equal(problems.list[0].pointer, "/models/m2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_said_of_rules_that_are_as_they_should, teardown),
		cmocka_unit_test_teardown(a_rule_by_which_all_may_write, teardown),
		cmocka_unit_test_teardown(a_rule_that_is_over, teardown),
		cmocka_unit_test_teardown(a_rule_for_an_empty_group, teardown),
		cmocka_unit_test_teardown(an_allowance_that_a_denial_takes_back, teardown),
		cmocka_unit_test_teardown(two_rules_that_do_the_same, teardown),
		cmocka_unit_test_teardown(who_is_in_no_rule, teardown),
		cmocka_unit_test_teardown(what_nothing_uses, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
