/* SPDX-License-Identifier: Apache-2.0 */
/* Which device a token is for, and whether it is what was issued. */
#include "as/ctl_inspect.h"

#include <string.h>

#include "ace_port.h"
#include "storage/device_keys.h"

/* The last bytes of the IV are the number under which the token was recorded, if it was. */
static enum ace_err find_record(struct store_txn *txn, struct ctl_inspected *in)
{
	uint8_t text[ACE_TOKEN_HASH_SCRATCH(CTL_TOKEN_MAX)], hash[STORE_TOKEN_HASH_LEN];
	struct ace_slice iv = in->cose.iv;
	uint64_t sequence = 0;
	enum ace_err err;

	for (size_t i = iv.len < 8 ? 0 : iv.len - 8; i < iv.len; i++)
		sequence = sequence << 8 | iv.ptr[i];
	err = store_token_get(txn, sequence, &in->record);
	if (!err)
		err = ace_token_hash(in->token, (struct ace_buf)ACE_BUF_OF(text), hash);
	if (!err && memcmp(hash, in->record.hash, sizeof hash))
		err = ACE_ERR_NOT_FOUND;
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	in->is_recorded = true;
	return ctl_token_state(txn, in->now, &in->record, &in->state);
}

static bool key_fits(const struct store_device_key *key, const struct ace_cose_encrypt0 *cose)
{
	return key->alg == cose->alg &&
	       (!cose->kid.ptr || ace_slice_equal(cose->kid, (struct ace_slice){ key->kid, key->kid_len }));
}

/* Only our own failures end the search. */
static enum ace_err try_key(struct store_txn *txn, struct ctl_inspected *in, size_t index)
{
	struct store_key key;
	enum ace_err err = store_device_key(txn, &in->device, index, &key);

	if (err == ACE_ERR_NOT_FOUND)
		return ACE_ERR_TAG; /* its time was over, and it was deleted */
	if (err)
		return err;
	in->key = index;
	in->plain = (struct ace_buf)ACE_BUF_OF(in->plaintext);
	err = ace_cose_open(&in->cose, (struct ace_key){ .bytes = { key.bytes, key.len } }, &in->plain);
	ace_wipe(&key, sizeof key);
	return err;
}

static enum ace_err try_device(struct store_txn *txn, struct ctl_inspected *in)
{
	enum ace_err err = ACE_ERR_TAG;

	for (size_t i = 0; i < in->device.keys_len && err == ACE_ERR_TAG; i++)
		if (key_fits(&in->device.keys[i], &in->cose))
			err = try_key(txn, in, i);
	return err;
}

static enum ace_err try_all(struct store_txn *txn, struct ctl_inspected *in)
{
	char after[STORE_ID_MAX + 1] = "";
	enum ace_err err;

	while (!(err = store_device_next(txn, after, &in->device))) {
		err = try_device(txn, in);
		if (err != ACE_ERR_TAG)
			return err;
		memcpy(after, in->device.id, sizeof after);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_ERR_TAG : err;
}

enum ace_err ctl_inspect_open(struct store_txn *txn, const char *device, struct ctl_inspected *in)
{
	enum ace_err err = find_record(txn, in);

	if (err)
		return err;
	if (!device && !in->is_recorded)
		return try_all(txn, in);
	if (device) {
		struct ace_slice name = { (const uint8_t *)device, strlen(device) };

		err = store_device_find(txn, name, &in->device);
		return err ? err : try_device(txn, in);
	}
	err = store_device_get(txn, in->record.device, &in->device);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_ERR_TAG : err;
	return try_device(txn, in);
}
