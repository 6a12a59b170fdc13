/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/secrets.h"

#include <string.h>

#include "ace_port.h"
#include "storage/env.h"
#include "storage/meta.h"
#include "storage/record.h"

#define LINES_A_SECOND 64
#define NAME_MAX_LEN (1 + STORE_ID_MAX + 1 + 4)

struct ace_slice id_key(const char *id)
{
	return (struct ace_slice){ (const uint8_t *)id, strlen(id) };
}

enum ace_err id_from_key(struct ace_slice key, char ret_id[STORE_ID_MAX + 1])
{
	if (key.len > STORE_ID_MAX)
		return ACE_ERR_DAMAGED;
	memcpy(ret_id, key.ptr, key.len);
	ret_id[key.len] = '\0';
	return ACE_OK;
}

static enum ace_err name_key(const struct secret_name *name, uint8_t bytes[NAME_MAX_LEN], struct ace_slice *ret_key)
{
	size_t len = strlen(name->id);

	if (!len || len > STORE_ID_MAX)
		return ACE_ERR_NOT_FOUND;
	bytes[0] = (uint8_t)name->owner;
	memcpy(bytes + 1, name->id, len + 1);
	for (size_t i = 0; i < 4; i++)
		bytes[len + 2 + i] = (uint8_t)(name->version >> (24 - 8 * i));
	*ret_key = (struct ace_slice){ bytes, len + 6 };
	return ACE_OK;
}

enum ace_err secret_put(struct store_txn *txn, const struct secret_name *name, const struct store_secret *secret)
{
	uint8_t key[NAME_MAX_LEN], plain[SEAL_PLAIN_MAX], sealed[SEAL_SEALED_MAX];
	struct ace_buf record = ACE_BUF_OF(plain), out = ACE_BUF_OF(sealed);
	struct seal_place place = { .table = TABLE_SECRETS };
	enum ace_err err = name_key(name, key, &place.key);

	if (!err)
		err = record_secret_write(secret, &record);
	if (!err)
		err = seal_close(&txn->store->seal, &place, ace_buf_slice(&record), &out);
	ace_wipe(plain, sizeof(plain));
	if (err)
		return err;
	return table_put(txn, TABLE_SECRETS, place.key, ace_buf_slice(&out));
}

enum ace_err secret_get(struct store_txn *txn, const struct secret_name *name, struct store_secret *ret_secret)
{
	uint8_t key[NAME_MAX_LEN], plain[SEAL_PLAIN_MAX];
	struct ace_buf out = ACE_BUF_OF(plain);
	struct seal_place place = { .table = TABLE_SECRETS };
	struct store_secret secret;
	struct ace_slice sealed;
	enum ace_err err;

	if (!txn->store->seal.is_open)
		return error_set(&txn->store->error, ACE_ERR_USAGE, 0, "%.300s: the store is not unlocked", txn->store->dir);
	err = name_key(name, key, &place.key);
	if (err)
		return err;
	err = table_get(txn, TABLE_SECRETS, place.key, &sealed);
	if (err)
		return err;
	err = seal_open(&txn->store->seal, &place, sealed, &out);
	if (!err)
		err = record_secret_read(ace_buf_slice(&out), &secret);
	if (err)
		err = record_failed(txn, err, TABLE_SECRETS);
	else
		*ret_secret = secret;
	ace_wipe(plain, sizeof(plain));
	ace_wipe(&secret, sizeof(secret));
	return err;
}

enum ace_err secret_delete(struct store_txn *txn, const struct secret_name *name)
{
	uint8_t bytes[NAME_MAX_LEN];
	struct ace_slice key;
	enum ace_err err = name_key(name, bytes, &key);

	if (!err)
		err = table_delete(txn, TABLE_SECRETS, key);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* The last number that is out of question: the last one that was taken, or the floor that time puts under the next. */
static enum ace_err line_last(struct store_txn *txn, int64_t now, uint64_t *ret_last)
{
	struct store_info info;
	uint64_t last, floor;
	enum ace_err err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL("line"), &last);

	if (!err)
		err = store_info_get(txn, &info);
	if (err)
		return err;
	floor = now > info.created ? (uint64_t)(now - info.created) * LINES_A_SECOND : 0;
	last = last > floor ? last : floor;
	if (last == UINT64_MAX)
		return ACE_ERR_EXHAUSTED;
	*ret_last = last;
	return ACE_OK;
}

enum ace_err line_take(struct store_txn *txn, enum store_kind kind, const char *id, int64_t now, uint64_t *ret_line)
{
	struct record_line record = { .kind = kind };
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct table_number key;
	uint64_t last;
	enum ace_err err = line_last(txn, now, &last);

	if (!err)
		err = store_text_set(id, record.id, sizeof(record.id));
	if (!err)
		err = record_line_write(&record, &out);
	if (!err)
		err = record_number_put(txn, TABLE_COUNTERS, ACE_LITERAL("line"), last + 1);
	if (err)
		return err;
	key = table_number(last + 1);
	err = table_put(txn, TABLE_LINES, table_number_key(&key), ace_buf_slice(&out));
	if (!err)
		*ret_line = last + 1;
	return err;
}

enum ace_err line_delete(struct store_txn *txn, uint64_t line)
{
	struct table_number key = table_number(line);
	enum ace_err err = table_delete(txn, TABLE_LINES, table_number_key(&key));

	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}
