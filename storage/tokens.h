/* SPDX-License-Identifier: Apache-2.0 */
/* Records of issued tokens, under their sequence number. No secret is in them. */
#ifndef STORAGE_TOKENS_H
#define STORAGE_TOKENS_H

#include "storage/decisions.h"
#include "storage/types.h"

#define STORE_TOKEN_HASH_LEN 33 /* ACE_TOKEN_HASH_LEN of ace_issue.h */

struct store_token {
	uint64_t sequence;
	char client[STORE_ID_MAX + 1];
	char device[STORE_ID_MAX + 1];
	struct store_scope scope;  /* as granted */
	int64_t issued_at;         /* seconds since 1970: the token's iat */
	int64_t expires_at;        /* seconds since 1970: when the AS takes it for dead */
	uint64_t osc_id;           /* sequence of the token that carried the input material; its own for a first token */
	uint8_t osc_id_len;        /* bytes of osc.id on the wire; 0 in records from before that was kept */
	bool has_exi;
	uint32_t exi_number;       /* of the device, when has_exi */
	struct store_decision_id decision;
	uint8_t hash[STORE_TOKEN_HASH_LEN];
};

/* Append. Sequences ascend within and over transactions. The highest issued_at is kept in the same transaction.
 * ACE_ERR_FULL before the room kept free is touched; ACE_ERR_EXISTS not above the last sequence;
 * ACE_ERR_CLOCK issued_at is behind the highest stored one; ACE_ERR_USAGE an empty client or device. */
ACE_MUST_CHECK enum ace_err store_token_add(struct store_txn *txn, const struct store_token *token);
/* ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_token_get(struct store_txn *txn, uint64_t sequence, struct store_token *ret_token);
/* The latest token for the input material that came with token osc_id: that one, or the last update of its rights. The
 * first may be gone by then. ACE_ERR_NOT_FOUND: no token brought that material, or none is left. */
ACE_MUST_CHECK enum ace_err store_token_latest(struct store_txn *txn, uint64_t osc_id, struct store_token *ret_token);
/* The first one behind after (0 for the very first). ACE_ERR_NOT_FOUND: no more. */
ACE_MUST_CHECK enum ace_err store_token_next(struct store_txn *txn, uint64_t after, struct store_token *ret_token);
/* All that are stored, expired ones that were not dropped yet included. */
ACE_MUST_CHECK enum ace_err store_token_count(struct store_txn *txn, uint64_t *ret_count);
/* Drop up to STORE_DROP_ROWS tokens that expired before now, looking at no more than 1,024 from *position on, which moves
 * on, and back to 0 behind the last. Begin with 0 and call until *ret_dropped and *position are 0. */
ACE_MUST_CHECK enum ace_err store_token_drop(struct store_txn *txn, int64_t now, uint64_t *position,
					     size_t *ret_dropped);

#endif
