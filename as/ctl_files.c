/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_files.h"

#include "cli/json.h"

static enum ace_err load(const struct policy_options *options, struct ctl_files *files)
{
	enum ace_err err = policy_load(files->files.sources, files->files.sources_len, options, &files->problems,
				       &files->loaded), tests_err = ACE_OK;

	if (err != ACE_ERR_MEMORY && files->files.tests_len)
		tests_err = policy_tests_load(files->files.tests, files->files.tests_len, &files->problems, &files->tests);
	return err ? err : tests_err;
}

enum ace_err ctl_files_load(const struct cli_call *call, const struct policy_options *options,
			    struct ctl_files *ret_files)
{
	return ctl_files_load_paths((const char *const *)call->args, call->args_len, options, ret_files);
}

enum ace_err ctl_files_load_paths(const char *const *paths, size_t paths_len, const struct policy_options *options,
				  struct ctl_files *ret_files)
{
	enum ace_err err = policy_files_read(paths, paths_len, &ret_files->problems, &ret_files->files);

	return err ? err : load(options, ret_files);
}

enum ace_err ctl_files_load_tests(const struct cli_call *call, const struct policy_options *options,
				  struct ctl_files *ret_files)
{
	enum ace_err err = policy_files_read_tests((const char *const *)call->args, call->args_len, &ret_files->problems,
						   &ret_files->files);

	return err ? err : load(options, ret_files);
}

void ctl_files_free(struct ctl_files *files)
{
	policy_loaded_free(&files->loaded);
	policy_tests_free(&files->tests);
	policy_problems_free(&files->problems);
	policy_files_free(&files->files);
}

void ctl_files_note_ignored(const struct cli_output *output, const struct ctl_files *files)
{
	for (size_t i = 0; i < files->files.ignored_len; i++)
		cli_note(output, "%s: passed over: its format is not ace-policy/1", files->files.ignored[i]);
}

int ctl_files_tell_problems(const struct cli_output *output, const struct ctl_files *files, const char *consequence)
{
	const struct policy_problem *first = files->problems.list;
	struct cli_error error;

	if (output->json == CLI_TEXT) {
		policy_problems_print(output->err, &files->problems);
		policy_problems_summary(output->err, &files->problems);
		fprintf(output->err, "%s\n", consequence);
		return CLI_EXIT_NO;
	}
	while (first->code[0] != 'E')
		first++;
	cli_error_set(&error, ACE_ERR_MALFORMED, "%s", first->message);
	if (first->hint)
		cli_error_hint(&error, "%s", first->hint);
	else if (files->problems.errors > 1)
		cli_error_hint(&error, "acectl policy validate --json lists all %zu errors", files->problems.errors);
	cli_error_place(&error, first->file ? first->file : "-", first->line, first->column);
	snprintf(error.code, sizeof error.code, "%s", first->code);
	snprintf(error.pointer, sizeof error.pointer, "%s", first->pointer ? first->pointer : "");
	return cli_error_print(output, &error);
}

struct json_t *ctl_problems_record(const struct policy_problems *problems)
{
	struct json_t *array = cli_json_array();

	for (size_t i = 0; i < problems->len; i++) {
		const struct policy_problem *problem = &problems->list[i];
		struct json_t *object = cli_json_object();

		cli_json_put_text(object, "code", problem->code);
		cli_json_put_text(object, "message", problem->message);
		cli_json_put_text(object, "hint", problem->hint);
		cli_json_put_text(object, "file", problem->file);
		if (problem->line) {
			cli_json_put_int(object, "line", problem->line);
			cli_json_put_int(object, "column", problem->column);
		}
		cli_json_put_text(object, "pointer", problem->pointer);
		cli_json_add(array, object);
	}
	return array;
}

struct json_t *ctl_ignored_record(const struct ctl_files *files)
{
	struct json_t *array = cli_json_array();

	for (size_t i = 0; i < files->files.ignored_len; i++)
		cli_json_add_text(array, files->files.ignored[i]);
	return array;
}
