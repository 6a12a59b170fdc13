/* SPDX-License-Identifier: Apache-2.0 */
/* An aced without a loop, on a store of its own: the tests say when it is and what arrives. Clients "anna" (may do
 * all), "bob" (nothing), "dora" (disabled), "tess" (has a ticket); devices "d-clock" (alias coap://clock.example) and "d-plain"
 * (no clock). Include after cmocka.h; functions are static, because each test links its own port. */
#ifndef TESTS_AS_FIXTURE_H
#define TESTS_AS_FIXTURE_H

#include <time.h>

#include "as/changes.h"
#include "as/endpoints.h"
#include "as/sequence.h"
#include "storage/clients.h"
#include "storage/counters.h"
#include "storage/devices.h"
#include "storage/policies.h"
#include "tmp_store.h"

#define AS_FIXTURE_ALIAS "coap://clock.example"

static const uint8_t as_fixture_token_key[16] = "token key 16 by";
static const uint8_t as_fixture_secret[16] = "client secret 16";
static const uint8_t as_fixture_salt[8] = { 's', 'a', 'l', 't', 's', 'a', 'l', 't' };

/* %s: the settings of model "clock" beside its resources, with a comma before them. */
#define AS_FIXTURE_POLICY                                                                                              \
	"{ \"format\": \"ace-policy/1\", \"models\": {"                                                               \
	" \"clock\": { \"resources\": { \"/temp\": [\"GET\"], \"/set\": [\"GET\", \"PUT\"] }%s },"                           \
	" \"plain\": { \"resources\": { \"/temp\": [\"GET\"] }, \"clock\": \"none\" } },"                             \
	" \"scopes\": { \"read\": { \"/temp\": [\"GET\"] }, \"set\": { \"/set\": [\"GET\", \"PUT\"] } },"                  \
	" \"rules\": { \"anna-all\": { \"effect\": \"allow\", \"clients\": [\"anna\", \"dora\", \"tess\"],"               \
	" \"devices\": [\"d-clock\", \"d-plain\"], \"scopes\": [\"read\", \"set\"], \"lifetime\": \"10m\" } } }"

struct as_fixture {
	struct tmp_store tmp;
	struct as_config config;
	struct as_server as;
	struct as_peer peer; /* who asks, when no message is unprotected */
	int64_t now_ms;      /* the next batch's time */
};

