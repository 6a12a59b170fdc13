/* SPDX-License-Identifier: Apache-2.0 */
/* Handing a device a token for other rights, over the context that is there. */
#include "client/client.h"

#include "ace_cbor.h"

static enum ace_err update_send(struct client *client, const struct client_peer *peer, struct client_line *line,
				struct ace_slice token, struct client_step *step, struct client_answer *ret_answer,
				struct cli_error *ret_error)
{
	static const struct cli_address authz_info = { .host = "0.0.0.0", .path = "/authz-info" };
	uint8_t bytes[CLIENT_MESSAGE_MAX];
	struct client_request request;
	struct ace_cbor_writer w;
	enum ace_err err = client_request_init(&request, ACE_COAP_POST, &authz_info);

	/* RFC 9203 4.1: nonce and id are for new keys: an update goes without them. */
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_int(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, token);
	if (!err)
		err = ace_cbor_written(&w, &request.payload);
	if (!err)
		err = client_request_uint(&request, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	if (err)
		return cli_error_set(ret_error, err, "the token is too long to be posted");
	return client_exchange_protected(&client->carrier, &(struct client_protected){
		.peer = peer, .line = line, .request = &request,
		.watcher = &(struct client_watcher){ client_step_seen, step } }, ret_answer, ret_error);
}

enum ace_err client_update_step(struct client *client, const struct client_peer *peer, struct client_line *line,
				struct ace_slice token, struct cli_error *ret_error)
{
	struct client_answer answer;
	struct client_step step;
	enum ace_err err;

	client_step_begin(&step, &client->explain, "POST /authz-info (OSCORE)  other rights");
	err = update_send(client, peer, line, token, &step, &answer, ret_error);
	if (err) {
		client_step_failed(&step, &answer, "no verified answer");
		return err;
	}
	if (answer.msg.code >> 5 == 2) {
		client_step_line(&step, &answer, "rights updated");
		return ACE_OK;
	}
	client_step_line(&step, &answer, "the device does not take the update");
	err = cli_error_set(ret_error, ACE_ERR_DENIED, "%s does not take the update of rights: %u.%02u", peer->name,
			    answer.msg.code >> 5, answer.msg.code & 0x1f);
	if (ret_error)
		ret_error->exit = CLI_EXIT_REFUSED;
	return err;
}
