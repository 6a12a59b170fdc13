/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/table.h"

#include <string.h>

#include "storage/env.h"
#include "storage/lmdb_err.h"

#define SUM_LEN 4
#define KEY_MAX 511 /* of LMDB */

static const char *const names[TABLE_LEN] = {
	[TABLE_META] = "meta",           [TABLE_CLIENTS] = "clients",
	[TABLE_DEVICES] = "devices",     [TABLE_AUDIENCES] = "audiences",
	[TABLE_LINES] = "lines",         [TABLE_SECRETS] = "secrets",
	[TABLE_TOKENS] = "tokens",       [TABLE_DECISIONS] = "decisions",
	[TABLE_POLICIES] = "policies",   [TABLE_POLICY_TEXTS] = "policy_texts",
	[TABLE_COUNTERS] = "counters",   [TABLE_CHANGES] = "changes",
	[TABLE_REVOKED] = "revoked",     [TABLE_REVOKED_OF] = "revoked_of",
	[TABLE_SERIES] = "series",       [TABLE_TRL_UPDATES] = "trl_updates",
};

const char *table_name(enum table table)
{
	return names[table];
}

struct table_number table_number(uint64_t number)
{
	struct table_number key;

	for (int i = TABLE_NUMBER_LEN - 1; i >= 0; i--, number >>= 8)
		key.bytes[i] = (uint8_t)number;
	return key;
}

struct ace_slice table_number_key(const struct table_number *number)
{
	return ACE_SLICE_OF(number->bytes);
}

enum ace_err table_key_number(struct ace_slice key, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (key.len != TABLE_NUMBER_LEN)
		return ACE_ERR_DAMAGED;
	for (size_t i = 0; i < TABLE_NUMBER_LEN; i++)
		number = number << 8 | key.ptr[i];
	*ret_number = number;
	return ACE_OK;
}

/* Maps different states to different states, so that one changed word always changes the sum before it is cut. */
static uint64_t sum_step(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0xd6e8feb86659fd93);
	return sum ^ sum >> 32;
}

/* Eight bytes at a time. Against damage, not against people: they meet the seals. */
static uint64_t sum_add(uint64_t sum, struct ace_slice bytes)
{
	uint64_t word;

	sum = (sum ^ bytes.len) * UINT64_C(0x9e3779b97f4a7c15);
	for (; bytes.len >= sizeof word; bytes.ptr += sizeof word, bytes.len -= sizeof word) {
		memcpy(&word, bytes.ptr, sizeof word);
		sum = sum_step(sum, word);
	}
	if (!bytes.len)
		return sum;
	word = 0;
	memcpy(&word, bytes.ptr, bytes.len);
	return sum_step(sum, word);
}

