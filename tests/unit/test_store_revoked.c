/* SPDX-License-Identifier: Apache-2.0 */
/* The revocation list in the store: who sees what, when it leaves, which updates are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/changes.h"
#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/revocations.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static struct store_txn *txn;

static const struct store_trl_view all = { STORE_TRL_ALL, "" }, anna = { STORE_TRL_CLIENT, "anna" },
				   bo = { STORE_TRL_CLIENT, "bo" }, thermo = { STORE_TRL_DEVICE, "thermo" },
				   lock = { STORE_TRL_DEVICE, "lock" };

static void begin(void)
{
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
}

static void commit(void)
{
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void add_client(const char *id)
{
	struct store_client client = { .is_enabled = true, .method = STORE_AUTH_OSCORE };
	struct store_secret secret = { .key_len = 16 };

	snprintf(client.id, sizeof client.id, "%s", id);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
}

static void add_device(const char *id)
{
	struct store_device device = { .is_enabled = true, .model = "m", .keys = { { .alg = 10, .kid = "k", .kid_len = 1 } } };
	struct store_key key = { .len = 16 };

	snprintf(device.id, sizeof device.id, "%s", id);
	assert_int_equal(store_device_create(txn, &device, &key, NULL), ACE_OK);
}

/* A token whose hash begins with its number. */
static void add_token(uint64_t sequence, const char *client, const char *device, int64_t lifetime_s)
{
	struct store_token token = { .sequence = sequence, .issued_at = TMP_STORE_NOW, .osc_id = sequence,
				     .expires_at = TMP_STORE_NOW + lifetime_s,
				     .hash = { 1, (uint8_t)(sequence >> 8), (uint8_t)sequence } };

	snprintf(token.client, sizeof token.client, "%s", client);
	snprintf(token.device, sizeof token.device, "%s", device);
	assert_int_equal(store_token_add(txn, &token), ACE_OK);
}

static int setup(void **state)
{
	(void)state;
	if (tmp_store_make(&tmp))
		return -1;
	begin();
	add_client("anna");
	add_client("bo");
	add_device("thermo");
	add_device("lock");
	add_token(1, "anna", "thermo", 100);
	add_token(2, "anna", "lock", 50);
	add_token(3, "bo", "thermo", 200);
	commit();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tmp_store_remove(&tmp);
	return 0;
}

static size_t put_on_list(const uint64_t *list, size_t len)
{
	size_t revoked;

	assert_int_equal(store_token_revoke(txn, list, len, TMP_STORE_NOW, &revoked), ACE_OK);
	return revoked;
}

static size_t expire(int64_t after_s)
{
	size_t expired;

	assert_int_equal(store_revoked_expire(txn, TMP_STORE_NOW + after_s, &expired), ACE_OK);
	return expired;
}

/* The tokens that a view sees, as digits. */
static void assert_sees(const struct store_trl_view *view, const char *wanted)
{
	struct store_trl_place place = { 0, 0 };
	uint8_t hash[STORE_TOKEN_HASH_LEN];
	char seen[16] = "";
	size_t len = 0;

	while (len < 15 && !store_trl_next(txn, view, &place, hash))
		seen[len++] = (char)('0' + hash[2]);
	assert_string_equal(seen, wanted);
}

static void assert_update(const struct store_trl_view *view, uint64_t number, size_t removed, size_t added, uint8_t first)
{
	struct store_trl_update update;

	assert_int_equal(store_trl_update_get(txn, view, number, &update), ACE_OK);
	assert_int_equal(update.removed_len, removed);
	assert_int_equal(update.added_len, added);
	assert_int_equal(update.hashes[0][2], first);
}

static void each_requester_sees_its_own_tokens_and_administrators_all(void **state)
{
	(void)state;
	begin();
	assert_sees(&all, "");
	assert_int_equal(put_on_list((uint64_t[]){ 1, 2, 3 }, 3), 3);
	assert_sees(&all, "213"); /* as they expire */
	assert_sees(&anna, "21");
	assert_sees(&bo, "3");
	assert_sees(&thermo, "13");
	assert_sees(&lock, "2");
	assert_sees(&(struct store_trl_view){ STORE_TRL_CLIENT, "thermo" }, "");
	assert_sees(&(struct store_trl_view){ STORE_TRL_CLIENT, "ann" }, "");
	commit();
}

