/* SPDX-License-Identifier: Apache-2.0 */
/* The history of each view: its newest update comes first, so that one step finds it. */
#include "storage/trl_rows.h"

#include <string.h>

#include "storage/record.h"
#include "storage/secrets.h"

enum ace_err trl_key_begin(const struct store_trl_view *view, struct trl_key *ret_key)
{
	size_t len = strlen(view->id);

	if (len > STORE_ID_MAX)
		return ACE_ERR_RANGE;
	ret_key->bytes[0] = (uint8_t)view->kind;
	memcpy(ret_key->bytes + 1, view->id, len + 1);
	ret_key->prefix_len = ret_key->len = len + 2;
	return ACE_OK;
}

void trl_key_number(struct trl_key *key, uint64_t number)
{
	struct table_number bytes = table_number(number);

	memcpy(key->bytes + key->len, bytes.bytes, sizeof bytes.bytes);
	key->len += sizeof bytes.bytes;
}

struct ace_slice trl_key_slice(const struct trl_key *key)
{
	return (struct ace_slice){ key->bytes, key->len };
}

bool trl_key_is_prefix(const struct trl_key *key, struct ace_slice found)
{
	return found.len > key->prefix_len && !memcmp(found.ptr, key->bytes, key->prefix_len);
}

/* Numbers stand in the keys from high to low. */
static enum ace_err update_key(const struct store_trl_view *view, uint64_t number, struct trl_key *ret_key)
{
	enum ace_err err = trl_key_begin(view, ret_key);

	if (!err)
		trl_key_number(ret_key, UINT64_MAX - number);
	return err;
}

enum ace_err store_trl_newest(struct store_txn *txn, const struct store_trl_view *view, uint64_t *ret_number)
{
	struct ace_slice found, value;
	struct trl_key key;
	uint64_t inverted;
	enum ace_err err = trl_key_begin(view, &key);

	if (!err)
		err = table_next(txn, TABLE_TRL_UPDATES, trl_key_slice(&key), &found, &value);
	if (err)
		return err;
	if (!trl_key_is_prefix(&key, found))
		return ACE_ERR_NOT_FOUND;
	err = table_key_number((struct ace_slice){ found.ptr + key.len, found.len - key.len }, &inverted);
	if (err)
		return record_failed(txn, err, TABLE_TRL_UPDATES);
	*ret_number = UINT64_MAX - inverted;
	return ACE_OK;
}

enum ace_err store_trl_update_get(struct store_txn *txn, const struct store_trl_view *view, uint64_t number,
				  struct store_trl_update *ret_update)
{
	struct store_trl_update update;
	struct ace_slice value;
	struct trl_key key;
	enum ace_err err = update_key(view, number, &key);

	if (!err)
		err = table_get(txn, TABLE_TRL_UPDATES, trl_key_slice(&key), &value);
	if (err)
		return err;
	err = record_update_read(value, &update);
	if (err)
		return record_failed(txn, err, TABLE_TRL_UPDATES);
	update.number = number;
	*ret_update = update;
	return ACE_OK;
}

/* RFC 9770 6.2: of more than MAX_N updates the oldest is deleted. */
static enum ace_err put_update(struct store_txn *txn, const struct store_trl_view *view,
			       const struct store_trl_update *update)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct trl_key key;
	enum ace_err err = update_key(view, update->number, &key);

	if (!err)
		err = record_update_write(update, &out);
	if (!err)
		err = table_put(txn, TABLE_TRL_UPDATES, trl_key_slice(&key), ace_buf_slice(&out));
	if (err || update->number < STORE_TRL_UPDATES)
		return err;
	err = update_key(view, update->number - STORE_TRL_UPDATES, &key);
	if (!err)
		err = table_delete(txn, TABLE_TRL_UPDATES, trl_key_slice(&key));
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* Does anybody read that history? Nobody does for a client or device that was deleted. */
static enum ace_err requester_exists(struct store_txn *txn, const struct store_trl_view *view)
{
	struct ace_slice value;

	if (view->kind == STORE_TRL_ALL)
		return ACE_OK;
	return table_get(txn, view->kind == STORE_TRL_CLIENT ? TABLE_CLIENTS : TABLE_DEVICES, id_key(view->id), &value);
}

static bool is_seen_by(const struct store_revoked *revoked, const struct store_trl_view *view)
{
	switch (view->kind) {
	case STORE_TRL_CLIENT: return !strcmp(revoked->client, view->id);
	case STORE_TRL_DEVICE: return !strcmp(revoked->device, view->id);
	case STORE_TRL_ALL:
	default: return true;
	}
}

static void take_hash(struct store_trl_update *update, const struct store_revoked *revoked, bool added)
{
	size_t at = (size_t)update->removed_len + update->added_len;

	memcpy(update->hashes[at], revoked->hash, sizeof revoked->hash);
	if (added)
		update->added_len++;
	else
		update->removed_len++;
}

/* All of the list that one view sees, in updates of a bounded size: a page of them fits one message. */
static enum ace_err tell_view(struct store_txn *txn, const struct store_trl_view *view, const struct store_revoked *list,
			      size_t len, bool added)
{
	struct store_trl_update update = { 0 };
	enum ace_err err = requester_exists(txn, view);

	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	err = store_trl_newest(txn, view, &update.number);
	update.number = err == ACE_ERR_NOT_FOUND ? 0 : update.number + 1;
	if (err == ACE_ERR_NOT_FOUND)
		err = ACE_OK;
	for (size_t i = 0; i < len && !err; i++) {
		if (!is_seen_by(&list[i], view))
			continue;
		take_hash(&update, &list[i], added);
		if (update.removed_len + update.added_len < STORE_TRL_HASHES)
			continue;
		err = put_update(txn, view, &update);
		update = (struct store_trl_update){ .number = update.number + 1 };
	}
	if (!err && update.removed_len + update.added_len)
		err = put_update(txn, view, &update);
	return err ? err : change_add(txn, STORE_TRL, view->id, (uint64_t)view->kind);
}

/* Each view once: at the first of its tokens. */
static bool is_first(const struct store_revoked *list, size_t at, const struct store_trl_view *view)
{
	for (size_t i = 0; i < at; i++)
		if (is_seen_by(&list[i], view))
			return false;
	return true;
}

enum ace_err trl_updates_add(struct store_txn *txn, const struct store_revoked *list, size_t len, bool added)
{
	enum ace_err err = ACE_OK;

	for (size_t i = 0; i < len && !err; i++) {
		const struct store_trl_view views[] = { { STORE_TRL_ALL, "" }, { STORE_TRL_CLIENT, list[i].client },
							{ STORE_TRL_DEVICE, list[i].device } };

		for (size_t v = 0; v < ACE_ARRAY_LEN(views) && !err; v++)
			if (is_first(list, i, &views[v]))
				err = tell_view(txn, &views[v], list, len, added);
	}
	return err;
}

enum ace_err trl_updates_forget(struct store_txn *txn, const struct store_trl_view *view)
{
	uint64_t number;
	enum ace_err err;

	while (!(err = store_trl_newest(txn, view, &number))) {
		struct trl_key key;

		err = update_key(view, number, &key);
		if (!err)
			err = table_delete(txn, TABLE_TRL_UPDATES, trl_key_slice(&key));
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}
