/* SPDX-License-Identifier: Apache-2.0 */
/* An authorization server without a socket: the store of tmp_store.h with the client and the devices of the test vectors,
 * and verified requests handed straight to as_dispatch(). */
#ifndef TESTS_AS_CASE_H
#define TESTS_AS_CASE_H

#include "as/endpoints.h"
#include "storage/clients.h"
#include "storage/counters.h"
#include "storage/devices.h"
#include "storage/revocations.h"
#include "tmp_store.h"
#include "vectors.h"

#define AS_CASE_IAT INT64_C(1767225600) /* iat of T1; T2 is 600 s younger */
#define AS_CASE_EXP INT64_C(1767229200) /* exp of T1 */

struct as_case {
	struct tmp_store tmp;
	struct as_config config;
	struct as_server as;
	struct as_peer peer;
	struct as_job *job; /* borrows from as.batch */
};

static inline enum ace_err as_case_client(struct store_txn *txn, const char *id)
{
	struct store_client client = { .is_enabled = true, .method = STORE_AUTH_OSCORE };
	struct store_secret secret = { .key_len = 16, .salt_len = 8 };

	snprintf(client.id, sizeof client.id, "%s", id);
	return store_client_create(txn, &client, &secret);
}

/* first: byte 0 of its token key; 0xe0 gives the key of the vectors. */
static inline enum ace_err as_case_device(struct store_txn *txn, const char *id, uint8_t first)
{
	struct store_device device = { .is_enabled = true, .model = "sensor", .line_method = STORE_AUTH_OSCORE,
				       .keys = { { .alg = ACE_ALG_CCM_16_64_128, .kid = "k1", .kid_len = 2 } } };
	struct store_secret secret = { .key_len = 16, .salt_len = 8 };
	struct store_key key = { .len = 16 };

	for (uint8_t i = 0; i < 16; i++)
		key.bytes[i] = (uint8_t)(first + i);
	snprintf(device.id, sizeof device.id, "%s", id);
	return store_device_create(txn, &device, &key, &secret);
}

static inline enum ace_err as_case_fill(struct store_txn *txn, void *arg)
{
	enum ace_err err = as_case_client(txn, "client-7");

	(void)arg;
	if (!err)
		err = as_case_client(txn, "client-8");
	if (!err)
		err = as_case_device(txn, "sensor-17", 0xe0);
	return err ? err : as_case_device(txn, "sensor-18", 0x20);
}

static inline enum ace_err as_case_fill_administrator(struct store_txn *txn, void *arg)
{
	(void)arg;
	return as_case_client(txn, "client-9");
}

static inline enum ace_err as_case_add(struct store_txn *txn, void *arg)
{
	return store_token_add(txn, arg);
}

/* Record a token of the vectors under its number. */
static inline int as_case_token(struct as_case *c, uint64_t sequence, struct ace_slice hash, int64_t expires_at)
{
	struct store_token token = { .sequence = sequence, .client = "client-7", .device = "sensor-17",
				     .issued_at = AS_CASE_IAT, .expires_at = expires_at, .osc_id = 1 };

	memcpy(token.hash, hash.ptr, sizeof token.hash);
	return store_write(c->tmp.store, as_case_add, &token);
}

static inline int as_case_make(struct as_case *c)
{
	memset(c, 0, sizeof *c);
	if (tmp_store_make(&c->tmp))
		return -1;
	as_config_init(&c->config);
	c->as.config = &c->config;
	c->as.store = c->tmp.store;
	snprintf(c->as.token_path, sizeof c->as.token_path, "/token");
	c->as.batch = calloc(1, sizeof *c->as.batch);
	if (!c->as.batch || store_write(c->as.store, as_case_fill, NULL) || as_peer_table_init(&c->as.peers, 4) ||
	    as_device_cache_init(&c->as.devices, 4))
		return -1;
	c->as.batch->now = AS_CASE_IAT + 60;
	c->as.batch->monotonic_ms = 1000;
	c->job = &c->as.batch->jobs[0];
	return 0;
}

static inline void as_case_free(struct as_case *c)
{
	as_peer_table_fini(&c->as.peers);
	as_device_cache_fini(&c->as.devices);
	free(c->as.batch);
	tmp_store_remove(&c->tmp);
}

/* Whose requests come next. */
static inline void as_case_peer(struct as_case *c, enum as_peer_kind kind, const char *id)
{
	memset(&c->peer, 0, sizeof c->peer);
	c->peer.kind = kind;
	snprintf(c->peer.id, sizeof c->peer.id, "%s", id);
}

/* Let the server answer a CoAP message of that peer into c->job->answer; nothing may be written for it. */
static inline const struct as_answer *as_case_ask(struct as_case *c, struct ace_slice message)
{
	struct as_job *job = c->job;

	assert_int_equal(ace_coap_read(message, &job->inner), ACE_OK);
	job->way.message = &job->inner;
	job->state = AS_JOB_VERIFIED;
	job->peer = &c->peer;
	as_answer_init(&job->answer);
	assert_int_equal(store_begin_read(c->as.store, &c->as.batch->read), ACE_OK);
	as_dispatch(&c->as, job);
	store_abort(c->as.batch->read);
	assert_null(c->as.batch->write);
	return &job->answer;
}

static inline struct ace_slice as_case_payload(const struct as_case *c)
{
	return (struct ace_slice){ c->job->answer.payload, c->job->answer.len };
}

#endif
