/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of known clients, and what is answered and recorded for each. The store is a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "as/authenticate.h"
#include "as_fixture.h"
#include "as_request_body.h"
#include "as/reasons.h"

static struct as_fixture fx;
static uint8_t body_bytes[512];

static int setup(void **state)
{
	(void)state;
	return as_fixture_open(&fx, "");
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

/* One request in a batch of its own. The answer stays in the job until the next. */
static struct as_job *ask_bytes(const char *client, struct ace_slice body)
{
	struct as_job *job = as_fixture_begin(&fx, client);

	job->inner = (struct ace_coap_message){ .code = ACE_COAP_POST, .payload = body };
	as_token_endpoint(&fx.as, job);
	as_fixture_commit(&fx);
	return job;
}

static struct as_job *ask(const char *client, struct as_body body)
{
	return ask_bytes(client, as_body_write(&body, body_bytes, sizeof body_bytes));
}

static struct as_said said_by(const struct as_job *job)
{
	struct as_said said;

	as_said_read((struct ace_slice){ job->answer.payload, job->answer.len }, &said);
	return said;
}

static void assert_stored(uint64_t tokens_wanted, uint64_t decisions_wanted)
{
	uint64_t tokens, decisions;

	as_fixture_counts(&fx, &tokens, &decisions);
	assert_int_equal(tokens, tokens_wanted);
	assert_int_equal(decisions, decisions_wanted);
}

/* Refused with that error, for that reason, under the id that the client heard. */
static void assert_refused(const struct as_job *job, enum ace_oauth_error error, int32_t reason)
{
	struct as_said said;
	struct store_decision record;
	char id[STORE_DECISION_TEXT_LEN + 1];

	assert_int_equal(job->answer.code, ACE_COAP_BAD_REQUEST);
	assert_true(job->answer.waits);
	said = said_by(job);
	assert_int_equal(said.error, error);
	as_fixture_last(&fx, &record);
	assert_int_equal(record.outcome, STORE_REFUSED);
	assert_int_equal(record.oauth_error, error);
	assert_int_equal(record.reason, reason);
	assert_int_equal(record.token, 0);
	assert_int_equal(record.lifetime_s, 0);
	assert_int_equal(record.granted.kind, ACE_SCOPE_ABSENT);
	store_decision_id_text(&record.id, id);
	assert_int_equal(said.description.len, STORE_DECISION_TEXT_LEN);
	assert_memory_equal(said.description.ptr, id, STORE_DECISION_TEXT_LEN);
	assert_int_equal(job->event.kind, AS_TOKEN_REFUSED);
}

static void a_client_that_may_gets_a_token_and_a_record(void **state)
{
	struct as_job *job = ask("anna", (struct as_body){ .audience = AS_FIXTURE_ALIAS, .scope = "read" });
	struct as_said said = said_by(job);
	struct store_decision record;
	struct store_token token;
	struct store_txn *txn;

	(void)state;
	assert_int_equal(job->answer.code, ACE_COAP_CREATED);
	assert_true(job->answer.waits);
	assert_int_equal(said.expires_in, 600);
	assert_true(said.token.len > 0);
	assert_int_equal(said.profile, 0);
	assert_int_equal(job->event.kind, AS_TOKEN_ISSUED);
	assert_stored(1, 1);
	as_fixture_last(&fx, &record);
	assert_int_equal(record.outcome, STORE_GRANTED);
	assert_string_equal(record.client.id, "anna");
	assert_string_equal(record.device.id, "d-clock");
	assert_int_equal(record.generation, 1);
	assert_int_equal(record.lifetime_s, 600);
	assert_int_equal(store_begin_read(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_token_get(txn, record.token, &token), ACE_OK);
	store_abort(txn);
	assert_string_equal(token.client, "anna");
	assert_int_equal(token.issued_at, fx.now_ms / 1000);
	assert_int_equal(token.expires_at, fx.now_ms / 1000 + 600);
	assert_memory_equal(&token.decision, &record.id, sizeof record.id);
}

static void every_refusal_has_its_error_and_its_reason(void **state)
{
	const struct {
		const char *client;
		struct as_body body;
		enum ace_oauth_error error;
		int32_t reason;
	} cases[] = {
		{ "bob", { .audience = "d-clock", .scope = "read" }, ACE_OAUTH_UNAUTHORIZED_CLIENT,
		  POLICY_REASON_NOTHING_ALLOWED },
		{ "dora", { .audience = "d-clock", .scope = "read" }, ACE_OAUTH_UNAUTHORIZED_CLIENT,
		  POLICY_REASON_CLIENT_DISABLED },
		{ "anna", { .audience = "d-clock", .scope = "fly" }, ACE_OAUTH_INVALID_SCOPE,
		  POLICY_REASON_SCOPE_UNKNOWN },
		{ "anna", { .audience = "d-clock" }, ACE_OAUTH_INVALID_SCOPE, POLICY_REASON_SCOPE_ABSENT },
		{ "anna", { .audience = "nowhere", .scope = "read" }, ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE },
		{ "anna", { .scope = "read" }, ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE },
		{ "anna", { .audience = "d-clock", .scope = "read", .client_id = "bob" }, ACE_OAUTH_INVALID_CLIENT,
		  AS_REASON_CLIENT_ID },
		/* Several at once: the first one in the order of protocol.md 2.2. */
		{ "anna", { .audience = "nowhere", .client_id = "bob", .grant_type = 1 }, ACE_OAUTH_INVALID_CLIENT,
		  AS_REASON_CLIENT_ID },
		{ "anna", { .audience = "nowhere", .grant_type = 1, .req_cnf = ACE_CNF_COSE_KEY },
		  ACE_OAUTH_UNSUPPORTED_GRANT_TYPE, AS_REASON_GRANT_TYPE },
		{ "anna", { .audience = "nowhere", .scope = "fly", .req_cnf = ACE_CNF_COSE_KEY },
		  ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE },
		{ "bob", { .audience = "d-clock", .scope = "fly", .req_cnf = ACE_CNF_COSE_KEY },
		  ACE_OAUTH_UNAUTHORIZED_CLIENT, POLICY_REASON_NOTHING_ALLOWED },
		{ "anna", { .audience = "d-clock", .scope = "fly", .req_cnf = ACE_CNF_COSE_KEY },
		  ACE_OAUTH_UNSUPPORTED_POP_KEY, AS_REASON_REQ_CNF },
		{ "anna", { .audience = "d-clock", .scope = "read", .grant_type = 1 },
		  ACE_OAUTH_UNSUPPORTED_GRANT_TYPE, AS_REASON_GRANT_TYPE },
		{ "anna", { .audience = "d-clock", .scope = "read", .req_cnf = ACE_CNF_COSE_KEY },
		  ACE_OAUTH_UNSUPPORTED_POP_KEY, AS_REASON_REQ_CNF },
		{ "anna", { .audience = "d-clock", .scope = "read", .req_cnf = ACE_CNF_KID },
		  ACE_OAUTH_INVALID_REQUEST, AS_REASON_KID_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++)
		assert_refused(ask(cases[i].client, cases[i].body), cases[i].error, cases[i].reason);
	assert_stored(0, ACE_ARRAY_LEN(cases));
}

/* RFC 9200 5.8.3: without a common profile there is no token, whatever is asked; who may nothing there hears that first. */
static void a_device_of_another_profile_gets_no_token(void **state)
{
	(void)state;
	as_fixture_apply(fx.as.store, ", \"profile\": \"coap_dtls\"");
	assert_refused(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "read" }),
		       ACE_OAUTH_INCOMPATIBLE_PROFILES, POLICY_REASON_PROFILE);
	fx.now_ms += 61000;
	assert_refused(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "fly" }),
		       ACE_OAUTH_INCOMPATIBLE_PROFILES, POLICY_REASON_PROFILE);
	assert_refused(ask("bob", (struct as_body){ .audience = "d-clock", .scope = "read" }),
		       ACE_OAUTH_UNAUTHORIZED_CLIENT, POLICY_REASON_NOTHING_ALLOWED);
	assert_int_equal(ask("anna", (struct as_body){ .audience = "d-plain", .scope = "read" })->answer.code,
			 ACE_COAP_CREATED);
}

