/* SPDX-License-Identifier: Apache-2.0 */
/* policy fmt: files laid out in one way. All are read before any is written. */
#include "as/ctl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "as/ctl_files.h"
#include "cli/files.h"
#include "cli/json.h"
#include "policy/layout.h"

/* One file at a time: what it holds, and what it is to hold. */
struct laid {
	const struct policy_source *source;
	char *text; /* owns */
	size_t len;
};

static bool is_laid(const struct laid *file)
{
	return file->len == file->source->len && !memcmp(file->text, file->source->text, file->len);
}

/* It is the only one then. */
static bool is_input(const struct cli_call *call)
{
	return !strcmp(call->args[0], "-");
}

/* In the place of the old one, whoever may read it; through a link, not over it. */
static enum ace_err replace(const struct laid *file, struct cli_error *error)
{
	struct ace_slice bytes = { (const uint8_t *)file->text, file->len };
	char *path = realpath(file->source->name, NULL);
	struct stat st;
	enum ace_err err;

	if (!path || stat(path, &st))
		err = cli_error_set(error, ACE_ERR_IO, "%s cannot be found any more", file->source->name);
	else
		err = cli_file_write(path, bytes, CLI_WRITE_REPLACE, error);
	if (!err && chmod(path, st.st_mode & 0777))
		err = cli_error_set(error, ACE_ERR_IO, "%s is written, but with mode 0600", path);
	free(path);
	return err;
}

static enum ace_err put(const struct cli_output *output, const struct laid *file, struct json_t *changed,
			struct cli_error *error)
{
	enum ace_err err = replace(file, error);

	if (err)
		return err;
	cli_json_add_text(changed, file->source->name);
	cli_say_done(output, "%s", file->source->name);
	return ACE_OK;
}

static int write_files(const struct cli_call *call, const struct cli_output *output, const struct laid *files, size_t len)
{
	struct json_t *document = cli_json_object(), *changed = cli_json_array();
	const bool is_check = cli_flag(call, "check");
	struct cli_error error = { 0 };
	enum ace_err err = ACE_OK;
	bool differs = false;

	for (size_t i = 0; !err && i < len; i++) {
		const char *name = files[i].source->name;

		if (is_laid(&files[i]))
			continue;
		differs = true;
		if (!is_check) {
			err = put(output, &files[i], changed, &error);
			continue;
		}
		cli_json_add_text(changed, name);
		cli_say(output, "%s", name);
	}
	cli_json_put_bool(document, "check", is_check);
	cli_json_put(document, "changed", changed);
	if (err) {
		cli_json_free(document);
		return cli_error_print(output, &error);
	}
	err = cli_output_json(output, document);
	return err ? ctl_printed(output, err) : is_check && differs ? CLI_EXIT_NO : CLI_EXIT_OK;
}

/* What "-" brought goes to where the next program reads, as it is or laid out, and is the document of --json. */
static int pass_on(const struct cli_output *output, const struct laid *file)
{
	fwrite(file->text, 1, file->len, output->out);
	return CLI_EXIT_OK;
}

static enum ace_err lay_all(struct ctl_files *files, struct laid *laid)
{
	size_t sources = files->files.sources_len, len = sources + files->files.tests_len;
	size_t errors = files->problems.errors;

	for (size_t i = 0; i < len; i++) {
		laid[i].source = i < sources ? &files->files.sources[i] : &files->files.tests[i - sources];
		if (policy_layout(laid[i].source, &files->problems, &laid[i].text, &laid[i].len) == ACE_ERR_MEMORY)
			return ACE_ERR_MEMORY;
	}
	return files->problems.errors > errors ? ACE_ERR_MALFORMED : ACE_OK;
}

int ctl_policy_fmt(const struct cli_call *call, const struct cli_output *output)
{
	struct ctl_files files = { 0 };
	struct laid *laid = NULL;
	size_t len = 0;
	enum ace_err err;
	int code;

	for (size_t i = 0; i < call->args_len && call->args_len > 1; i++)
		if (!strcmp(call->args[i], "-"))
			return cli_fail(output, CLI_EXIT_USAGE, "what is laid out to standard output comes alone: name no file beside -");
	err = policy_files_read((const char *const *)call->args, call->args_len, &files.problems, &files.files);
	if (!err) {
		len = files.files.sources_len + files.files.tests_len;
		laid = calloc(len + 1, sizeof *laid);
		err = laid ? lay_all(&files, laid) : ACE_ERR_MEMORY;
	}
	if (err == ACE_ERR_MEMORY)
		code = ctl_printed(output, err);
	else if (err)
		code = ctl_files_tell_problems(output, &files, "; nothing was changed");
	else if (is_input(call) && !cli_flag(call, "check"))
		code = pass_on(output, laid);
	else
		code = write_files(call, output, laid, len);
	for (size_t i = 0; laid && i < len; i++)
		free(laid[i].text);
	free(laid);
	ctl_files_free(&files);
	return code;
}
