/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/meta.h"

#include <string.h>

#include "ace_port.h"
#include "storage/record.h"

enum ace_err store_info_get(struct store_txn *txn, struct store_info *ret_info)
{
	struct store_info info;
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_META, ACE_LITERAL("info"), &value);

	if (err)
		return err == ACE_ERR_NOT_FOUND ? record_failed(txn, ACE_ERR_MISSING, TABLE_META) : err;
	err = record_info_read(value, &info);
	if (err)
		return record_failed(txn, err, TABLE_META);
	err = record_schema_get(txn, &info.schema);
	if (!err)
		*ret_info = info;
	return err;
}

enum ace_err store_heartbeat_put(struct store_txn *txn, const struct store_heartbeat *heartbeat)
{
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = record_heartbeat_write(heartbeat, &out);

	return err ? err : table_put(txn, TABLE_META, ACE_LITERAL("heartbeat"), ace_buf_slice(&out));
}

enum ace_err store_heartbeat_get(struct store_txn *txn, struct store_heartbeat *ret_heartbeat)
{
	struct store_heartbeat heartbeat;
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_META, ACE_LITERAL("heartbeat"), &value);

	if (err)
		return err;
	err = record_heartbeat_read(value, &heartbeat);
	if (err)
		return record_failed(txn, err, TABLE_META);
	*ret_heartbeat = heartbeat;
	return ACE_OK;
}

enum ace_err store_uid_get(struct store_txn *txn, uint8_t ret_uid[STORE_UID_LEN])
{
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_META, ACE_LITERAL("uid"), &value);

	if (err)
		return err;
	if (value.len != STORE_UID_LEN)
		return record_failed(txn, ACE_ERR_RANGE, TABLE_META);
	memcpy(ret_uid, value.ptr, STORE_UID_LEN);
	return ACE_OK;
}

enum ace_err store_uid_ensure(struct store_txn *txn, uint8_t ret_uid[STORE_UID_LEN])
{
	uint8_t fresh[STORE_UID_LEN];
	enum ace_err err = store_uid_get(txn, ret_uid);

	if (err != ACE_ERR_NOT_FOUND)
		return err;
	err = ace_port_random(fresh, sizeof fresh);
	if (!err)
		err = table_put(txn, TABLE_META, ACE_LITERAL("uid"), ACE_SLICE_OF(fresh));
	if (!err)
		memcpy(ret_uid, fresh, sizeof fresh);
	return err;
}