static void what_is_no_request_is_refused_and_recorded(void **state)
{
	static const uint8_t junk[] = { 0xa1, 0x05 };

	(void)state;
	assert_refused(ask_bytes("anna", ACE_SLICE_OF(junk)), ACE_OAUTH_INVALID_REQUEST, AS_REASON_REQUEST);
	/* After the malformed one nothing of it is left in the next. */
	assert_int_equal(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "read" })->answer.code,
			 ACE_COAP_CREATED);
}

static void the_context_is_the_client_and_its_own_name_does_no_harm(void **state)
{
	struct as_body body = { .audience = "d-clock", .scope = "read", .client_id = "anna" };

	(void)state;
	assert_int_equal(ask("anna", body)->answer.code, ACE_COAP_CREATED);
}

static void a_device_is_no_client(void **state)
{
	struct store_decision record;

	(void)state;
	fx.peer.kind = AS_PEER_DEVICE;
	assert_refused(ask("d-clock", (struct as_body){ .audience = "d-plain", .scope = "read" }),
		       ACE_OAUTH_UNAUTHORIZED_CLIENT, AS_REASON_IDENTITY);
	as_fixture_last(&fx, &record);
	assert_string_equal(record.client.id, "d-clock");
	assert_int_equal(record.client.tags.count, 0);
}

