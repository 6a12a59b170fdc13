/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the observed revocation list share: tokens of an as_fixture's clients, and revoking them. Include after
 * cmocka.h and as_fixture.h. */
#ifndef TESTS_OBSERVED_CASE_H
#define TESTS_OBSERVED_CASE_H

#include "storage/revocations.h"

static inline void observed_case_token(struct as_fixture *as, uint64_t sequence, const char *client)
{
	struct store_token token = { .sequence = sequence, .device = "d-plain", .osc_id = sequence,
				     .issued_at = as->as.started_at, .expires_at = as->as.started_at + 1000 };
	struct store_txn *txn;

	assert_int_equal(store_text_set(client, token.client, sizeof token.client), ACE_OK);
	token.hash[0] = (uint8_t)sequence;
	assert_int_equal(store_begin_write(as->as.store, &txn), ACE_OK);
	assert_int_equal(store_token_add(txn, &token), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

/* As acectl does: behind the server's back. The token must be alive. */
static inline void observed_case_revoke(struct as_fixture *as, uint64_t sequence)
{
	struct store_txn *txn;
	size_t revoked;

	assert_int_equal(store_begin_write(as->as.store, &txn), ACE_OK);
	assert_int_equal(store_token_revoke(txn, &sequence, 1, as->now_ms / 1000, &revoked), ACE_OK);
	assert_int_equal(revoked, 1);
	assert_int_equal(store_commit(txn), ACE_OK);
}

#endif
