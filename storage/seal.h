/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets at rest: AES-256-GCM under the data key, and that under the key-encryption key. Each sealed value
 * is bound to its table, row and version, so that rows cannot be swapped. Internal to storage/. */
#ifndef STORAGE_SEAL_H
#define STORAGE_SEAL_H

#include "storage/table.h"

#define SEAL_KEY_LEN 32
#define SEAL_CHECK_LEN 16
#define SEAL_PLAIN_MAX 128  /* longest secret record */
#define SEAL_SEALED_MAX 256 /* longest sealed record */

/* The data key while it is open. Wiped by store_close(). */
struct seal {
	bool is_open;
	uint8_t key[SEAL_KEY_LEN];
};

struct seal_place {
	enum table table;
	struct ace_slice key; /* of the row */
};

/* Append to out. ACE_ERR_USAGE the seal is not open; ACE_ERR_RANGE; ACE_ERR_RANDOM; ACE_ERR_CRYPTO; ACE_ERR_SPACE. */
ACE_MUST_CHECK enum ace_err seal_close(const struct seal *seal, const struct seal_place *place, struct ace_slice plain,
				       struct ace_buf *out);
/* Append to out, which the caller wipes. ACE_ERR_DAMAGED: not what was sealed for this place under this key. */
ACE_MUST_CHECK enum ace_err seal_open(const struct seal *seal, const struct seal_place *place, struct ace_slice sealed,
				      struct ace_buf *out);

/* The data key may lie sealed under two key-encryption keys while one takes over from the other: whichever is at hand
 * opens the store. */
#define SEAL_WRAPS 2

/* Make a data key for a new store and put it, sealed under kek since now (seconds since 1970), into txn. */
ACE_MUST_CHECK enum ace_err seal_create(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], int64_t now);
/* Open the store's data key with any of its key-encryption keys. ACE_ERR_WRONG_KEY by the check values; ACE_ERR_DAMAGED. */
ACE_MUST_CHECK enum ace_err seal_unlock(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], struct seal *ret_seal);
/* Seal the open data key under another kek, too, which counts as the newer one. ACE_ERR_EXISTS it is sealed under two keys, or under
 * this one, already. */
ACE_MUST_CHECK enum ace_err seal_wrap_add(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], int64_t now);
/* Let kek be the only key that opens the store. ACE_ERR_WRONG_KEY it is none of them: nothing was changed. */
ACE_MUST_CHECK enum ace_err seal_wrap_keep(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN]);

/* Let the keys that open the data key of one store open that of another one, which is the same. */
ACE_MUST_CHECK enum ace_err seal_wraps_copy(struct store_txn *from, struct store_txn *to);

struct seal_wraps {
	size_t len;    /* 1 or 2 */
	int64_t since; /* when the newest was added: seconds since 1970 */
};
ACE_MUST_CHECK enum ace_err seal_wraps_get(struct store_txn *txn, struct seal_wraps *ret_wraps);
/* Is kek the newest of them? ACE_ERR_WRONG_KEY it is none of them. */
ACE_MUST_CHECK enum ace_err seal_wrap_is_newest(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], bool *ret_newest);

#endif
