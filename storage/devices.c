/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/devices.h"

#include <string.h>

#include "storage/device_rows.h"
#include "storage/env.h"
#include "storage/key_uses.h"
#include "storage/record.h"
#include "storage/secrets.h"
#include "storage/trl_rows.h"

static enum ace_err device_read(struct store_txn *txn, struct ace_slice key, struct ace_slice value,
				struct store_device *ret_device)
{
	struct store_device device;
	enum ace_err err = record_device_read(value, &device);

	if (!err)
		err = id_from_key(key, device.id);
	if (err)
		return record_failed(txn, err, TABLE_DEVICES);
	*ret_device = device;
	return ACE_OK;
}

enum ace_err device_put(struct store_txn *txn, const struct store_device *device)
{
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = record_device_write(device, &out);

	if (!err)
		err = table_put(txn, TABLE_DEVICES, id_key(device->id), ace_buf_slice(&out));
	if (!err)
		err = change_add(txn, STORE_DEVICE, device->id, device->line);
	if (!err && device->old.line)
		err = change_add(txn, STORE_DEVICE, device->id, device->old.line);
	return err;
}

static struct secret_name key_name(const struct store_device *device, size_t index)
{
	return (struct secret_name){ SECRET_OF_DEVICE_KEY, device->id, device->keys[index].version };
}

/* Ids and aliases are one space of names: a client that names one must mean one device. ACE_OK: nobody has it. */
static enum ace_err name_free(struct store_txn *txn, const char *name)
{
	struct ace_slice taken;
	enum ace_err err = table_get(txn, TABLE_DEVICES, id_key(name), &taken);

	if (err == ACE_ERR_NOT_FOUND)
		err = table_get(txn, TABLE_AUDIENCES, id_key(name), &taken);
	if (err == ACE_ERR_NOT_FOUND)
		return ACE_OK;
	return err ? err : ACE_ERR_EXISTS;
}

static enum ace_err alias_put(struct store_txn *txn, const struct store_device *device)
{
	if (!device->audience[0] || !strcmp(device->audience, device->id))
		return ACE_OK;
	return table_put(txn, TABLE_AUDIENCES, id_key(device->audience), id_key(device->id));
}

static enum ace_err alias_delete(struct store_txn *txn, const struct store_device *device)
{
	enum ace_err err = table_delete(txn, TABLE_AUDIENCES, id_key(device->audience));

	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

enum ace_err device_key_put(struct store_txn *txn, const struct store_device *device, size_t index,
			    const struct store_key *key)
{
	struct secret_name name = key_name(device, index);
	struct store_secret secret = { .key_len = key->len };
	enum ace_err err;

	memcpy(secret.key, key->bytes, key->len);
	err = secret_put(txn, &name, &secret);
	store_secret_wipe(&secret);
	return err;
}

enum ace_err device_key_delete(struct store_txn *txn, const struct store_device *device, size_t index)
{
	struct secret_name name = key_name(device, index);
	enum ace_err err = store_key_uses_forget(txn, device->id, name.version);

