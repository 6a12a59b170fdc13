/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: asked for ahead, listed, forgotten. */
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "client/api.h"

enum ace_err client_as_select(const struct client_enrolments *enrolments, const char *as_uri,
			      const struct cli_client_bundle **ret_as, struct cli_error *ret_error)
{
	const struct cli_client_bundle *as = as_uri ? client_enrolment_find(enrolments, client_slice(as_uri)) :
					     enrolments->len == 1 ? &enrolments->bundles[0] : NULL;
	enum ace_err err = as ? ACE_OK : as_uri || !enrolments->len ? ACE_ERR_NOT_FOUND : ACE_ERR_USAGE;

	if (err == ACE_ERR_NOT_FOUND)
		(void)cli_error_set(ret_error, err, "not enrolled with %s", as_uri ? as_uri : "any AS");
	else if (err)
		(void)cli_error_set(ret_error, err, "enrolled with several AS: name one with --as URI");
	if (err && ret_error)
		ret_error->exit = err == ACE_ERR_USAGE ? CLI_EXIT_USAGE : CLI_EXIT_REFUSED;
	if (!err)
		*ret_as = as;
	return err;
}

/* Keep it for the next request, unless an association is there that goes on. */
static enum ace_err grant_cache(struct client *client, const struct cli_client_bundle *as,
				const struct client_token_query *query, const struct client_grant *grant,
				struct cli_error *error)
{
	struct client_assoc old = { 0 }, assoc = {
		.as_uri = client_slice(as->as_uri), .audience = query->audience, .token = grant->token, .osc = grant->osc,
		.scope = grant->scope.kind ? grant->scope : query->scope };
	int64_t now;
	enum ace_err err = ace_port_wall_clock(&now);

	if (err || !query->audience.len)
		return err;
	err = client_assoc_read(&client->state, assoc.as_uri, assoc.audience, &old, error);
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	assoc.expires = now + grant->expires_in_s;
	if (err || now >= old.expires)
		err = client_assoc_replace(&client->state, &old, &assoc, error);
	client_assoc_free(&old);
	cli_bytes_free(&assoc.content);
	return err;
}

static void token_fill(struct ace_client *handle, const struct client_token_query *query, const struct client_grant *grant,
		       struct ace_client_token *ret_token)
{
	const struct ace_scope *scope = grant->scope.kind ? &grant->scope : &query->scope;
	int64_t now = 0;

	if (ace_port_wall_clock(&now))
		now = 0;
	cli_text_clean(query->audience, handle->texts[0], sizeof handle->texts[0]);
	cli_scope_text(scope, handle->texts[1], sizeof handle->texts[1]);
	snprintf(handle->texts[2], sizeof handle->texts[2], "%s", handle->bundle.as_uri);
	*ret_token = (struct ace_client_token){
		.as_uri = handle->texts[2], .audience = query->audience.len ? handle->texts[0] : NULL,
		.scope = scope->kind ? handle->texts[1] : NULL, .expires = now + grant->expires_in_s,
		.expires_in_s = grant->expires_in_s, .bytes = grant->token.ptr, .bytes_len = grant->token.len };
}

static enum ace_err token_get(struct ace_client *handle, const struct cli_client_bundle *as,
			      const struct client_token_query *query, struct ace_client_token *ret_token)
{
	struct client *client = &handle->client;
	struct client_as_line line;
	struct client_grant grant;
	enum ace_err err = client_as_open(client, as, false, &line, &handle->error);

	if (err)
		return err;
	err = client_as_token(client, &line, query, &handle->answer, &grant, &handle->error);
	if (!err)
		err = grant_cache(client, as, query, &grant, &handle->error);
	if (!err) {
		handle->bundle.as_uri = as->as_uri;
		token_fill(handle, query, &grant, ret_token);
		handle->bundle.as_uri = NULL;
	}
	client_as_close(&line);
	return err;
}

enum ace_err ace_client_token(struct ace_client *client, const struct ace_client_wish *wish,
			      struct ace_client_token *ret_token)
{
	uint8_t bytes[CLI_SCOPE_MAX];
	struct ace_buf scope = ACE_BUF_OF(bytes);
	struct client_token_query query = { .ask_profile = true };
	struct client_enrolments enrolments = { 0 };
	const struct cli_client_bundle *as;
	enum ace_err err = client_api_begin(client);

	if (!err)
		query.audience = client_slice(wish->audience);
	if (!err && wish->scope && cli_scope_parse(wish->scope, &scope, &query.scope, &client->error)) {
		client->error.exit = CLI_EXIT_USAGE;
		err = client->error.err;
	}
	if (!err)
		err = client_enrolments_read(&client->client.state, &enrolments, &client->error);
	if (!err)
		err = client_as_select(&enrolments, wish->as_uri, &as, &client->error);
	if (!err)
		err = token_get(client, as, &query, ret_token);
	client_enrolments_free(&enrolments);
	return client_api_end(client, err);
}

static enum ace_err forget(struct ace_client *handle, const struct client_pin *pin)
{
	const struct client_state *state = &handle->client.state;
	struct client_assoc assoc = { 0 };
	enum ace_err err = client_assoc_read(state, pin->as_uri, pin->audience, &assoc, &handle->error);

	if (!err)
		err = client_assoc_remove(state, &assoc, &handle->error);
	if (!err || err == ACE_ERR_NOT_FOUND)
		err = client_pin_remove(state, pin->origin, &handle->error);
	client_assoc_free(&assoc);
	return err;
}

enum ace_err ace_client_forget(struct ace_client *client, const char *uri)
{
	char origin[CLIENT_ORIGIN_MAX] = "";
	struct cli_address address;
	struct client_pin pin = { 0 };
	enum ace_err err = client_api_begin(client);

	if (!err && !uri)
		err = cli_error_set(&client->error, ACE_ERR_USAGE, "no URI is given");
	if (!err && cli_address_parse(uri, &address, &client->error)) {
		client->error.exit = CLI_EXIT_USAGE;
		err = client->error.err;
	}
	if (!err) {
		client_origin(&address, origin);
		err = client_pin_read(&client->client.state, client_slice(origin), &pin, &client->error);
	}
	if (err == ACE_ERR_NOT_FOUND) {
		err = cli_error_set(&client->error, err, "nothing is known about %s", origin);
		cli_error_hint(&client->error, "ace-client list shows what is");
		client->error.exit = CLI_EXIT_NO;
	}
	if (!err)
		err = forget(client, &pin);
	if (!err)
		client_note(&client->client, "forgot %s, its token and its keys", origin);
	client_pin_free(&pin);
	return client_api_end(client, err);
}
