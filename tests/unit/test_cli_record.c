/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines for people, and what differs between two documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json.h"

/* What cli_output_record() prints of a document, which it frees. */
static char *printed(enum cli_json_mode mode, struct json_t *document)
{
	struct cli_output output = { .json = mode };
	char *text = NULL;
	size_t len;

	output.out = open_memstream(&text, &len);
	assert_non_null(output.out);
	assert_int_equal(cli_output_record(&output, document), ACE_OK);
	assert_int_equal(fclose(output.out), 0);
	return text;
}

static struct json_t *parse(const char *text)
{
	struct cli_json_reader reader = { .file = "test" };
	struct json_t *document =
		cli_json_parse(&reader, (struct ace_slice){ (const uint8_t *)text, strlen(text) });

	assert_non_null(document);
	return document;
}

static void members_are_lines_in_their_order_and_aligned(void **state)
{
	char *text = printed(CLI_TEXT, parse("{\"id\":\"a\",\"enabled\":true,\"off\":false,\"number\":-5,\"none\":null,"
					     "\"tags\":{\"site\":\"b7\",\"role\":\"x\"},\"empty\":{},\"bare\":[],"
					     "\"keys\":[{\"kid\":\"01\",\"version\":1},{\"kid\":\"02\",\"version\":2}],"
					     "\"words\":[\"p\",\"q\"]}"));

	(void)state;
	assert_string_equal(text, "id:      a\n"
				  "enabled: yes\n"
				  "off:     no\n"
				  "number:  -5\n"
				  "none:    -\n"
				  "tags:    site=b7 role=x\n"
				  "empty:   -\n"
				  "bare:    -\n"
				  "keys:    kid=01 version=1, kid=02 version=2\n"
				  "words:   p, q\n");
	free(text);
}

static void nothing_in_a_record_steers_a_terminal(void **state)
{
	char *text = printed(CLI_TEXT, parse("{\"tags\":{\"a\\u001b[2J\":\"b\\n\\u007f\"},\"é\":\"ü\"}"));

	(void)state;
	assert_string_equal(text, "tags: a\\x1b[2J=b\\x0a\\x7f\né:   ü\n");
	free(text);
}

static void with_json_the_document_is_printed_as_it_is(void **state)
{
	char *text = printed(CLI_JSON_LINES, parse("{\"id\":\"a\",\"none\":null}"));

	(void)state;
	assert_string_equal(text, "{\"id\":\"a\",\"none\":null}\n");
	free(text);
}

static void a_document_that_could_not_be_made_is_an_error(void **state)
{
	struct cli_output output = { .json = CLI_TEXT, .out = stdout };

	(void)state;
	assert_int_equal(cli_output_record(&output, NULL), ACE_ERR_MEMORY);
}

static void assert_tally(const char *before, const char *after, struct cli_json_tally wanted)
{
	struct json_t *old = parse(before), *new = parse(after);
	struct cli_json_tally tally = { 9, 9, 9 };

	cli_json_compare(old, new, "rules", &tally);
	assert_int_equal(tally.added, wanted.added);
	assert_int_equal(tally.changed, wanted.changed);
	assert_int_equal(tally.removed, wanted.removed);
	cli_json_free(old);
	cli_json_free(new);
}

static void what_is_new_other_and_gone_is_counted(void **state)
{
	(void)state;
	assert_tally("{\"rules\":{\"a\":1,\"b\":{\"x\":[1,2]},\"c\":3}}", "{\"rules\":{\"b\":{\"x\":[1]},\"c\":3,\"d\":4,\"e\":5}}",
		     (struct cli_json_tally){ 2, 1, 1 });
	assert_tally("{\"rules\":{\"a\":{\"x\":1,\"y\":2}}}", "{\"rules\":{\"a\":{\"y\":2,\"x\":1}}}",
		     (struct cli_json_tally){ 0, 0, 0 });
}

static void an_absent_member_is_an_empty_one(void **state)
{
	(void)state;
	assert_tally("{}", "{\"rules\":{\"a\":1}}", (struct cli_json_tally){ 1, 0, 0 });
	assert_tally("{\"rules\":{\"a\":1}}", "{}", (struct cli_json_tally){ 0, 0, 1 });
	assert_tally("{}", "{}", (struct cli_json_tally){ 0, 0, 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_lines_in_their_order_and_aligned),
		cmocka_unit_test(nothing_in_a_record_steers_a_terminal),
		cmocka_unit_test(with_json_the_document_is_printed_as_it_is),
		cmocka_unit_test(a_document_that_could_not_be_made_is_an_error),
		cmocka_unit_test(what_is_new_other_and_gone_is_counted),
		cmocka_unit_test(an_absent_member_is_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
