/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are wrong: what is said, and exactly where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy_files.h"

#define BEGIN "{\"format\":\"ace-policy/1\",\n"
#define MODEL "\"models\":{\"m\":{\"resources\":{\"/a\":[\"GET\"]}}},\n"
#define SCOPE "\"scopes\":{\"s\":{\"/a\":[\"GET\"]}},\n"
#define RULE(more) "\"rules\":{\"r\":{\"effect\":\"allow\",\"clients\":[\"*\"],\"devices\":[\"*\"],\n" more "}}}"
#define KEYS "\"auth\":{\"method\":\"oscore\",\"key\":\"generate\"}"
#define DEVICE(model, kid) "{\"model\":\"" model "\",\n\"as_key\":{\"kid_hex\":\"" kid "\",\"key\":\"generate\"}}"

struct fault {
	const char *text;
	const char *code;
	uint32_t line, column;
	const char *pointer;
};

static enum ace_err load(const char *text, size_t len, struct policy_problems *problems)
{
	struct policy_source source = { "test.json", text, len };
	struct policy_loaded loaded;
	enum ace_err err = policy_load(&source, 1, NULL, problems, &loaded);

	if (!err)
		policy_loaded_free(&loaded);
	return err;
}

static void expect(const struct fault *fault)
{
	struct policy_problems problems = { 0 };
	enum ace_err err = load(fault->text, strlen(fault->text), &problems);
	const struct policy_problem *p = problems.list;

	if (err != ACE_ERR_MALFORMED || !problems.len || strcmp(p->code, fault->code) || p->line != fault->line ||
	    p->column != fault->column || strcmp(p->pointer, fault->pointer)) {
		policy_problems_print(stderr, &problems);
		fail_msg("%s at %u:%u %s was expected from\n%s", fault->code, fault->line, fault->column, fault->pointer,
			 fault->text);
	}
	assert_string_equal(p->file, "test.json");
	assert_non_null(p->message);
	policy_problems_free(&problems);
}

static void syntax_faults_are_found_where_they_are(void **state)
{
	static const struct fault faults[] = {
		{ "", "E002", 1, 1, "" },
		{ "{\"format\":\"ace-policy/1\",\n \"rules\": nul}", "E002", 2, 11, "" },
		{ "{\"format\":\"ace-policy/1\"}\n x", "E002", 2, 2, "" },
		{ "\xff\xfe{\x7d", "E002", 1, 1, "" },
		{ "\xef\xbb\xbf{}", "E002", 1, 1, "" },
		{ "[[[[[[[[[[[[[[[[[", "E002", 1, 17, "" },
		{ BEGIN "\"scopes\":{},\n \"scopes\":{}}", "E101", 3, 2, "" },
		{ BEGIN MODEL "\"scopes\":{\"s\":{\"/a\":[\"GET\"]},\n  \"\\u0073\":{\"/a\":[\"GET\"]}}}", "E101", 4, 3, "" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(faults); i++)
		expect(&faults[i]);
}

static void shape_faults_are_found_where_they_are(void **state)
{
	static const struct fault faults[] = {
		{ "[]", "E004", 1, 1, "" },
		{ "{}", "E005", 1, 1, "" },
		{ "{\"format\":\"ace-policy/2\"}", "E006", 1, 2, "/format" },
		{ BEGIN "\"rulez\":{}}", "E003", 2, 1, "/rulez" },
		{ BEGIN "\"models\":[]}", "E004", 2, 1, "/models" },
		{ BEGIN "\"models\":{\"m\":{}}}", "E005", 2, 11, "/models/m" },
		{ BEGIN "\"models\":{\"-m\":{\"resources\":{\"/a\":[\"GET\"]}}}}", "E006", 2, 11, "/models/-m" },
		{ BEGIN "\"models\":{\"m\":{\"resources\":{\"a\":[\"GET\"]}}}}", "E006", 2, 29, "/models/m/resources/a" },
		{ BEGIN "\"models\":{\"m\":{\"resources\":{\"/a\":[\n\"GET\",\"get\"]}}}}", "E006", 3, 7,
		  "/models/m/resources/~1a/1" },
		{ BEGIN "\"models\":{\"m\":{\"resources\":{\"/a\":[\n\"GET\",\"GET\"]}}}}", "E006", 3, 7,
		  "/models/m/resources/~1a/1" },
		{ BEGIN "\"defaults\":{\"effect\":\"allow\"}}", "E006", 2, 13, "/defaults/effect" },
		{ BEGIN "\"defaults\":{\"lifetime\":\"0s\"}}", "E006", 2, 13, "/defaults/lifetime" },
		{ BEGIN "\"description\":\"a${b}\"}", "E006", 2, 1, "/description" },
		{ BEGIN MODEL SCOPE RULE("\"x\":1"), "E005", 4, 10, "/rules/r" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[]"), "E006", 5, 1, "/rules/r/scopes" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\"when\":{}"), "E006", 5, 16, "/rules/r/when" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\"lifetime\":7"), "E004", 5, 16, "/rules/r/lifetime" },
		{ BEGIN "\"clients\":{\"c\":{\"auth\":{\"method\":\"none\",\"key\":\"generate\"}}}}", "E006", 2, 25,
		  "/clients/c/auth/method" },
		{ BEGIN "\"clients\":{\"ä\":{" KEYS "},\"c\":{}}}", "E006", 2, 12, "/clients/ä" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(faults); i++)
		expect(&faults[i]);
}

