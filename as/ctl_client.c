/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>

#include "as/ctl_client_files.h"
#include "as/ctl_secret.h"
#include "as/ctl_trl.h"
#include "as/ctl_uri.h"
#include "as/psk.h"
#include "storage/meta.h"

#define TICKET_S (24 * 3600)

enum client_files {
	CLIENT_EXPORT, /* the credentials as they are */
	CLIENT_TICKET, /* of a new key, in place of the one before */
	CLIENT_ROTATE, /* of a new key, beside the one before */
};

struct client_with_secret {
	const char *id;
	const char *as_uri; /* where this client reaches the AS; NULL: as the store has it */
	char dtls_uri[STORE_URI_MAX + 1];
	enum client_files what;
	int64_t now;
	uint32_t overlap_s;    /* CLIENT_ROTATE; 0: until the new key was used */
	uint64_t written_line; /* what the file says */
	struct store_client client;
	struct store_secret secret;
	struct store_info info;
	struct ctl_trl trl;
	const struct cli_output *output;
	enum cli_bundle_format format;
	const char *path;
	struct ctl_client_files files;
	bool is_written;
	int write_code; /* exit code of a file that could not be written; already told */
};

/* The fresh secret is kept for a second try, for it may be in the file by then. c->client is as it was before. */
static enum ace_err rotate(struct store_txn *txn, struct client_with_secret *c)
{
	enum ace_err err = ctl_secret_make(c->client.method, &c->secret);

	if (err)
		return err;
	if (c->what == CLIENT_ROTATE)
		return store_client_rotate(txn, &(struct store_line_rotation){ .id = c->id, .secret = &c->secret, .now = c->now,
			.old_until = c->overlap_s ? c->now + c->overlap_s : 0, .ticket_expires = c->now + TICKET_S }, &c->client);
	err = store_client_rekey(txn, c->id, &c->secret, c->now + TICKET_S);
	return err ? err : store_client_get(txn, c->id, &c->client);
}

static enum ace_err read_secret(struct store_txn *txn, struct client_with_secret *c)
{
	enum ace_err err = store_client_get(txn, c->id, &c->client);

	if (!err && c->what)
		err = rotate(txn, c);
	if (!err)
		err = store_info_get(txn, &c->info);
	if (!err)
		err = ctl_trl_get(txn, &c->trl);
	return err || c->what ? err : store_client_secret(txn, &c->client, &c->secret);
}

/* By the way that its credentials are for. */
static enum ace_err choose_uri(struct client_with_secret *c, const char **ret_uri, struct cli_error *ret_error)
{
	bool secure = c->client.method == STORE_AUTH_DTLS_PSK;
	struct cli_address address;
	enum ace_err err = ACE_OK;

	*ret_uri = c->as_uri ? c->as_uri : secure ? c->dtls_uri : c->info.as_uri;
	if (!c->as_uri && secure)
		err = ctl_uri_dtls(c->info.as_uri, c->dtls_uri, ret_error);
	if (err || !c->as_uri)
		return err;
	err = ctl_uri_check(c->as_uri, &address, ret_error);
	if (err || address.secure == secure)
		return err;
	err = cli_error_set(ret_error, ACE_ERR_USAGE, "--as-uri %s: the credentials of %s are for %s", c->as_uri, c->id,
			    secure ? "coaps://" : "coap://");
	ret_error->exit = CLI_EXIT_USAGE;
	return err;
}

/* Ids from the client's point of view: it sends its line's number, the AS's own id is empty. */
static int write_files(struct client_with_secret *c)
{
	char identity[AS_PSK_IDENTITY_MAX + 1];
	uint8_t kid[STORE_KID_MAX];
	struct ace_slice id = { kid, store_line_kid(c->client.line, kid) }, key = { c->secret.key, c->secret.key_len };
	struct cli_client_bundle bundle = { .client = c->client.id, .expires = c->client.ticket_expires,
					    .trl = ctl_trl_told(&c->trl) };
	struct cli_error error = { 0 };

	as_psk_identity(c->client.id, c->client.key_version, identity);
	if (choose_uri(c, &bundle.as_uri, &error))
		return cli_error_print(c->output, &error);
	if (c->client.method == STORE_AUTH_OSCORE)
		bundle.line = (struct cli_line){ .method = CLI_LINE_OSCORE, .oscore = {
			.master_secret = key, .master_salt = { c->secret.salt, c->secret.salt_len },
			.sender_id = id, .alg = ACE_ALG_CCM_16_64_128 } };
	else
		bundle.line = (struct cli_line){ .method = CLI_LINE_DTLS_PSK, .psk_identity = identity,
						 .psk_key = key };
	return ctl_client_files_write(&bundle, c->format, c->path, &c->files, &error) ?
		       cli_error_print(c->output, &error) : CLI_EXIT_OK;
}

