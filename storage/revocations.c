/* SPDX-License-Identifier: Apache-2.0 */
/* The list itself, under the second in which each token expires, and the rows by which a client or a device finds its
 * own: kind, id, second and sequence, without contents. */
#include "storage/revocations.h"

#include <string.h>

#include "storage/record.h"
#include "storage/trl_rows.h"

/* Seconds are never negative in stored tokens. */
static struct trl_key place_key(int64_t expires_at, uint64_t sequence)
{
	struct trl_key key = { .len = 0 };

	trl_key_number(&key, (uint64_t)expires_at);
	trl_key_number(&key, sequence);
	return key;
}

static enum ace_err place_read(struct store_txn *txn, struct ace_slice bytes, struct store_trl_place *ret_place)
{
	uint64_t expires_at = 0, sequence = 0;
	enum ace_err err = bytes.len == TRL_PLACE_LEN ? ACE_OK : ACE_ERR_DAMAGED;

	if (!err)
		err = table_key_number((struct ace_slice){ bytes.ptr, TABLE_NUMBER_LEN }, &expires_at);
	if (!err)
		err = table_key_number((struct ace_slice){ bytes.ptr + TABLE_NUMBER_LEN, TABLE_NUMBER_LEN }, &sequence);
	if (!err && expires_at > INT64_MAX)
		err = ACE_ERR_DAMAGED;
	if (err)
		return record_failed(txn, err, TABLE_REVOKED);
	*ret_place = (struct store_trl_place){ (int64_t)expires_at, sequence };
	return ACE_OK;
}

static enum ace_err revoked_read(struct store_txn *txn, const struct store_trl_place *place, struct ace_slice value,
				 struct store_revoked *ret_revoked)
{
	struct store_revoked revoked;
	enum ace_err err = record_revoked_read(value, &revoked);

	if (err)
		return record_failed(txn, err, TABLE_REVOKED);
	revoked.expires_at = place->expires_at;
	revoked.sequence = place->sequence;
	*ret_revoked = revoked;
	return ACE_OK;
}

static enum ace_err revoked_at(struct store_txn *txn, const struct store_trl_place *place,
			       struct store_revoked *ret_revoked)
{
	struct trl_key key = place_key(place->expires_at, place->sequence);
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_REVOKED, trl_key_slice(&key), &value);

	return err ? err : revoked_read(txn, place, value, ret_revoked);
}

static enum ace_err revoked_next(struct store_txn *txn, const struct store_trl_place *after,
				 struct store_revoked *ret_revoked)
{
	struct trl_key after_key = place_key(after->expires_at, after->sequence);
	struct store_trl_place place;
	struct ace_slice key, value;
	enum ace_err err = table_next(txn, TABLE_REVOKED, trl_key_slice(&after_key), &key, &value);

	if (!err)
		err = place_read(txn, key, &place);
	return err ? err : revoked_read(txn, &place, value, ret_revoked);
}

enum ace_err store_revoked_get(struct store_txn *txn, const struct store_token *token, struct store_revoked *ret_revoked)
{
	return revoked_at(txn, &(struct store_trl_place){ token->expires_at, token->sequence }, ret_revoked);
}

/* --- by client and by device --- */

static enum ace_err view_key(const struct store_trl_view *view, const struct store_trl_place *place,
			     struct trl_key *ret_key)
{
	enum ace_err err = trl_key_begin(view, ret_key);

	if (!err) {
		trl_key_number(ret_key, (uint64_t)place->expires_at);
		trl_key_number(ret_key, place->sequence);
	}
	return err;
}

