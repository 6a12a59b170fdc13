/* SPDX-License-Identifier: Apache-2.0 */
/* The data key, sealed under one key-encryption key, or under two while the second takes over. */
#include "storage/seal.h"

#include <string.h>

#include "ace_port.h"
#include "storage/env.h"
#include "storage/record.h"

#define CHECK_LABEL "aced key-encryption key, check value"

/* The rows of one sealing. */
struct wrap_rows {
	struct ace_slice key, check, since;
};

#define ROW(name) { (const uint8_t *)(name), sizeof(name) - 1 }
static const struct wrap_rows rows[SEAL_WRAPS] = {
	{ ROW("data_key"), ROW("kek_check"), ROW("kek_since") },
	{ ROW("data_key_2"), ROW("kek_check_2"), ROW("kek_since_2") },
};

/* Tells a wrong key from damage; says nothing about a random 32-byte key. */
static enum ace_err check_value(const uint8_t kek[SEAL_KEY_LEN], uint8_t ret_check[SEAL_CHECK_LEN])
{
	uint8_t mac[ACE_SHA256_LEN];
	enum ace_err err = ace_port_hmac_sha256((struct ace_slice){ kek, SEAL_KEY_LEN }, ACE_LITERAL(CHECK_LABEL), mac);

	if (!err)
		memcpy(ret_check, mac, SEAL_CHECK_LEN);
	ace_wipe(mac, sizeof(mac));
	return err;
}

static enum ace_err wrap_put(struct store_txn *txn, const struct wrap_rows *row, const uint8_t kek[SEAL_KEY_LEN],
			     const struct seal *seal, int64_t since)
{
	struct seal_place place = { TABLE_META, row->key };
	struct seal outer = { .is_open = true };
	uint8_t sealed[SEAL_SEALED_MAX], check[SEAL_CHECK_LEN];
	struct ace_buf out = ACE_BUF_OF(sealed);
	enum ace_err err = check_value(kek, check);

	memcpy(outer.key, kek, SEAL_KEY_LEN);
	if (!err)
		err = seal_close(&outer, &place, ACE_SLICE_OF(seal->key), &out);
	ace_wipe(&outer, sizeof(outer));
	if (!err)
		err = table_put(txn, TABLE_META, row->key, ace_buf_slice(&out));
	if (!err)
		err = table_put(txn, TABLE_META, row->check, ACE_SLICE_OF(check));
	return err ? err : record_number_put(txn, TABLE_META, row->since, since < 0 ? 0 : (uint64_t)since);
}

static enum ace_err wrap_delete(struct store_txn *txn, const struct wrap_rows *row)
{
	enum ace_err err = table_delete(txn, TABLE_META, row->key);

	if (!err)
		err = table_delete(txn, TABLE_META, row->check);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_ERR_DAMAGED : err;
	err = table_delete(txn, TABLE_META, row->since);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* What is stored about the sealings, and which of them a key opens. */
struct wraps {
	bool is_there[SEAL_WRAPS];
	uint64_t since[SEAL_WRAPS];
	size_t len, opens; /* opens: SEAL_WRAPS when none */
};

static enum ace_err look_at(struct store_txn *txn, size_t index, const uint8_t *check, struct wraps *wraps)
{
	struct ace_slice stored;
	enum ace_err err = table_get(txn, TABLE_META, rows[index].check, &stored);

	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	if (stored.len != SEAL_CHECK_LEN)
		return ACE_ERR_DAMAGED;
	wraps->is_there[index] = true;
	wraps->len++;
	if (check && ace_equal_ct(stored.ptr, check, SEAL_CHECK_LEN))
		wraps->opens = index;
	return record_number_get(txn, TABLE_META, rows[index].since, &wraps->since[index]);
}

/* kek NULL: no key at hand. ACE_ERR_WRONG_KEY there is one, and it opens nothing; *ret_wraps is filled then, too. */
static enum ace_err wraps_read(struct store_txn *txn, const uint8_t *kek, struct wraps *ret_wraps)
{
	uint8_t check[SEAL_CHECK_LEN];
	enum ace_err err = kek ? check_value(kek, check) : ACE_OK;

