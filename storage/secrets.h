/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed secrets in rows of their own, so that what touches none works without the key. Internal to storage/. */
#ifndef STORAGE_SECRETS_H
#define STORAGE_SECRETS_H

#include "storage/types.h"

/* Whose secret: the first byte of the row's key, then the id, NUL, and the key's version. */
enum secret_owner { SECRET_OF_CLIENT = 'c', SECRET_OF_DEVICE_LINE = 'l', SECRET_OF_DEVICE_KEY = 'k' };

struct secret_name {
	enum secret_owner owner;
	const char *id; /* borrowed */
	uint32_t version;
};

ACE_MUST_CHECK enum ace_err secret_put(struct store_txn *txn, const struct secret_name *name,
				       const struct store_secret *secret);
ACE_MUST_CHECK enum ace_err secret_get(struct store_txn *txn, const struct secret_name *name,
				       struct store_secret *ret_secret);
/* ACE_OK also when there is none. */
ACE_MUST_CHECK enum ace_err secret_delete(struct store_txn *txn, const struct secret_name *name);

/* The next line number, belonging to id from now (seconds since 1970) on. At least 64 for each second since the store was made, so that
 * a store that was put back gives none again: docs/decisions/0004. ACE_ERR_EXHAUSTED. */
ACE_MUST_CHECK enum ace_err line_take(struct store_txn *txn, enum store_kind kind, const char *id, int64_t now,
				      uint64_t *ret_line);
/* ACE_OK also when there is none. */
ACE_MUST_CHECK enum ace_err line_delete(struct store_txn *txn, uint64_t line);

/* A NUL-terminated id as the key of a row; and back: ACE_ERR_DAMAGED when it is longer than an id. */
struct ace_slice id_key(const char *id);
ACE_MUST_CHECK enum ace_err id_from_key(struct ace_slice key, char ret_id[STORE_ID_MAX + 1]);

#endif
