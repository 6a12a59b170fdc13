/* SPDX-License-Identifier: Apache-2.0 */
#include "as/changes.h"

#include "storage/changes.h"
#include "storage/key_uses.h"

/* More at once than this are an import: looking each up would take longer than reading all that is needed again. */
#define FOLLOWED_MAX 1024

static void forget(struct as_server *as, const struct store_change *change)
{
	struct as_peer *peer;

	if (change->kind == STORE_DEVICE)
		as_device_cache_drop(&as->devices, change->id);
	if (change->kind != STORE_CLIENT)
		return;
	peer = as_peer_find(&as->peers, change->number);
	if (peer)
		as_peer_forget_client(peer);
}

static void forget_all(struct as_server *as)
{
	as_device_cache_clear(&as->devices);
	as_peers_forget_clients(&as->peers);
}

/* One after the other. ACE_ERR_EXHAUSTED: some are gone already. */
static enum ace_err forget_changed(struct as_server *as, struct store_txn *txn, uint64_t last)
{
	struct store_change change;

	for (uint64_t at = as->changes_seen; at < last; at = change.position) {
		enum ace_err err = store_change_next(txn, at, &change);

		if (err)
			return err;
		forget(as, &change);
	}
	return ACE_OK;
}

enum ace_err as_changes_follow(struct as_server *as, struct store_txn *txn)
{
	uint64_t last;
	enum ace_err err = store_change_last(txn, &last);

	if (err || last == as->changes_seen)
		return err;
	/* A position that went back: an older state was put in place. */
	if (last < as->changes_seen || last - as->changes_seen > FOLLOWED_MAX)
		err = ACE_ERR_EXHAUSTED;
	else
		err = forget_changed(as, txn, last);
	if (err == ACE_ERR_EXHAUSTED) {
		forget_all(as);
		err = ACE_OK;
	}
	if (!err)
		as->changes_seen = last;
	return err;
}

enum ace_err as_changes_check(const struct as_server *as, struct store_txn *txn)
{
	uint64_t last;
	enum ace_err err = store_change_last(txn, &last);

	if (err)
		return err;
	return last == as->changes_seen ? ACE_OK : ACE_ERR_BUSY;
}

static enum ace_err open_keys(struct store_txn *txn, const struct store_device *record, struct store_key *keys)
{
	enum ace_err err = ACE_OK;

	for (size_t i = 0; i < record->keys_len && !err; i++)
		err = store_device_key(txn, record, i, &keys[i]);
	return err;
}

static enum ace_err count_uses(struct store_txn *txn, struct as_device *device)
{
	enum ace_err err = ACE_OK;

	for (size_t i = 0; i < device->keys_len && !err; i++)
		err = store_key_uses_get(txn, device->id, device->described[i].version, &device->uses[i]);
	return err;
}

static enum ace_err keep_device(struct as_server *as, struct store_txn *txn, const struct store_device *record,
				const struct as_device **ret_device)
{
	struct store_key keys[STORE_DEVICE_KEYS_MAX];
	struct as_device *device = NULL;
	enum ace_err err = open_keys(txn, record, keys);

	if (!err)
		device = as_device_new(record, keys);
	ace_wipe(keys, sizeof keys);
	if (err)
		return err;
	if (!device)
		return ACE_ERR_MEMORY;
	err = count_uses(txn, device);
	if (err) {
		as_device_free(device);
		return err;
	}
	as_device_cache_add(&as->devices, device);
	*ret_device = device;
	return ACE_OK;
}

enum ace_err as_device_find(struct as_server *as, struct store_txn *txn, struct ace_slice name,
			    const struct as_device **ret_device)
{
	const struct as_device *device = as_device_cache_find(&as->devices, name);
	struct store_device record;
	enum ace_err err;

	if (device) {
		*ret_device = device;
		return ACE_OK;
	}
	err = store_device_find(txn, name, &record);
	return err ? err : keep_device(as, txn, &record, ret_device);
}
