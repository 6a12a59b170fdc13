/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the store. The first byte chooses which; what was read is written again and reads as the same. */
#include "fuzz.h"
#include "storage/env.h"
#include "storage/record.h"

/* What the operator hears of one that is damaged. */
static void tell(enum ace_err err)
{
	static struct store store = { .dir = "/state" };
	struct store_txn txn = { .store = &store };
	enum ace_err told = record_failed(&txn, err, TABLE_DEVICES);

	fuzz_require(told == (err == ACE_ERR_VERSION ? ACE_ERR_VERSION : ACE_ERR_DAMAGED) && store.error.text[0]);
}

#define RECORD(name, type)                                                                                             \
	static void read_##name(struct ace_slice in)                                                                   \
	{                                                                                                              \
		static uint8_t bytes[2][RECORD_MAX];                                                                   \
		struct ace_buf out[2] = { ACE_BUF_OF(bytes[0]), ACE_BUF_OF(bytes[1]) };                                \
		struct type record = { 0 };                                                                            \
                                                                                                                       \
		enum ace_err err = record_##name##_read(in, &record);                                                  \
                                                                                                                       \
		if (err) {                                                                                             \
			tell(err);                                                                                     \
			return;                                                                                        \
		}                                                                                                      \
		fuzz_accepted++;                                                                                       \
		fuzz_require(record_##name##_write(&record, &out[0]) == ACE_OK);                                       \
		fuzz_require(record_##name##_read(ace_buf_slice(&out[0]), &record) == ACE_OK);                         \
		fuzz_require(record_##name##_write(&record, &out[1]) == ACE_OK);                                       \
		fuzz_require(ace_slice_equal(ace_buf_slice(&out[0]), ace_buf_slice(&out[1])));                         \
	}

RECORD(client, store_client)
RECORD(device, store_device)
RECORD(token, store_token)
RECORD(revoked, store_revoked)
RECORD(update, store_trl_update)
RECORD(decision, store_decision)
RECORD(policy, store_policy)
RECORD(change, store_change)
RECORD(line, record_line)
RECORD(info, store_info)
RECORD(heartbeat, store_heartbeat)
RECORD(secret, store_secret)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static void (*const readers[])(struct ace_slice) = { read_client, read_device, read_token, read_revoked,
							     read_update, read_decision, read_policy, read_change,
							     read_line, read_info, read_heartbeat, read_secret };

	if (len)
		readers[bytes[0] % ACE_ARRAY_LEN(readers)]((struct ace_slice){ bytes + 1, len - 1 });
	return 0;
}