/* In the byte order of the machine, as all of LMDB's file is. */
static void sum_make(struct ace_slice key, struct ace_slice value, uint8_t ret_sum[SUM_LEN])
{
	uint64_t sum = sum_add(sum_add(0, key), value);
	/* Once more, so that the highest bits of the last word reach those that are kept. */
	uint32_t cut = (uint32_t)(sum * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	memcpy(ret_sum, &cut, SUM_LEN);
}

/* Check the sum of a value as it lies in the map, and take it off. */
static enum ace_err unframe(struct store_txn *txn, enum table table, struct ace_slice key, const MDB_val *framed,
			    struct ace_slice *ret_value)
{
	struct ace_slice value = { framed->mv_data, framed->mv_size - SUM_LEN };
	uint8_t sum[SUM_LEN];

	if (framed->mv_size >= SUM_LEN) {
		sum_make(key, value, sum);
		if (!memcmp(sum, value.ptr + value.len, SUM_LEN)) {
			*ret_value = value;
			return ACE_OK;
		}
	}
	return error_set(&txn->store->error, ACE_ERR_DAMAGED, 0,
			 "%.300s/data.mdb: a row of table %s is damaged: restore a backup", txn->store->dir, names[table]);
}

/* Both kinds of "no" are answers; everything else means that the transaction cannot be trusted. */
static enum ace_err result(struct store_txn *txn, int rc)
{
	struct store *store = txn->store;
	enum ace_err err;

	if (!rc || rc == MDB_NOTFOUND || rc == MDB_KEYEXIST)
		return lmdb_err(rc);
	err = env_fail(store, rc);
	if (rc == MDB_MAP_FULL) {
		MDB_envinfo info;

		if (!mdb_env_info(store->env, &info) && info.me_mapsize < store->map_max) {
			store->must_grow = true;
			err = ACE_ERR_BUSY;
		}
	}
	txn->spoilt = err;
	return err;
}

static enum ace_err usable(const struct store_txn *txn, struct ace_slice key)
{
	if (txn->store->is_failed)
		return ACE_ERR_STORAGE;
	if (txn->spoilt)
		return txn->spoilt;
	return key.len <= KEY_MAX ? ACE_OK : ACE_ERR_RANGE;
}

static MDB_val val_of(struct ace_slice bytes)
{
	union {
		const uint8_t *in;
		void *out;
	} ptr = { bytes.ptr }; /* LMDB does not write through it */

	return (MDB_val){ bytes.len, ptr.out };
}

enum ace_err table_get(struct store_txn *txn, enum table table, struct ace_slice key, struct ace_slice *ret_value)
{
	MDB_val mdb_key = val_of(key), value;
	enum ace_err err = usable(txn, key);

	if (err)
		return err == ACE_ERR_RANGE ? ACE_ERR_NOT_FOUND : err;
	if (!key.len)
		return ACE_ERR_NOT_FOUND;
	err = result(txn, mdb_get(txn->mdb, txn->store->dbi[table], &mdb_key, &value));
	return err ? err : unframe(txn, table, key, &value, ret_value);
}

static enum ace_err put(struct store_txn *txn, enum table table, struct ace_slice key, struct ace_slice value,
			unsigned int flags)
{
	MDB_val mdb_key = val_of(key), place = { value.len + SUM_LEN, NULL };
	enum ace_err err = usable(txn, key);
	uint8_t *bytes;

	if (err)
		return err;
	if (!key.len || !txn->is_writer)
		return ACE_ERR_USAGE;
	err = result(txn, mdb_put(txn->mdb, txn->store->dbi[table], &mdb_key, &place, flags | MDB_RESERVE));
	if (err)
		return err;
	bytes = place.mv_data;
	memcpy(bytes, value.ptr, value.len);
	sum_make(key, value, bytes + value.len);
	return ACE_OK;
}

enum ace_err table_put(struct store_txn *txn, enum table table, struct ace_slice key, struct ace_slice value)
{
	return put(txn, table, key, value, 0);
}

enum ace_err table_append(struct store_txn *txn, enum table table, struct ace_slice key, struct ace_slice value)
{
	return put(txn, table, key, value, MDB_APPEND);
}

enum ace_err table_delete(struct store_txn *txn, enum table table, struct ace_slice key)
{
	MDB_val mdb_key = val_of(key);
	enum ace_err err = usable(txn, key);

	if (err)
		return err;
	if (!key.len)
		return ACE_ERR_NOT_FOUND;
	return result(txn, mdb_del(txn->mdb, txn->store->dbi[table], &mdb_key, NULL));
}

/* One step with a cursor that does not outlive the call. */
static enum ace_err seek(struct store_txn *txn, enum table table, MDB_cursor_op op, MDB_val *key, MDB_val *ret_value)
{
	struct ace_slice wanted = { key->mv_data, key->mv_size };
	MDB_cursor *cursor;
	enum ace_err err = usable(txn, wanted);
	int rc;

	if (err)
		return err;
	err = result(txn, mdb_cursor_open(txn->mdb, txn->store->dbi[table], &cursor));
	if (err)
		return err;
	rc = mdb_cursor_get(cursor, key, ret_value, op);
	if (!rc && op == MDB_SET_RANGE && key->mv_size == wanted.len && !memcmp(key->mv_data, wanted.ptr, wanted.len))
		rc = mdb_cursor_get(cursor, key, ret_value, MDB_NEXT);
	mdb_cursor_close(cursor);
	return result(txn, rc);
}

enum ace_err table_next(struct store_txn *txn, enum table table, struct ace_slice after, struct ace_slice *ret_key,
			struct ace_slice *ret_value)
{
	MDB_val key = val_of(after), value;
	enum ace_err err = seek(txn, table, after.len ? MDB_SET_RANGE : MDB_FIRST, &key, &value);

	if (err)
		return err;
	*ret_key = (struct ace_slice){ key.mv_data, key.mv_size };
	return unframe(txn, table, *ret_key, &value, ret_value);
}

enum ace_err table_last(struct store_txn *txn, enum table table, struct ace_slice *ret_key, struct ace_slice *ret_value)
{
	MDB_val key = { 0, NULL }, value;
	enum ace_err err = seek(txn, table, MDB_LAST, &key, &value);

	if (err)
		return err;
	*ret_key = (struct ace_slice){ key.mv_data, key.mv_size };
	return unframe(txn, table, *ret_key, &value, ret_value);
}

enum ace_err table_count(struct store_txn *txn, enum table table, uint64_t *ret_rows, uint64_t *ret_bytes)
{
	MDB_stat stat;
	enum ace_err err = usable(txn, (struct ace_slice){ NULL, 0 });

	if (err)
		return err;
	err = result(txn, mdb_stat(txn->mdb, txn->store->dbi[table], &stat));
	if (err)
		return err;
	*ret_rows = stat.ms_entries;
	*ret_bytes = (uint64_t)stat.ms_psize * (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages);
	return ACE_OK;
}

enum ace_err table_charge(struct store_txn *txn, size_t bytes)
{
	if (bytes > txn->room)
		return error_set(&txn->store->error, ACE_ERR_FULL, 0,
				 "%.300s/data.mdb: only the room kept for expiry and administration is left: "
				 "drop old records or free disk space", txn->store->dir);
	txn->room -= bytes;
	return ACE_OK;
}
