/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/clients.h"

#include <string.h>

#include "storage/env.h"
#include "storage/record.h"
#include "storage/secrets.h"
#include "storage/trl_rows.h"

#define LOOKED_AT_MAX 1024 /* clients that one call of store_client_keys_drop() reads at most */

static enum ace_err client_read(struct store_txn *txn, struct ace_slice key, struct ace_slice value,
				struct store_client *ret_client)
{
	struct store_client client;
	enum ace_err err = record_client_read(value, &client);

	if (!err)
		err = id_from_key(key, client.id);
	if (err)
		return record_failed(txn, err, TABLE_CLIENTS);
	*ret_client = client;
	return ACE_OK;
}

static enum ace_err client_put(struct store_txn *txn, const struct store_client *client)
{
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = record_client_write(client, &out);

	if (!err)
		err = table_put(txn, TABLE_CLIENTS, id_key(client->id), ace_buf_slice(&out));
	if (!err)
		err = change_add(txn, STORE_CLIENT, client->id, client->line);
	if (!err && client->old.line)
		err = change_add(txn, STORE_CLIENT, client->id, client->old.line);
	return err;
}

static struct secret_name secret_name(const struct store_client *client)
{
	return (struct secret_name){ SECRET_OF_CLIENT, client->id, client->key_version };
}

static enum ace_err line_and_secret_delete(struct store_txn *txn, const char *id, uint64_t line, uint32_t key_version)
{
	struct secret_name name = { SECRET_OF_CLIENT, id, key_version };
	enum ace_err err = secret_delete(txn, &name);

	if (!err)
		err = line_delete(txn, line);
	/* Whoever keeps something of that line must learn that it is gone. */
	return err ? err : change_add(txn, STORE_CLIENT, id, line);
}

static enum ace_err old_delete(struct store_txn *txn, struct store_client *client)
{
	struct store_old_line old = client->old;

	client->old = (struct store_old_line){ 0 };
	return old.line ? line_and_secret_delete(txn, client->id, old.line, old.key_version) : ACE_OK;
}

enum ace_err store_client_create(struct store_txn *txn, struct store_client *client, const struct store_secret *secret)
{
	struct store_client fresh = *client;
	struct secret_name name;
	struct ace_slice taken;
	enum ace_err err;

	if (!client->id[0] || client->method == STORE_AUTH_NONE || !secret->key_len || !txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	err = table_get(txn, TABLE_CLIENTS, id_key(client->id), &taken);
	if (err != ACE_ERR_NOT_FOUND)
		return err ? err : ACE_ERR_EXISTS;
	fresh.key_version = 1;
	fresh.old = (struct store_old_line){ 0 };
	err = line_take(txn, STORE_CLIENT, fresh.id, fresh.created, &fresh.line);
	if (err)
		return err;
	name = secret_name(&fresh);
	err = secret_put(txn, &name, secret);
	if (!err)
		err = client_put(txn, &fresh);
	if (err)
		return err;
	client->line = fresh.line;
	client->key_version = fresh.key_version;
	return ACE_OK;
}

enum ace_err store_client_update(struct store_txn *txn, const struct store_client *client)
{
	struct store_client stored, changed = *client;
	enum ace_err err = store_client_get(txn, client->id, &stored);

