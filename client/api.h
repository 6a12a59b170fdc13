/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the handle of ace_client.h. */
#ifndef CLIENT_API_H
#define CLIENT_API_H

#include "cli/scope.h"
#include "client/client.h"

struct ace_client {
	struct client client;
	struct cli_error error;       /* of the latest call */
	char text[720];               /* ace_client_strerror() */
	bool is_open;
	/* What results of the latest call borrow from. */
	struct client_answer answer;  /* secret */
	struct cli_client_bundle bundle; /* secret */
	char texts[3][CLI_SCOPE_TEXT_MAX];
};

/* Every call begins so: what the call before it handed out is over. ACE_ERR_USAGE the handle is none that was opened. */
ACE_MUST_CHECK enum ace_err client_api_begin(struct ace_client *handle);
/* And ends so, with a text for errors that have none yet. @return err. */
enum ace_err client_api_end(struct ace_client *handle, enum ace_err err);

/* What a request becomes. It must not be moved in memory. */
struct client_api_job {
	struct client_job job;
	struct client_request request;
	uint8_t scope[CLI_SCOPE_MAX];
};
/* It borrows from in. ACE_ERR_USAGE and others with a text that asks for CLI_EXIT_USAGE. */
ACE_MUST_CHECK enum ace_err client_api_job(const struct ace_client_request *in, struct client_api_job *ret_job,
					   struct cli_error *ret_error);
void client_api_answer(const struct client_answer *answer, struct ace_client_answer *ret_answer);

/* The enrolment that as_uri names, or the only one (api_token.c). ACE_ERR_NOT_FOUND; ACE_ERR_USAGE there are several. */
ACE_MUST_CHECK enum ace_err client_as_select(const struct client_enrolments *enrolments, const char *as_uri,
					     const struct cli_client_bundle **ret_as, struct cli_error *ret_error);

#endif
