/* SPDX-License-Identifier: Apache-2.0 */
/* list and forget: what the state directory knows of devices. */
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/scope.h"
#include "client/verbs.h"

struct listing {
	struct client *client;
	struct cli_table table;
	struct json_t *document;
};

static void row_add(struct listing *listing, struct ace_slice origin, const struct client_assoc *assoc)
{
	char origin_text[CLIENT_ORIGIN_MAX], audience[200], scope[CLI_SCOPE_TEXT_MAX], when[CLI_TIME_TEXT_MAX] = "-";
	struct json_t *entry = cli_json_object();

	cli_text_clean(origin, origin_text, sizeof origin_text);
	cli_text_clean(assoc->audience, audience, sizeof audience);
	cli_scope_text(&assoc->scope, scope, sizeof scope);
	if (assoc->token.len)
		cli_time_text(assoc->expires, when);
	cli_table_cell(&listing->table, "%s", origin.len ? origin_text : "-");
	cli_table_cell(&listing->table, "%s", audience);
	cli_table_cell(&listing->table, "%s", scope);
	cli_table_cell(&listing->table, "%s", when);
	cli_json_put_text(entry, "origin", origin.len ? origin_text : NULL);
	cli_json_put_slice(entry, "audience", assoc->audience);
	cli_json_put_slice(entry, "as_uri", assoc->as_uri);
	cli_json_put_text(entry, "scope", assoc->scope.kind ? scope : NULL);
	cli_json_put_text(entry, "expires", assoc->token.len ? when : NULL);
	cli_json_add(listing->document, entry);
}

/* Every pin with its token, if it has one. */
static enum ace_err pins_add(struct listing *listing, struct cli_error *error)
{
	const struct client_state *state = &listing->client->state;
	struct client_name *names = NULL;
	size_t len = 0;
	enum ace_err err = client_record_list(state, CLIENT_KIND_PIN, &names, &len, error);

	for (size_t i = 0; !err && i < len; i++) {
		struct client_assoc assoc = { 0 };
		struct client_pin pin;

		err = client_pin_load(state, &names[i], &pin, error);
		if (err)
			break;
		err = client_assoc_read(state, pin.as_uri, pin.audience, &assoc, error);
		if (err == ACE_ERR_NOT_FOUND) {
			assoc.as_uri = pin.as_uri;
			assoc.audience = pin.audience;
			err = ACE_OK;
		}
		if (!err)
			row_add(listing, pin.origin, &assoc);
		client_assoc_free(&assoc);
		client_pin_free(&pin);
	}
	free(names);
	return err;
}

static bool is_pinned(const struct client_state *state, const struct client_assoc *assoc, enum ace_err *ret_err,
		      struct cli_error *error)
{
	struct client_name *names = NULL;
	size_t len = 0;
	bool found = false;
	enum ace_err err = client_record_list(state, CLIENT_KIND_PIN, &names, &len, error);

	for (size_t i = 0; !err && !found && i < len; i++) {
		struct client_pin pin;

		err = client_pin_load(state, &names[i], &pin, error);
		if (err)
			break;
		found = ace_slice_equal(pin.as_uri, assoc->as_uri) && ace_slice_equal(pin.audience, assoc->audience);
		client_pin_free(&pin);
	}
	free(names);
	*ret_err = err;
	return found;
}

/* Tokens of devices that were not used yet. */
static enum ace_err tokens_add(struct listing *listing, struct cli_error *error)
{
	const struct client_state *state = &listing->client->state;
	struct client_name *names = NULL;
	size_t len = 0;
	enum ace_err err = client_record_list(state, CLIENT_KIND_TOKEN, &names, &len, error);

	for (size_t i = 0; !err && i < len; i++) {
		struct client_assoc assoc;

		err = client_assoc_load(state, &names[i], &assoc, error);
		if (err)
			break;
		if (!is_pinned(state, &assoc, &err, error) && !err)
			row_add(listing, (struct ace_slice){ NULL, 0 }, &assoc);
		client_assoc_free(&assoc);
	}
	free(names);
	return err;
}

static enum ace_err list(struct client *client, const struct cli_call *call, struct cli_error *error)
{
	struct listing listing = { .client = client, .document = cli_json_array() };
	enum ace_err err;

	(void)call;
	cli_table_init(&listing.table, 4);
	cli_table_cell(&listing.table, "DEVICE");
	cli_table_cell(&listing.table, "AUDIENCE");
	cli_table_cell(&listing.table, "SCOPE");
	cli_table_cell(&listing.table, "EXPIRES");
	err = pins_add(&listing, error);
	if (!err)
		err = tokens_add(&listing, error);
	if (!err) {
		err = cli_table_print(&listing.table, client->output);
		return err ? err : cli_output_json(client->output, listing.document);
	}
	/* The table is freed by printing it: to nowhere. */
	if (cli_table_print(&listing.table, &(struct cli_output){ .json = CLI_JSON }))
		err = ACE_ERR_MEMORY;
	cli_json_free(listing.document);
	return err;
}

int client_verb_list(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, list);
}

static enum ace_err forget(struct client *client, const struct cli_call *call, struct cli_error *error)
{
	struct client_assoc assoc = { 0 };
	char origin[CLIENT_ORIGIN_MAX];
	struct cli_address address;
	struct client_pin pin = { 0 };
	enum ace_err err = cli_address_parse(call->args[0], &address, error);

	if (err) {
		error->exit = CLI_EXIT_USAGE;
		return err;
	}
	client_origin(&address, origin);
	err = client_pin_read(&client->state, client_slice(origin), &pin, error);
	if (err == ACE_ERR_NOT_FOUND) {
		err = cli_error_set(error, err, "nothing is known about %s", origin);
		error->exit = CLI_EXIT_NO;
	}
	if (err)
		return err;
	err = client_assoc_read(&client->state, pin.as_uri, pin.audience, &assoc, error);
	if (!err)
		err = client_assoc_remove(&client->state, &assoc, error);
	if (!err || err == ACE_ERR_NOT_FOUND)
		err = client_pin_remove(&client->state, pin.origin, error);
	if (!err)
		cli_note(client->output, "forgot %s, its token and its keys", origin);
	client_assoc_free(&assoc);
	client_pin_free(&pin);
	return err;
}

int client_verb_forget(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, forget);
}