static void references_and_clashes_are_found_where_they_are(void **state)
{
	static const struct fault faults[] = {
		{ BEGIN MODEL SCOPE "\"rules\":{\"r\":{\"effect\":\"allow\",\"clients\":[\"group:g\"],\"devices\":[\"*\"],"
				    "\"scopes\":[\"s\"]}}}", "E102", 4, 43, "/rules/r/clients/0" },
		{ BEGIN MODEL SCOPE "\"rules\":{\"r\":{\"effect\":\"allow\",\"clients\":[\"tag:k=v\"],\"devices\":[\"*\"],"
				    "\"scopes\":[\"s\"]}}}", "E102", 4, 43, "/rules/r/clients/0" },
		{ BEGIN MODEL SCOPE "\"rules\":{\"r\":{\"effect\":\"allow\",\"clients\":[\"*\",\"nobody\"],\"devices\":[\"*\"],"
				    "\"scopes\":[\"s\"]}}}", "E103", 4, 47, "/rules/r/clients/1" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\",\"z\"]"), "E104", 5, 15, "/rules/r/scopes/1" },
		{ BEGIN "\"devices\":{\"d\":" DEVICE("m", "01") "}}", "E105", 2, 17, "/devices/d/model" },
		{ BEGIN MODEL "\"devices\":{\"d\":" DEVICE("m", "01") ",\n\"e\":" DEVICE("m", "01") "}}", "E109", 6, 11,
		  "/devices/e/as_key/kid_hex" },
		{ BEGIN MODEL "\"devices\":{\"d\":" DEVICE("m", "01") ",\n\"e\":{\"audience\":\"d\",\"model\":\"m\","
			      "\"as_key\":{\"kid_hex\":\"02\",\"key\":\"generate\"}}}}", "E106", 5, 6, "/devices/e/audience" },
		{ BEGIN MODEL "\"clients\":{\"d\":{\"auth\":{\"method\":\"dtls-psk\",\"key\":\"generate\"}}},\n\"devices\":{\"d\":"
			      "{\"model\":\"m\",\"as_key\":{\"kid_hex\":\"02\",\"key\":\"generate\"},\n"
			      "\"as_line\":{\"method\":\"dtls-psk\",\"key\":\"generate\"}}}}", "E115", 5, 1, "/devices/d/as_line" },
		{ BEGIN MODEL "\"scopes\":{\"s\":{\"/b\":[\"GET\"]}}}", "E107", 3, 16, "/scopes/s/~1b" },
		{ BEGIN MODEL "\"scopes\":{\"s\":{\"/a\":[\"GET\",\"PUT\"]}}}", "E108", 3, 28, "/scopes/s/~1a/1" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\n\"when\":{\"time\":[{\"from\":\"18:00\",\"to\":\"07:00\"}]}"),
		  "E110", 6, 18, "/rules/r/when/time/0/from" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\n\"when\":{\"time\":[{\"tz\":\"Mars/Olympus\",\"from\":\"07:00\","
					 "\"to\":\"08:00\"}]}"), "E111", 6, 18, "/rules/r/when/time/0/tz" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\n\"lifetime\":\"32d\""), "E112", 6, 1, "/rules/r/lifetime" },
		{ BEGIN "\"defaults\":{\n\"lifetime\":\"745h\"}}", "E112", 3, 1, "/defaults/lifetime" },
		{ BEGIN "\"models\":{\"m\":{\"resources\":{\n\"/a/../b\":[\"GET\"]}}}}", "E113", 3, 1,
		  "/models/m/resources/~1a~1..~1b" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\n\"when\":{\"not_after\":\"2027-02-30T00:00:00Z\"}"), "E006", 6, 9,
		  "/rules/r/when/not_after" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(faults); i++)
		expect(&faults[i]);
}

static void an_id_in_two_files_names_both_places(void **state)
{
	static const char text[] = BEGIN MODEL "\"scopes\":{}}";
	struct policy_source sources[] = { { "a.json", text, sizeof text - 1 }, { "b.json", text, sizeof text - 1 } };
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;

	(void)state;
	assert_int_equal(policy_load(sources, 2, NULL, &problems, &loaded), ACE_ERR_MALFORMED);
	assert_int_equal(problems.len, 1);
	assert_string_equal(problems.list[0].file, "b.json");
	assert_string_equal(problems.list[0].message, "“m” is defined twice; the other one is at a.json:2:11");
	policy_problems_free(&problems);
}

