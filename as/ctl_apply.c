/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_apply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ace_cose.h"
#include "ace_port.h"
#include "cli/files.h"
#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/policies.h"

#define MASTER_SECRET_LEN 16
#define MASTER_SALT_LEN 8
#define PSK_LEN 32

struct apply {
	const struct ctl_apply_input *in;
	struct ctl_applied *applied;
	struct cli_error *error;
};

/* A key file is named relative to the folder of the inventory that names it. */
static enum ace_err read_key_file(const char *inventory, const char *name, size_t min, size_t max, struct ace_buf *key,
				  struct cli_error *error)
{
	char path[1024];
	const char *slash = strrchr(inventory, '/');

	if (name[0] == '/' || !slash)
		snprintf(path, sizeof path, "%s", name);
	else if ((size_t)snprintf(path, sizeof path, "%.*s/%s", (int)(slash - inventory), inventory, name) >= sizeof path)
		return cli_error_set(error, ACE_ERR_RANGE, "%s: the path of the key file is too long", name);
	return cli_key_read(path, min, max, key, error);
}

static enum ace_err make_key(const struct policy_key *source, const char *inventory, size_t min, size_t max,
			     struct ace_buf *key, struct cli_error *error)
{
	if (source->source == POLICY_KEY_FILE)
		return read_key_file(inventory, source->value, min, max, key, error);
	if (source->source == POLICY_KEY_FINGERPRINT)
		return cli_error_set(error, ACE_ERR_NOT_FOUND,
				     "%s: a fingerprint stands for a key that is not in this store; use \"generate\" or a file",
				     inventory);
	key->len = min;
	return ace_port_random(key->ptr, min);
}

static enum store_auth auth_of(enum policy_line_method method)
{
	return method == POLICY_LINE_OSCORE ? STORE_AUTH_OSCORE : STORE_AUTH_DTLS_PSK;
}

/* The secret of a line to the AS: a client's, or a device's own. */
static enum ace_err make_secret(enum policy_line_method method, const struct policy_key *source, const char *inventory,
				struct store_secret *ret_secret, struct cli_error *error)
{
	bool is_psk = method == POLICY_LINE_DTLS_PSK;
	struct ace_buf key = { ret_secret->key, sizeof ret_secret->key, 0 };
	size_t max = is_psk ? STORE_SECRET_MAX : MASTER_SECRET_LEN;
	size_t min = is_psk ? (source->source == POLICY_KEY_FILE ? 16 : PSK_LEN) : MASTER_SECRET_LEN;
	enum ace_err err = make_key(source, inventory, min, max, &key, error);

	ret_secret->key_len = (uint8_t)key.len;
	ret_secret->salt_len = is_psk ? 0 : MASTER_SALT_LEN;
	return err || is_psk ? err : ace_port_random(ret_secret->salt, ret_secret->salt_len);
}

static enum ace_err fill_client(const struct policy_client *from, struct store_client *ret_client)
{
	enum ace_err err = store_text_set(from->id, ret_client->id, sizeof ret_client->id);

	ret_client->is_enabled = from->enabled;
	ret_client->method = auth_of(from->method);
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

static enum ace_err apply_client(struct store_txn *txn, const struct policy_client *from, struct apply *apply)
{
	struct store_client client = { 0 };
	struct store_secret secret = { 0 };
	enum ace_err err = store_client_get(txn, from->id, &client);
	bool is_new = err == ACE_ERR_NOT_FOUND;

	if (err && !is_new)
		return err;
	err = fill_client(from, &client);
	if (!err && !is_new) {
		apply->applied->clients_changed++;
		return store_client_update(txn, &client);
	}
	client.created = apply->in->now;
	if (!err)
		err = make_secret(from->method, &from->key, from->file, &secret, apply->error);
	if (!err)
		err = store_client_create(txn, &client, &secret);
	store_secret_wipe(&secret);
	apply->applied->clients_added++;
	return err;
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

static enum ace_err create_device(struct store_txn *txn, const struct policy_device *from, struct store_device *device,
				  struct apply *apply)
{
	struct store_secret line = { 0 };
	struct store_key key = { 0 };
	struct ace_buf bytes = { key.bytes, sizeof key.bytes, 0 };
	uint8_t key_len, nonce_len, tag_len;
	enum ace_err err = ace_cose_alg_lengths(from->alg, &key_len, &nonce_len, &tag_len);

	device->created = apply->in->now;
	device->keys[0].alg = from->alg;
	memcpy(device->keys[0].kid, from->kid, from->kid_len);
	device->keys[0].kid_len = (uint8_t)from->kid_len;
	if (from->has_as_line)
		device->line_method = auth_of(from->as_line_method);
	if (!err)
		err = make_key(&from->as_key, from->file, key_len, key_len, &bytes, apply->error);
	key.len = (uint8_t)bytes.len;
	if (!err && from->has_as_line)
		err = make_secret(from->as_line_method, &from->as_line_key, from->file, &line, apply->error);
	if (!err)
		err = store_device_create(txn, device, &key, from->has_as_line ? &line : NULL);
	ace_wipe(&key, sizeof key);
	store_secret_wipe(&line);
	return err;
}

static enum ace_err apply_device(struct store_txn *txn, const struct policy_device *from, struct apply *apply)
{
	struct store_device device = { 0 };
	enum ace_err err = store_device_get(txn, from->id, &device);
	bool is_new = err == ACE_ERR_NOT_FOUND;

	if (err && !is_new)
		return err;
	err = fill_device(from, &device);
	if (err)
		return err;
	if (is_new) {
		apply->applied->devices_added++;
		return create_device(txn, from, &device, apply);
	}
	apply->applied->devices_changed++;
	return store_device_update(txn, &device);
}

static enum ace_err add_generation(struct store_txn *txn, struct apply *apply)
{
	const struct policy_loaded *loaded = apply->in->loaded;
	struct store_policy policy = { .applied_at = apply->in->now };
	enum ace_err err = store_policy_current(txn, &apply->applied->generation_before);

	apply->applied->generation = apply->applied->generation_before;
	if (err || !loaded->has_policy)
		return err;
	snprintf(policy.author, sizeof policy.author, "uid %u", (unsigned int)getuid());
	err = store_text_set(apply->in->message, policy.message, sizeof policy.message);
	if (!err)
		err = store_policy_add(txn, (struct ace_slice){ (const uint8_t *)loaded->canonical, loaded->canonical_len },
				       &policy);
	apply->applied->generation = policy.generation;
	return err;
}

static enum ace_err work(struct store_txn *txn, void *arg)
{
	struct apply *apply = arg;
	const struct policy_inventory *inventory = apply->in->loaded->inventory;
	enum ace_err err;

	*apply->applied = (struct ctl_applied){ 0 };
	err = add_generation(txn, apply);
	for (size_t i = 0; !err && i < inventory->clients_len; i++)
		err = apply_client(txn, &inventory->clients[i], apply);
	for (size_t i = 0; !err && i < inventory->devices_len; i++)
		err = apply_device(txn, &inventory->devices[i], apply);
	return err;
}

enum ace_err ctl_apply(struct store *store, const struct ctl_apply_input *in, struct ctl_applied *ret_applied,
		       struct cli_error *ret_error)
{
	struct apply apply = { in, ret_applied, ret_error };

	return store_write(store, work, &apply);
}