static void profile_and_scope_are_told_when_asked_or_changed(void **state)
{
	struct as_said said = said_by(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "read set fly",
								    .asks_profile = true }));

	(void)state;
	assert_int_equal(said.profile, ACE_PROFILE_COAP_OSCORE);
	assert_true(said.scope_text.len > 0 || said.scope_aif.len > 0);
}

static void absent_audience_and_scope_come_from_the_record(void **state)
{
	struct store_client client;
	struct store_decision record;
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, "anna", &client), ACE_OK);
	assert_int_equal(store_text_set("d-plain", client.default_audience, sizeof client.default_audience), ACE_OK);
	assert_int_equal(store_text_set("read", client.default_scope, sizeof client.default_scope), ACE_OK);
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(ask("anna", (struct as_body){ 0 })->answer.code, ACE_COAP_CREATED);
	as_fixture_last(&fx, &record);
	assert_string_equal(record.device.id, "d-plain");
	assert_int_equal(record.requested.len, 4);
}

/* RFC 6749 5.1: scope is "OPTIONAL, if identical to the scope requested by the client; otherwise, REQUIRED". Nothing was
 * requested here, so that the client cannot know what it got, even when the device reads names as they are. */
static void a_default_scope_is_told_in_the_answer(void **state)
{
	struct store_client client;
	struct store_txn *txn;
	struct as_said said;

	(void)state;
	assert_int_equal(as_fixture_close(&fx), 0);
	assert_int_equal(as_fixture_open(&fx, ", \"scope_format\": \"text\""), 0);
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, "anna", &client), ACE_OK);
	assert_int_equal(store_text_set("read", client.default_scope, sizeof client.default_scope), ACE_OK);
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	said = said_by(ask("anna", (struct as_body){ .audience = "d-clock" }));
	assert_int_equal(said.scope_text.len, 4);
	assert_memory_equal(said.scope_text.ptr, "read", 4);
	said = said_by(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "read" }));
	assert_null(said.scope_text.ptr);
}

/* The policy has nothing against it, but the device could not take it: the client may ask for less. */
static void a_token_longer_than_the_device_takes_is_refused_and_recorded(void **state)
{
	struct store_decision record;

	(void)state;
	assert_int_equal(as_fixture_close(&fx), 0);
	assert_int_equal(as_fixture_open(&fx, ", \"limits\": { \"token_bytes\": 161 }"), 0);
	assert_refused(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "read set" }), ACE_OAUTH_INVALID_SCOPE,
		       AS_REASON_TOKEN_TOO_LONG);
	as_fixture_last(&fx, &record);
	assert_int_equal(record.outcome, STORE_REFUSED);
	assert_int_equal(record.lifetime_s, 0);
	assert_int_equal(record.token, 0);
	assert_int_equal(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "read" })->answer.code, ACE_COAP_CREATED);
	as_fixture_last(&fx, &record);
	assert_int_equal(record.outcome, STORE_GRANTED);
}

static struct store_client client_of(const char *id)
{
	struct store_client client;
	struct store_txn *txn;

	assert_int_equal(store_begin_read(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, id, &client), ACE_OK);
	store_abort(txn);
	return client;
}

