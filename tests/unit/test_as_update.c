/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of access rights (RFC 9203 3.1, 3.2): the token for material that is there already, and every kid that must not
 * get one. The store is a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ace_issue.h"
#include "as/reasons.h"
#include "as_fixture.h"
#include "as_request_body.h"
#include "storage/revocations.h"

static struct as_fixture fx;
static uint8_t body_bytes[512], plain_bytes[AS_PAYLOAD_MAX];
static struct as_said said;       /* by the latest answer */
static struct ace_claims claims;  /* of the token in it */
static uint8_t kid_bytes[ACE_OSC_ID_MAX];
static struct ace_slice kid;      /* osc.id of the latest first token */

static int open_with(const char *settings)
{
	int failed = as_fixture_open(&fx, settings);

	fx.config.grants = fx.config.refusals = (struct as_rate){ .per_second = 100000, .burst = 100000 };
	return failed;
}

static int setup(void **state)
{
	(void)state;
	return open_with("");
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

static uint8_t ask(const char *client, struct as_body body)
{
	struct as_job *job = as_fixture_begin(&fx, client);

	job->inner = (struct ace_coap_message){ .code = ACE_COAP_POST,
						.payload = as_body_write(&body, body_bytes, sizeof body_bytes) };
	as_token_endpoint(&fx.as, job);
	as_fixture_commit(&fx);
	as_said_read((struct ace_slice){ job->answer.payload, job->answer.len }, &said);
	return job->answer.code;
}

static void open_token(void)
{
	struct ace_buf plain = ACE_BUF_OF(plain_bytes);

	assert_int_equal(ace_issue_open(said.token, (struct ace_key){ .bytes = ACE_SLICE_OF(as_fixture_token_key) }, &plain,
					&claims), ACE_OK);
}

static void first_token(const char *client, const char *device)
{
	assert_int_equal(ask(client, (struct as_body){ .audience = device, .scope = "read" }), ACE_COAP_CREATED);
	open_token();
	assert_int_equal(claims.cnf, ACE_CNF_IS_OSC);
	memcpy(kid_bytes, claims.osc.id.ptr, claims.osc.id.len);
	kid = (struct ace_slice){ kid_bytes, claims.osc.id.len };
}

static uint8_t update(const char *client, const char *device, const char *scope)
{
	return ask(client, (struct as_body){ .audience = device, .scope = scope, .req_cnf = ACE_CNF_KID, .kid = kid });
}

static void last_record(struct store_decision *ret_record)
{
	as_fixture_last(&fx, ret_record);
}

static struct store_token last_token(void)
{
	struct store_decision record;
	struct store_token token;
	struct store_txn *txn;

	last_record(&record);
	assert_int_equal(store_begin_read(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_token_get(txn, record.token, &token), ACE_OK);
	store_abort(txn);
	return token;
}

/* RFC 9203 3.1: whatever is wrong with the kid, the client hears invalid_request and no more; the operator hears all. */
static void assert_declined(uint8_t code, enum as_reason reason)
{
	struct store_decision record;

	assert_int_equal(code, ACE_COAP_BAD_REQUEST);
	assert_int_equal(said.error, ACE_OAUTH_INVALID_REQUEST);
	assert_null(said.token.ptr);
	last_record(&record);
	assert_int_equal(record.outcome, STORE_REFUSED);
	assert_string_equal(as_reason_name(record.reason), as_reason_name(reason));
}

static void an_update_answers_without_cnf_and_its_token_names_the_material(void **state)
{
	struct store_token first, token;

	(void)state;
	first_token("anna", "d-clock");
	first = last_token();
	fx.now_ms += 60000;
	assert_int_equal(update("anna", "d-clock", "read set"), ACE_COAP_CREATED);
	assert_null(said.cnf.ptr);
	assert_int_equal(said.expires_in, 600);
	open_token();
	assert_int_equal(claims.cnf, ACE_CNF_IS_KID);
	assert_true(ace_slice_equal(claims.kid, kid));
	assert_int_equal(claims.exp, fx.now_ms / 1000 + 600); /* a lifetime of its own */
	token = last_token();
	assert_true(token.sequence > first.sequence);
	assert_int_equal(first.osc_id, first.sequence);
	assert_int_equal(token.osc_id, first.sequence);
	assert_true(token.scope.len > first.scope.len);
}

/* What is asked for takes the place of what there was: the policy decides over all of it. */
static void an_update_may_be_granted_in_part_and_says_so(void **state)
{
	(void)state;
	first_token("anna", "d-clock");
	assert_int_equal(ask("anna", (struct as_body){ .audience = "d-clock", .scope = "set fly", .req_cnf = ACE_CNF_KID,
						       .kid = kid, .asks_profile = true }), ACE_COAP_CREATED);
	assert_true(said.scope_aif.len > 0);
	assert_int_equal(said.profile, ACE_PROFILE_COAP_OSCORE);
	assert_int_equal(update("anna", "d-clock", "fly"), ACE_COAP_BAD_REQUEST);
	assert_int_equal(said.error, ACE_OAUTH_INVALID_SCOPE);
}

static void an_update_for_a_device_without_clock_counts_on(void **state)
{
	static const uint8_t cnonce[] = { 1, 2, 3, 4, 5 };

	uint32_t number;

	(void)state;
	first_token("anna", "d-plain");
	number = last_token().exi_number;
	assert_int_equal(ask("anna", (struct as_body){ .audience = "d-plain", .scope = "read", .req_cnf = ACE_CNF_KID,
						       .kid = kid, .cnonce = ACE_SLICE_OF(cnonce) }), ACE_COAP_CREATED);
	open_token();
	assert_true(claims.has_exi && claims.cnf == ACE_CNF_IS_KID);
	assert_true(ace_slice_equal(claims.cnonce, ACE_SLICE_OF(cnonce)));
	assert_int_equal(last_token().exi_number, number + 1);
}

/* RFC 9203 3.1: a kid that names nothing, or not exactly what a device would compare with. */
static void a_kid_that_no_token_brought_is_declined(void **state)
{
	static const uint8_t wide[9] = { 0 };
	uint8_t padded[ACE_OSC_ID_MAX] = { 0 };
	struct ace_slice real;

	(void)state;
	first_token("anna", "d-clock");
	real = kid;
	kid_bytes[kid.len - 1] ^= 0x55;
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_UNKNOWN);
	kid_bytes[kid.len - 1] ^= 0x55;
	memcpy(padded + 1, real.ptr, real.len);
	kid = (struct ace_slice){ padded, real.len + 1 };
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_UNKNOWN);
	kid = (struct ace_slice){ wide, 0 };
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_UNKNOWN);
	kid = ACE_SLICE_OF(wide);
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_UNKNOWN);
	kid = real;
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
}

