/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the device who is in charge of it. */
#include "client/flow.h"

static void hints_explain(struct client_step *step, const struct client_answer *answer,
			  const struct client_hints *hints)
{
	char as_uri[160], audience[160], scope[CLI_SCOPE_TEXT_MAX];

	cli_text_clean(hints->as_uri, as_uri, sizeof as_uri);
	cli_text_clean(hints->audience, audience, sizeof audience);
	cli_scope_text(&hints->scope, scope, sizeof scope);
	client_step_line(step, answer, "hints: AS %s%s%s%s%s%s", *as_uri ? as_uri : "-",
			 *audience ? ", audience " : "", audience, hints->scope.kind ? ", scope " : "",
			 hints->scope.kind ? scope : "", hints->cnonce.ptr ? ", cnonce" : "");
}

static enum ace_err no_hints(const struct client_flow *flow, struct client_step *step, struct cli_error *ret_error)
{
	uint8_t code = flow->discovery.msg.code;

	client_step_line(step, &flow->discovery, "no hints");
	(void)cli_error_set(ret_error, ACE_ERR_UNPROTECTED, "%s answered %u.%02u without protection, which is not taken",
			    flow->peer.name, code >> 5, code & 0x1f);
	if (code >> 5 == 2)
		cli_error_hint(ret_error, "the resource is open to everybody: this client shows protected answers only");
	if (ret_error)
		ret_error->exit = CLI_EXIT_REFUSED;
	return ACE_ERR_UNPROTECTED;
}

enum ace_err client_flow_discover(struct client_flow *flow, struct cli_error *ret_error)
{
	struct client_request request;
	struct client_step step;
	/* RFC 9200 6.8: nothing sensitive goes into a request that is not protected: GET without payload, whatever
	 * the user wants to send. */
	enum ace_err err = client_request_init(&request, ACE_COAP_GET, &flow->job->address);

	if (err)
		return cli_error_set(ret_error, err, "the path of the URI cannot be sent: %s", ace_err_name(err));
	client_step_begin(&step, &flow->client->explain, "GET %s", flow->job->address.path);
	err = client_exchange_plain(&flow->client->carrier, &flow->peer, &request, &flow->discovery, ret_error);
	if (err) {
		client_step_failed(&step, &flow->discovery, "no answer");
		return err;
	}
	if (flow->discovery.msg.code != ACE_COAP_UNAUTHORIZED)
		return no_hints(flow, &step, ret_error);
	flow->hints = (struct client_hints){ 0 };
	/* Hints that cannot be read are no hints: the user may know better. */
	err = client_hints_read(flow->discovery.msg.payload, &flow->hints);
	if (err)
		client_step_line(&step, &flow->discovery, "no hints");
	else
		hints_explain(&step, &flow->discovery, &flow->hints);
	return ACE_OK;
}
