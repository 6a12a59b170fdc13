/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and devices of an inventory become records. */
#include "as/ctl_apply_internal.h"

#include <stdlib.h>
#include <string.h>

#include "ace_cose.h"
#include "ace_port.h"
#include "as/ctl_record.h"

static enum store_auth auth_of(enum policy_line_method method)
{
	return method == POLICY_LINE_OSCORE ? STORE_AUTH_OSCORE : STORE_AUTH_DTLS_PSK;
}

static bool same_tags(const struct store_tags *a, const struct store_tags *b)
{
	return a->count == b->count && a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* What a record could not take: the file says more than there is room for, or clashes with what is stored. */
static enum ace_err explain_failure(struct apply *apply, enum ace_err err, const char *file, const char *id)
{
	if (apply->error->message[0] || (err != ACE_ERR_RANGE && err != ACE_ERR_EXISTS))
		return err;
	cli_error_set(apply->error, err, err == ACE_ERR_RANGE ? "a text of %s is longer than the store takes" :
		      "the audience of %s is the id or the audience of another device in the store", id);
	cli_error_place(apply->error, file, 0, 0);
	apply->error->exit = CLI_EXIT_NO;
	return err;
}

/* A line keeps its method for life: both sides hold the secret. */
static enum ace_err refuse_method(struct apply *apply, const char *file, const char *id, enum store_auth stored)
{
	cli_error_set(apply->error, ACE_ERR_DENIED, "%s is stored with %s, and the method of a line does not change", id,
		      ctl_method_name(stored));
	cli_error_hint(apply->error, "use another id, or leave it out once with --prune and add it again");
	cli_error_place(apply->error, file, 0, 0);
	return ACE_ERR_DENIED;
}

/* With DTLS the id is the PSK identity, and that alone says who talks: a client and a device cannot share one. */
static enum ace_err refuse_identity(struct apply *apply, const char *file, const char *id)
{
	cli_error_set(apply->error, ACE_ERR_EXISTS, "%s is a client and a device, and both would have that PSK identity", id);
	cli_error_hint(apply->error, "give one of them another id, or the method \"oscore\"");
	cli_error_place(apply->error, file, 0, 0);
	apply->error->exit = CLI_EXIT_NO;
	return ACE_ERR_EXISTS;
}

enum ace_err apply_client_check(struct store_txn *txn, const struct policy_client *from, struct apply *apply)
{
	struct store_device device;
	enum ace_err err = from->method == POLICY_LINE_DTLS_PSK ? store_device_get(txn, from->id, &device) : ACE_ERR_NOT_FOUND;

	if (!err && device.line_method == STORE_AUTH_DTLS_PSK)
		return refuse_identity(apply, from->file, from->id);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

enum ace_err apply_device_check(struct store_txn *txn, const struct policy_device *from, struct apply *apply)
{
	bool is_psk = from->has_as_line && from->as_line_method == POLICY_LINE_DTLS_PSK;
	struct store_client client;
	enum ace_err err = is_psk ? store_client_get(txn, from->id, &client) : ACE_ERR_NOT_FOUND;

	if (!err && client.method == STORE_AUTH_DTLS_PSK)
		return refuse_identity(apply, from->file, from->id);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err fill_client(const struct policy_client *from, struct store_client *ret_client)
{
	enum ace_err err = store_text_set(from->id, ret_client->id, sizeof ret_client->id);

	ret_client->is_enabled = from->enabled;
	if (!err)
		err = store_tags_set(&from->tags, &ret_client->tags);
	if (!err)
		err = store_text_set(from->default_scope, ret_client->default_scope, sizeof ret_client->default_scope);
	if (!err)
		err = store_text_set(from->default_audience, ret_client->default_audience,
				     sizeof ret_client->default_audience);
	if (!err)
		err = store_text_set(from->description, ret_client->description, sizeof ret_client->description);
	return err;
}

static bool same_client(const struct store_client *a, const struct store_client *b)
{
	return a->is_enabled == b->is_enabled && same_tags(&a->tags, &b->tags) &&
	       !strcmp(a->default_scope, b->default_scope) && !strcmp(a->default_audience, b->default_audience) &&
	       !strcmp(a->description, b->description);
}

enum ace_err apply_client_make(const struct policy_client *from, struct apply *apply, struct store_client *client,
			       struct store_secret *ret_secret)
{
	struct apply_key key = { .source = &from->key, .inventory = from->file };
	enum ace_err err = fill_client(from, client);

	client->created = apply->in->now;
	client->method = auth_of(from->method);
	return err ? err : apply_make_secret(apply, &key, client->method, ret_secret);
}

static enum ace_err create_client(struct store_txn *txn, const struct policy_client *from, struct apply *apply)
{
	struct store_client client = { 0 };
	struct store_secret secret = { 0 };
	enum ace_err err = apply_client_make(from, apply, &client, &secret);

	if (!err)
		err = store_client_create(txn, &client, &secret);
	store_secret_wipe(&secret);
	apply->applied->clients.added++;
	return err;
}

static enum ace_err change_client(struct store_txn *txn, const struct policy_client *from, struct store_client *client,
				  struct apply *apply)
{
	struct store_client before = *client;
	enum ace_err err = fill_client(from, client);

	if (err || same_client(&before, client))
		return err;
	apply->applied->clients.changed++;
	return store_client_update(txn, client);
}

enum ace_err apply_client(struct store_txn *txn, const struct policy_client *from, struct apply *apply)
{
	struct store_client client = { 0 };
	enum ace_err err = store_client_get(txn, from->id, &client);
	bool is_new = err == ACE_ERR_NOT_FOUND;

	if (err && !is_new)
		return err;
	if (!is_new && client.method != auth_of(from->method))
		return refuse_method(apply, from->file, from->id, client.method);
	err = apply_client_check(txn, from, apply);
	if (!err)
		err = is_new ? create_client(txn, from, apply) : change_client(txn, from, &client, apply);
	return err ? explain_failure(apply, err, from->file, from->id) : ACE_OK;
}

static enum ace_err fill_device(const struct policy_device *from, struct store_device *ret_device)
{
	enum ace_err err = store_text_set(from->id, ret_device->id, sizeof ret_device->id);

	ret_device->is_enabled = from->enabled;
	if (!err)
		err = store_tags_set(&from->tags, &ret_device->tags);
	if (!err)
		err = store_text_set(from->model, ret_device->model, sizeof ret_device->model);
	if (!err)
		err = store_text_set(from->audience, ret_device->audience, sizeof ret_device->audience);
	if (!err)
		err = store_text_set(from->description, ret_device->description, sizeof ret_device->description);
	return err;
}

static bool same_device(const struct store_device *a, const struct store_device *b)
{
	return a->is_enabled == b->is_enabled && same_tags(&a->tags, &b->tags) && !strcmp(a->model, b->model) &&
	       !strcmp(a->audience, b->audience) && !strcmp(a->description, b->description);
}

static enum ace_err make_line(const struct policy_device *from, struct apply *apply, struct store_secret *ret_secret)
{
	struct apply_key key = { .source = &from->as_line_key, .inventory = from->file, .is_device = true };

	return apply_make_secret(apply, &key, auth_of(from->as_line_method), ret_secret);
}

enum ace_err apply_device_make(const struct policy_device *from, struct apply *apply, struct apply_device_secrets *secrets,
			       struct store_device *device)
{
	struct apply_key source = { .source = &from->as_key, .inventory = from->file, .is_device = true };
	struct ace_buf bytes = { secrets->key.bytes, sizeof secrets->key.bytes, 0 };
	uint8_t key_len, nonce_len, tag_len;
	enum ace_err err = fill_device(from, device);

	if (!err)
		err = ace_cose_alg_lengths(from->alg, &key_len, &nonce_len, &tag_len);
	device->created = apply->in->now;
	device->keys[0].alg = from->alg;
	memcpy(device->keys[0].kid, from->kid, from->kid_len);
	device->keys[0].kid_len = (uint8_t)from->kid_len;
	if (from->has_as_line)
		device->line_method = auth_of(from->as_line_method);
	if (!err)
		err = apply_make_key(apply, &source, key_len, &bytes);
	secrets->key.len = (uint8_t)bytes.len;
	return err || !from->has_as_line ? err : make_line(from, apply, &secrets->line);
}

static enum ace_err create_device(struct store_txn *txn, const struct policy_device *from, struct apply *apply)
{
	struct apply_device_secrets secrets = { 0 };
	struct store_device device = { 0 };
	enum ace_err err = apply_device_make(from, apply, &secrets, &device);

	if (!err)
		err = store_device_create(txn, &device, &secrets.key, from->has_as_line ? &secrets.line : NULL);
	ace_wipe(&secrets, sizeof secrets);
	apply->applied->devices.added++;
	return err;
}

/* A line of its own may come later; one that is there stays, as keys do. */
static enum ace_err change_device(struct store_txn *txn, const struct policy_device *from,
				  const struct store_device *before, const struct store_device *device,
				  struct apply *apply)
{
	bool wants_line = from->has_as_line && before->line_method == STORE_AUTH_NONE;
	struct store_secret line = { 0 };
	enum ace_err err = ACE_OK;

	if (!wants_line && same_device(before, device))
		return ACE_OK;
	apply->applied->devices.changed++;
	err = store_device_update(txn, device);
	if (!err && wants_line) {
		err = make_line(from, apply, &line);
		if (!err)
			err = store_device_line_set(txn, from->id, auth_of(from->as_line_method), &line, apply->in->now);
		store_secret_wipe(&line);
	}
	return err;
}

enum ace_err apply_device(struct store_txn *txn, const struct policy_device *from, struct apply *apply)
{
	struct store_device device = { 0 }, before;
	enum ace_err err = store_device_get(txn, from->id, &device);
	bool is_new = err == ACE_ERR_NOT_FOUND;

	if (err && !is_new)
		return err;
	if (from->has_as_line && device.line_method != STORE_AUTH_NONE &&
	    device.line_method != auth_of(from->as_line_method))
		return refuse_method(apply, from->file, from->id, device.line_method);
	before = device;
	err = apply_device_check(txn, from, apply);
	if (!err && is_new)
		err = create_device(txn, from, apply);
	else if (!err)
		err = fill_device(from, &device);
	if (!err && !is_new)
		err = change_device(txn, from, &before, &device, apply);
	return err ? explain_failure(apply, err, from->file, from->id) : ACE_OK;
}

static int compare_client(const void *id, const void *client)
{
	return strcmp(id, ((const struct policy_client *)client)->id);
}

static int compare_device(const void *id, const void *device)
{
	return strcmp(id, ((const struct policy_device *)device)->id);
}

static enum ace_err prune_clients(struct store_txn *txn, struct apply *apply)
{
	const struct policy_inventory *inventory = apply->in->loaded->inventory;
	struct store_client client = { 0 };
	enum ace_err err;

	while (!(err = store_client_next(txn, client.id, &client))) {
		if (bsearch(client.id, inventory->clients, inventory->clients_len, sizeof *inventory->clients,
			    compare_client))
			continue;
		apply->applied->clients.removed++;
		err = store_client_delete(txn, client.id);
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

enum ace_err apply_prune(struct store_txn *txn, struct apply *apply)
{
	const struct policy_inventory *inventory = apply->in->loaded->inventory;
	struct store_device device = { 0 };
	enum ace_err err = prune_clients(txn, apply);

	while (!err && !(err = store_device_next(txn, device.id, &device))) {
		if (bsearch(device.id, inventory->devices, inventory->devices_len, sizeof *inventory->devices,
			    compare_device))
			continue;
		apply->applied->devices.removed++;
		err = store_device_delete(txn, device.id);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}