/* The file comes before the commit: when it cannot be written, the old key stays in force. */
static enum ace_err export_work(struct store_txn *txn, void *arg)
{
	struct client_with_secret *c = arg;
	enum ace_err err = read_secret(txn, c);

	if (err || (c->is_written && c->written_line == c->client.line))
		return err;
	/* A second try, and somebody else took the line number in between. */
	if (c->is_written)
		ctl_client_files_remove(&c->files);
	c->write_code = write_files(c);
	c->is_written = c->write_code == CLI_EXIT_OK;
	c->written_line = c->client.line;
	return c->is_written ? ACE_OK : ACE_ERR_IO;
}

static int print_written(const struct client_with_secret *c, const char *format)
{
	const char *dir = c->files.secret_dir;

	if (c->what)
		cli_say_done(c->output, "%s: ticket, to be enrolled within 24 h, 0600%s", c->path, c->what == CLIENT_ROTATE ?
			"; the key before it stays in force until then" : "");
	else if (dir[0])
		cli_say_done(c->output, "%s: credentials map of %s; %s: its secret, 0600 — aiocoap wants to run in that folder",
			c->path, c->id, c->files.secret_path);
	else
		cli_say_done(c->output, "%s: credentials of %s — contains a secret, written 0600", c->path, c->id);
	return ctl_written_print(c->output, &(struct ctl_written){
		.noun = "client", .id = c->id, .path = c->path, .format = format, .secret_dir = dir[0] ? dir : NULL,
		.expires = c->what ? c->client.ticket_expires : 0 });
}

static int run(struct client_with_secret *c, struct store *store, const char *format)
{
	enum ace_err err = store_write(store, export_work, c);

	if (err && c->is_written)
		ctl_client_files_remove(&c->files);
	if (c->write_code)
		return c->write_code;
	if (err == ACE_ERR_NOT_FOUND)
		return ctl_unknown(c->output, store, STORE_CLIENT, c->id);
	return err ? ctl_fail(c->output, store, err) : print_written(c, format);
}

static int export(const struct cli_call *call, const struct cli_output *output, enum client_files what)
{
	struct client_with_secret c = { .id = call->args[0], .what = what, .now = ctl_now(), .output = output,
					.format = CLI_FORMAT_JSON, .path = cli_flag_value(call, "output"),
					.as_uri = what == CLIENT_EXPORT ? cli_flag_value(call, "as-uri") : NULL };
	const char *name = what == CLIENT_EXPORT ? cli_flag_value(call, "format") : NULL;
	const char *overlap = what == CLIENT_ROTATE ? cli_flag_value(call, "overlap") : NULL;
	struct cli_error error;
	struct store *store;
	int code;

	if (overlap && !ctl_duration_parse(overlap, &c.overlap_s))
		return cli_fail(output, CLI_EXIT_USAGE, "--overlap %.40s: a duration such as 90s, 30m, 24h or 31d", overlap);
	if (!c.path || !strcmp(c.path, "-"))
		return cli_fail(output, CLI_EXIT_USAGE, "-o FILE is needed: a secret never goes to a terminal");
	if (name && cli_client_format(name, &c.format, &error))
		return cli_error_print(output, &error);
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	code = run(&c, store, name ? name : "json");
	store_secret_wipe(&c.secret);
	store_close(store);
	return code;
}

int ctl_client_ticket(const struct cli_call *call, const struct cli_output *output)
{
	return export(call, output, CLIENT_TICKET);
}

int ctl_client_export(const struct cli_call *call, const struct cli_output *output)
{
	return export(call, output, CLIENT_EXPORT);
}

int ctl_client_rotate_key(const struct cli_call *call, const struct cli_output *output)
{
	return export(call, output, CLIENT_ROTATE);
}
