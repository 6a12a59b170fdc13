/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/key_uses.h"

#include <string.h>

#include "ace_cose.h"
#include "storage/record.h"

#define CCM_MESSAGES (UINT64_C(1) << 23)
#define GCM_MESSAGES (UINT64_C(1) << 24)
#define BEHIND 32 /* a 32nd part: more than five standard deviations of a count that is drawn by lot */

struct row {
	uint8_t bytes[4 + STORE_ID_MAX + 1 + 4];
	struct ace_slice key;
};

static enum ace_err make_row(const char *device_id, uint32_t version, struct row *row)
{
	size_t len = strlen(device_id);

	if (!len || len > STORE_ID_MAX)
		return ACE_ERR_NOT_FOUND;
	memcpy(row->bytes, "use ", 4);
	memcpy(row->bytes + 4, device_id, len + 1);
	for (size_t i = 0; i < 4; i++)
		row->bytes[4 + len + 1 + i] = (uint8_t)(version >> (24 - 8 * i));
	row->key = (struct ace_slice){ row->bytes, 4 + len + 1 + 4 };
	return ACE_OK;
}

uint64_t store_key_uses_limit(int32_t alg)
{
	uint64_t messages = alg == ACE_ALG_A128GCM ? GCM_MESSAGES : CCM_MESSAGES;

	return messages - messages / BEHIND;
}

uint64_t store_key_uses_alarm(int32_t alg)
{
	return store_key_uses_limit(alg) / 5 * 4;
}

enum ace_err store_key_uses_get(struct store_txn *txn, const char *device_id, uint32_t version, uint64_t *ret_uses)
{
	struct row row;
	enum ace_err err = make_row(device_id, version, &row);

	return err ? err : record_number_get(txn, TABLE_COUNTERS, row.key, ret_uses);
}

enum ace_err store_key_uses_step(struct store_txn *txn, const char *device_id, uint32_t version, uint64_t *ret_uses)
{
	uint64_t uses = 0;
	struct row row;
	enum ace_err err = make_row(device_id, version, &row);

	if (!err)
		err = record_number_get(txn, TABLE_COUNTERS, row.key, &uses);
	if (!err && uses > UINT64_MAX - STORE_KEY_USES_STEP)
		err = ACE_ERR_EXHAUSTED;
	uses += STORE_KEY_USES_STEP;
	if (!err)
		err = record_number_put(txn, TABLE_COUNTERS, row.key, uses);
	if (!err)
		*ret_uses = uses;
	return err;
}

enum ace_err store_key_uses_forget(struct store_txn *txn, const char *device_id, uint32_t version)
{
	struct row row;
	enum ace_err err = make_row(device_id, version, &row);

	if (!err)
		err = table_delete(txn, TABLE_COUNTERS, row.key);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}
