/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the revocation list share: revoking and expiring over an as_case, and asking. */
#ifndef TESTS_TRL_CASE_H
#define TESTS_TRL_CASE_H

#include "as_case.h"

/* Revoke at the second that c->as.batch->now says; wanted of them were alive. */
static inline void trl_case_revoke(struct as_case *c, const uint64_t *sequences, size_t len, size_t wanted)
{
	struct store_txn *txn;
	size_t revoked;

	assert_int_equal(store_begin_write(c->as.store, &txn), ACE_OK);
	assert_int_equal(store_token_revoke(txn, sequences, len, c->as.batch->now, &revoked), ACE_OK);
	assert_int_equal(revoked, wanted);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static inline void trl_case_expire(struct as_case *c, int64_t now, size_t wanted)
{
	struct store_txn *txn;
	size_t expired;

	assert_int_equal(store_begin_write(c->as.store, &txn), ACE_OK);
	assert_int_equal(store_revoked_expire(txn, now, &expired), ACE_OK);
	assert_int_equal(expired, wanted);
	assert_int_equal(store_commit(txn), ACE_OK);
}

/* A request for the list; query is "a=1&b=2" or "". */
static inline const struct as_answer *trl_case_request(struct as_case *c, uint8_t method, const char *query)
{
	uint8_t bytes[1024];
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = method });
	ace_coap_write_path(&w, ACE_LITERAL("/revoke/trl"));
	while (*query) {
		size_t len = strcspn(query, "&");

		ace_coap_write_option(&w, ACE_OPT_URI_QUERY, (struct ace_slice){ (const uint8_t *)query, len });
		query += len + (query[len] == '&');
	}
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	return as_case_ask(c, written);
}

static inline const struct as_answer *trl_case_get(struct as_case *c, const char *query)
{
	return trl_case_request(c, ACE_COAP_GET, query);
}

#endif
