/* SPDX-License-Identifier: Apache-2.0 */
/* How many tokens were sealed under each token key. A count goes up by STORE_KEY_USES_STEP in the transaction of one token in as
 * many, drawn by lot, so that hardly any token costs another row: docs/decisions/0008 says how far off it may be.
 * Errors as in storage/clients.h. */
#ifndef STORAGE_KEY_USES_H
#define STORAGE_KEY_USES_H

#include "storage/types.h"

#define STORE_KEY_USES_STEP 256

/* The count from which on nothing is sealed under a key of that algorithm: RFC 9053 4.2.1 allows AES-CCM 2^23 messages, RFC 8446
 * 5.5 AES-GCM some 2^24; less what the count may be behind. */
uint64_t store_key_uses_limit(int32_t alg);
/* The count from which on operators hear of it: four fifths of that. */
uint64_t store_key_uses_alarm(int32_t alg);

/* Of a device's token key with that version. One that was never counted has 0. */
ACE_MUST_CHECK enum ace_err store_key_uses_get(struct store_txn *txn, const char *device_id, uint32_t version,
					       uint64_t *ret_uses);
/* One step up. *ret_uses is the count after it. */
ACE_MUST_CHECK enum ace_err store_key_uses_step(struct store_txn *txn, const char *device_id, uint32_t version,
						uint64_t *ret_uses);
/* For a key that is gone. ACE_OK also when it was never counted. */
ACE_MUST_CHECK enum ace_err store_key_uses_forget(struct store_txn *txn, const char *device_id, uint32_t version);

#endif
