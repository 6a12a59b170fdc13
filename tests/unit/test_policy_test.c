/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of policies: what passes, what fails and is told, what is no test at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/test.h"
#include "policy_files.h"

#define FILE_OF(tests) "{\"format\":\"ace-policy-tests/1\",\"tests\":[" tests "]}"
#define TEST_OF(name, client, more, expect)                                                                            \
	"{\"name\":\"" name "\",\"now\":\"2026-11-24T09:00:00Z\",\"client\":\"" client "\",\"device\":\"thermo-101\"," more    \
	"\"expect\":{" expect "}}"
#define READ "\"scope\":\"climate.read\","

static struct policy_loaded demo;

static int setup(void **state)
{
	struct policy_problems problems = { 0 };

	(void)state;
	demo = policy_files_load_worked("demo", &problems);
	policy_problems_free(&problems);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	policy_loaded_free(&demo);
	return 0;
}

/* Load and check; ACE_OK leaves the tests to the caller. */
static enum ace_err load(const struct policy_source *source, struct policy_problems *problems,
			 struct policy_tests *ret_tests)
{
	const struct policy_test_parties parties = { .inventory = demo.inventory };
	enum ace_err err = policy_tests_load(source, 1, problems, ret_tests);

	if (!err) {
		err = policy_tests_check(ret_tests, demo.policy, &parties, problems);
		if (err)
			policy_tests_free(ret_tests);
	}
	return err;
}

/* Run one test and compare what is printed. */
static void prints(const char *text, const char *want)
{
	const struct policy_test_parties parties = { .inventory = demo.inventory };
	struct policy_source source = { "a.test.json", text, strlen(text) };
	struct policy_problems problems = { 0 };
	struct policy_test_report report;
	struct policy_tests tests;
	char *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);

	assert_int_equal(load(&source, &problems, &tests), ACE_OK);
	assert_int_equal(policy_tests_run(&tests, demo.policy, &parties, &report), ACE_OK);
	policy_test_print(out, &tests, &report.results[0]);
	fclose(out);
	assert_int_equal(report.passed, !strncmp(want, "ok ", 3));
	assert_int_equal(report.passed + report.failed, 1);
	*(strchr(said, '|') ? strchr(said, '|') : said + len) = '\0';
	assert_string_equal(said, want);
	free(said);
	policy_test_report_free(&report);
	policy_tests_free(&tests);
}

static void what_comes_as_expected_passes(void **state)
{
	(void)state;
	prints(FILE_OF(TEST_OF("reads", "wallboard-1", READ,
			       "\"decision\":\"allow\",\"granted\":{\"/temp\":[\"GET\"]},\"expires_in\":3600,"
			       "\"rules\":[\"read-climate\"],\"denied_by\":[]")),
	       "ok   reads\n");
	prints(FILE_OF(TEST_OF("sets", "wallboard-1", "\"permissions\":{\"/setpoint\":[\"PUT\"]},",
			       "\"decision\":\"deny\",\"error\":\"invalid_scope\"")),
	       "ok   sets\n");
}

static void each_member_that_differs_is_told(void **state)
{
	(void)state;
	prints(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"deny\"")),
	       "FAIL r\n     a.test.json:1:41\n     decision    expected deny, got allow\n     ");
	prints(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"deny (explicit)\",\"error\":\"invalid_scope\"")),
	       "FAIL r\n     a.test.json:1:41\n     decision    expected deny (explicit), got allow\n"
	       "     error       expected invalid_scope, got none\n     ");
	prints(FILE_OF(TEST_OF("r", "tech-anna", READ,
			       "\"decision\":\"allow\",\"granted\":{\"/temp\":[\"GET\",\"PUT\"]},\"expires_in\":60,"
			       "\"rules\":[\"techs-adjust-own-site\",\"read-climate\"],\"denied_by\":[\"read-climate\"]")),
	       "FAIL r\n     a.test.json:1:41\n     granted     expected GET /temp, PUT /temp, got GET /temp\n"
	       "     expires_in  expected 60 s, got 3600 s\n"
	       "     rules       expected techs-adjust-own-site, read-climate, got read-climate\n"
	       "     denied_by   expected read-climate, got nothing\n     ");
	prints(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\",\"rules\":[]")),
	       "FAIL r\n     a.test.json:1:41\n     rules       expected nothing, got read-climate\n     ");
}

