/* SPDX-License-Identifier: Apache-2.0 */
/* Revoked tokens that have not expired yet, and what each requester sees of them (RFC 9770). A revocation, the list that
 * it changes and the updates that tell of it are one transaction; so is an expiry. None of it is charged against the room
 * of tokens and decisions: a full store still revokes. Errors as in storage/clients.h. */
#ifndef STORAGE_REVOCATIONS_H
#define STORAGE_REVOCATIONS_H

#include "storage/tokens.h"

#define STORE_REVOKE_MAX STORE_DROP_ROWS /* tokens that one call revokes or lets expire */
#define STORE_TRL_UPDATES 64             /* updates kept for each requester (MAX_N); the oldest leave first */
#define STORE_TRL_PAGE 5                 /* updates in one answer (MAX_DIFF_BATCH): such a page fits one message */
#define STORE_TRL_HASHES 4               /* hashes in one update; a larger change makes several */

/* Whose part of the list. The letters are stored. */
enum store_trl_kind { STORE_TRL_ALL = 'a', STORE_TRL_CLIENT = 'c', STORE_TRL_DEVICE = 'd' };

struct store_trl_view {
	enum store_trl_kind kind;
	const char *id; /* borrowed; "" for STORE_TRL_ALL: all administrators see the same */
};

/* A token while it is on the list. */
struct store_revoked {
	uint64_t sequence;
	int64_t expires_at; /* seconds since 1970 */
	int64_t revoked_at; /* seconds since 1970 */
	char client[STORE_ID_MAX + 1];
	char device[STORE_ID_MAX + 1];
	uint8_t hash[STORE_TOKEN_HASH_LEN];
};

/* One step in the history of a view: hashes that left the list, then those that came. */
struct store_trl_update {
	uint64_t number; /* from 0, without gaps */
	uint8_t removed_len, added_len;
	uint8_t hashes[STORE_TRL_HASHES][STORE_TOKEN_HASH_LEN];
};

/* Put up to STORE_REVOKE_MAX tokens on the list, in that order. What is not stored, over, or there already is passed
 * over. *ret_revoked counts the others. ACE_ERR_RANGE too many. */
ACE_MUST_CHECK enum ace_err store_token_revoke(struct store_txn *txn, const uint64_t *sequences, size_t len, int64_t now,
					       size_t *ret_revoked);
/* ACE_OK: it is on the list; ACE_ERR_NOT_FOUND: it is not. */
ACE_MUST_CHECK enum ace_err store_revoked_get(struct store_txn *txn, const struct store_token *token,
					      struct store_revoked *ret_revoked);
/* Is there something for store_revoked_expire() to do? */
ACE_MUST_CHECK enum ace_err store_revoked_due(struct store_txn *txn, int64_t now, bool *ret_due);
/* Take up to STORE_REVOKE_MAX tokens off the list that are over at now. Call until *ret_expired is 0. */
ACE_MUST_CHECK enum ace_err store_revoked_expire(struct store_txn *txn, int64_t now, size_t *ret_expired);

/* Where store_trl_next() stands. Zeroed: before the first. */
struct store_trl_place {
	int64_t expires_at;
	uint64_t sequence;
};

/* The next hash that the view sees, in the order in which they expire. ACE_ERR_NOT_FOUND: no more. */
ACE_MUST_CHECK enum ace_err store_trl_next(struct store_txn *txn, const struct store_trl_view *view,
					   struct store_trl_place *place, uint8_t ret_hash[STORE_TOKEN_HASH_LEN]);
/* Number of the newest update. ACE_ERR_NOT_FOUND: there was none. */
ACE_MUST_CHECK enum ace_err store_trl_newest(struct store_txn *txn, const struct store_trl_view *view,
					     uint64_t *ret_number);
/* The last STORE_TRL_UPDATES are there. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_trl_update_get(struct store_txn *txn, const struct store_trl_view *view,
						 uint64_t number, struct store_trl_update *ret_update);

#endif
