/* SPDX-License-Identifier: Apache-2.0 */
/* A ticket becomes an enrolment: tested with the AS first, then moved into the state directory. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ace_port.h"
#include "client/client.h"

static enum ace_err refuse(struct cli_error *ret_error, enum ace_err err)
{
	if (ret_error)
		ret_error->exit = CLI_EXIT_REFUSED;
	return err;
}

static enum ace_err expiry_check(const struct cli_client_bundle *ticket, const char *path,
				 struct cli_error *ret_error)
{
	char when[CLI_TIME_TEXT_MAX];
	int64_t now;
	enum ace_err err;

	if (!ticket->expires)
		return ACE_OK;
	err = ace_port_wall_clock(&now);
	if (err)
		return cli_error_set(ret_error, err, "%s expires, and there is no clock to tell whether it has", path);
	if (now < ticket->expires)
		return ACE_OK;
	cli_time_text(ticket->expires, when);
	(void)cli_error_set(ret_error, ACE_ERR_EXPIRED, "%s was to be enrolled until %s", path, when);
	cli_error_hint(ret_error, "ask the operator for a new ticket: acectl client ticket %s", ticket->client);
	return refuse(ret_error, ACE_ERR_EXPIRED);
}

/* Credentials of another client are not thrown away unasked. */
static enum ace_err place_check(const struct client *client, const struct cli_client_bundle *ticket, bool replace,
				struct cli_error *ret_error)
{
	struct client_enrolments enrolments = { 0 };
	const struct cli_client_bundle *old;
	enum ace_err err = client_enrolments_read(&client->state, &enrolments, ret_error);

	if (err)
		return err;
	old = client_enrolment_find(&enrolments, client_slice(ticket->as_uri));
	if (old && strcmp(old->client, ticket->client) && !replace) {
		err = cli_error_set(ret_error, ACE_ERR_EXISTS, "enrolled as %s with this AS already", old->client);
		cli_error_hint(ret_error, "use another --state-dir, or -y to give those credentials up");
		if (ret_error)
			ret_error->exit = CLI_EXIT_USAGE;
	}
	client_enrolments_free(&enrolments);
	return err;
}

static enum ace_err ticket_test(struct client *client, const struct cli_client_bundle *ticket,
				struct cli_error *ret_error)
{
	struct client_as_line line;
	enum ace_err err = client_as_open(client, ticket, true, &line, ret_error);

	if (err)
		return err;
	err = client_as_probe(client, &line, ret_error);
	client_as_close(&line);
	return err;
}

static enum ace_err ticket_read(const char *path, struct cli_client_bundle *ret_ticket, struct cli_error *ret_error)
{
	struct cli_bytes bytes = { 0 };
	enum ace_err err = cli_file_read(path, CLI_BUNDLE_FILE_MAX, &bytes, ret_error);

	if (err)
		return err;
	err = cli_client_bundle_read((struct ace_slice){ bytes.ptr, bytes.len }, path, ret_ticket, ret_error);
	cli_bytes_free(&bytes);
	return err;
}

/* The copy outside goes last, when the one inside is on disk. */
static enum ace_err ticket_move(struct client *client, const struct cli_client_bundle *ticket, const char *path,
				struct cli_error *ret_error)
{
	enum ace_err err = client_state_lock(&client->state, ret_error);

	if (err)
		return err;
	err = client_credentials_write(&client->state, ticket, ret_error);
	client_state_unlock(&client->state);
	if (err || !strcmp(path, "-"))
		return err;
	if (unlink(path)) {
		err = cli_error_set(ret_error, ACE_ERR_IO, "enrolled, but the ticket cannot be removed: %s: %s", path,
				    strerror(errno));
		cli_error_hint(ret_error, "remove it yourself: it is a credential");
	}
	return err;
}

enum ace_err client_enroll(struct client *client, const char *ticket_path, bool replace,
			   struct cli_client_bundle *ret_ticket, struct cli_error *ret_error)
{
	struct cli_client_bundle ticket = { 0 };
	bool was_public = cli_file_is_public(ticket_path);
	enum ace_err err = ticket_read(ticket_path, &ticket, ret_error);

	if (!err)
		err = expiry_check(&ticket, ticket_path, ret_error);
	if (!err)
		err = place_check(client, &ticket, replace, ret_error);
	if (!err)
		err = ticket_test(client, &ticket, ret_error);
	if (!err)
		err = ticket_move(client, &ticket, ticket_path, ret_error);
	if (!err && was_public)
		client_note(client, "warning: every user of this machine could read %s: if one may have, enrol with a new "
			    "ticket (acectl client ticket %s), which ends this one", ticket_path, ticket.client);
	if (err)
		cli_client_bundle_fini(&ticket);
	else
		*ret_ticket = ticket;
	return err;
}
