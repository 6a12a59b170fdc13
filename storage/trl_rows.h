/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and histories of the revocation list. Internal to storage/. */
#ifndef STORAGE_TRL_ROWS_H
#define STORAGE_TRL_ROWS_H

#include "storage/revocations.h"
#include "storage/table.h"

#define TRL_PREFIX_MAX (1 + STORE_ID_MAX + 1)
#define TRL_PLACE_LEN (2 * TABLE_NUMBER_LEN)

/* A key that is put together: kind, id, NUL, and what follows. */
struct trl_key {
	uint8_t bytes[TRL_PREFIX_MAX + TRL_PLACE_LEN];
	size_t prefix_len, len;
};

/* ACE_ERR_RANGE: a longer id than there are. */
ACE_MUST_CHECK enum ace_err trl_key_begin(const struct store_trl_view *view, struct trl_key *ret_key);
void trl_key_number(struct trl_key *key, uint64_t number);
struct ace_slice trl_key_slice(const struct trl_key *key);
/* Does a row that was found belong to the same view? */
bool trl_key_is_prefix(const struct trl_key *key, struct ace_slice found);

/* Tell the histories of all who see these tokens that they came or left, and the table of changes too. */
ACE_MUST_CHECK enum ace_err trl_updates_add(struct store_txn *txn, const struct store_revoked *list, size_t len,
					    bool added);
/* Its requester is gone: another one under its id begins anew. */
ACE_MUST_CHECK enum ace_err trl_updates_forget(struct store_txn *txn, const struct store_trl_view *view);

#endif