static void the_number_of_an_update_is_no_kid(void **state)
{
	struct store_token token;

	(void)state;
	first_token("anna", "d-clock");
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
	token = last_token();
	kid.len = as_sequence_bytes(token.sequence, 0, kid_bytes);
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_UNKNOWN);
}

static void only_the_client_that_it_was_issued_to_may_name_a_kid(void **state)
{
	(void)state;
	first_token("anna", "d-clock");
	assert_declined(update("tess", "d-clock", "read"), AS_REASON_KID_CLIENT);
	/* Who may do nothing there learns nothing about kids, not even to the operator's record. */
	assert_int_equal(update("bob", "d-clock", "read"), ACE_COAP_BAD_REQUEST);
	assert_int_equal(said.error, ACE_OAUTH_UNAUTHORIZED_CLIENT);
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
}

static void only_for_the_device_that_it_was_issued_for(void **state)
{
	(void)state;
	first_token("anna", "d-clock");
	assert_declined(update("anna", "d-plain", "read"), AS_REASON_KID_DEVICE);
	assert_int_equal(update("anna", AS_FIXTURE_ALIAS, "read"), ACE_COAP_CREATED);
}

static void make_client_anew(const char *id, int64_t created)
{
	struct store_client client = { .is_enabled = true, .method = STORE_AUTH_OSCORE, .created = created };
	struct store_secret secret = { .key_len = 16, .salt_len = 8 };
	struct store_txn *txn;

	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_delete(txn, id), ACE_OK);
	assert_int_equal(store_text_set(id, client.id, sizeof client.id), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void a_client_that_got_an_old_name_has_none_of_its_kids(void **state)
{
	(void)state;
	first_token("anna", "d-clock");
	make_client_anew("anna", fx.now_ms / 1000 + 1);
	fx.now_ms += 2000;
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_CLIENT);
}

static void updates_go_on_as_long_as_the_latest_token_lives(void **state)
{
	uint64_t position = 0;
	size_t dropped;
	struct store_txn *txn;

	(void)state;
	first_token("anna", "d-clock");
	fx.now_ms += 400 * 1000;
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
	/* The first one is over, and even gone from the store. */
	fx.now_ms += 400 * 1000;
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_token_drop(txn, fx.now_ms / 1000, &position, &dropped), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(dropped, 1);
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
	fx.now_ms += 599 * 1000;
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
	fx.now_ms += 600 * 1000;
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_EXPIRED);
}

static void revoke_token(uint64_t sequence)
{
	struct store_txn *txn;
	size_t revoked;

	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_token_revoke(txn, &sequence, 1, fx.now_ms / 1000, &revoked), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(revoked, 1);
}

static void what_was_revoked_is_not_brought_back_by_an_update(void **state)
{
	(void)state;
	first_token("anna", "d-clock");
	revoke_token(last_token().sequence);
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_REVOKED);
	fx.now_ms += 61000; /* refusals that are alike join one record for a minute */
	first_token("anna", "d-clock");
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
	revoke_token(last_token().sequence);
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_REVOKED);
}

static int setup_wide(void **state)
{
	(void)state;
	return open_with(", \"token\": { \"id_bytes\": 8 }");
}

/* The kid is what the device knows, byte for byte, also when the model pads ids. */
static void a_padded_id_is_named_with_its_padding(void **state)
{
	(void)state;
	first_token("anna", "d-clock");
	assert_int_equal(kid.len, 8);
	assert_int_equal(update("anna", "d-clock", "read"), ACE_COAP_CREATED);
	open_token();
	assert_true(ace_slice_equal(claims.kid, kid));
	while (!kid.ptr[0]) {
		kid.ptr++;
		kid.len--;
	}
	assert_declined(update("anna", "d-clock", "read"), AS_REASON_KID_UNKNOWN);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_update_answers_without_cnf_and_its_token_names_the_material),
		CASE(an_update_may_be_granted_in_part_and_says_so),
		CASE(an_update_for_a_device_without_clock_counts_on),
		CASE(a_kid_that_no_token_brought_is_declined),
		CASE(the_number_of_an_update_is_no_kid),
		CASE(only_the_client_that_it_was_issued_to_may_name_a_kid),
		CASE(only_for_the_device_that_it_was_issued_for),
		CASE(a_client_that_got_an_old_name_has_none_of_its_kids),
		CASE(updates_go_on_as_long_as_the_latest_token_lives),
		CASE(what_was_revoked_is_not_brought_back_by_an_update),
		cmocka_unit_test_setup_teardown(a_padded_id_is_named_with_its_padding, setup_wide, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