static void common_slips_are_told_what_to_do(void **state)
{
	static const char *const slips[][2] = {
		{ BEGIN "\"description\":\"a\" \"models\":{}}", "is a comma missing before it?" },
		{ BEGIN "\"models\":{},}", "is there a comma too many before it?" },
		{ BEGIN "\"models\":{} // mine\n}", "JSON has no comments; most objects take a “description”" },
		{ BEGIN "'models':{}}", "strings stand in double quotes" },
		{ BEGIN MODEL SCOPE RULE("\"scopes\":[\"s\"],\"when\":{\"time\":[{\"days\":[\"Montag\"],\"from\":\"07:00\","
					  "\"to\":\"08:00\"}]}"), "it is one of mon, tue, wed, thu, fri, sat or sun" },
		{ BEGIN "\"clients\":{\"panel\":{" KEYS "}},\n\"client_groups\":{\"g\":{\"members\":[\"panl\"]}}}",
		  "did you mean “panel”?" },
		{ BEGIN MODEL "\"clients\":{\"panel\":{" KEYS "}},\n" SCOPE
			      "\"rules\":{\"r\":{\"effect\":\"allow\",\"clients\":[\"pnael\"],\"devices\":[\"*\"],\"scopes\":[\"s\"]}}}",
		  "did you mean “panel”?" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(slips); i++) {
		struct policy_problems problems = { 0 };

		assert_int_equal(load(slips[i][0], strlen(slips[i][0]), &problems), ACE_ERR_MALFORMED);
		assert_non_null(problems.list[0].hint);
		assert_string_equal(problems.list[0].hint, slips[i][1]);
		policy_problems_free(&problems);
	}
}

static void every_truncation_is_refused(void **state)
{
	size_t len;
	char *text = policy_files_text(POLICIES_DIR "/building/policy.json", &len);

	(void)state;
	while (len && strchr(" \n", text[len - 1]))
		len--;
	for (size_t cut = 0; cut < len; cut++) {
		struct policy_problems problems = { 0 };
		char *copy = malloc(cut + 1); /* exactly as long, so that a sanitizer sees a read beyond */

		assert_non_null(copy);
		memcpy(copy, text, cut);
		assert_int_equal(load(copy, cut, &problems), ACE_ERR_MALFORMED);
		assert_true(problems.errors > 0);
		free(copy);
		policy_problems_free(&problems);
	}
	free(text);
}

/* A bit flipped may leave a valid policy; it must never do harm. */
static void flipped_bits_and_garbage_do_no_harm(void **state)
{
	uint64_t random = 88172645463325252u;
	size_t len, refused = 0;
	char *text = policy_files_text(POLICIES_DIR "/building/policy.json", &len);

	(void)state;
	for (size_t round = 0; round < 3000; round++) {
		struct policy_problems problems = { 0 };
		size_t at;

		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		at = random % len;
		text[at] ^= (char)(1u << (random >> 40) % 8);
		refused += load(text, len, &problems) != ACE_OK;
		text[at] ^= (char)(1u << (random >> 40) % 8);
		policy_problems_free(&problems);
	}
	assert_true(refused > 1000);
	for (size_t i = 0; i < 2048; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		text[i] = (char)random;
	}
	for (size_t i = 0; i < 2048; i++) {
		struct policy_problems problems = { 0 };

		assert_int_equal(load(text + i, 2048 - i, &problems), ACE_ERR_MALFORMED);
		policy_problems_free(&problems);
	}
	free(text);
}

static void a_huge_file_is_refused_unread(void **state)
{
	struct policy_problems problems = { 0 };

	(void)state;
	assert_int_equal(load("{}", (size_t)POLICY_FILE_MAX + 1, &problems), ACE_ERR_MALFORMED);
	assert_string_equal(problems.list[0].code, "E001");
	policy_problems_free(&problems);
}

static void canonical_text_is_a_fixed_point(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_loaded first = policy_files_load_worked("building", &problems), second;
	struct policy_options options = { .allow_unknown = true };

	(void)state;
	assert_int_equal(policy_load(&(struct policy_source){ "canonical", first.canonical, first.canonical_len }, 1, &options,
				     &problems, &second),
			 ACE_OK);
	assert_string_equal(first.canonical, second.canonical);
	policy_loaded_free(&first);
	policy_loaded_free(&second);
	policy_problems_free(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_faults_are_found_where_they_are),
		cmocka_unit_test(shape_faults_are_found_where_they_are),
		cmocka_unit_test(references_and_clashes_are_found_where_they_are),
		cmocka_unit_test(an_id_in_two_files_names_both_places),
		cmocka_unit_test(common_slips_are_told_what_to_do),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(flipped_bits_and_garbage_do_no_harm),
		cmocka_unit_test(a_huge_file_is_refused_unread),
		cmocka_unit_test(canonical_text_is_a_fixed_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
