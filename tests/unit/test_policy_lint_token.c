/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about tokens and scopes that devices cannot take: each at its limit and one beyond it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

/* A model with three resources, two devices, and rules that allow all of it but one method. %s: members of the model, of its
 * device, of its limits. */
#define FILE_TEXT                                                                                                      \
	"{ \"format\": \"ace-policy/1\", \"models\": { \"m\": { \"resources\": { \"/a\": [\"GET\"], \"/bb\": [\"GET\", \"PUT\"],"   \
	" \"/ccc\": [\"POST\"] }%s, \"limits\": { \"lifetime\": \"1h\"%s } },"                                         \
	" \"other\": { \"resources\": { \"/a\": [\"GET\"], \"/ccc\": [\"POST\"] } } },"                                \
	" \"scopes\": { \"a\": { \"/a\": [\"GET\"] }, \"bee\": { \"/bb\": [\"GET\", \"PUT\"] }, \"c\": { \"/ccc\": [\"POST\"] } },"   \
	" \"clients\": { \"anna\": { \"auth\": { \"method\": \"oscore\", \"key\": \"generate\" } },"                     \
	" \"one-who-may-nothing\": { \"auth\": { \"method\": \"oscore\", \"key\": \"generate\" } } },"                   \
	" \"devices\": { \"d1\": { \"model\": \"m\", \"as_key\": { \"kid_hex\": \"01\", \"key\": \"generate\" }%s },"     \
	" \"long-named-device\": { \"model\": \"other\", \"as_key\": { \"kid_hex\": \"02\", \"key\": \"generate\" } } },"  \
	" \"rules\": { \"r1\": { \"effect\": \"allow\", \"clients\": [\"anna\"], \"devices\": [\"d1\"], \"scopes\": [\"a\", \"bee\"] }," \
	" \"r2\": { \"effect\": \"allow\", \"clients\": [\"anna\"], \"devices\": [\"long-named-device\"], \"scopes\": [\"c\"] } } }"

static struct policy_problems problems;

static int teardown(void **state)
{
	(void)state;
	policy_problems_free(&problems);
	problems = (struct policy_problems){ 0 };
	return 0;
}

static void load(const char *model, const char *limits, const char *device)
{
	char text[4096];
	struct policy_source source = { .name = "test", .text = text };
	struct policy_loaded loaded;

	teardown(NULL);
	source.len = (size_t)snprintf(text, sizeof text, FILE_TEXT, model, limits, device);
	if (policy_load(&source, 1, &(struct policy_options){ .issuer = "coap://as.example" }, &problems, &loaded)) {
		policy_problems_print(stderr, &problems);
		fail_msg("does not load");
	}
	policy_loaded_free(&loaded);
}

/* The place of the problem with that code, or the number of problems. */
static size_t find(const char *code)
{
	size_t i = 0;

	while (i < problems.len && strcmp(problems.list[i].code, code))
		i++;
	return i;
}

static void assert_silent(const char *code)
{
	assert_int_equal(find(code), problems.len);
}

static void assert_hint(const char *hint)
{
	size_t i = find("W211");

	assert_true(i < problems.len);
	assert_string_equal(problems.list[i].hint, hint);
}

static void assert_said(const char *code, const char *pointer, const char *words)
{
	size_t i = find(code);

	assert_true(i < problems.len);
	assert_string_equal(problems.list[i].pointer, pointer);
	if (!strstr(problems.list[i].message, words))
		fail_msg("“%s” does not say “%s”", problems.list[i].message, words);
	assert_true(problems.list[i].line > 0);
}

/* [["/a",1],["/bb",5]]: 1 + (1+3+1) + (1+4+1) bytes. What no rule allows at the device does not count. */
static void everything_that_rules_allow_must_fit_as_aif(void **state)
{
	(void)state;
	load("", ", \"scope_bytes\": 12", "");
	assert_silent("W210");
	load("", ", \"scope_bytes\": 11", "");
	assert_said("W210", "/models/m/limits/scope_bytes", "12 bytes of AIF; “m” takes 11");
}

/* "a bee" has fewer bytes than the least limit, and as AIF more. */
static void names_count_as_names(void **state)
{
	(void)state;
	load(", \"scope_format\": \"text\"", ", \"scope_bytes\": 8", "");
	assert_silent("W210");
}