/* Put or delete the row of one view. */
static enum ace_err view_row(struct store_txn *txn, const struct store_revoked *revoked,
			     const struct store_trl_view *view, bool present)
{
	struct trl_key key;
	enum ace_err err = view_key(view, &(struct store_trl_place){ revoked->expires_at, revoked->sequence }, &key);

	if (err)
		return err;
	if (present)
		return table_put(txn, TABLE_REVOKED_OF, trl_key_slice(&key), ACE_LITERAL(""));
	err = table_delete(txn, TABLE_REVOKED_OF, trl_key_slice(&key));
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err view_rows(struct store_txn *txn, const struct store_revoked *revoked, bool present)
{
	enum ace_err err = view_row(txn, revoked, &(struct store_trl_view){ STORE_TRL_CLIENT, revoked->client }, present);

	return err ? err : view_row(txn, revoked, &(struct store_trl_view){ STORE_TRL_DEVICE, revoked->device }, present);
}

static enum ace_err view_next(struct store_txn *txn, const struct store_trl_view *view, struct store_trl_place *place)
{
	struct ace_slice found, value;
	struct trl_key key;
	enum ace_err err = view_key(view, place, &key);

	if (!err)
		err = table_next(txn, TABLE_REVOKED_OF, trl_key_slice(&key), &found, &value);
	if (err)
		return err;
	if (!trl_key_is_prefix(&key, found))
		return ACE_ERR_NOT_FOUND;
	return place_read(txn, (struct ace_slice){ found.ptr + key.prefix_len, found.len - key.prefix_len }, place);
}

enum ace_err store_trl_next(struct store_txn *txn, const struct store_trl_view *view, struct store_trl_place *place,
			    uint8_t ret_hash[STORE_TOKEN_HASH_LEN])
{
	struct store_trl_place next = *place;
	struct store_revoked revoked;
	enum ace_err err;

	if (view->kind == STORE_TRL_ALL) {
		err = revoked_next(txn, place, &revoked);
	} else {
		err = view_next(txn, view, &next);
		if (!err)
			err = revoked_at(txn, &next, &revoked);
	}
	if (err)
		return err;
	*place = (struct store_trl_place){ revoked.expires_at, revoked.sequence };
	memcpy(ret_hash, revoked.hash, STORE_TOKEN_HASH_LEN);
	return ACE_OK;
}

/* --- coming and going --- */

/* ACE_ERR_EXISTS: on the list already; ACE_ERR_EXPIRED. */
static enum ace_err revoke_one(struct store_txn *txn, uint64_t sequence, int64_t now, struct store_revoked *ret_revoked)
{
	struct store_revoked revoked = { .sequence = sequence, .revoked_at = now };
	struct store_token token;
	struct trl_key key;
	uint8_t bytes[512];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = store_token_get(txn, sequence, &token);

	if (err)
		return err;
	if (token.expires_at <= now)
		return ACE_ERR_EXPIRED;
	err = store_revoked_get(txn, &token, ret_revoked);
	if (err != ACE_ERR_NOT_FOUND)
		return err ? err : ACE_ERR_EXISTS;
	revoked.expires_at = token.expires_at;
	memcpy(revoked.client, token.client, sizeof revoked.client);
	memcpy(revoked.device, token.device, sizeof revoked.device);
	memcpy(revoked.hash, token.hash, sizeof revoked.hash);
	key = place_key(revoked.expires_at, sequence);
	err = record_revoked_write(&revoked, &out);
	if (!err)
		err = table_put(txn, TABLE_REVOKED, trl_key_slice(&key), ace_buf_slice(&out));
	if (!err)
		err = view_rows(txn, &revoked, true);
	if (!err)
		*ret_revoked = revoked;
	return err;
}

enum ace_err store_token_revoke(struct store_txn *txn, const uint64_t *sequences, size_t len, int64_t now,
				size_t *ret_revoked)
{
	struct store_revoked list[STORE_REVOKE_MAX];
	size_t count = 0;
	enum ace_err err = ACE_OK;

	if (len > STORE_REVOKE_MAX)
		return ACE_ERR_RANGE;
	for (size_t i = 0; i < len; i++) {
		err = revoke_one(txn, sequences[i], now, &list[count]);
		if (!err)
			count++;
		else if (err != ACE_ERR_NOT_FOUND && err != ACE_ERR_EXPIRED && err != ACE_ERR_EXISTS)
			return err;
	}
	err = trl_updates_add(txn, list, count, true);
	if (!err)
		*ret_revoked = count;
	return err;
}

enum ace_err store_revoked_due(struct store_txn *txn, int64_t now, bool *ret_due)
{
	struct store_revoked first;
	enum ace_err err = revoked_next(txn, &(struct store_trl_place){ 0, 0 }, &first);

	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	*ret_due = !err && first.expires_at <= now;
	return ACE_OK;
}

/* RFC 9770 5.1: "the token hash MUST be removed" when the token expires. */
static enum ace_err expire_one(struct store_txn *txn, const struct store_revoked *revoked)
{
	struct trl_key key = place_key(revoked->expires_at, revoked->sequence);
	enum ace_err err = table_delete(txn, TABLE_REVOKED, trl_key_slice(&key));

	return err ? err : view_rows(txn, revoked, false);
}

enum ace_err store_revoked_expire(struct store_txn *txn, int64_t now, size_t *ret_expired)
{
	struct store_revoked list[STORE_REVOKE_MAX];
	struct store_trl_place place = { 0, 0 };
	size_t count = 0;
	enum ace_err err = ACE_OK;

	while (count < STORE_REVOKE_MAX) {
		err = revoked_next(txn, &place, &list[count]);
		if (err || list[count].expires_at > now)
			break;
		place = (struct store_trl_place){ list[count].expires_at, list[count].sequence };
		count++;
	}
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	err = ACE_OK;
	for (size_t i = 0; i < count && !err; i++)
		err = expire_one(txn, &list[i]);
	if (!err)
		err = trl_updates_add(txn, list, count, false);
	if (!err)
		*ret_expired = count;
	return err;
}
