/* SPDX-License-Identifier: Apache-2.0 */
#include "client/client.h"

#include <stdarg.h>
#include <string.h>

#include "cli/wireshark.h"

static enum ace_err path_take(const char *path, char ret_path[CLIENT_PATH_MAX], struct cli_error *ret_error)
{
	if (path && strlen(path) >= CLIENT_PATH_MAX)
		return cli_error_set(ret_error, ACE_ERR_USAGE, "%.40s...: the path is too long", path);
	snprintf(ret_path, CLIENT_PATH_MAX, "%s", path ? path : "");
	return ACE_OK;
}

void client_note(const struct client *client, const char *format, ...)
{
	char text[800];
	va_list args;

	if (!client->note)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	client->note(client->note_arg, text);
}

enum ace_err client_open(struct client *ret_client, const struct ace_client_options *options, struct cli_error *ret_error)
{
	enum ace_err err;

	memset(ret_client, 0, sizeof *ret_client);
	ret_client->note = options->note;
	ret_client->note_arg = options->arg;
	ret_client->explain.seen = options->step;
	ret_client->explain.arg = options->arg;
	ret_client->carrier.timeout_ms = options->timeout_ms;
	ret_client->carrier.grace_ms = CLIENT_GRACE_MS;
	err = path_take(options->wireshark_path, ret_client->wireshark_path, ret_error);
	if (err)
		return err;
	err = client_state_open(options->state_dir, &ret_client->state, ret_error);
	if (err)
		return err;
	err = client_transport_new(&ret_client->carrier.transport, ret_error);
	if (err) {
		client_state_close(&ret_client->state);
		return err;
	}
	ret_client->carrier.state = &ret_client->state;
	return ACE_OK;
}

void client_close(struct client *client)
{
	client_transport_free(client->carrier.transport);
	client_state_close(&client->state);
	memset(client, 0, sizeof *client);
}

void client_origin(const struct cli_address *address, char ret_text[CLIENT_ORIGIN_MAX])
{
	bool literal6 = strchr(address->host, ':');

	snprintf(ret_text, CLIENT_ORIGIN_MAX, "%s://%s%s%s:%u", address->secure ? "coaps" : "coap",
		 literal6 ? "[" : "", address->host, literal6 ? "]" : "", address->port);
}

enum ace_err client_peer_resolve(const struct cli_address *address, struct client_peer *ret_peer,
				 struct cli_error *ret_error)
{
	struct client_peer peer;

	memset(&peer, 0, sizeof peer);
	if (address->secure) {
		enum ace_err err = cli_error_set(ret_error, ACE_ERR_UNSUPPORTED,
						 "%s: coaps:// is for an AS whose credentials are for DTLS", address->host);

		cli_error_hint(ret_error, "OSCORE protects end to end: use coap://");
		if (ret_error)
			ret_error->exit = CLI_EXIT_USAGE;
		return err;
	}
	client_origin(address, peer.name);
	*ret_peer = peer;
	return cli_address_resolve(address, false, &ret_peer->addr, &ret_peer->addr_len, ret_error);
}

enum ace_err client_keys_log(const struct client *client, const struct ace_oscore_input *input,
			     struct cli_error *ret_error)
{
	if (!client->wireshark_path[0])
		return ACE_OK;
	return cli_wireshark_append(client->wireshark_path, &(struct cli_wireshark_context){
		.client_id = input->sender_id,
		.server_id = input->recipient_id,
		.master_secret = input->master_secret,
		.master_salt = input->master_salt,
		.id_context = input->has_id_context ? input->id_context : (struct ace_slice){ NULL, 0 },
		.alg = input->aead ? input->aead : ACE_ALG_CCM_16_64_128,
	}, ret_error);
}
