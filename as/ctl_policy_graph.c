/* SPDX-License-Identifier: Apache-2.0 */
/* policy graph: a drawing of the policy in force, or of files, for graphviz or Mermaid. */
#include "as/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "as/ctl_draft.h"
#include "cli/json.h"
#include "policy/graph.h"

static const char *const format_names[] = { "dot", "mermaid" };

static enum ace_err print_json(const struct cli_output *output, const struct policy *policy, enum policy_graph_format format)
{
	struct json_t *document;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	enum ace_err err;

	if (!out)
		return ACE_ERR_MEMORY;
	err = policy_graph(policy, format, out);
	if (fclose(out) || err) {
		free(text);
		return ACE_ERR_MEMORY;
	}
	document = cli_json_object();
	cli_json_put_text(document, "format", format_names[format]);
	cli_json_put_text(document, "graph", text);
	free(text);
	return cli_output_json(output, document);
}

static int print(const struct cli_output *output, const struct policy *policy, enum policy_graph_format format)
{
	return ctl_printed(output, output->json == CLI_TEXT ? policy_graph(policy, format, output->out) :
							      print_json(output, policy, format));
}

/* No store is needed for files. */
static int draw_files(const struct cli_call *call, const struct cli_output *output, enum policy_graph_format format)
{
	const struct policy_options options = { .allow_unknown = true };
	struct ctl_files files = { 0 };
	enum ace_err err = ctl_files_load(call, &options, &files);
	int code;

	if (err == ACE_ERR_MEMORY)
		code = ctl_printed(output, err);
	else if (err)
		code = ctl_files_tell_problems(output, &files, "");
	else
		code = print(output, files.loaded.policy, format);
	ctl_files_free(&files);
	return code;
}

int ctl_policy_graph(const struct cli_call *call, const struct cli_output *output)
{
	const char *wanted = cli_flag_value(call, "format");
	enum policy_graph_format format = POLICY_GRAPH_DOT;
	struct ctl_draft draft;
	int code;

	if (wanted && !strcmp(wanted, "mermaid"))
		format = POLICY_GRAPH_MERMAID;
	else if (wanted && strcmp(wanted, "dot"))
		return cli_fail(output, CLI_EXIT_USAGE, "--format is dot or mermaid");
	if (call->args_len)
		return draw_files(call, output, format);
	code = ctl_draft_open(call, output, NULL, 0, &draft);
	if (code)
		return code;
	code = print(output, draft.policy, format);
	ctl_draft_close(&draft);
	return code;
}
