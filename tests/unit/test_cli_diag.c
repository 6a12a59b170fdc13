/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR in diagnostic notation and as annotated hex; what must stay hidden does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/diag.h"
#include "cli/hex.h"
#include "parser_walk.h"

static const char *name(const struct cli_diag_path *path)
{
	return path->len == 1 && path->steps[0] == 1 ? "one" : NULL;
}

static enum cli_diag_as show(const struct cli_diag_path *path)
{
	if (path->len == 2 && path->steps[0] == 8 && path->steps[1] == 2)
		return CLI_DIAG_HIDDEN;
	return path->len == 1 && path->steps[0] == 9 ? CLI_DIAG_EMBEDDED : CLI_DIAG_PLAIN;
}

static const struct cli_diag_view view = { name, show };

typedef enum ace_err print_fn(struct ace_slice, const struct cli_diag_view *, struct cli_text *);

static void printed(print_fn *print, const char *hex, const char *wanted)
{
	uint8_t bytes[128];
	struct ace_buf buf = ACE_BUF_OF(bytes);
	struct cli_text text = { 0 };

	assert_int_equal(cli_hex_decode(hex, strlen(hex), &buf), ACE_OK);
	assert_int_equal(print(ace_buf_slice(&buf), &view, &text), ACE_OK);
	assert_string_equal((const char *)text.bytes.ptr, wanted);
	cli_text_free(&text);
}

/* Source: RFC 8949 Appendix A. */
static void values_are_written_as_in_rfc8949_appendix_a(void **state)
{
	static const char *const cases[][2] = {
		{ "00", "0\n" }, { "1bffffffffffffffff", "18446744073709551615\n" },
		{ "3bffffffffffffffff", "-18446744073709551616\n" }, { "3903e7", "-1000\n" },
		{ "f90000", "0.0\n" }, { "f98000", "-0.0\n" }, { "f93c00", "1.0\n" }, { "f97bff", "65504.0\n" },
		{ "f93e00", "1.5\n" }, { "f90001", "5.9604644775390625e-08\n" }, { "fa47c35000", "100000.0\n" },
		{ "fbc010666666666666", "-4.0999999999999996\n" }, { "f97c00", "Infinity\n" }, { "f97e00", "NaN\n" },
		{ "faff800000", "-Infinity\n" }, { "f4", "false\n" }, { "f5", "true\n" }, { "f6", "null\n" },
		{ "f7", "undefined\n" }, { "f0", "simple(16)\n" }, { "f8ff", "simple(255)\n" },
		{ "c11a514b67b0", "1(1363896240)\n" }, { "40", "h''\n" }, { "4401020304", "h'01020304'\n" },
		{ "6449455446", "\"IETF\"\n" }, { "62225c", "\"\\\"\\\\\"\n" }, { "62c3bc", "\"\\u00fc\"\n" },
		{ "64f0908591", "\"\\ud800\\udd51\"\n" }, { "611b", "\"\\u001b\"\n" }, { "80", "[]\n" },
		{ "8301820203820405", "[1, [2, 3], [4, 5]]\n" }, { "a0", "{}\n" },
		{ "9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]\n" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++)
		printed(cli_diag_text, cases[i][0], cases[i][1]);
}

static void members_are_lines_with_their_names(void **state)
{
	(void)state;
	printed(cli_diag_text, "a2010261610a", "{\n  /one/ 1: 2,\n  \"a\": 10\n}\n");
	printed(cli_diag_text, "bf0103ff", "{_ \n  /one/ 1: 3\n}\n");
}

static void byte_strings_that_hold_cbor_are_opened_and_others_are_not(void **state)
{
	(void)state;
	printed(cli_diag_text, "a109428101", "{\n  9: << [1] >>\n}\n");
	printed(cli_diag_text, "a109428201", "{\n  9: h'8201'\n}\n");
	printed(cli_diag_hex, "a109428101",
		"a1                                               # map(1)\n"
		"  09                                             # 9:\n"
		"    42                                           # bytes(2), which hold CBOR\n"
		"      81                                         # array(1)\n"
		"        01                                       # 1\n");
}

static void what_is_hidden_shows_its_length_only(void **state)
{
	(void)state;
	printed(cli_diag_text, "a108a10243aabbcc", "{\n  8: {\n    2: h'...' /3 bytes, hidden/\n  }\n}\n");
	printed(cli_diag_hex, "a108a10243aabbcc",
		"a1                                               # map(1)\n"
		"  08                                             # 8:\n"
		"    a1                                           # map(1)\n"
		"      02                                         # 2:\n"
		"        43                                       # hidden: 3 bytes\n");
	/* Of another type, or in a tag, no less. */
	printed(cli_diag_text, "a108a1028143aabbcc", "{\n  8: {\n    2: h'...' /5 bytes, hidden/\n  }\n}\n");
	printed(cli_diag_text, "a108c1a1180243aabbcc", "{\n  8: 1({\n    2: h'...' /3 bytes, hidden/\n  })\n}\n");
}

static enum ace_err parse(struct ace_slice bytes)
{
	struct cli_text text = { 0 }, hex = { 0 };
	enum ace_err err = cli_diag_text(bytes, &view, &text), other = cli_diag_hex(bytes, &view, &hex);

	assert_int_equal(err, other);
	if (err)
		assert_null(text.bytes.ptr);
	cli_text_free(&text);
	cli_text_free(&hex);
	return err;
}

static void every_prefix_and_flipped_bit_is_survived(void **state)
{
	static const char hex[] = "a60102" "034461616161"
				  "08a204a20243aabbcc0541ff1a000100009f0102ff" "0942d8" "10" "6161fbc010666666666666" "20c1820304";
	uint8_t bytes[128];
	struct ace_buf buf = ACE_BUF_OF(bytes);

	(void)state;
	assert_int_equal(cli_hex_decode(hex, sizeof hex - 1, &buf), ACE_OK);
	parser_walk(parse, ace_buf_slice(&buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_as_in_rfc8949_appendix_a),
		cmocka_unit_test(members_are_lines_with_their_names),
		cmocka_unit_test(byte_strings_that_hold_cbor_are_opened_and_others_are_not),
		cmocka_unit_test(what_is_hidden_shows_its_length_only),
		cmocka_unit_test(every_prefix_and_flipped_bit_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
