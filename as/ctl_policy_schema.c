/* SPDX-License-Identifier: Apache-2.0 */
/* policy schema: the JSON Schema of this version, for editors. */
#include "as/ctl.h"

#include <string.h>

#include "as/schema_policy.h"
#include "as/schema_tests.h"

int ctl_policy_schema(const struct cli_call *call, const struct cli_output *output)
{
	bool is_tests = call->args_len && !strcmp(call->args[0], "tests");

	if (call->args_len && !is_tests)
		return cli_fail(output, CLI_EXIT_USAGE, "there is no schema of %s; there is one of tests", call->args[0]);
	/* It is JSON already, with --json or without. */
	fputs(is_tests ? schema_tests : schema_policy, output->out);
	return CLI_EXIT_OK;
}
