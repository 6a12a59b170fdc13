/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/address.h"
#include "cli/command.h"

static int run(const struct cli_call *call, const struct cli_output *output)
{
	(void)call;
	(void)output;
	return 0;
}

static const struct cli_flag program_flags[] = { { .name = "state-dir", .value = "DIR", .env = "ACE_STATE" }, { 0 } };
static const struct cli_flag apply_flags[] = { { .name = "message", .letter = 'm', .value = "TEXT" }, { 0 } };
static const struct cli_verb verbs[] = {
	{ .name = "status", .args = "", .help = "h", .run = run },
	{ .name = "policy apply", .args = "PATH...", .args_min = 1, .args_max = SIZE_MAX, .help = "h", .flags = apply_flags,
	  .examples = "  p policy apply a\n", .run = run },
	{ .name = "policy log", .args = "", .help = "h", .run = run },
	{ 0 },
};
static const struct cli_program program = { .name = "p", .summary = "s", .examples = "  p status\n",
					    .flags = program_flags, .verbs = verbs };

static char said[4096];
static struct cli_call call;
static struct cli_output output;

/* Parse a command line of words; what was printed is in said. */
static int parse(const char *line)
{
	static char copy[256];
	static char *argv[16]; /* the call borrows from it */
	char *word;
	int argc = 1, code;
	FILE *out = fmemopen(said, sizeof said, "w");

	memset(argv, 0, sizeof argv);
	argv[0] = copy;
	snprintf(copy, sizeof copy, "p");
	snprintf(copy + 2, sizeof copy - 2, "%s", line);
	for (word = copy + 2; *word; argc++) {
		argv[argc] = word;
		word += strcspn(word, " ");
		if (*word)
			*word++ = '\0';
	}
	output = (struct cli_output){ .out = out, .err = out };
	code = cli_parse(&program, argc, argv, &call, &output);
	fclose(out);
	return code;
}

static void flags_stand_before_or_after_the_verb(void **state)
{
	(void)state;
	assert_int_equal(parse("--state-dir d policy apply a b -m why"), -1);
	assert_string_equal(call.verb->name, "policy apply");
	assert_int_equal(call.args_len, 2);
	assert_string_equal(call.args[1], "b");
	assert_string_equal(cli_flag_value(&call, "message"), "why");
	assert_int_equal(parse("status -q --state-dir=d --json"), -1);
	assert_string_equal(cli_flag_value(&call, "state-dir"), "d");
	assert_true(output.quiet);
	assert_int_equal(output.json, CLI_JSON);
}

static void typing_errors_get_a_suggestion_and_exit_2(void **state)
{
	(void)state;
	assert_int_equal(parse("statsu"), 2);
	assert_non_null(strstr(said, "did you mean \"status\""));
	assert_int_equal(parse("policy aply x"), 2);
	assert_non_null(strstr(said, "did you mean \"policy apply\""));
	assert_int_equal(parse("status --sate-dir x"), 2);
	assert_non_null(strstr(said, "did you mean --state-dir"));
	assert_int_equal(parse("policy"), 2);
	assert_non_null(strstr(said, "apply, log"));
}

static void wrong_uses_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("status -m x"), 2);
	assert_int_equal(parse("status extra"), 2);
	assert_int_equal(parse("policy apply"), 2);
	assert_int_equal(parse("status --state-dir"), 2);
	assert_int_equal(parse("status --state-dir a --state-dir b"), 2);
	assert_int_equal(parse("status --quiet=1"), 2);
	assert_int_equal(parse("status --color red"), 2);
	assert_int_equal(parse("status --json=yaml"), 2);
	assert_int_equal(parse(""), 2);
}

static void the_environment_stands_in_for_flags(void **state)
{
	(void)state;
	setenv("ACE_STATE", "from-env", 1);
	setenv("ACE_JSON", "1", 1);
	assert_int_equal(parse("status"), -1);
	assert_string_equal(cli_flag_value(&call, "state-dir"), "from-env");
	assert_int_equal(output.json, CLI_JSON);
	assert_int_equal(parse("status --state-dir flag"), -1);
	assert_string_equal(cli_flag_value(&call, "state-dir"), "flag");
	unsetenv("ACE_STATE");
	unsetenv("ACE_JSON");
}