static void what_cannot_be_revoked_is_passed_over(void **state)
{
	size_t revoked;

	(void)state;
	begin();
	assert_int_equal(put_on_list((uint64_t[]){ 1, 1, 99, 2 }, 4), 2);
	assert_int_equal(put_on_list((uint64_t[]){ 1 }, 1), 0);
	assert_int_equal(store_token_revoke(txn, (uint64_t[]){ 3 }, 1, TMP_STORE_NOW + 200, &revoked), ACE_OK);
	assert_int_equal(revoked, 0); /* over in that very second */
	assert_int_equal(store_token_revoke(txn, (uint64_t[STORE_REVOKE_MAX + 1]){ 3 }, STORE_REVOKE_MAX + 1, 0, &revoked),
			 ACE_ERR_RANGE);
	commit();
}

static void a_revocation_outlives_a_restart_and_ends_with_its_token(void **state)
{
	struct store_revoked revoked;
	struct store_token token;
	bool due;

	(void)state;
	begin();
	put_on_list((uint64_t[]){ 1 }, 1);
	commit();
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	begin();
	assert_int_equal(store_token_get(txn, 1, &token), ACE_OK);
	assert_int_equal(store_revoked_get(txn, &token, &revoked), ACE_OK);
	assert_string_equal(revoked.client, "anna");
	assert_int_equal(revoked.revoked_at, TMP_STORE_NOW);
	assert_int_equal(store_revoked_due(txn, TMP_STORE_NOW + 99, &due), ACE_OK);
	assert_false(due);
	assert_int_equal(expire(99), 0);
	assert_sees(&thermo, "1");
	assert_int_equal(store_revoked_due(txn, TMP_STORE_NOW + 100, &due), ACE_OK);
	assert_true(due);
	assert_int_equal(expire(100), 1);
	assert_sees(&thermo, "");
	assert_sees(&anna, "");
	assert_sees(&all, "");
	assert_int_equal(store_revoked_get(txn, &token, &revoked), ACE_ERR_NOT_FOUND);
	commit();
}

/* RFC 9770 6.2: an update for each change of what the requester sees, and for nobody else. */
static void updates_tell_what_came_and_what_left(void **state)
{
	uint64_t newest;

	(void)state;
	begin();
	assert_int_equal(store_trl_newest(txn, &thermo, &newest), ACE_ERR_NOT_FOUND);
	put_on_list((uint64_t[]){ 1, 2 }, 2);
	put_on_list((uint64_t[]){ 3 }, 1);
	expire(150);
	assert_update(&thermo, 0, 0, 1, 1);
	assert_update(&thermo, 1, 0, 1, 3);
	assert_update(&thermo, 2, 1, 0, 1);
	assert_update(&anna, 0, 0, 2, 1);
	assert_update(&anna, 1, 2, 0, 2);
	assert_update(&all, 2, 2, 0, 2);
	assert_int_equal(store_trl_newest(txn, &bo, &newest), ACE_OK);
	assert_int_equal(newest, 0);
	commit();
}

static void the_oldest_updates_leave_first(void **state)
{
	struct store_trl_update update;
	uint64_t newest;

	(void)state;
	begin();
	for (uint64_t i = 10; i < 10 + STORE_TRL_UPDATES + 3; i++) {
		add_token(i, "bo", "lock", 1000);
		put_on_list(&i, 1);
	}
	assert_int_equal(store_trl_newest(txn, &bo, &newest), ACE_OK);
	assert_int_equal(newest, STORE_TRL_UPDATES + 2);
	assert_int_equal(store_trl_update_get(txn, &bo, 2, &update), ACE_ERR_NOT_FOUND);
	assert_update(&bo, 3, 0, 1, 13);
	commit();
}

