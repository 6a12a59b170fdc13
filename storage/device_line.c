/* SPDX-License-Identifier: Apache-2.0 */
/* The device's own line to the AS. */
#include "storage/device_rows.h"
#include "storage/env.h"
#include "storage/record.h"
#include "storage/secrets.h"

static struct secret_name line_name(const struct store_device *device)
{
	return (struct secret_name){ SECRET_OF_DEVICE_LINE, device->id, device->line_key_version };
}

enum ace_err device_line_put(struct store_txn *txn, struct store_device *device, const struct store_secret *secret,
			     int64_t now)
{
	struct secret_name name = line_name(device);
	enum ace_err err = ACE_OK;

	if (!device->line)
		err = line_take(txn, STORE_DEVICE, device->id, now, &device->line);
	return err ? err : secret_put(txn, &name, secret);
}

static enum ace_err line_and_secret_delete(struct store_txn *txn, const char *id, uint64_t line, uint32_t key_version)
{
	struct secret_name name = { SECRET_OF_DEVICE_LINE, id, key_version };
	enum ace_err err = secret_delete(txn, &name);

	if (!err)
		err = line_delete(txn, line);
	return err ? err : change_add(txn, STORE_DEVICE, id, line);
}

enum ace_err device_old_line_delete(struct store_txn *txn, struct store_device *device)
{
	struct store_old_line old = device->old;

	device->old = (struct store_old_line){ 0 };
	return old.line ? line_and_secret_delete(txn, device->id, old.line, old.key_version) : ACE_OK;
}

enum ace_err device_lines_delete(struct store_txn *txn, struct store_device *device)
{
	enum ace_err err = device_old_line_delete(txn, device);

	if (err || !device->line)
		return err;
	return line_and_secret_delete(txn, device->id, device->line, device->line_key_version);
}

enum ace_err store_device_line_set(struct store_txn *txn, const char *id, enum store_auth method,
				   const struct store_secret *secret, int64_t now)
{
	struct store_device device;
	struct secret_name name;
	enum ace_err err;

	if (method == STORE_AUTH_NONE || !secret->key_len || !txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	err = store_device_get(txn, id, &device);
	if (err)
		return err;
	if (device.line_key_version == UINT32_MAX)
		return ACE_ERR_EXHAUSTED;
	err = device_old_line_delete(txn, &device);
	name = line_name(&device);
	if (!err)
		err = secret_delete(txn, &name);
	device.line_method = method;
	device.line_key_version++;
	if (!err)
		err = device_line_put(txn, &device, secret, now);
	return err ? err : device_put(txn, &device);
}

/* As in storage/clients.c: what was proven stays. */
static enum ace_err make_room(struct store_txn *txn, const struct store_line_rotation *rotation, struct store_device *device)
{
	enum ace_err err;

	if (store_old_line_lives(&device->old, rotation->now)) {
		device->old.until = rotation->old_until;
		return line_and_secret_delete(txn, device->id, device->line, device->line_key_version);
	}
	err = device_old_line_delete(txn, device);
	device->old = (struct store_old_line){ device->line, device->line_key_version, rotation->old_until };
	return err;
}

enum ace_err store_device_line_rotate(struct store_txn *txn, const struct store_line_rotation *rotation,
				      struct store_device *ret_device)
{
	struct store_device device;
	enum ace_err err;

	if (!rotation->secret->key_len || !txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	err = store_device_get(txn, rotation->id, &device);
	if (err)
		return err;
	if (device.line_method == STORE_AUTH_NONE)
		return ACE_ERR_UNSUPPORTED;
	if (device.line_key_version == UINT32_MAX)
		return ACE_ERR_EXHAUSTED;
	err = make_room(txn, rotation, &device);
	device.line = 0;
	device.line_key_version++;
	if (!err)
		err = device_line_put(txn, &device, rotation->secret, rotation->now);
	if (!err)
		err = device_put(txn, &device);
	if (!err)
		*ret_device = device;
	return err;
}

enum ace_err store_device_line_settle(struct store_txn *txn, const char *id)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, id, &device);

	if (!err)
		err = device_old_line_delete(txn, &device);
	return err ? err : device_put(txn, &device);
}

enum ace_err store_device_line_secret(struct store_txn *txn, const struct store_device *device,
				      struct store_secret *ret_secret)
{
	struct secret_name name = line_name(device);

	return secret_get(txn, &name, ret_secret);
}

enum ace_err store_device_old_secret(struct store_txn *txn, const struct store_device *device,
				     struct store_secret *ret_secret)
{
	struct secret_name name = { SECRET_OF_DEVICE_LINE, device->id, device->old.key_version };

	return device->old.line ? secret_get(txn, &name, ret_secret) : ACE_ERR_NOT_FOUND;
}
