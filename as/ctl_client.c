/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>

#include "ace_port.h"
#include "cli/bundle.h"
#include "storage/meta.h"

#define TICKET_S (24 * 3600)

struct client_with_secret {
	const char *id;
	bool rotate; /* a new key, and a ticket for it */
	int64_t now;
	struct store_client client;
	struct store_secret secret;
	struct store_info info;
};

static enum ace_err rotate(struct store_txn *txn, struct client_with_secret *c)
{
	struct store_secret fresh = { .key_len = 16, .salt_len = 8 };
	enum ace_err err = ace_port_random(fresh.key, fresh.key_len);

	if (!err)
		err = ace_port_random(fresh.salt, fresh.salt_len);
	if (!err)
		err = store_client_rekey(txn, c->id, &fresh, c->now + TICKET_S);
	store_secret_wipe(&fresh);
	return err ? err : store_client_get(txn, c->id, &c->client);
}

static enum ace_err read_secret(struct store_txn *txn, void *arg)
{
	struct client_with_secret *c = arg;
	enum ace_err err = store_client_get(txn, c->id, &c->client);

	if (!err && c->client.method != STORE_AUTH_OSCORE && c->rotate)
		return ACE_ERR_UNSUPPORTED;
	if (!err && c->rotate)
		err = rotate(txn, c);
	if (!err)
		err = store_info_get(txn, &c->info);
	return err ? err : store_client_secret(txn, &c->client, &c->secret);
}

/* Ids from the client's point of view: it sends its line's number, the AS's own id is empty. */
static int write_bundle(const struct cli_output *output, const struct client_with_secret *c,
			enum cli_bundle_format format, const char *path)
{
	uint8_t kid[STORE_KID_MAX];
	struct ace_slice id = { kid, store_line_kid(c->client.line, kid) }, key = { c->secret.key, c->secret.key_len };
	struct cli_client_bundle bundle = { .client = c->client.id, .as_uri = c->info.as_uri,
					    .expires = c->client.ticket_expires };
	struct cli_bytes bytes = { 0 };
	struct cli_error error;

	if (c->client.method == STORE_AUTH_OSCORE)
		bundle.line = (struct cli_line){ .method = CLI_LINE_OSCORE, .oscore = {
			.master_secret = key, .master_salt = { c->secret.salt, c->secret.salt_len },
			.sender_id = id, .alg = ACE_ALG_CCM_16_64_128 } };
	else
		bundle.line = (struct cli_line){ .method = CLI_LINE_DTLS_PSK, .psk_identity = c->client.id,
						 .psk_key = key };
	if (cli_client_bundle_write(&bundle, format, &bytes, &error))
		return cli_error_print(output, &error);
	if (cli_file_write(path, (struct ace_slice){ bytes.ptr, bytes.len }, CLI_WRITE_NEW, &error)) {
		cli_bytes_free(&bytes);
		return cli_error_print(output, &error);
	}
	cli_bytes_free(&bytes);
	return CLI_EXIT_OK;
}

static int export(const struct cli_call *call, const struct cli_output *output, bool as_ticket)
{
	struct client_with_secret c = { .id = call->args[0], .rotate = as_ticket, .now = ctl_now() };
	const char *name = cli_flag_value(call, "format"), *path = cli_flag_value(call, "output");
	enum cli_bundle_format format = CLI_FORMAT_JSON;
	struct cli_error error;
	struct store *store;
	enum ace_err err;
	int code;

	if (!path)
		return cli_fail(output, CLI_EXIT_USAGE, "-o FILE is needed: a secret never goes to a terminal");
	if (name && cli_client_format(name, &format, &error))
		return cli_error_print(output, &error);
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	err = store_write(store, read_secret, &c);
	if (err == ACE_ERR_NOT_FOUND)
		code = cli_fail(output, CLI_EXIT_NO, "no client %s", c.id);
	else if (err == ACE_ERR_UNSUPPORTED)
		code = cli_fail(output, CLI_EXIT_NO, "%s uses dtls-psk; tickets are for oscore clients", c.id);
	else if (err)
		code = ctl_fail(output, store, err);
	else
		code = write_bundle(output, &c, format, path);
	store_secret_wipe(&c.secret);
	store_close(store);
	if (!code && as_ticket)
		cli_say(output, "%s: ticket, to be enrolled within 24 h, 0600", path);
	else if (!code)
		cli_say(output, "%s: credentials of %s — contains a secret, written 0600", path, c.client.id);
	return code;
}

int ctl_client_ticket(const struct cli_call *call, const struct cli_output *output)
{
	return export(call, output, true);
}

int ctl_client_export(const struct cli_call *call, const struct cli_output *output)
{
	return export(call, output, false);
}

struct switch_input {
	const char *id;
	bool on;
};

static enum ace_err switch_client(struct store_txn *txn, void *arg)
{
	const struct switch_input *in = arg;
	struct store_client client;
	enum ace_err err = store_client_get(txn, in->id, &client);

	client.is_enabled = in->on;
	return err ? err : store_client_update(txn, &client);
}

static int enable(const struct cli_call *call, const struct cli_output *output, bool on)
{
	struct switch_input in = { call->args[0], on };
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = store_write(store, switch_client, &in);
	if (err == ACE_ERR_NOT_FOUND)
		code = cli_fail(output, CLI_EXIT_NO, "no client %s", in.id);
	else if (err)
		code = ctl_fail(output, store, err);
	else
		cli_say(output, "%s %s, effective now", in.id, on ? "enabled" : "disabled");
	store_close(store);
	return code;
}

int ctl_client_enable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, true);
}

int ctl_client_disable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, false);
}
