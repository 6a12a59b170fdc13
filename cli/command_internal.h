/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the command line share. */
#ifndef CLI_COMMAND_INTERNAL_H
#define CLI_COMMAND_INTERNAL_H

#include "cli/command.h"

extern const struct cli_flag cli_common_flags[];

/* Set call->verb from the first arguments and take them away. Answers --help and --version.
 * -1 to go on, else the exit code. */
int cli_verb_find(const struct cli_program *program, struct cli_call *call, const struct cli_output *output);

/* How many of the arguments a verb's name takes up: 1 for "status", 2 for "policy apply"; 0: another verb. */
size_t cli_verb_words(const struct cli_verb *verb, const struct cli_call *call);
/* Add what the environment says of flags that were not given. -1 to go on, else the exit code. */
int cli_environment_add(const struct cli_flag *flags, struct cli_call *call, const struct cli_output *output);
/* What may stand in the place of the last word, one candidate a line, for dist/completion.bash. A line that begins with a
 * tab is no candidate: "files", "dirs", or "at" (names of files behind an "@").
 * @param argv  the words behind the program's name; the array is changed. */
int cli_complete(const struct cli_program *program, int argc, char **argv, const struct cli_output *output);

#endif
