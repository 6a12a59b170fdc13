/* SPDX-License-Identifier: Apache-2.0 */
/* What operators name on the command line: files, folders, and things that are neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/files.h"
#include "policy_files.h"

static char dir[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/test_policy_files.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = { "b.json", "a.json", "c.test.json", "broken.json", "notes.txt", ".h.json", "other.json", "a.test.json" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		remove(path);
	}
	return rmdir(dir);
}

static enum ace_err read_one(const char *path, struct policy_problems *problems, struct policy_files *ret_files)
{
	return policy_files_read(&path, 1, problems, ret_files);
}

static void of_a_folder_policies_are_taken_by_name_and_others_named(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_files files;

	(void)state;
	put("b.json", "{\"format\":\"ace-policy/1\"}");
	put("a.json", "{\"format\":\"ace-policy/1\"}");
	put("c.test.json", "{\"format\":\"ace-policy-tests/1\"}");
	put("broken.json", "{\"format\":\"ace-pol");
	put("notes.txt", "no policy");
	put("other.json", "{\"format\":\"something else\"}");
	put(".h.json", "{\"format\":\"ace-policy/1\"}");
	assert_int_equal(read_one(dir, &problems, &files), ACE_OK);
	assert_int_equal(files.sources_len, 3); /* the broken one too: it may be meant */
	assert_string_equal(files.sources[0].name + strlen(dir), "/a.json");
	assert_string_equal(files.sources[1].name + strlen(dir), "/b.json");
	assert_string_equal(files.sources[2].name + strlen(dir), "/broken.json");
	assert_int_equal(files.tests_len, 1);
	assert_string_equal(files.tests[0].name + strlen(dir), "/c.test.json");
	assert_int_equal(files.ignored_len, 1);
	assert_string_equal(files.ignored[0] + strlen(dir), "/other.json");
	policy_files_free(&files);
	policy_problems_free(&problems);
}

static void what_cannot_be_read_is_named(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_files files;

	(void)state;
	assert_int_equal(read_one("/nonexistent.json", &problems, &files), ACE_ERR_IO);
	assert_int_equal(problems.len, 1);
	assert_string_equal(problems.list[0].code, "E001");
	assert_string_equal(problems.list[0].file, "/nonexistent.json");
	assert_string_equal(problems.list[0].message, "No such file or directory");
	policy_problems_free(&problems);
}

static void a_folder_without_policies_is_an_error(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_files files;

	(void)state;
	put("c.test.json", "{\"format\":\"ace-policy-tests/1\"}");
	assert_int_equal(read_one(dir, &problems, &files), ACE_ERR_IO);
	assert_string_equal(problems.list[0].file, dir);
	policy_problems_free(&problems);
}

static void tests_beside_a_named_policy_are_read_with_it_once(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_files files;
	char policy[128], beside[128];
	const char *const paths[] = { policy, beside };

	(void)state;
	put("a.json", "{\"format\":\"ace-policy/1\"}");
	put("a.test.json", "{\"format\":\"ace-policy-tests/1\"}");
	put("c.test.json", "{\"format\":\"ace-policy-tests/1\"}");
	snprintf(policy, sizeof policy, "%s/a.json", dir);
	snprintf(beside, sizeof beside, "%s/a.test.json", dir);
	assert_int_equal(policy_files_read(paths, 2, &problems, &files), ACE_OK);
	assert_int_equal(files.sources_len, 1);
	assert_int_equal(files.tests_len, 1);
	assert_string_equal(files.tests[0].name, beside);
	policy_files_free(&files);
	policy_problems_free(&problems);
}

/* To run them, not to apply what nobody named. */
static void tests_alone_bring_the_policies_of_their_folder_only_to_be_tested(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_files files;
	char path[128];
	const char *const paths[] = { path };

	(void)state;
	put("b.json", "{\"format\":\"ace-policy/1\"}");
	put("a.test.json", "{\"format\":\"ace-policy-tests/1\"}");
	put("c.test.json", "{\"format\":\"ace-policy-tests/1\"}");
	snprintf(path, sizeof path, "%s/a.test.json", dir);
	assert_int_equal(policy_files_read_tests(paths, 1, &problems, &files), ACE_OK);
	assert_int_equal(files.sources_len, 1);
	assert_string_equal(files.sources[0].name + strlen(dir), "/b.json");
	assert_int_equal(files.tests_len, 1);
	policy_files_free(&files);
	assert_int_equal(read_one(path, &problems, &files), ACE_ERR_IO);
	assert_string_equal(problems.list[0].code, "E001");
	assert_string_equal(problems.list[0].file, path);
	policy_problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_a_folder_policies_are_taken_by_name_and_others_named, setup, teardown),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test_setup_teardown(tests_beside_a_named_policy_are_read_with_it_once, setup, teardown),
		cmocka_unit_test_setup_teardown(tests_alone_bring_the_policies_of_their_folder_only_to_be_tested, setup, teardown),
		cmocka_unit_test_setup_teardown(a_folder_without_policies_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