	return err ? err : secret_delete(txn, &name);
}

static enum ace_err create_check(struct store_txn *txn, const struct store_device *device, const struct store_key *key,
				 const struct store_secret *line_secret)
{
	bool has_line = device->line_method != STORE_AUTH_NONE;
	enum ace_err err;

	if (!device->id[0] || !key->len || key->len > sizeof(key->bytes) || !device->keys[0].kid_len ||
	    device->keys[0].kid_len > STORE_KID_MAX || !txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	if (has_line != (line_secret && line_secret->key_len))
		return ACE_ERR_USAGE;
	err = name_free(txn, device->id);
	if (!err && device->audience[0] && strcmp(device->audience, device->id))
		err = name_free(txn, device->audience);
	return err;
}

enum ace_err store_device_create(struct store_txn *txn, struct store_device *device, const struct store_key *key,
				 const struct store_secret *line_secret)
{
	struct store_device fresh = *device;
	enum ace_err err = create_check(txn, device, key, line_secret);

	if (err)
		return err;
	fresh.keys_len = 1;
	fresh.keys[0].version = 1;
	fresh.keys[0].from = fresh.keys[0].until = 0;
	fresh.line = 0;
	fresh.old = (struct store_old_line){ 0 };
	fresh.line_key_version = fresh.line_method == STORE_AUTH_NONE ? 0 : 1;
	err = device_key_put(txn, &fresh, 0, key);
	if (!err && fresh.line_method != STORE_AUTH_NONE)
		err = device_line_put(txn, &fresh, line_secret, fresh.created);
	if (!err)
		err = alias_put(txn, &fresh);
	if (!err)
		err = device_put(txn, &fresh);
	if (!err)
		*device = fresh;
	return err;
}

enum ace_err store_device_update(struct store_txn *txn, const struct store_device *device)
{
	struct store_device changed;
	enum ace_err err = store_device_get(txn, device->id, &changed);
	bool is_renamed;

	if (err)
		return err;
	is_renamed = strcmp(changed.audience, device->audience) != 0;
	if (is_renamed && device->audience[0] && strcmp(device->audience, device->id))
		err = name_free(txn, device->audience);
	if (!err && is_renamed)
		err = alias_delete(txn, &changed);
	if (err)
		return err;
	changed.is_enabled = device->is_enabled;
	memcpy(changed.model, device->model, sizeof(changed.model));
	memcpy(changed.audience, device->audience, sizeof(changed.audience));
	memcpy(changed.description, device->description, sizeof(changed.description));
	changed.tags = device->tags;
	err = alias_put(txn, &changed);
	return err ? err : device_put(txn, &changed);
}

enum ace_err store_device_delete(struct store_txn *txn, const char *id)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, id, &device);

	for (size_t i = 0; !err && i < device.keys_len; i++)
		err = device_key_delete(txn, &device, i);
	if (!err)
		err = device_lines_delete(txn, &device);
	if (!err)
		err = alias_delete(txn, &device);
	if (!err)
		err = table_delete(txn, TABLE_DEVICES, id_key(device.id));
	if (!err)
		err = trl_updates_forget(txn, &(struct store_trl_view){ STORE_TRL_DEVICE, device.id });
	return err ? err : change_add(txn, STORE_DEVICE, device.id, device.line);
}

enum ace_err store_device_get(struct store_txn *txn, const char *id, struct store_device *ret_device)
{
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_DEVICES, id_key(id), &value);

	return err ? err : device_read(txn, id_key(id), value, ret_device);
}

enum ace_err store_device_find(struct store_txn *txn, struct ace_slice audience, struct store_device *ret_device)
{
	struct ace_slice key = audience, value;
	enum ace_err err = table_get(txn, TABLE_DEVICES, key, &value);

	if (err == ACE_ERR_NOT_FOUND) {
		err = table_get(txn, TABLE_AUDIENCES, audience, &key);
		if (!err)
			err = table_get(txn, TABLE_DEVICES, key, &value);
	}
	return err ? err : device_read(txn, key, value, ret_device);
}

enum ace_err store_device_next(struct store_txn *txn, const char *after_id, struct store_device *ret_device)
{
	struct ace_slice key, value;
	enum ace_err err = table_next(txn, TABLE_DEVICES, id_key(after_id), &key, &value);

	return err ? err : device_read(txn, key, value, ret_device);
}

enum ace_err store_device_count(struct store_txn *txn, uint64_t *ret_count)
{
	uint64_t bytes;

	return table_count(txn, TABLE_DEVICES, ret_count, &bytes);
}

enum ace_err store_device_key(struct store_txn *txn, const struct store_device *device, size_t index,
			      struct store_key *ret_key)
{
	struct store_secret secret;
	struct secret_name name;
	enum ace_err err;

	if (index >= device->keys_len)
		return ACE_ERR_NOT_FOUND;
	name = key_name(device, index);
	err = secret_get(txn, &name, &secret);
	if (err)
		return err;
	if (secret.key_len > sizeof(ret_key->bytes)) {
		err = record_failed(txn, ACE_ERR_RANGE, TABLE_SECRETS);
	} else {
		memcpy(ret_key->bytes, secret.key, sizeof(ret_key->bytes));
		ret_key->len = secret.key_len;
	}
	store_secret_wipe(&secret);
	return err;
}
