/* SPDX-License-Identifier: Apache-2.0 */
/* What a restored store is like: what was revoked stays revoked, and what was lost is told. */
#include "restore_case.h"
#include "storage/revocations.h"

static void revoke_token(uint64_t sequence, int64_t now)
{
	struct store_txn *txn = begin();
	size_t revoked;

	assert_int_equal(store_token_revoke(txn, &sequence, 1, now, &revoked), ACE_OK);
	assert_int_equal(revoked, 1);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static bool is_revoked(uint64_t sequence)
{
	struct store_revoked revoked;
	struct store_token token;
	struct store_txn *txn = begin();
	enum ace_err err;

	assert_int_equal(store_token_get(txn, sequence, &token), ACE_OK);
	err = store_revoked_get(txn, &token, &revoked);
	store_abort(txn);
	assert_true(!err || err == ACE_ERR_NOT_FOUND);
	return !err;
}

static size_t seen_by(enum store_trl_kind kind, const char *id)
{
	struct store_trl_view view = { kind, id };
	struct store_trl_place place = { 0, 0 };
	uint8_t hash[STORE_TOKEN_HASH_LEN];
	struct store_txn *txn = begin();
	size_t count = 0;

	while (!store_trl_next(txn, &view, &place, hash))
		count++;
	store_abort(txn);
	return count;
}

static void what_was_revoked_stays_revoked_and_what_lives_can_be(void **state)
{
	struct store_loss loss;
	uint64_t before, after, lives;

	(void)state;
	before = add_token("anna", "lock", NOW + 1);
	back_up(NOW + 1);
	after = add_token("bo", "lock", NOW + 2);
	lives = add_token("bo", "lock", NOW + 2);
	revoke_token(before, NOW + 2);
	revoke_token(after, NOW + 3);
	shut();
	assert_int_equal(restore(NOW + 4, false, &loss), ACE_OK);
	assert_int_equal(loss.tokens, 2);
	assert_int_equal(loss.revocations, 2);
	assert_int_equal(loss.revoked, 0);
	reopen(NOW + 4);
	assert_true(is_revoked(before) && is_revoked(after) && !is_revoked(lives));
	assert_int_equal(seen_by(STORE_TRL_ALL, ""), 2);
	assert_int_equal(seen_by(STORE_TRL_DEVICE, "lock"), 2);
	assert_int_equal(seen_by(STORE_TRL_CLIENT, "anna"), 1);
	revoke_token(lives, NOW + 5);
	assert_int_equal(seen_by(STORE_TRL_CLIENT, "bo"), 2);
}

static uint64_t newest_update(void)
{
	struct store_txn *txn = begin();
	uint64_t number;

	assert_int_equal(store_trl_newest(txn, &(struct store_trl_view){ STORE_TRL_ALL, "" }, &number), ACE_OK);
	store_abort(txn);
	return number;
}

static void histories_of_the_list_go_on_and_stay_bounded(void **state)
{
	struct store_trl_view view = { STORE_TRL_ALL, "" };
	struct store_trl_update update;
	struct store_loss loss;
	struct store_txn *txn;
	uint64_t newest;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		revoke_token(add_token("anna", "lock", NOW + 1), NOW + 1);
	back_up(NOW + 1);
	for (size_t i = 0; i < 40; i++)
		revoke_token(add_token("bo", "lock", NOW + 2), NOW + 2);
	newest = newest_update();
	shut();
	assert_int_equal(restore(NOW + 4, false, &loss), ACE_OK);
	reopen(NOW + 4);
	assert_int_equal(newest_update(), newest);
	txn = begin();
	assert_int_equal(store_trl_update_get(txn, &view, newest - STORE_TRL_UPDATES + 1, &update), ACE_OK);
	assert_int_equal(store_trl_update_get(txn, &view, newest - STORE_TRL_UPDATES, &update), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_trl_update_get(txn, &view, 0, &update), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void tokens_of_who_is_unknown_or_disabled_then_are_revoked(void **state)
{
	struct store_client client;
	struct store_loss loss;
	struct store_txn *txn = begin();
	uint64_t of_new, of_bo, of_anna;

	(void)state;
	assert_int_equal(store_client_get(txn, "bo", &client), ACE_OK);
	client.is_enabled = false;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	back_up(NOW + 1);
	txn = begin();
	client.is_enabled = true;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	add_client(txn, "new", NOW + 1);
	assert_int_equal(store_commit(txn), ACE_OK);
	of_new = add_token("new", "lock", NOW + 2);
	of_bo = add_token("bo", "lock", NOW + 2);
	of_anna = add_token("anna", "lock", NOW + 2);
	shut();
	assert_int_equal(restore(NOW + 4, false, &loss), ACE_OK);
	assert_int_equal(loss.revoked, 2);
	reopen(NOW + 4);
	assert_true(is_revoked(of_new) && is_revoked(of_bo) && !is_revoked(of_anna));
}

static void what_changed_since_is_told(void **state)
{
	struct store_restore in = { &(struct store_options){ .dir = tmp.dir }, path, NOW + 5, false };
	struct store_error error;
	struct store_client client;
	struct store_loss loss, again;
	struct store_txn *txn;

	(void)state;
	back_up(NOW + 1);
	assert_int_equal(store_restore_look(&in, &loss, &error), ACE_OK);
	assert_true(loss.has_current);
	assert_int_equal(loss.clients.gone.count + loss.clients.back.count + loss.clients.rekeyed.count, 0);
	assert_int_equal(loss.devices.gone.count + loss.devices.back.count + loss.devices.rekeyed.count, 0);
	take_decision(NOW + 2);
	txn = begin();
	add_device(txn, "new");
	take_exi_and_kid(txn, NOW + 2);
	rotate_client(txn, "anna", NOW + 2);
	assert_int_equal(store_client_get(txn, "bo", &client), ACE_OK);
	client.is_enabled = false;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(store_restore_look(&in, &loss, &error), ACE_OK);
	assert_int_equal(loss.decisions, 1);
	assert_int_equal(loss.clients.gone.count, 0);
	assert_int_equal(loss.clients.back.count, 1);
	assert_string_equal(loss.clients.back.first[0], "bo");
	assert_int_equal(loss.clients.rekeyed.count, 1);
	assert_string_equal(loss.clients.rekeyed.first[0], "anna");
	assert_int_equal(loss.devices.gone.count, 1);
	assert_string_equal(loss.devices.gone.first[0], "new");
	assert_int_equal(loss.devices.back.count, 0);
	assert_int_equal(loss.devices.rekeyed.count, 1);
	shut();
	assert_int_equal(restore(NOW + 5, false, &again), ACE_OK);
	assert_int_equal(again.devices.gone.count + again.clients.back.count, 2);
	assert_int_equal(store_restore_look(&in, &again, &error), ACE_OK);
	assert_int_equal(again.devices.gone.count + again.clients.back.count + again.clients.rekeyed.count, 0);
}

static void nobody_may_use_the_store_meanwhile(void **state)
{
	struct store_options reader = { .dir = tmp.dir };
	struct store_error error;
	struct store_loss loss;

	(void)state;
	back_up(NOW + 1);
	assert_int_equal(restore(NOW + 2, true, &loss), ACE_ERR_BUSY); /* a daemon */
	shut();
	assert_int_equal(store_open(&reader, &tmp.store, &error), ACE_OK);
	assert_int_equal(restore(NOW + 2, true, &loss), ACE_ERR_BUSY); /* an acectl */
	shut();
	assert_int_equal(restore(NOW + 2, true, &loss), ACE_OK);
}

static void a_backup_of_another_store_is_refused(void **state)
{
	struct tmp_store first;
	struct store_loss loss;

	(void)state;
	back_up(NOW + 1);
	first = tmp;
	assert_int_equal(tmp_store_make(&tmp), 0);
	shut();
	assert_int_equal(restore(NOW + 2, true, &loss), ACE_ERR_DENIED);
	assert_int_equal(tmp_store_reopen(&tmp), 0); /* nothing was changed */
	tmp_store_remove(&first);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, remove_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_was_revoked_stays_revoked_and_what_lives_can_be),
		CASE(histories_of_the_list_go_on_and_stay_bounded),
		CASE(tokens_of_who_is_unknown_or_disabled_then_are_revoked),
		CASE(what_changed_since_is_told),
		CASE(nobody_may_use_the_store_meanwhile),
		CASE(a_backup_of_another_store_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