static void a_large_change_is_several_small_updates(void **state)
{
	uint64_t list[STORE_REVOKE_MAX], newest;

	(void)state;
	begin();
	for (uint64_t i = 0; i < STORE_REVOKE_MAX; i++) {
		list[i] = 10 + i;
		add_token(list[i], "bo", "lock", 1000);
	}
	assert_int_equal(put_on_list(list, STORE_REVOKE_MAX - 1), STORE_REVOKE_MAX - 1);
	assert_int_equal(store_trl_newest(txn, &bo, &newest), ACE_OK);
	assert_int_equal(newest, STORE_REVOKE_MAX / STORE_TRL_HASHES - 1);
	assert_update(&bo, 1, 0, STORE_TRL_HASHES, 14);
	assert_update(&bo, newest, 0, STORE_TRL_HASHES - 1, (uint8_t)(10 + STORE_REVOKE_MAX - STORE_TRL_HASHES));
	commit();
}

static void expiry_goes_in_bounded_steps(void **state)
{
	uint64_t list[STORE_REVOKE_MAX];

	(void)state;
	begin();
	for (uint64_t round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < STORE_REVOKE_MAX; i++) {
			list[i] = 10 + round * STORE_REVOKE_MAX + i;
			add_token(list[i], "bo", "lock", 10);
		}
		put_on_list(list, STORE_REVOKE_MAX);
	}
	assert_int_equal(expire(10), STORE_REVOKE_MAX);
	assert_int_equal(expire(10), STORE_REVOKE_MAX);
	assert_int_equal(expire(10), 0);
	commit();
}

/* aced finds out from the table of changes whose observers to tell. */
static void changes_name_those_whose_list_changed_and_only_those(void **state)
{
	static const struct {
		const char *id;
		enum store_trl_kind kind;
	} wanted[] = { { "", STORE_TRL_ALL }, { "bo", STORE_TRL_CLIENT }, { "thermo", STORE_TRL_DEVICE } };
	struct store_change change;
	uint64_t last;

	(void)state;
	begin();
	assert_int_equal(store_change_last(txn, &last), ACE_OK);
	put_on_list((uint64_t[]){ 3 }, 1);
	for (size_t i = 0; i < ACE_ARRAY_LEN(wanted); i++) {
		assert_int_equal(store_change_next(txn, last + i, &change), ACE_OK);
		assert_int_equal(change.kind, STORE_TRL);
		assert_string_equal(change.id, wanted[i].id);
		assert_int_equal(change.number, wanted[i].kind);
	}
	assert_int_equal(store_change_next(txn, last + 3, &change), ACE_ERR_NOT_FOUND);
	commit();
}

static void a_requester_that_is_gone_leaves_no_history(void **state)
{
	uint64_t newest;

	(void)state;
	begin();
	put_on_list((uint64_t[]){ 3 }, 1);
	assert_int_equal(store_client_delete(txn, "bo"), ACE_OK);
	assert_int_equal(store_trl_newest(txn, &bo, &newest), ACE_ERR_NOT_FOUND);
	assert_sees(&thermo, "3"); /* the device still has to know */
	assert_int_equal(store_device_delete(txn, "thermo"), ACE_OK);
	assert_int_equal(expire(200), 1);
	assert_int_equal(store_trl_newest(txn, &bo, &newest), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_trl_newest(txn, &thermo, &newest), ACE_ERR_NOT_FOUND);
	assert_update(&all, 1, 1, 0, 3);
	commit();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(each_requester_sees_its_own_tokens_and_administrators_all),
		CASE(what_cannot_be_revoked_is_passed_over),
		CASE(a_revocation_outlives_a_restart_and_ends_with_its_token),
		CASE(updates_tell_what_came_and_what_left),
		CASE(the_oldest_updates_leave_first),
		CASE(a_large_change_is_several_small_updates),
		CASE(expiry_goes_in_bounded_steps),
		CASE(changes_name_those_whose_list_changed_and_only_those),
		CASE(a_requester_that_is_gone_leaves_no_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
