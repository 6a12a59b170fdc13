/* SPDX-License-Identifier: Apache-2.0 */
/* The handle of libace-client: open, close, why a call failed, who we are. */
#include "client/api.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_WAIT_MS 90000 /* as coap-client: longer than a CON is retransmitted */

static void results_drop(struct ace_client *handle)
{
	memset(&handle->error, 0, sizeof handle->error);
	client_answer_wipe(&handle->answer);
	cli_client_bundle_fini(&handle->bundle);
	memset(&handle->bundle, 0, sizeof handle->bundle);
}

enum ace_err client_api_begin(struct ace_client *handle)
{
	if (!handle)
		return ACE_ERR_USAGE;
	results_drop(handle);
	if (handle->is_open)
		return ACE_OK;
	return cli_error_set(&handle->error, ACE_ERR_USAGE, "the state directory was not opened");
}

enum ace_err client_api_end(struct ace_client *handle, enum ace_err err)
{
	if (!handle)
		return err;
	if (!err) /* what was tried on the way is of no interest */
		memset(&handle->error, 0, sizeof handle->error);
	else if (!handle->error.message[0])
		return cli_error_set(&handle->error, err, "%s", ace_err_name(err));
	return err;
}

enum ace_err ace_client_open(const struct ace_client_options *options, struct ace_client **ret_client)
{
	struct ace_client_options own = *options;
	struct ace_client *handle = calloc(1, sizeof *handle);
	enum ace_err err;

	*ret_client = handle;
	if (!handle)
		return ACE_ERR_MEMORY;
	if (!own.timeout_ms)
		own.timeout_ms = ANSWER_WAIT_MS;
	err = client_open(&handle->client, &own, &handle->error);
	handle->is_open = !err;
	return client_api_end(handle, err);
}

void ace_client_close(struct ace_client *client)
{
	if (!client)
		return;
	if (client->is_open) {
		results_drop(client);
		client_close(&client->client);
	}
	ace_wipe(client, sizeof *client);
	free(client);
}

struct ace_client_failure ace_client_failure(const struct ace_client *client)
{
	static const struct cli_error no_memory = { .err = ACE_ERR_MEMORY, .message = "no memory" };
	const struct cli_error *error = client ? &client->error : &no_memory;

	return (struct ace_client_failure){
		.err = error->err,
		.fault = (enum ace_client_fault)(error->exit ? error->exit : cli_exit_of(error->err)),
		.code = error->code[0] ? error->code : ace_err_name(error->err),
		.message = error->message,
		.advice = error->hint,
		.file = error->file,
	};
}

const char *ace_client_strerror(const struct ace_client *client)
{
	const struct ace_client_failure failure = ace_client_failure(client);
	struct ace_client *handle;

	if (!client || !failure.advice[0])
		return failure.message;
	memcpy(&handle, &client, sizeof handle); /* text is the only member that is written, and nobody else's */
	snprintf(handle->text, sizeof handle->text, "%s: %s", failure.message, failure.advice);
	return handle->text;
}

enum ace_err ace_client_enroll(struct ace_client *client, const char *ticket_path, bool replace,
			       struct ace_client_enrolment *ret_enrolment)
{
	enum ace_err err = client_api_begin(client);

	if (!err && !ticket_path)
		err = cli_error_set(&client->error, ACE_ERR_USAGE, "no ticket is given");
	if (!err)
		err = client_enroll(&client->client, ticket_path, replace, &client->bundle, &client->error);
	if (!err)
		*ret_enrolment = (struct ace_client_enrolment){ client->bundle.client, client->bundle.as_uri };
	return client_api_end(client, err);
}

static enum ace_err none_enrolled(struct ace_client *client)
{
	(void)cli_error_set(&client->error, ACE_ERR_NOT_FOUND, "not enrolled with any AS");
	cli_error_hint(&client->error, "get a ticket from the operator, then: ace-client enroll TICKET");
	client->error.exit = CLI_EXIT_NO;
	return ACE_ERR_NOT_FOUND;
}

enum ace_err ace_client_enrolments(struct ace_client *client,
				   void (*each)(void *arg, const struct ace_client_enrolment *enrolment), void *arg)
{
	struct client_enrolments enrolments = { 0 };
	enum ace_err err = client_api_begin(client);

	if (!err)
		err = client_enrolments_read(&client->client.state, &enrolments, &client->error);
	if (!err && !enrolments.len)
		err = none_enrolled(client);
	for (size_t i = 0; !err && i < enrolments.len; i++)
		each(arg, &(struct ace_client_enrolment){ enrolments.bundles[i].client, enrolments.bundles[i].as_uri });
	client_enrolments_free(&enrolments);
	return client_api_end(client, err);
}
