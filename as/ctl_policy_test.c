/* SPDX-License-Identifier: Apache-2.0 */
/* policy test: what a policy says to requests at fixed times, against what is written down. No store is touched. */
#include "as/ctl.h"

#include "as/ctl_files.h"
#include "cli/json.h"

static struct json_t *result_record(const struct policy_tests *tests, const struct policy_test_result *result)
{
	struct json_t *object = cli_json_object(), *differences = cli_json_array();

	cli_json_put_text(object, "name", result->test->name);
	cli_json_put_text(object, "file", tests->sources[result->test->source].name);
	cli_json_put_bool(object, "passed", !result->differences_len);
	for (size_t i = 0; i < result->differences_len; i++) {
		struct json_t *difference = cli_json_object();

		cli_json_put_text(difference, "member", result->differences[i].member);
		cli_json_put_text(difference, "expected", result->differences[i].expected);
		cli_json_put_text(difference, "actual", result->differences[i].actual);
		cli_json_add(differences, difference);
	}
	cli_json_put(object, "differences", differences);
	if (!result->differences_len)
		return object;
	cli_json_put_int(object, "line", result->line);
	cli_json_put_int(object, "column", result->column);
	cli_json_put_text(object, "explanation", result->explanation);
	return object;
}

static int print_report(const struct cli_output *output, const struct ctl_files *files,
			const struct policy_test_report *report)
{
	struct json_t *document = cli_json_object(), *results = cli_json_array(), *unreached = cli_json_array();

	cli_json_put_int(document, "passed", (int64_t)report->passed);
	cli_json_put_int(document, "failed", (int64_t)report->failed);
	for (size_t i = 0; i < report->results_len; i++)
		cli_json_add(results, result_record(&files->tests, &report->results[i]));
	cli_json_put(document, "tests", results);
	cli_json_put_int(document, "rules", (int64_t)report->rules_len);
	for (size_t i = 0; i < report->unreached_len; i++)
		cli_json_add_text(unreached, report->unreached[i]);
	cli_json_put(document, "unreached", unreached);
	return ctl_printed(output, cli_output_json(output, document));
}

static void say_report(const struct cli_output *output, const struct ctl_files *files,
		       const struct policy_test_report *report, bool with_coverage)
{
	FILE *out = output->out;

	for (size_t i = 0; i < report->results_len; i++)
		policy_test_print(out, &files->tests, &report->results[i]);
	if (with_coverage) {
		fprintf(out, "%zu of %zu rules reached%s\n", report->rules_len - report->unreached_len, report->rules_len,
			report->unreached_len ? "; by no test:" : "");
		for (size_t i = 0; i < report->unreached_len; i++)
			fprintf(out, "  %s\n", report->unreached[i]);
	}
	fprintf(out, "%zu passed, %zu failed\n", report->passed, report->failed);
}

static int run(const struct cli_call *call, const struct cli_output *output, struct ctl_files *files)
{
	const struct policy_test_parties parties = { .inventory = files->loaded.inventory };
	struct policy_test_report report;
	enum ace_err err = policy_tests_check(&files->tests, files->loaded.policy, &parties, &files->problems);
	int code = CLI_EXIT_OK;

	if (!err)
		err = policy_tests_run(&files->tests, files->loaded.policy, &parties, &report);
	if (err == ACE_ERR_MALFORMED)
		return ctl_files_tell_problems(output, files, "; no test was run");
	if (err)
		return ctl_printed(output, err);
	if (output->json != CLI_TEXT)
		code = print_report(output, files, &report);
	else
		say_report(output, files, &report, cli_flag(call, "coverage"));
	if (!code && report.failed)
		code = CLI_EXIT_NO;
	policy_test_report_free(&report);
	return code;
}

int ctl_policy_test(const struct cli_call *call, const struct cli_output *output)
{
	struct policy_options options = { .allow_unknown = cli_flag(call, "allow-unknown") };
	struct ctl_files files = { 0 };
	enum ace_err err = ctl_files_load_tests(call, &options, &files);
	int code;

	if (err == ACE_ERR_MEMORY)
		code = ctl_printed(output, err);
	else if (err)
		code = ctl_files_tell_problems(output, &files, "; no test was run");
	else if (!files.tests.len)
		code = cli_fail(output, CLI_EXIT_USAGE, "no tests in %s: a file of tests has the format ace-policy-tests/1, or a "
			"name that ends in .test.json", call->args[0]);
	else
		code = run(call, output, &files);
	ctl_files_free(&files);
	return code;
}
