/* SPDX-License-Identifier: Apache-2.0 */
/* A batch that acectl overtakes: what was decided on a state that is gone is decided again, and answered once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "as/peer_get.h"
#include "batch_case.h"

/* What the peer of a request that is served again cannot be read for. */
static enum ace_err peer_fails;

enum ace_err __real_as_peer_get(struct as_server *as, uint64_t line, enum store_auth method, struct as_peer **ret_peer);
enum ace_err __wrap_as_peer_get(struct as_server *as, uint64_t line, enum store_auth method, struct as_peer **ret_peer);
enum ace_err __wrap_as_peer_get(struct as_server *as, uint64_t line, enum store_auth method, struct as_peer **ret_peer)
{
	/* acectl has been there: this is the second time. */
	return peer_fails && !acectl_changes ? peer_fails : __real_as_peer_get(as, line, method, ret_peer);
}

/* A policy in which nobody may do anything, as the next generation. */
static enum ace_err forbid_all(struct store_txn *txn)
{
	static const char text[] = "{\"format\":\"ace-policy/1\",\"models\":{\"clock\":{\"resources\":{\"/temp\":[\"GET\"]}}}}";
	struct store_policy policy = { .author = "test", .applied_at = TMP_STORE_NOW };

	return store_policy_add(txn, (struct ace_slice){ (const uint8_t *)text, sizeof text - 1 }, &policy);
}

static enum ace_err touch_device(struct store_txn *txn)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, "d-clock", &device);

	return err ? err : store_device_update(txn, &device);
}

static enum ace_err disable_anna(struct store_txn *txn)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, "anna", &client);

	client.is_enabled = false;
	return err ? err : store_client_update(txn, &client);
}

static enum ace_err rekey_anna(struct store_txn *txn)
{
	return store_client_rekey(txn, "anna", &(struct store_secret){ .key = { 1 }, .key_len = 16 }, 0);
}

static void what_acectl_overtook_is_served_on_what_acectl_left(void **state)
{
	(void)state;
	reserve_numbers();
	acectl_changes = touch_device;
	as_line_ask(&anna, "token", token_body("d-clock"));
	as_line_ask(&bob, "elsewhere", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_null(acectl_changes);
	assert_heard(&anna, ACE_COAP_CREATED);
	assert_heard(&bob, ACE_COAP_NOT_FOUND);
	assert_stored(2, 2);
	assert_int_equal(fx.as.tokens_issued, 2);
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&anna, ACE_COAP_CREATED);
}

static void many_requests_that_acectl_overtook_are_each_answered_once(void **state)
{
	(void)state;
	reserve_numbers();
	acectl_changes = touch_device;
	as_line_ask(&bob, "token", token_body("d-clock"));
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "CPP");
	assert_heard(&bob, ACE_COAP_BAD_REQUEST);
	assert_heard(&anna, ACE_COAP_CREATED);
	assert_stored(2, 3);
}

static void who_was_disabled_meanwhile_gets_no_token(void **state)
{
	(void)state;
	reserve_numbers();
	acectl_changes = disable_anna;
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&anna, ACE_COAP_BAD_REQUEST);
	assert_stored(1, 2);
}

static void who_has_another_key_meanwhile_gets_nothing_under_the_old_one(void **state)
{
	(void)state;
	reserve_numbers();
	acectl_changes = rekey_anna;
	as_line_ask(&anna, "token", token_body("d-clock"));
	as_line_ask(&bob, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	as_line_hear(&anna, &heard);
	assert_true(heard.came && !heard.is_protected);
	assert_int_equal(heard.code, ACE_COAP_UNAUTHORIZED);
	assert_heard(&bob, ACE_COAP_BAD_REQUEST);
	assert_stored(1, 2);
}

static void what_a_new_policy_forbids_is_not_issued_under_the_old_one(void **state)
{
	(void)state;
	reserve_numbers();
	acectl_changes = forbid_all;
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&anna, ACE_COAP_BAD_REQUEST);
	assert_stored(1, 2);
}

/* 4.01 would send the client to enrol again, for a fault of ours. */
static void a_peer_that_could_not_be_read_again_is_told_to_come_back(void **state)
{
	(void)state;
	reserve_numbers();
	acectl_changes = touch_device;
	peer_fails = ACE_ERR_BUSY;
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	peer_fails = ACE_OK;
	as_line_hear(&anna, &heard);
	assert_true(heard.came && !heard.is_protected);
	assert_int_equal(heard.code, ACE_COAP_UNAVAILABLE);
	assert_stored(1, 1);
}

/* A refusal like one that is stored is only counted: it has nothing to write, and is not counted again. */
static void what_was_served_before_acectl_was_seen_is_not_served_again(void **state)
{
	uint32_t more = 0;

	(void)state;
	reserve_numbers();
	as_line_ask(&bob, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&bob, ACE_COAP_BAD_REQUEST);
	acectl_changes = rekey_anna;
	as_line_ask(&bob, "token", token_body("d-clock"));
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "PC");
	assert_heard(&bob, ACE_COAP_BAD_REQUEST);
	as_line_hear(&anna, &heard);
	assert_false(heard.is_protected);
	for (size_t i = 0; i < AS_REFUSALS_LEN; i++)
		more += fx.as.refusals.slots[i].more;
	assert_int_equal(more, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_acectl_overtook_is_served_on_what_acectl_left, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(many_requests_that_acectl_overtook_are_each_answered_once, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(who_was_disabled_meanwhile_gets_no_token, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(what_a_new_policy_forbids_is_not_issued_under_the_old_one, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_peer_that_could_not_be_read_again_is_told_to_come_back, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(what_was_served_before_acectl_was_seen_is_not_served_again, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(who_has_another_key_meanwhile_gets_nothing_under_the_old_one, batch_case_setup, batch_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