static void rules_that_no_test_made_match_are_listed(void **state)
{
	static const char text[] = FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\""));
	const struct policy_test_parties parties = { .inventory = demo.inventory };
	const struct policy_source source = { "a", text, sizeof text - 1 };
	struct policy_problems problems = { 0 };
	struct policy_test_report report;
	struct policy_tests tests;

	(void)state;
	assert_int_equal(load(&source, &problems, &tests), ACE_OK);
	assert_int_equal(policy_tests_run(&tests, demo.policy, &parties, &report), ACE_OK);
	assert_int_equal(report.rules_len, 2);
	assert_int_equal(report.unreached_len, 1);
	assert_string_equal(report.unreached[0], "techs-adjust-own-site");
	policy_test_report_free(&report);
	policy_tests_free(&tests);
}

static void refuses(const char *text, const char *code, const char *pointer)
{
	struct policy_source source = { "a.test.json", text, strlen(text) };
	struct policy_problems problems = { 0 };
	struct policy_tests tests;

	assert_int_equal(load(&source, &problems, &tests), ACE_ERR_MALFORMED);
	assert_string_equal(problems.list[0].code, code);
	assert_string_equal(problems.list[0].pointer, pointer);
	assert_string_equal(problems.list[0].file, "a.test.json");
	assert_true(problems.list[0].line > 0);
	policy_problems_free(&problems);
}

static void what_is_no_test_is_refused_with_its_place(void **state)
{
	(void)state;
	refuses("{\"format\":\"ace-policy-tests/1\"}", "E005", "");
	refuses(FILE_OF(""), "E006", "/tests");
	refuses("{\"format\":\"ace-policy/1\",\"tests\":[" TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\"") "]}", "E006",
		"/format");
	refuses(FILE_OF(TEST_OF("r", "tech-ana", READ, "\"decision\":\"allow\"")), "E103", "/tests/0/client");
	refuses(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\",\"rules\":[\"reed-climate\"]")), "E114",
		"/tests/0/expect/rules/0");
	refuses(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"deny\",\"rules\":[]")), "E003",
		"/tests/0/expect/rules");
	refuses(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\",\"error\":\"invalid_scope\"")), "E003",
		"/tests/0/expect/error");
	refuses(FILE_OF(TEST_OF("r", "tech-anna", READ "\"permissions\":{\"/temp\":[\"GET\"]},", "\"decision\":\"allow\"")),
		"E003", "/tests/0/permissions");
	refuses(FILE_OF(TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\"") ","
			TEST_OF("r", "tech-anna", READ, "\"decision\":\"allow\"")), "E101", "/tests/1/name");
	refuses("{\"format\":\"ace-policy-tests/1\",\"tests\":[{\"name\":\"r\",\"now\":\"2026-02-30T09:00:00Z\","
		"\"client\":\"tech-anna\",\"device\":\"thermo-101\",\"expect\":{\"decision\":\"allow\"}}]}", "E006",
		"/tests/0/now");
}

/* No beginning of a file of tests is one, and no single bit makes it anything but read or refused. */
static void every_prefix_is_refused_and_every_flipped_bit_is_survived(void **state)
{
	static const char text[] = FILE_OF(TEST_OF("r", "tech-anna", READ,
		"\"decision\":\"allow\",\"granted\":{\"/temp\":[\"GET\"]},\"expires_in\":60,\"rules\":[\"read-climate\"]"));
	size_t len = sizeof text - 1;
	char *copy = malloc(len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct policy_source source = { "a", copy, i };
		struct policy_problems problems = { 0 };
		struct policy_tests tests;

		memcpy(copy, text, len);
		assert_int_equal(load(&source, &problems, &tests), ACE_ERR_MALFORMED);
		policy_problems_free(&problems);
		source.len = len;
		for (unsigned int bit = 0; bit < 8; bit++) {
			copy[i] = (char)(text[i] ^ 1 << bit);
			problems = (struct policy_problems){ 0 };
			if (!load(&source, &problems, &tests))
				policy_tests_free(&tests);
			else
				assert_true(problems.errors > 0);
			policy_problems_free(&problems);
		}
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_as_expected_passes),
		cmocka_unit_test(each_member_that_differs_is_told),
		cmocka_unit_test(rules_that_no_test_made_match_are_listed),
		cmocka_unit_test(what_is_no_test_is_refused_with_its_place),
		cmocka_unit_test(every_prefix_is_refused_and_every_flipped_bit_is_survived),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
