/* SPDX-License-Identifier: Apache-2.0 */
/* What the state directory knows of devices. */
#include <stdlib.h>

#include "client/api.h"

struct listing {
	struct ace_client *handle;
	void (*each)(void *arg, const struct ace_client_token *token);
	void *arg;
};

/* A text of a peer, made printable in the handle's room for texts. */
static const char *text_of(struct listing *listing, size_t place, struct ace_slice text)
{
	char *room = listing->handle->texts[place];

	cli_text_clean(text, room, sizeof listing->handle->texts[place]);
	return room;
}

static void tell(struct listing *listing, struct ace_slice origin, const struct client_assoc *assoc)
{
	char origin_text[CLIENT_ORIGIN_MAX];
	char *scope = listing->handle->texts[2];

	cli_text_clean(origin, origin_text, sizeof origin_text);
	cli_scope_text(&assoc->scope, scope, sizeof listing->handle->texts[2]);
	listing->each(listing->arg, &(struct ace_client_token){
		.device = origin.len ? origin_text : NULL,
		.as_uri = text_of(listing, 0, assoc->as_uri), .audience = text_of(listing, 1, assoc->audience),
		.scope = assoc->scope.kind ? scope : NULL, .expires = assoc->token.len ? assoc->expires : 0,
		.bytes = assoc->token.ptr, .bytes_len = assoc->token.len });
}

/* Every pin with its token, if it has one. */
static enum ace_err pins_tell(struct listing *listing)
{
	const struct client_state *state = &listing->handle->client.state;
	struct cli_error *error = &listing->handle->error;
	struct client_name *names = NULL;
	size_t len = 0;
	enum ace_err err = client_record_list(state, CLIENT_KIND_PIN, &names, &len, error);

	for (size_t i = 0; !err && i < len; i++) {
		struct client_assoc assoc = { 0 };
		struct client_pin pin;

		err = client_pin_load(state, &names[i], &pin, error);
		if (err == ACE_ERR_NOT_FOUND) { /* forgotten meanwhile */
			err = ACE_OK;
			continue;
		}
		if (err)
			break;
		err = client_assoc_read(state, pin.as_uri, pin.audience, &assoc, error);
		if (err == ACE_ERR_NOT_FOUND) {
			assoc.as_uri = pin.as_uri;
			assoc.audience = pin.audience;
			err = ACE_OK;
		}
		if (!err)
			tell(listing, pin.origin, &assoc);
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
		if (err == ACE_ERR_NOT_FOUND) { /* forgotten meanwhile */
			err = ACE_OK;
			continue;
		}
		if (err)
			break;
		found = ace_slice_equal(pin.as_uri, assoc->as_uri) && ace_slice_equal(pin.audience, assoc->audience);
		client_pin_free(&pin);
	}
	free(names);
	*ret_err = err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	return found;
}

/* Tokens of devices that were not used yet. */
static enum ace_err tokens_tell(struct listing *listing)
{
	const struct client_state *state = &listing->handle->client.state;
	struct cli_error *error = &listing->handle->error;
	struct client_name *names = NULL;
	size_t len = 0;
	enum ace_err err = client_record_list(state, CLIENT_KIND_TOKEN, &names, &len, error);

	for (size_t i = 0; !err && i < len; i++) {
		struct client_assoc assoc;

		err = client_assoc_load(state, &names[i], &assoc, error);
		if (err == ACE_ERR_NOT_FOUND) {
			err = ACE_OK;
			continue;
		}
		if (err)
			break;
		if (!is_pinned(state, &assoc, &err, error) && !err)
			tell(listing, (struct ace_slice){ NULL, 0 }, &assoc);
		client_assoc_free(&assoc);
	}
	free(names);
	return err;
}

enum ace_err ace_client_list(struct ace_client *client, void (*each)(void *arg, const struct ace_client_token *token),
			     void *arg)
{
	struct listing listing = { .handle = client, .each = each, .arg = arg };
	enum ace_err err = client_api_begin(client);

	if (!err)
		err = pins_tell(&listing);
	if (!err)
		err = tokens_tell(&listing);
	return client_api_end(client, err);
}
