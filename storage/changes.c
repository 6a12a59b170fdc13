/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/changes.h"

#include "storage/record.h"

/* More leave than come, so that the table gets back to its size even when it was larger. */
static enum ace_err trim(struct store_txn *txn)
{
	uint64_t rows, bytes;
	enum ace_err err = table_count(txn, TABLE_CHANGES, &rows, &bytes);

	for (int i = 0; !err && i < 2 && rows > STORE_CHANGES_KEPT; i++, rows--) {
		struct ace_slice key, value;

		err = table_next(txn, TABLE_CHANGES, (struct ace_slice){ NULL, 0 }, &key, &value);
		if (!err)
			err = table_delete(txn, TABLE_CHANGES, key);
	}
	return err;
}

enum ace_err change_add(struct store_txn *txn, enum store_kind kind, const char *id, uint64_t number)
{
	struct store_change change = { .kind = kind, .number = number };
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct table_number key;
	uint64_t last;
	enum ace_err err = store_text_set(id, change.id, sizeof(change.id));

	if (!err)
		err = store_change_last(txn, &last);
	if (!err)
		err = record_change_write(&change, &out);
	if (err)
		return err;
	key = table_number(last + 1);
	err = table_append(txn, TABLE_CHANGES, table_number_key(&key), ace_buf_slice(&out));
	return err ? err : trim(txn);
}

enum ace_err store_change_last(struct store_txn *txn, uint64_t *ret_position)
{
	struct ace_slice key, value;
	enum ace_err err = table_last(txn, TABLE_CHANGES, &key, &value);

	if (err == ACE_ERR_NOT_FOUND) {
		*ret_position = 0;
		return ACE_OK;
	}
	if (!err)
		err = table_key_number(key, ret_position);
	return err;
}

enum ace_err store_change_next(struct store_txn *txn, uint64_t position, struct store_change *ret_change)
{
	struct table_number after = table_number(position);
	struct store_change change;
	struct ace_slice key, value;
	uint64_t found, last;
	enum ace_err err = table_next(txn, TABLE_CHANGES, table_number_key(&after), &key, &value);

	if (err == ACE_ERR_NOT_FOUND) {
		err = store_change_last(txn, &last);
		if (err)
			return err;
		return last == position ? ACE_ERR_NOT_FOUND : ACE_ERR_EXHAUSTED;
	}
	if (err)
		return err;
	err = table_key_number(key, &found);
	if (!err)
		err = record_change_read(value, &change);
	if (err)
		return record_failed(txn, err, TABLE_CHANGES);
	if (found != position + 1)
		return ACE_ERR_EXHAUSTED;
	change.position = found;
	*ret_change = change;
	return ACE_OK;
}