	if (err)
		return err;
	changed.method = stored.method;
	changed.line = stored.line;
	changed.key_version = stored.key_version;
	changed.old = stored.old;
	changed.created = stored.created;
	return client_put(txn, &changed);
}

enum ace_err store_client_rekey(struct store_txn *txn, const char *id, const struct store_secret *secret,
				int64_t ticket_expires)
{
	struct store_client client;
	struct secret_name name;
	enum ace_err err;

	if (!secret->key_len || !txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	err = store_client_get(txn, id, &client);
	if (err)
		return err;
	if (client.key_version == UINT32_MAX)
		return ACE_ERR_EXHAUSTED;
	err = old_delete(txn, &client);
	name = secret_name(&client);
	if (!err)
		err = secret_delete(txn, &name);
	name.version = ++client.key_version;
	if (!err)
		err = secret_put(txn, &name, secret);
	if (err)
		return err;
	client.ticket_expires = ticket_expires;
	return client_put(txn, &client);
}

/* What was proven stays beside the new secret: the present one, or the one before it when the present one never was. */
static enum ace_err make_room(struct store_txn *txn, const struct store_line_rotation *rotation, struct store_client *client)
{
	enum ace_err err = ACE_OK;

	if (store_old_line_lives(&client->old, rotation->now)) {
		client->old.until = rotation->old_until;
		return line_and_secret_delete(txn, client->id, client->line, client->key_version);
	}
	err = old_delete(txn, client);
	/* A ticket that nobody has used: its time must not get longer. */
	if (client->ticket_expires)
		return err ? err : line_and_secret_delete(txn, client->id, client->line, client->key_version);
	client->old = (struct store_old_line){ client->line, client->key_version, rotation->old_until };
	return err;
}

enum ace_err store_client_rotate(struct store_txn *txn, const struct store_line_rotation *rotation,
				 struct store_client *ret_client)
{
	struct store_client client;
	struct secret_name name;
	enum ace_err err;

	if (!rotation->secret->key_len || !txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	err = store_client_get(txn, rotation->id, &client);
	if (err)
		return err;
	if (client.key_version == UINT32_MAX)
		return ACE_ERR_EXHAUSTED;
	err = make_room(txn, rotation, &client);
	if (!err)
		err = line_take(txn, STORE_CLIENT, client.id, rotation->now, &client.line);
	client.key_version++;
	client.ticket_expires = rotation->ticket_expires;
	name = secret_name(&client);
	if (!err)
		err = secret_put(txn, &name, rotation->secret);
	if (!err)
		err = client_put(txn, &client);
	if (!err)
		*ret_client = client;
	return err;
}

enum ace_err store_client_settle(struct store_txn *txn, const char *id)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, id, &client);

	if (!err)
		err = old_delete(txn, &client);
	if (err)
		return err;
	client.ticket_expires = 0;
	return client_put(txn, &client);
}

enum ace_err store_client_keys_drop(struct store_txn *txn, int64_t now, char position[STORE_ID_MAX + 1])
{
	struct store_client client;
	enum ace_err err = ACE_OK;

	memcpy(client.id, position, sizeof client.id);
	for (size_t i = 0; i < LOOKED_AT_MAX && !err; i++) {
		err = store_client_next(txn, client.id, &client);
		if (err || !client.old.line || store_old_line_lives(&client.old, now))
			continue;
		err = old_delete(txn, &client);
		if (!err)
			err = client_put(txn, &client);
	}
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	memcpy(position, err ? "" : client.id, err ? 1 : sizeof client.id);
	return ACE_OK;
}

enum ace_err store_client_delete(struct store_txn *txn, const char *id)
{
	struct store_client client;
	struct secret_name name;
	enum ace_err err = store_client_get(txn, id, &client);

	if (err)
		return err;
	err = old_delete(txn, &client);
	name = secret_name(&client);
	if (!err)
		err = secret_delete(txn, &name);
	if (!err)
		err = line_delete(txn, client.line);
	if (!err)
		err = table_delete(txn, TABLE_CLIENTS, id_key(client.id));
	if (!err)
		err = trl_updates_forget(txn, &(struct store_trl_view){ STORE_TRL_CLIENT, client.id });
	if (!err)
		err = change_add(txn, STORE_CLIENT, client.id, client.line);
	return err;
}

enum ace_err store_client_get(struct store_txn *txn, const char *id, struct store_client *ret_client)
{
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_CLIENTS, id_key(id), &value);

	return err ? err : client_read(txn, id_key(id), value, ret_client);
}

enum ace_err store_client_next(struct store_txn *txn, const char *after_id, struct store_client *ret_client)
{
	struct ace_slice key, value;
	enum ace_err err = table_next(txn, TABLE_CLIENTS, id_key(after_id), &key, &value);

	return err ? err : client_read(txn, key, value, ret_client);
}

enum ace_err store_client_count(struct store_txn *txn, uint64_t *ret_count)
{
	uint64_t bytes;

	return table_count(txn, TABLE_CLIENTS, ret_count, &bytes);
}

enum ace_err store_client_secret(struct store_txn *txn, const struct store_client *client,
				 struct store_secret *ret_secret)
{
	struct secret_name name = secret_name(client);

	return secret_get(txn, &name, ret_secret);
}

enum ace_err store_client_old_secret(struct store_txn *txn, const struct store_client *client,
				     struct store_secret *ret_secret)
{
	struct secret_name name = { SECRET_OF_CLIENT, client->id, client->old.key_version };

	return client->old.line ? secret_get(txn, &name, ret_secret) : ACE_ERR_NOT_FOUND;
}
