/* SPDX-License-Identifier: Apache-2.0 */
/* A client or device at a time: the rules of an inventory, and pointers into the row. */
#include "policy/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

static const char policy_text[] =
	"{\"format\":\"ace-policy/1\",\"models\":{\"thermo\":{\"resources\":{\"/temp\":[\"GET\"]},\"scope_format\":\"aif\","
	"\"clock\":\"rtc\"}}}";

static struct policy *policy;

static int load(void **state)
{
	struct policy_problems problems = { 0 };

	(void)state;
	return policy_compile(&(struct policy_source){ "policy", policy_text, sizeof policy_text - 1 }, &problems, &policy);
}

static int unload(void **state)
{
	(void)state;
	policy_free(policy);
	return 0;
}

static enum ace_err read_text(enum policy_kind kind, const char *text, struct policy_problems *problems,
			      struct policy_row *ret_row)
{
	json_t *object = json_loads(text, 0, NULL);
	struct policy_row_input in = { kind, object, "rows", policy };
	enum ace_err err;

	assert_non_null(object);
	err = policy_row_read(&in, problems, ret_row);
	json_decref(object);
	return err;
}

static void a_client_is_read_as_from_an_inventory(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_row row = { 0 };

	(void)state;
	assert_int_equal(read_text(POLICY_KIND_CLIENT,
				   "{\"id\":\"anna\",\"enabled\":false,\"tags\":{\"site\":\"b7\",\"role\":\"tech\"},"
				   "\"auth\":{\"method\":\"dtls-psk\",\"key\":{\"file\":\"anna.key\"}},\"default_scope\":\"a b\"}",
				   &problems, &row),
			 ACE_OK);
	assert_string_equal(row.client.id, "anna");
	assert_false(row.client.enabled);
	assert_int_equal(row.client.tags.len, 2);
	assert_string_equal(row.client.tags.list[0].key, "role");
	assert_int_equal(row.client.method, POLICY_LINE_DTLS_PSK);
	assert_int_equal(row.client.key.source, POLICY_KEY_FILE);
	assert_string_equal(row.client.key.value, "anna.key");
	assert_string_equal(row.client.default_scope, "a b");
	assert_string_equal(row.client.file, "rows");
	policy_row_free(&row);
}

static void a_device_is_of_a_model_of_the_policy(void **state)
{
	static const char text[] = "{\"id\":\"t1\",\"model\":\"%s\",\"as_key\":{\"kid_hex\":\"0a01\",\"key\":\"generate\"}}";
	struct policy_problems problems = { 0 };
	struct policy_row row = { 0 };
	char made[256];

	(void)state;
	snprintf(made, sizeof made, text, "thermo");
	assert_int_equal(read_text(POLICY_KIND_DEVICE, made, &problems, &row), ACE_OK);
	assert_string_equal(row.device.model, "thermo");
	assert_int_equal(row.device.kid_len, 2);
	assert_int_equal(row.device.kid[1], 1);
	assert_false(row.device.has_as_line);
	policy_row_free(&row);
	snprintf(made, sizeof made, text, "termo");
	assert_int_equal(read_text(POLICY_KIND_DEVICE, made, &problems, &row), ACE_ERR_MALFORMED);
	assert_string_equal(problems.list[0].code, "E105");
	assert_string_equal(problems.list[0].pointer, "/model");
	assert_string_equal(problems.list[0].hint, "did you mean “thermo”?");
	policy_problems_free(&problems);
}

static void every_fault_has_its_code_and_a_pointer_into_the_row(void **state)
{
	static const struct {
		const char *text, *code, *pointer;
	} cases[] = {
		{ "[]", "E004", "" },
		{ "{\"auth\":{\"method\":\"oscore\",\"key\":\"generate\"}}", "E005", "" },
		{ "{\"id\":7}", "E004", "/id" },
		{ "{\"id\":\"\"}", "E006", "/id" },
		{ "{\"id\":\"a b\"}", "E006", "/id" },
		{ "{\"id\":\"a/b\"}", "E006", "/id" },
		{ "{\"id\":\"a\"}", "E005", "" },
		{ "{\"id\":\"a\",\"auth\":{\"method\":\"oscore\"}}", "E005", "/auth" },
		{ "{\"id\":\"a\",\"auth\":{\"method\":\"oscor\",\"key\":\"generate\"}}", "E006", "/auth/method" },
		{ "{\"id\":\"a\",\"auth\":{\"method\":\"oscore\",\"key\":\"0011\"}}", "E006", "/auth/key" },
		{ "{\"id\":\"a\",\"auth\":{\"method\":\"oscore\",\"key\":\"generate\"},\"tag\":{}}", "E003", "/tag" },
		{ "{\"id\":\"a\",\"auth\":{\"method\":\"oscore\",\"key\":\"generate\"},\"tags\":{\"K\":\"v\"}}", "E006", "/tags/K" },
		{ "{\"id\":\"a\",\"auth\":{\"method\":\"oscore\",\"key\":\"generate\"},\"enabled\":\"no\"}", "E004", "/enabled" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		struct policy_problems problems = { 0 };
		struct policy_row row = { 0 };

		assert_int_equal(read_text(POLICY_KIND_CLIENT, cases[i].text, &problems, &row), ACE_ERR_MALFORMED);
		assert_true(problems.len > 0);
		assert_string_equal(problems.list[0].code, cases[i].code);
		assert_string_equal(problems.list[0].pointer, cases[i].pointer);
		assert_null(row.client.id);
		policy_problems_free(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_is_read_as_from_an_inventory),
		cmocka_unit_test(a_device_is_of_a_model_of_the_policy),
		cmocka_unit_test(every_fault_has_its_code_and_a_pointer_into_the_row),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
