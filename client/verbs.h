/* SPDX-License-Identifier: Apache-2.0 */
/* What the tool does, one function a verb, on libace-client; main.c has the table. */
#ifndef CLIENT_VERBS_H
#define CLIENT_VERBS_H

#include "ace_client.h"
#include "cli/command.h"

/* Print why the latest call on the handle failed. @return the exit code. */
int client_failure_print(const struct ace_client *client, const struct cli_output *output);

/* Open the library as the flags want it, do one thing with it, close it. work returns an exit code. */
typedef int client_work_fn(struct ace_client *client, const struct cli_call *call, const struct cli_output *output);
int client_verb_with(const struct cli_call *call, const struct cli_output *output, client_work_fn *work);
/* --as, --audience, --scope. */
struct ace_client_wish client_wish_read(const struct cli_call *call);

/* --trace and --explain (verb_trace.c). */
enum client_trace_form { CLIENT_TRACE_NONE = 0, CLIENT_TRACE_TEXT, CLIENT_TRACE_JSON, CLIENT_TRACE_MERMAID };
struct client_trace {
	const struct cli_output *output; /* borrows */
	enum client_trace_form form;
	bool has_begun;
};
/* false after a usage error was printed. */
ACE_MUST_CHECK bool client_trace_read(const struct cli_call *call, const struct cli_output *output,
				      struct client_trace *ret_trace);
void client_trace_step(struct client_trace *trace, const struct ace_client_step *step);

int client_verb_request(const struct cli_call *call, const struct cli_output *output);
int client_verb_enroll(const struct cli_call *call, const struct cli_output *output);
int client_verb_token(const struct cli_call *call, const struct cli_output *output);
int client_verb_whoami(const struct cli_call *call, const struct cli_output *output);
int client_verb_list(const struct cli_call *call, const struct cli_output *output);
int client_verb_forget(const struct cli_call *call, const struct cli_output *output);

#endif
