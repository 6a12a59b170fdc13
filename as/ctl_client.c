/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>
#include <unistd.h>

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
	const struct cli_output *output;
	enum cli_bundle_format format;
	const char *path;
	bool is_written;
	int write_code; /* exit code of a file that could not be written; already told */
};

/* The fresh secret is kept for a second try, for it may be in the file by then. */
static enum ace_err rotate(struct store_txn *txn, struct client_with_secret *c)
{
	enum ace_err err = ACE_OK;

	if (!c->secret.key_len) {
		err = ace_port_random(c->secret.key, 16);
		if (!err)
			err = ace_port_random(c->secret.salt, 8);
		c->secret.key_len = 16;
		c->secret.salt_len = 8;
	}
	if (!err)
		err = store_client_rekey(txn, c->id, &c->secret, c->now + TICKET_S);
	return err ? err : store_client_get(txn, c->id, &c->client);
}

static enum ace_err read_secret(struct store_txn *txn, struct client_with_secret *c)
{
	enum ace_err err = store_client_get(txn, c->id, &c->client);

	if (!err && c->client.method != STORE_AUTH_OSCORE && c->rotate)
		return ACE_ERR_UNSUPPORTED;
	if (!err && c->rotate)
		err = rotate(txn, c);
	if (!err)
		err = store_info_get(txn, &c->info);
	return err || c->rotate ? err : store_client_secret(txn, &c->client, &c->secret);
}

/* Ids from the client's point of view: it sends its line's number, the AS's own id is empty. */
static int write_bundle(const struct client_with_secret *c)
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
	if (cli_client_bundle_write(&bundle, c->format, &bytes, &error))
		return cli_error_print(c->output, &error);
	if (cli_file_write(c->path, (struct ace_slice){ bytes.ptr, bytes.len }, CLI_WRITE_NEW, &error)) {
		cli_bytes_free(&bytes);
		return cli_error_print(c->output, &error);
	}
	cli_bytes_free(&bytes);
	return CLI_EXIT_OK;
}

/* The file comes before the commit: when it cannot be written, the old key stays in force. */
static enum ace_err export_work(struct store_txn *txn, void *arg)
{
	struct client_with_secret *c = arg;
	enum ace_err err = read_secret(txn, c);

	if (err || c->is_written)
		return err;
	c->write_code = write_bundle(c);
	c->is_written = c->write_code == CLI_EXIT_OK;
	return c->is_written ? ACE_OK : ACE_ERR_IO;
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
	c.output = output;
	c.format = format;
	c.path = path;
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	err = store_write(store, export_work, &c);
	if (err && c.is_written)
		unlink(path);
	if (c.write_code)
		code = c.write_code;
	else if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, STORE_CLIENT, c.id);
	else if (err == ACE_ERR_UNSUPPORTED)
		code = cli_fail(output, CLI_EXIT_NO, "%s uses dtls-psk; tickets are for oscore clients", c.id);
	else if (err)
		code = ctl_fail(output, store, err);
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
		code = ctl_unknown(output, store, STORE_CLIENT, in.id);
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
