/* SPDX-License-Identifier: Apache-2.0 */
/* What the tool does, one function a verb; main.c has the table. */
#ifndef CLIENT_VERBS_H
#define CLIENT_VERBS_H

#include "cli/command.h"
#include "client/client.h"

/* Fill settings from the flags; false after a usage error was printed. */
ACE_MUST_CHECK bool client_settings_read(const struct cli_call *call, const struct cli_output *output,
					 struct client_settings *ret_settings);

/* Open the client, do one thing with it, print the error if there is one. @return the exit code. */
typedef enum ace_err client_work_fn(struct client *client, const struct cli_call *call, struct cli_error *error);
int client_verb_with(const struct cli_call *call, const struct cli_output *output, client_work_fn *work);

int client_verb_request(const struct cli_call *call, const struct cli_output *output);
int client_verb_enroll(const struct cli_call *call, const struct cli_output *output);
int client_verb_token(const struct cli_call *call, const struct cli_output *output);
int client_verb_whoami(const struct cli_call *call, const struct cli_output *output);
int client_verb_list(const struct cli_call *call, const struct cli_output *output);
int client_verb_forget(const struct cli_call *call, const struct cli_output *output);

#endif
