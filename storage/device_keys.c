/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/device_keys.h"

#include <string.h>

#include "storage/counters.h"
#include "storage/device_rows.h"
#include "storage/env.h"
#include "storage/record.h"

#define LOOKED_AT_MAX 1024 /* devices that one call of store_device_keys_drop() reads at most */

size_t store_key_issuing(const struct store_device_key *keys, size_t len, int64_t now)
{
	size_t index = len ? len - 1 : 0;

	while (index && keys[index].from > now)
		index--;
	return index;
}

bool store_key_lives(const struct store_device_key *key, int64_t now)
{
	return !key->until || now < key->until;
}

static bool waits(const struct store_device *device, int64_t now)
{
	return device->keys_len > 1 && device->keys[device->keys_len - 1].from > now;
}

/* RFC 8747 6: "the same kid value MUST NOT be used for different keys" while they are in use. At least the seconds since 2024,
 * so that a store that was put back gives none again. */
static enum ace_err kid_take(struct store_txn *txn, int64_t now, struct store_device_key *key)
{
	uint64_t last, floor = now > STORE_EPOCH ? (uint64_t)(now - STORE_EPOCH) : 0;
	enum ace_err err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL("kid"), &last);

	if (err)
		return err;
	if (last == UINT64_MAX)
		return ACE_ERR_EXHAUSTED;
	last = last + 1 > floor ? last + 1 : floor;
	key->kid_len = (uint8_t)store_line_kid(last, key->kid);
	return record_number_put(txn, TABLE_COUNTERS, ACE_LITERAL("kid"), last);
}

static bool kid_is_known(const struct store_device *device, const struct store_device_key *key)
{
	for (size_t i = 0; i < device->keys_len; i++)
		if (device->keys[i].kid_len == key->kid_len && !memcmp(device->keys[i].kid, key->kid, key->kid_len))
			return true;
	return false;
}

/* Version and kid of the key that comes after all of the device. */
static enum ace_err describe(struct store_txn *txn, const struct store_device *device, int64_t now,
			     struct store_device_key *key)
{
	enum ace_err err;

	if (device->keys[device->keys_len - 1].version == UINT32_MAX)
		return ACE_ERR_EXHAUSTED;
	key->version = device->keys[device->keys_len - 1].version + 1;
	/* The first kid was chosen by somebody else. */
	do
		err = kid_take(txn, now, key);
	while (!err && kid_is_known(device, key));
	return err;
}

static enum ace_err delete_first(struct store_txn *txn, struct store_device *device)
{
	enum ace_err err = device_key_delete(txn, device, 0);

	if (err)
		return err;
	device->keys_len--;
	memmove(device->keys, device->keys + 1, device->keys_len * sizeof *device->keys);
	return ACE_OK;
}

static enum ace_err check(struct store_txn *txn, const struct store_key *key)
{
	return !key->len || key->len > sizeof(key->bytes) || !txn->store->seal.is_open ? ACE_ERR_USAGE : ACE_OK;
}

static enum ace_err append(struct store_txn *txn, const struct store_key_step *step, struct store_device *device,
			   struct store_device_key *described, const struct store_key *key)
{
	enum ace_err err = describe(txn, device, step->now, described);

	if (err)
		return err;
	device->keys[device->keys_len++] = *described;
	return device_key_put(txn, device, device->keys_len - 1u, key);
}

enum ace_err store_device_key_add(struct store_txn *txn, const struct store_key_step *step, int32_t alg,
				  const struct store_key *key, struct store_device *ret_device)
{
	struct store_device_key described = { .alg = alg, .from = STORE_KEY_WAITS };
	struct store_device device;
	enum ace_err err = check(txn, key);

	if (!err)
		err = store_device_get(txn, step->id, &device);
	if (err)
		return err;
	if (waits(&device, step->now))
		return ACE_ERR_EXISTS;
	if (device.keys_len == STORE_DEVICE_KEYS_MAX && store_key_lives(&device.keys[0], step->now))
		return ACE_ERR_BUSY;
	if (device.keys_len == STORE_DEVICE_KEYS_MAX)
		err = delete_first(txn, &device);
	if (!err)
		err = append(txn, step, &device, &described, key);
	if (!err)
		err = device_put(txn, &device);
	if (!err)
		*ret_device = device;
	return err;
}

enum ace_err store_device_key_switch(struct store_txn *txn, const struct store_key_step *step, int64_t from,
				     uint32_t overlap_s, struct store_device *ret_device)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, step->id, &device);

	if (err)
		return err;
	if (!waits(&device, step->now))
		return ACE_ERR_NO_KEY;
	if (from < step->now || from > INT64_MAX - 1 - (int64_t)overlap_s)
		return ACE_ERR_RANGE;
	device.keys[device.keys_len - 1].from = from;
	device.keys[device.keys_len - 2].until = from + overlap_s;
	err = device_put(txn, &device);
	if (!err)
		*ret_device = device;
	return err;
}

enum ace_err store_device_key_cancel(struct store_txn *txn, const struct store_key_step *step,
				     struct store_device *ret_device)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, step->id, &device);

	if (err)
		return err;
	if (!waits(&device, step->now))
		return ACE_ERR_NO_KEY;
	err = device_key_delete(txn, &device, device.keys_len - 1u);
	device.keys_len--;
	device.keys[device.keys_len - 1].until = 0;
	if (!err)
		err = device_put(txn, &device);
	if (!err)
		*ret_device = device;
	return err;
}

enum ace_err store_device_rekey(struct store_txn *txn, const struct store_key_step *step, int32_t alg,
				const struct store_key *key, struct store_device *ret_device)
{
	struct store_device_key described = { .alg = alg, .from = step->now };
	struct store_device device;
	enum ace_err err = check(txn, key);

	if (!err)
		err = store_device_get(txn, step->id, &device);
	if (err)
		return err;
	err = describe(txn, &device, step->now, &described);
	while (!err && device.keys_len)
		err = delete_first(txn, &device);
	if (err)
		return err;
	device.keys[device.keys_len++] = described;
	err = device_key_put(txn, &device, 0, key);
	if (!err)
		err = device_put(txn, &device);
	if (!err)
		*ret_device = device;
	return err;
}

static enum ace_err drop_over(struct store_txn *txn, struct store_device *device, int64_t now)
{
	bool key_is_over = device->keys_len > 1 && !store_key_lives(&device->keys[0], now);
	bool line_is_over = device->old.line && !store_old_line_lives(&device->old, now);
	enum ace_err err = key_is_over ? delete_first(txn, device) : ACE_OK;

	if (!err && line_is_over)
		err = device_old_line_delete(txn, device);
	return err || (!key_is_over && !line_is_over) ? err : device_put(txn, device);
}

enum ace_err store_device_keys_drop(struct store_txn *txn, int64_t now, char position[STORE_ID_MAX + 1])
{
	struct store_device device;
	enum ace_err err = ACE_OK;

	memcpy(device.id, position, sizeof device.id);
	for (size_t i = 0; i < LOOKED_AT_MAX && !err; i++) {
		err = store_device_next(txn, device.id, &device);
		if (!err)
			err = drop_over(txn, &device, now);
	}
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	memcpy(position, err ? "" : device.id, err ? 1 : sizeof device.id);
	return ACE_OK;
}