/* The lengths here and below are those of what cbor2 makes of the same claims. */
static void the_longest_token_must_fit(void **state)
{
	(void)state;
	load("", ", \"token_bytes\": 146", "");
	assert_silent("W211");
	load("", ", \"token_bytes\": 145", "");
	assert_said("W211", "/models/m/limits/token_bytes", "a token for “d1” with everything granted is 146 bytes; “m” takes 145");
	assert_hint("with “omit” iat it is 140 bytes");
}

static void what_can_be_spared_is_named_in_order(void **state)
{
	(void)state;
	load("", ", \"token_bytes\": 139", "");
	assert_hint("with “omit” iat iss it is 121 bytes");
	load("", ", \"token_bytes\": 120", "");
	assert_hint("with “omit” iat iss sub it is 115 bytes");
	load("", ", \"token_bytes\": 114", "");
	assert_hint("with “omit” iat iss sub and “salt” false it is 105 bytes");
	load("", ", \"token_bytes\": 64", "");
	assert_hint("even with “omit” iat iss sub and “salt” false it is 105 bytes");
}

static void settings_make_tokens_shorter_and_longer(void **state)
{
	(void)state;
	load(", \"token\": { \"layout\": \"bare\", \"omit\": [\"iss\"] }", ", \"token_bytes\": 64", "");
	assert_said("W211", "/models/m/limits/token_bytes", "is 124 bytes");
	load("", ", \"token_bytes\": 64", ", \"audience\": \"coap://d1\"");
	assert_said("W211", "/models/m/limits/token_bytes", "is 153 bytes");
}

/* Paths of 120 bytes: both token and answer carry the scope. */
static void load_long(size_t paths)
{
	char text[8192], name[121], resources[4096] = "";
	struct policy_source source = { .name = "test", .text = text };
	struct policy_loaded loaded;

	teardown(NULL);
	memset(name, 'x', 120);
	name[120] = '\0';
	for (size_t i = 0, len = 0; i < paths; i++)
		len += (size_t)snprintf(resources + len, sizeof resources - len, "%s\"/%.*s%zu\": [\"GET\"]", i ? ", " : "", 118,
					name, i);
	source.len = (size_t)snprintf(text, sizeof text,
				      "{ \"format\": \"ace-policy/1\", \"models\": { \"m\": { \"resources\": { %s } } },"
				      " \"scopes\": { \"s\": { %s } }, \"rules\": { \"r\": { \"effect\": \"allow\","
				      " \"clients\": [\"*\"], \"devices\": [\"*\"], \"scopes\": [\"s\"] } } }",
				      resources, resources);
	assert_int_equal(policy_load(&source, 1, NULL, &problems, &loaded), ACE_OK);
	policy_loaded_free(&loaded);
}

static void a_token_for_more_than_one_message_is_told(void **state)
{
	(void)state;
	load_long(2);
	assert_silent("W212");
	load_long(6);
	assert_said("W212", "/models/m", "needs more than one message");
}

static void a_revocation_list_wants_the_protected_layout(void **state)
{
	static const char line[] = ", \"as_line\": { \"method\": \"oscore\", \"key\": \"generate\" }";

	(void)state;
	load(", \"token\": { \"layout\": \"rfc8392\" }", "", line);
	assert_said("W213", "/models/m/token/layout", "“d1” has a line");
	load(", \"token\": { \"layout\": \"rfc8392\" }", "", "");
	assert_silent("W213");
	load(", \"token\": { \"layout\": \"protected\" }", "", line);
	assert_silent("W213");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(everything_that_rules_allow_must_fit_as_aif, teardown),
		cmocka_unit_test_teardown(names_count_as_names, teardown),
		cmocka_unit_test_teardown(the_longest_token_must_fit, teardown),
		cmocka_unit_test_teardown(what_can_be_spared_is_named_in_order, teardown),
		cmocka_unit_test_teardown(settings_make_tokens_shorter_and_longer, teardown),
		cmocka_unit_test_teardown(a_token_for_more_than_one_message_is_told, teardown),
		cmocka_unit_test_teardown(a_revocation_list_wants_the_protected_layout, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
