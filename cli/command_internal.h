/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the command line share. */
#ifndef CLI_COMMAND_INTERNAL_H
#define CLI_COMMAND_INTERNAL_H

#include "cli/command.h"

extern const struct cli_flag cli_common_flags[];

/* Set call->verb from the first arguments and take them away. Answers --help and --version.
 * -1 to go on, else the exit code. */
int cli_verb_find(const struct cli_program *program, struct cli_call *call, const struct cli_output *output);

#endif
