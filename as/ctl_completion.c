/* SPDX-License-Identifier: Apache-2.0 */
/* completion: what a shell has to read so that it completes our command lines. */
#include "as/ctl.h"

#include <string.h>

#include "as/completion_bash.h"
#include "cli/json.h"

int ctl_completion(const struct cli_call *call, const struct cli_output *output)
{
	struct json_t *document;

	if (strcmp(call->args[0], "bash"))
		return cli_fail(output, CLI_EXIT_USAGE, "there is no completion for %.40s; there is one for bash", call->args[0]);
	if (output->json == CLI_TEXT)
		fputs(completion_bash, output->out);
	document = cli_json_object();
	cli_json_put_text(document, "shell", "bash");
	cli_json_put_text(document, "script", completion_bash);
	return ctl_printed(output, cli_output_json(output, document));
}
