/* SPDX-License-Identifier: Apache-2.0 */
/* A request of the library's user becomes a job of the flow. */
#include "client/api.h"

#include <string.h>

static enum ace_err usage(struct cli_error *error, enum ace_err err)
{
	error->exit = CLI_EXIT_USAGE;
	return err;
}

static enum ace_err option_add(const struct ace_client_option *option, struct client_request *request,
			       struct cli_error *error)
{
	static const uint16_t own[] = { ACE_OPT_OSCORE, ACE_OPT_ECHO, ACE_OPT_OBSERVE, ACE_OPT_BLOCK1, ACE_OPT_BLOCK2 };

	/* RFC 8613 4.1.3.7: no OSCORE option in a message that is to be protected; the others are the protocol's own. */
	for (size_t i = 0; i < ACE_ARRAY_LEN(own); i++)
		if (option->number == own[i])
			return usage(error, cli_error_set(error, ACE_ERR_USAGE, "option %u is not the user's to set",
							  option->number));
	if (client_request_option(request, option->number, (struct ace_slice){ option->value, option->value_len }))
		return usage(error, cli_error_set(error, ACE_ERR_SPACE, "the URI and the options are too long"));
	return ACE_OK;
}

static enum ace_err uri_read(const struct ace_client_request *request, struct cli_address *ret_address,
			     struct cli_error *error)
{
	enum ace_err err = request->uri ? cli_address_parse(request->uri, ret_address, error) :
					  cli_error_set(error, ACE_ERR_USAGE, "no URI is given");

	if (!err && !ret_address->has_scheme)
		err = cli_error_set(error, ACE_ERR_USAGE, "\"%s\" is no coap:// URI", request->uri);
	return err ? usage(error, err) : ACE_OK;
}

static enum ace_err request_fill(const struct ace_client_request *in, const struct cli_address *address,
				 struct client_request *request, struct cli_error *error)
{
	uint8_t code = in->method ? in->method : ACE_COAP_GET;
	enum ace_err err;

	if (code > CLIENT_METHOD_MAX)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "%u is no method", in->method));
	err = client_request_init(request, code, address);
	if (err == ACE_ERR_MALFORMED)
		return usage(error, cli_error_set(error, err, "the URI has a %% that two hex digits do not follow"));
	if (err)
		return usage(error, cli_error_set(error, err, "the URI is too long"));
	if (in->payload_len > CLIENT_BODY_MAX || (in->payload_len && !in->payload))
		return usage(error, cli_error_set(error, ACE_ERR_SPACE, "the payload is longer than %d bytes, or is not there",
						  CLIENT_BODY_MAX));
	request->non = in->is_non;
	request->payload = (struct ace_slice){ in->payload, in->payload_len };
	for (size_t i = 0; !err && i < in->options_len; i++)
		err = option_add(&in->options[i], request, error);
	return err;
}

enum ace_err client_api_job(const struct ace_client_request *in, struct client_api_job *ret_job, struct cli_error *ret_error)
{
	struct ace_buf scope = ACE_BUF_OF(ret_job->scope);
	struct client_job *job = &ret_job->job;
	enum ace_err err;

	*job = (struct client_job){ .request = &ret_job->request, .as_uri = in->wish.as_uri, .audience = in->wish.audience,
				    .fresh = in->is_fresh };
	err = uri_read(in, &job->address, ret_error);
	if (err)
		return err;
	if (in->wish.scope && cli_scope_parse(in->wish.scope, &scope, &job->scope, ret_error))
		return usage(ret_error, ret_error->err);
	return request_fill(in, &job->address, &ret_job->request, ret_error);
}

void client_api_answer(const struct client_answer *answer, struct ace_client_answer *ret_answer)
{
	struct ace_slice value;
	uint32_t format;

	*ret_answer = (struct ace_client_answer){ .code = answer->msg.code, .payload = answer->msg.payload.ptr,
						  .payload_len = answer->msg.payload.len };
	if (ace_coap_option_find(answer->msg.options, ACE_OPT_CONTENT_FORMAT, &value) &&
	    !ace_coap_option_uint(value, &format) && format <= UINT16_MAX) {
		ret_answer->has_format = true;
		ret_answer->format = (uint16_t)format;
	}
}

enum ace_err ace_client_request(struct ace_client *client, const struct ace_client_request *request,
				struct ace_client_answer *ret_answer)
{
	struct client_api_job job;
	enum ace_err err = client_api_begin(client);

	if (!err)
		err = client_api_job(request, &job, &client->error);
	if (!err)
		err = client_flow(&client->client, &job.job, &client->answer, &client->error);
	if (!err)
		client_api_answer(&client->answer, ret_answer);
	return client_api_end(client, err);
}