static int64_t ticket_after_request(uint32_t key_version)
{
	struct as_job *job = as_fixture_begin(&fx, "tess");

	fx.peer.has_ticket = true;
	fx.peer.key_version = key_version;
	assert_int_equal(as_enrol(&fx.as, job), ACE_OK);
	assert_true(job->answer.waits);
	as_fixture_commit(&fx);
	return client_of("tess").ticket_expires;
}

static void a_verified_request_enrols_but_not_for_a_newer_ticket(void **state)
{
	struct store_client tess = client_of("tess");

	(void)state;
	assert_int_equal(tess.ticket_expires, INT64_MAX);
	assert_int_equal(ticket_after_request(tess.key_version - 1), INT64_MAX);
	assert_int_equal(ticket_after_request(tess.key_version), 0);
}

static void assert_put_off(const struct as_job *job, uint32_t max_age_s)
{
	assert_int_equal(job->answer.code, ACE_COAP_UNAVAILABLE);
	assert_true(job->answer.has_max_age);
	assert_int_equal(job->answer.max_age_s, max_age_s);
	assert_int_equal(job->answer.len, 0);
	assert_int_equal(job->event.kind, AS_TOKEN_NONE);
}

static void a_client_over_its_rate_is_put_off_without_a_record(void **state)
{
	struct as_body grant = { .audience = "d-clock", .scope = "read" }, refusal = { .audience = "nowhere" };

	(void)state;
	fx.config.grants = (struct as_rate){ .per_second = 1, .burst = 2 };
	assert_int_equal(ask("anna", grant)->answer.code, ACE_COAP_CREATED);
	assert_int_equal(ask("anna", grant)->answer.code, ACE_COAP_CREATED);
	assert_put_off(ask("anna", grant), 1);
	assert_stored(2, 2);
	/* Refusals have a bucket of their own. */
	assert_int_equal(ask("anna", refusal)->answer.code, ACE_COAP_BAD_REQUEST);
	fx.now_ms += 1000;
	assert_int_equal(ask("anna", grant)->answer.code, ACE_COAP_CREATED);
	fx.config.refusals = (struct as_rate){ .per_second = 1, .burst = 1 };
	assert_int_equal(ask("anna", refusal)->answer.code, ACE_COAP_BAD_REQUEST);
	assert_put_off(ask("anna", refusal), 1);
}

static void without_a_number_there_is_no_token(void **state)
{
	struct as_job *job = as_fixture_begin(&fx, "anna");
	struct as_body body = { .audience = "d-clock", .scope = "read" };

	(void)state;
	fx.as.sequence.left = 0;
	job->inner = (struct ace_coap_message){ .payload = as_body_write(&body, body_bytes, sizeof body_bytes) };
	as_token_endpoint(&fx.as, job);
	as_fixture_commit(&fx);
	assert_put_off(job, 1);
	assert_stored(0, 0);
}

static void a_clock_behind_the_newest_token_issues_nothing(void **state)
{
	struct as_body body = { .audience = "d-clock", .scope = "read" };

	(void)state;
	assert_int_equal(ask("anna", body)->answer.code, ACE_COAP_CREATED);
	fx.now_ms -= 2000;
	fx.as.sequence.left = 1; /* numbers that were taken before do not help */
	assert_put_off(ask("anna", body), 5);
	assert_stored(1, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_client_that_may_gets_a_token_and_a_record, setup, teardown),
		cmocka_unit_test_setup_teardown(every_refusal_has_its_error_and_its_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_of_another_profile_gets_no_token, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_request_is_refused_and_recorded, setup, teardown),
		cmocka_unit_test_setup_teardown(the_context_is_the_client_and_its_own_name_does_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_is_no_client, setup, teardown),
		cmocka_unit_test_setup_teardown(profile_and_scope_are_told_when_asked_or_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(absent_audience_and_scope_come_from_the_record, setup, teardown),
		cmocka_unit_test_setup_teardown(a_default_scope_is_told_in_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_longer_than_the_device_takes_is_refused_and_recorded, setup, teardown),
		cmocka_unit_test_setup_teardown(a_verified_request_enrols_but_not_for_a_newer_ticket, setup, teardown),
		cmocka_unit_test_setup_teardown(a_client_over_its_rate_is_put_off_without_a_record, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_number_there_is_no_token, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_behind_the_newest_token_issues_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