/* Apply a policy as the next generation. */
static inline void as_fixture_apply(struct store *store, const char *model_settings)
{
	char text[2048];
	struct policy_source source = { .name = "test", .text = text };
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;
	struct store_policy policy = { .author = "test", .applied_at = TMP_STORE_NOW };
	struct store_txn *txn;

	source.len = (size_t)snprintf(text, sizeof text, AS_FIXTURE_POLICY, model_settings);
	assert_int_equal(policy_load(&source, 1, &(struct policy_options){ .allow_unknown = true }, &problems, &loaded),
			 ACE_OK);
	assert_int_equal(store_begin_write(store, &txn), ACE_OK);
	assert_int_equal(store_policy_add(txn, (struct ace_slice){ (const uint8_t *)loaded.canonical, loaded.canonical_len },
					  &policy), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	policy_loaded_free(&loaded);
	policy_problems_free(&problems);
}

static inline void as_fixture_client(struct store_txn *txn, const char *id, bool enabled, int64_t ticket_expires)
{
	struct store_client client = { .is_enabled = enabled, .method = STORE_AUTH_OSCORE,
				       .ticket_expires = ticket_expires };
	struct store_secret secret = { .key_len = sizeof as_fixture_secret, .salt_len = sizeof as_fixture_salt };

	memcpy(secret.key, as_fixture_secret, sizeof as_fixture_secret);
	memcpy(secret.salt, as_fixture_salt, sizeof as_fixture_salt);
	assert_int_equal(store_text_set(id, client.id, sizeof client.id), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
}

static inline void as_fixture_device(struct store_txn *txn, const char *id, const char *model, const char *alias)
{
	struct store_device device = { .is_enabled = true, .keys = { { .alg = ACE_ALG_CCM_16_64_128, .kid = { 1 },
								      .kid_len = 1 } } };
	struct store_key key = { .len = sizeof as_fixture_token_key };

	memcpy(key.bytes, as_fixture_token_key, sizeof as_fixture_token_key);
	assert_int_equal(store_text_set(id, device.id, sizeof device.id), ACE_OK);
	assert_int_equal(store_text_set(model, device.model, sizeof device.model), ACE_OK);
	assert_int_equal(store_text_set(alias, device.audience, sizeof device.audience), ACE_OK);
	assert_int_equal(store_device_create(txn, &device, &key, NULL), ACE_OK);
}

static inline int64_t as_fixture_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0, as cmocka's setup functions want. model_settings: see AS_FIXTURE_POLICY. */
static inline int as_fixture_open(struct as_fixture *fx, const char *model_settings)
{
	struct store_error error = { 0 };
	struct store_txn *txn;

	memset(fx, 0, sizeof *fx);
	cli_log_level_set(CLI_LOG_ERROR);
	assert_int_equal(tmp_store_make(&fx->tmp), 0);
	assert_int_equal(store_begin_write(fx->tmp.store, &txn), ACE_OK);
	as_fixture_client(txn, "anna", true, 0);
	as_fixture_client(txn, "bob", true, 0);
	as_fixture_client(txn, "dora", false, 0);
	as_fixture_client(txn, "tess", true, INT64_MAX);
	as_fixture_device(txn, "d-clock", "clock", AS_FIXTURE_ALIAS);
	as_fixture_device(txn, "d-plain", "plain", "");
	assert_int_equal(store_commit(txn), ACE_OK);
	as_fixture_apply(fx->tmp.store, model_settings);
	store_close(fx->tmp.store);
	fx->tmp.store = NULL;
	as_config_init(&fx->config);
	memcpy(fx->config.state_dir, fx->tmp.dir, sizeof fx->tmp.dir);
	memcpy(fx->config.listen, "127.0.0.1:0", sizeof "127.0.0.1:0");
	fx->config.peers_max = 16;
	if (as_server_open(&fx->config, &fx->as, &error))
		fail_msg("%s", error.text);
	/* Ten seconds later, so that numbers are there to be taken. */
	fx->now_ms = as_fixture_wall_ms() + 10000;
	return 0;
}

static inline int as_fixture_close(struct as_fixture *fx)
{
	as_peer_forget_client(&fx->peer);
	as_server_close(&fx->as);
	tmp_store_remove(&fx->tmp);
	return 0;
}

/* The peer as it is when a message of that client has been verified. */
static inline void as_fixture_ask(struct as_fixture *fx, const char *client)
{
	struct store_client record;

	as_peer_forget_client(&fx->peer);
	assert_int_equal(store_text_set(client, fx->peer.id, sizeof fx->peer.id), ACE_OK);
	if (store_client_get(fx->as.batch->read, client, &record))
		return;
	fx->peer.client = as_client_new(&record);
	assert_non_null(fx->peer.client);
}

/* Begin a batch of one job by hand, as as_batch_run() does. */
static inline struct as_job *as_fixture_begin(struct as_fixture *fx, const char *client)
{
	struct as_batch *batch = fx->as.batch;
	struct as_job *job = &batch->jobs[0];

	batch->now_ms = fx->now_ms;
	batch->now = fx->now_ms / 1000;
	batch->monotonic_ms = (uint64_t)fx->now_ms;
	batch->len = 1;
	batch->write = NULL;
	batch->write_err = ACE_OK;
	assert_int_equal(as_sequence_reserve(&fx->as, 1), ACE_OK);
	assert_int_equal(store_begin_read(fx->as.store, &batch->read), ACE_OK);
	assert_int_equal(as_policy_refresh(&fx->as, batch->read), ACE_OK);
	assert_int_equal(as_changes_follow(&fx->as, batch->read), ACE_OK);
	as_answer_init(&job->answer);
	job->event.kind = AS_TOKEN_NONE;
	job->state = AS_JOB_VERIFIED;
	job->peer = &fx->peer;
	as_fixture_ask(fx, client);
	return job;
}

/* End it; what was written is on disk then. */
static inline void as_fixture_commit(struct as_fixture *fx)
{
	struct as_batch *batch = fx->as.batch;

	store_abort(batch->read);
	if (batch->write)
		assert_int_equal(store_commit(batch->write), ACE_OK);
	batch->write = NULL;
	as_refusals_settle(&fx->as.refusals, true);
}

/* How many tokens and decisions are stored. */
static inline void as_fixture_counts(struct as_fixture *fx, uint64_t *ret_tokens, uint64_t *ret_decisions)
{
	struct store_txn *txn;
	uint64_t bytes;

	assert_int_equal(store_begin_read(fx->as.store, &txn), ACE_OK);
	assert_int_equal(store_token_count(txn, ret_tokens), ACE_OK);
	assert_int_equal(store_decision_count(txn, ret_decisions, &bytes), ACE_OK);
	store_abort(txn);
}

/* The decision behind all others. */
static inline void as_fixture_last(struct as_fixture *fx, struct store_decision *ret_decision)
{
	struct store_decision_id after = { { 0 } };
	struct store_txn *txn;

	assert_int_equal(store_begin_read(fx->as.store, &txn), ACE_OK);
	assert_int_equal(store_decision_next(txn, &after, ret_decision), ACE_OK);
	while (!store_decision_next(txn, &ret_decision->id, ret_decision))
		continue;
	store_abort(txn);
}

#endif