	*ret_wraps = (struct wraps){ .opens = SEAL_WRAPS };
	for (size_t i = 0; i < SEAL_WRAPS && !err; i++)
		err = look_at(txn, i, kek ? check : NULL, ret_wraps);
	if (err)
		return err;
	if (!ret_wraps->len)
		return ACE_ERR_DAMAGED;
	return kek && ret_wraps->opens == SEAL_WRAPS ? ACE_ERR_WRONG_KEY : ACE_OK;
}

static size_t newest(const struct wraps *wraps)
{
	return wraps->is_there[1] && (!wraps->is_there[0] || wraps->since[1] > wraps->since[0]) ? 1 : 0;
}

enum ace_err seal_create(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], int64_t now)
{
	struct seal seal = { .is_open = true };
	enum ace_err err = ace_port_random(seal.key, sizeof(seal.key));

	if (!err)
		err = wrap_put(txn, &rows[0], kek, &seal, now);
	ace_wipe(&seal, sizeof(seal));
	return err;
}

enum ace_err seal_unlock(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], struct seal *ret_seal)
{
	struct seal outer = { .is_open = true };
	struct seal_place place = { .table = TABLE_META };
	uint8_t key[SEAL_KEY_LEN];
	struct ace_buf out = ACE_BUF_OF(key);
	struct ace_slice stored;
	struct wraps wraps;
	enum ace_err err = wraps_read(txn, kek, &wraps);

	if (err)
		return err;
	memcpy(outer.key, kek, SEAL_KEY_LEN);
	place.key = rows[wraps.opens].key;
	err = table_get(txn, TABLE_META, place.key, &stored);
	if (!err)
		err = seal_open(&outer, &place, stored, &out);
	if (!err && out.len != SEAL_KEY_LEN)
		err = ACE_ERR_DAMAGED;
	if (!err) {
		memcpy(ret_seal->key, key, SEAL_KEY_LEN);
		ret_seal->is_open = true;
	}
	ace_wipe(&outer, sizeof(outer));
	ace_wipe(key, sizeof(key));
	return err == ACE_ERR_NOT_FOUND ? ACE_ERR_DAMAGED : err;
}

enum ace_err seal_wrap_add(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], int64_t now)
{
	struct wraps wraps;
	enum ace_err err = wraps_read(txn, kek, &wraps);
	size_t present;

	if (!txn->store->seal.is_open)
		return ACE_ERR_USAGE;
	if (err != ACE_ERR_WRONG_KEY)
		return err ? err : ACE_ERR_EXISTS;
	if (wraps.len == SEAL_WRAPS)
		return ACE_ERR_EXISTS;
	present = wraps.is_there[0] ? 0 : 1;
	/* Two within a second, or a clock that ran back: still the newer one. */
	if (now < 0 || (uint64_t)now <= wraps.since[present])
		now = (int64_t)wraps.since[present] + 1;
	return wrap_put(txn, &rows[1 - present], kek, &txn->store->seal, now);
}

enum ace_err seal_wrap_keep(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN])
{
	struct wraps wraps;
	enum ace_err err = wraps_read(txn, kek, &wraps);

	for (size_t i = 0; i < SEAL_WRAPS && !err; i++)
		if (wraps.is_there[i] && i != wraps.opens)
			err = wrap_delete(txn, &rows[i]);
	return err;
}

enum ace_err seal_wraps_get(struct store_txn *txn, struct seal_wraps *ret_wraps)
{
	struct wraps wraps;
	enum ace_err err = wraps_read(txn, NULL, &wraps);

	if (!err)
		*ret_wraps = (struct seal_wraps){ wraps.len, (int64_t)wraps.since[newest(&wraps)] };
	return err;
}

enum ace_err seal_wrap_is_newest(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], bool *ret_newest)
{
	struct wraps wraps;
	enum ace_err err = wraps_read(txn, kek, &wraps);

	if (!err)
		*ret_newest = wraps.opens == newest(&wraps);
	return err;
}

static enum ace_err row_copy(struct store_txn *from, struct store_txn *to, struct ace_slice key)
{
	struct ace_slice value;
	enum ace_err err = table_get(from, TABLE_META, key, &value);

	if (!err)
		return table_put(to, TABLE_META, key, value);
	if (err == ACE_ERR_NOT_FOUND)
		err = table_delete(to, TABLE_META, key);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

enum ace_err seal_wraps_copy(struct store_txn *from, struct store_txn *to)
{
	enum ace_err err = ACE_OK;

	for (size_t i = 0; i < SEAL_WRAPS && !err; i++) {
		err = row_copy(from, to, rows[i].key);
		if (!err)
			err = row_copy(from, to, rows[i].check);
		if (!err)
			err = row_copy(from, to, rows[i].since);
	}
	return err;
}
