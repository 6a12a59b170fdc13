/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/merge.h"

#include <string.h>

#include "storage/clients.h"
#include "storage/counters.h"
#include "storage/decisions.h"
#include "storage/devices.h"
#include "storage/record.h"
#include "storage/seal.h"
#include "storage/secrets.h"
#include "storage/trl_rows.h"

/* A key that outlives the writes after it was found. */
struct kept_key {
	uint8_t bytes[512]; /* LMDB has none longer than 511 */
	size_t len;
};

static struct ace_slice key_slice(const struct kept_key *key)
{
	return (struct ace_slice){ key->bytes, key->len };
}

static enum ace_err next_row(struct store_txn *txn, enum table table, struct kept_key *key, struct ace_slice *ret_value)
{
	struct ace_slice found;
	enum ace_err err = table_next(txn, table, key_slice(key), &found, ret_value);

	if (err)
		return err;
	if (found.len > sizeof key->bytes)
		return ACE_ERR_DAMAGED;
	memcpy(key->bytes, found.ptr, found.len);
	key->len = found.len;
	return ACE_OK;
}

static enum ace_err at_end(enum ace_err err)
{
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* Of each row the larger number. What is no number has no place here. */
static enum ace_err take_larger(struct store_txn *current, struct store_txn *copy, enum table table)
{
	struct kept_key key = { .len = 0 };
	struct ace_slice value;
	uint64_t now, before;
	enum ace_err err;

	while (!(err = next_row(current, table, &key, &value))) {
		if (table_key_number(value, &now))
			continue;
		err = record_number_get(copy, table, key_slice(&key), &before);
		if (!err && now > before)
			err = record_number_put(copy, table, key_slice(&key), now);
		if (err)
			return err;
	}
	return at_end(err);
}

static enum ace_err take_missing(struct store_txn *current, struct store_txn *copy, enum table table)
{
	struct kept_key key = { .len = 0 };
	struct ace_slice value, there;
	enum ace_err err;

	while (!(err = next_row(current, table, &key, &value))) {
		err = table_get(copy, table, key_slice(&key), &there);
		if (err == ACE_ERR_NOT_FOUND)
			err = table_put(copy, table, key_slice(&key), value);
		if (err)
			return err;
	}
	return at_end(err);
}

/* Records of decisions stay behind, but no later one has the id of one of them. */
static enum ace_err keep_decision_time(struct store_txn *current, struct store_txn *copy)
{
	struct store_decision_id id;
	struct ace_slice key, value;
	uint64_t ms, before;
	enum ace_err err = table_last(current, TABLE_DECISIONS, &key, &value);

	if (err)
		return at_end(err);
	if (key.len != sizeof id.bytes)
		return record_failed(current, ACE_ERR_RANGE, TABLE_DECISIONS);
	memcpy(id.bytes, key.ptr, key.len);
	ms = (uint64_t)store_decision_id_time_ms(&id);
	err = record_number_get(copy, TABLE_COUNTERS, ACE_LITERAL(STORE_DECISION_COUNTER), &before);
	return err || ms <= before ? err : record_number_put(copy, TABLE_COUNTERS, ACE_LITERAL(STORE_DECISION_COUNTER), ms);
}

/* --- histories of the revocation list --- */

static bool is_same_view(const struct kept_key *a, const struct kept_key *b)
{
	return a->len == b->len && a->len >= TABLE_NUMBER_LEN && !memcmp(a->bytes, b->bytes, a->len - TABLE_NUMBER_LEN);
}

static uint64_t update_number(const struct kept_key *key)
{
	uint64_t inverted = 0;

	if (key->len < TABLE_NUMBER_LEN ||
	    table_key_number((struct ace_slice){ key->bytes + key->len - TABLE_NUMBER_LEN, TABLE_NUMBER_LEN }, &inverted))
		return 0;
	return UINT64_MAX - inverted;
}

/* Both states together have more of them than are kept. The newest of a view stands first. */
static enum ace_err drop_old_updates(struct store_txn *copy)
{
	struct kept_key key = { .len = 0 }, newest = { .len = 0 };
	struct ace_slice value;
	enum ace_err err;

	while (!(err = next_row(copy, TABLE_TRL_UPDATES, &key, &value))) {
		if (!is_same_view(&key, &newest))
			newest = key;
		if (update_number(&newest) - update_number(&key) < STORE_TRL_UPDATES)
			continue;
		err = table_delete(copy, TABLE_TRL_UPDATES, key_slice(&key));
		if (err)
			return err;
	}
	return at_end(err);
}

static enum ace_err take_revocations(struct store_txn *current, struct store_txn *copy)
{
	enum ace_err err = take_missing(current, copy, TABLE_REVOKED);

	if (!err)
		err = take_missing(current, copy, TABLE_REVOKED_OF);
	if (!err)
		err = take_missing(current, copy, TABLE_TRL_UPDATES);
	return err ? err : drop_old_updates(copy);
}

/* --- tokens --- */

static enum ace_err is_held(struct store_txn *copy, const struct store_token *token, bool *ret_held)
{
	static struct store_client client;
	static struct store_device device;
	enum ace_err err = store_client_get(copy, token->client, &client);

	if (!err && client.is_enabled)
		err = store_device_get(copy, token->device, &device);
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	*ret_held = !err && client.is_enabled && device.is_enabled;
	return ACE_OK;
}

/* Live tokens follow the policy: whoever is not there, or disabled, holds none. */
static enum ace_err revoke_unheld(struct store_txn *copy, const struct store_token *token, int64_t now, uint64_t *revoked)
{
	size_t count = 0;
	bool is_of_use;
	enum ace_err err;

	if (token->expires_at <= now)
		return ACE_OK;
	err = is_held(copy, token, &is_of_use);
	if (err || is_of_use)
		return err;
	err = store_token_revoke(copy, &token->sequence, 1, now, &count);
	*revoked += count;
	return err;
}

static enum ace_err take_tokens(struct store_txn *current, struct store_txn *copy, int64_t now, uint64_t *revoked)
{
	struct kept_key key = { .len = 0 };
	struct store_token token;
	struct ace_slice value, there;
	enum ace_err err;

	while (!(err = next_row(current, TABLE_TOKENS, &key, &value))) {
		err = table_get(copy, TABLE_TOKENS, key_slice(&key), &there);
		if (!err)
			continue;
		if (err != ACE_ERR_NOT_FOUND)
			return err;
		err = record_token_read(value, &token);
		if (!err)
			err = table_key_number(key_slice(&key), &token.sequence);
		if (err)
			return record_failed(current, err, TABLE_TOKENS);
		err = table_put(copy, TABLE_TOKENS, key_slice(&key), value);
		if (!err)
			err = revoke_unheld(copy, &token, now, revoked);
		if (err)
			return err;
	}
	return at_end(err);
}

enum ace_err merge_take_over(struct store_txn *current, struct store_txn *copy, int64_t now, uint64_t *ret_revoked)
{
	uint64_t revoked = 0;
	enum ace_err err = take_larger(current, copy, TABLE_COUNTERS);

	if (!err)
		err = keep_decision_time(current, copy);
	if (!err)
		err = seal_wraps_copy(current, copy);
	if (!err)
		err = take_revocations(current, copy);
	if (!err)
		err = take_larger(current, copy, TABLE_SERIES);
	if (!err)
		err = take_tokens(current, copy, now, &revoked);
	if (!err)
		*ret_revoked = revoked;
	return err;
}