static void help_shows_examples_first(void **state)
{
	(void)state;
	assert_int_equal(parse("--help"), 0);
	assert_memory_equal(said, "examples:\n  p status\n", 21);
	assert_int_equal(parse("--version"), 0);
	assert_memory_equal(said, "p ", 2);
}

static void help_of_a_verb_shows_its_own_examples_only(void **state)
{
	(void)state;
	assert_int_equal(parse("policy log --help"), 0);
	assert_memory_equal(said, "usage: p policy log [flags]\n", 28);
	assert_int_equal(parse("policy apply --help"), 0);
	assert_memory_equal(said, "examples:\n  p policy apply a\n", 29);
}

static void help_of_a_noun_shows_its_verbs(void **state)
{
	(void)state;
	assert_int_equal(parse("policy --help"), 0);
	assert_memory_equal(said, "usage: p policy VERB ", 21);
	assert_non_null(strstr(said, "  policy apply PATH..."));
	assert_non_null(strstr(said, "  policy log "));
	assert_null(strstr(said, "status"));
	assert_int_equal(parse("polic --help"), 2);
}

static void numbers_are_whole_and_in_range(void **state)
{
	int64_t n;

	(void)state;
	assert_true(cli_number_parse("10", 0, 10, &n));
	assert_int_equal(n, 10);
	assert_false(cli_number_parse("11", 0, 10, &n));
	assert_false(cli_number_parse("1x", 0, 10, &n));
	assert_false(cli_number_parse(" 1", 0, 10, &n));
	assert_false(cli_number_parse("", 0, 10, &n));
	assert_false(cli_number_parse("99999999999999999999", 0, INT64_MAX, &n));
}

static void times_are_rfc_3339(void **state)
{
	char text[CLI_TIME_TEXT_MAX];
	int64_t t;

	(void)state;
	assert_true(cli_time_parse("2026-11-24T17:50:00+01:00", &t));
	cli_time_text(t, text);
	assert_string_equal(text, "2026-11-24T16:50:00Z");
	assert_true(cli_time_parse("2026-11-24T17:50Z", &t));
	assert_false(cli_time_parse("2026-11-31T17:50:00Z", &t));
	assert_false(cli_time_parse("2026-11-24 17:50:00Z", &t));
	for (size_t len = 0; len < strlen("2026-11-24T17:50:00Z"); len++) {
		memcpy(text, "2026-11-24T17:50:00Z", len);
		text[len] = '\0';
		assert_false(cli_time_parse(text, &t));
	}
}

static void addresses_are_taken_apart(void **state)
{
	const char *const bad[] = { "", "http://h/", "coap://", "h:0", "h:65536", "h:x", "::1", "[::1", "[zz]:1", "h/path",
				    "coap://u@h/", "coap://h/#f", "coap://h/a b" };
	struct cli_address address;

	(void)state;
	assert_int_equal(cli_address_parse("coap://[::1]:5690/temp?a=b", &address, NULL), ACE_OK);
	assert_string_equal(address.host, "::1");
	assert_int_equal(address.port, 5690);
	assert_string_equal(address.path, "/temp");
	assert_string_equal(address.query, "a=b");
	assert_int_equal(cli_address_parse("coaps://Host", &address, NULL), ACE_OK);
	assert_int_equal(address.port, CLI_COAPS_PORT);
	assert_string_equal(address.host, "host");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(cli_address_parse(bad[i], &address, NULL), ACE_ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_stand_before_or_after_the_verb),
		cmocka_unit_test(typing_errors_get_a_suggestion_and_exit_2),
		cmocka_unit_test(wrong_uses_are_refused),
		cmocka_unit_test(the_environment_stands_in_for_flags),
		cmocka_unit_test(help_shows_examples_first),
		cmocka_unit_test(help_of_a_verb_shows_its_own_examples_only),
		cmocka_unit_test(help_of_a_noun_shows_its_verbs),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(addresses_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
