/* SPDX-License-Identifier: Apache-2.0 */
/* Token keys that come after one another: which is issued under when, and which kids they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/clients.h"
#include "storage/device_keys.h"
#include "storage/env.h"
#include "tmp_store.h"

#define ALG 10
#define NOW TMP_STORE_NOW

static struct tmp_store tmp;
static struct store_txn *txn;
static struct store_device device;
static const struct store_key first_key = { "FIRST-TOKEN-KEY-", 16 };
static const struct store_key second_key = { "SECOND-TOKEN-KEY", 16 };
static const struct store_key third_key = { "THIRD-TOKEN-KEY-", 16 };

static int setup(void **state)
{
	struct store_device fresh = { .id = "thermo", .keys = { { .alg = ALG, .kid = { 1 }, .kid_len = 1 } } };

	(void)state;
	if (tmp_store_make(&tmp) || store_begin_write(tmp.store, &txn) ||
	    store_device_create(txn, &fresh, &first_key, NULL))
		return -1;
	device = fresh;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_abort(txn);
	tmp_store_remove(&tmp);
	return 0;
}

static const struct store_key_step *at(int64_t now)
{
	static struct store_key_step step;

	step = (struct store_key_step){ "thermo", now };
	return &step;
}

static enum ace_err add(int64_t now, const struct store_key *key)
{
	return store_device_key_add(txn, at(now), ALG, key, &device);
}

/* The first letter of the key that is issued under, as the store has it. */
static char issuing(int64_t now)
{
	struct store_device stored;
	struct store_key key;

	assert_int_equal(store_device_get(txn, "thermo", &stored), ACE_OK);
	assert_int_equal(store_device_key(txn, &stored, store_key_issuing(stored.keys, stored.keys_len, now), &key), ACE_OK);
	return (char)key.bytes[0];
}

static void an_added_key_waits_until_it_is_activated(void **state)
{
	(void)state;
	assert_int_equal(issuing(NOW), 'F');
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_int_equal(device.keys_len, 2);
	assert_int_equal(issuing(NOW), 'F');
	assert_int_equal(issuing(INT64_MAX - 1), 'F');
	assert_true(store_key_lives(&device.keys[0], NOW) && store_key_lives(&device.keys[1], NOW));
	assert_int_equal(store_device_key_switch(txn, at(NOW + 5), NOW + 5, 100, &device), ACE_OK);
	assert_int_equal(issuing(NOW + 4), 'F');
	assert_int_equal(issuing(NOW + 5), 'S');
	assert_true(store_key_lives(&device.keys[0], NOW + 104));
	assert_false(store_key_lives(&device.keys[0], NOW + 105));
	assert_true(store_key_lives(&device.keys[1], INT64_MAX));
}

static void a_switch_can_be_set_for_later_and_moved_until_then(void **state)
{
	(void)state;
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW, 1, &device), ACE_ERR_NO_KEY);
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW - 1, 1, &device), ACE_ERR_RANGE);
	assert_int_equal(store_device_key_switch(txn, at(NOW), INT64_MAX - 1, 1, &device), ACE_ERR_RANGE);
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW + 1000, 50, &device), ACE_OK);
	assert_int_equal(issuing(NOW + 999), 'F');
	assert_int_equal(issuing(NOW + 1000), 'S');
	assert_int_equal(store_device_key_switch(txn, at(NOW + 999), NOW + 2000, 60, &device), ACE_OK);
	assert_int_equal(issuing(NOW + 1000), 'F');
	assert_int_equal(device.keys[0].until, NOW + 2060);
	/* Done is done: what was issued under it must not be forgotten. */
	assert_int_equal(store_device_key_switch(txn, at(NOW + 2000), NOW + 3000, 60, &device), ACE_ERR_NO_KEY);
	assert_int_equal(store_device_key_cancel(txn, at(NOW + 2000), &device), ACE_ERR_NO_KEY);
}

static void there_is_room_for_a_third_key_only_when_the_first_is_over(void **state)
{
	(void)state;
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_int_equal(add(NOW, &third_key), ACE_ERR_EXISTS);
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW, 100, &device), ACE_OK);
	assert_int_equal(add(NOW + 99, &third_key), ACE_ERR_BUSY);
	assert_int_equal(add(NOW + 100, &third_key), ACE_OK);
	assert_int_equal(device.keys_len, 2);
	assert_int_equal(device.keys[0].version, 2);
	assert_int_equal(device.keys[1].version, 3);
	assert_int_equal(issuing(NOW + 100), 'S');
	assert_int_equal(store_device_key_switch(txn, at(NOW + 100), NOW + 100, 100, &device), ACE_OK);
	assert_int_equal(issuing(NOW + 100), 'T');
}

static void a_key_that_waited_is_forgotten_and_its_kid_is_not_given_again(void **state)
{
	struct store_device_key waited;

	(void)state;
	assert_int_equal(store_device_key_cancel(txn, at(NOW), &device), ACE_ERR_NO_KEY);
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	waited = device.keys[1];
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW + 10, 5, &device), ACE_OK);
	assert_int_equal(store_device_key_cancel(txn, at(NOW), &device), ACE_OK);
	assert_int_equal(device.keys_len, 1);
	assert_int_equal(device.keys[0].until, 0);
	assert_int_equal(issuing(NOW + 100), 'F');
	assert_int_equal(add(NOW, &third_key), ACE_OK);
	assert_memory_not_equal(device.keys[1].kid, waited.kid, sizeof waited.kid);
}

/* RFC 8747 6: no kid for two keys. A store that was put back has forgotten what was given since. */
static void no_kid_is_given_twice_not_even_by_a_store_that_was_put_back(void **state)
{
	uint8_t before[STORE_KID_MAX];

	(void)state;
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	memcpy(before, device.keys[1].kid, sizeof before);
	store_abort(txn);
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(add(NOW + 1, &third_key), ACE_OK);
	assert_memory_not_equal(device.keys[1].kid, before, sizeof before);
	assert_int_equal(device.keys[1].kid_len, 4);
}

static void two_devices_in_the_same_second_get_different_kids(void **state)
{
	struct store_device other = { .id = "other", .keys = { { .alg = ALG, .kid = { 1 }, .kid_len = 1 } } };
	struct store_key_step step = { "other", NOW };

	(void)state;
	assert_int_equal(store_device_create(txn, &other, &third_key, NULL), ACE_OK);
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_int_equal(store_device_key_add(txn, &step, ALG, &third_key, &other), ACE_OK);
	assert_memory_not_equal(device.keys[1].kid, other.keys[1].kid, STORE_KID_MAX);
}

/* The kid that would come next was chosen for the first key by an inventory. */
static void a_kid_that_the_device_has_is_passed_over(void **state)
{
	struct store_device other = { .id = "other", .keys = { { .alg = ALG } } };
	struct store_key_step step = { "other", NOW };

	(void)state;
	other.keys[0].kid_len = (uint8_t)store_line_kid((uint64_t)(NOW - STORE_EPOCH), other.keys[0].kid);
	assert_int_equal(store_device_create(txn, &other, &first_key, NULL), ACE_OK);
	assert_int_equal(store_device_key_add(txn, &step, ALG, &second_key, &other), ACE_OK);
	assert_memory_not_equal(other.keys[0].kid, other.keys[1].kid, STORE_KID_MAX);
}

static bool has_secret(const char *row, size_t len)
{
	struct ace_slice value;

	return !table_get(txn, TABLE_SECRETS, (struct ace_slice){ (const uint8_t *)row, len }, &value);
}

static void keys_that_left_leave_no_secret_behind(void **state)
{
	static const char first[] = "kthermo\0\0\0\0\1", second[] = "kthermo\0\0\0\0\2", third[] = "kthermo\0\0\0\0\3";
	size_t len = sizeof first - 1;

	(void)state;
	assert_true(has_secret(first, len));
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_true(has_secret(second, len));
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW, 1, &device), ACE_OK);
	assert_int_equal(add(NOW + 1, &third_key), ACE_OK);
	assert_false(has_secret(first, len));
	assert_int_equal(store_device_key_cancel(txn, at(NOW + 1), &device), ACE_OK);
	assert_false(has_secret(third, len));
	assert_int_equal(store_device_delete(txn, "thermo"), ACE_OK);
	assert_false(has_secret(second, len));
}

static void a_replaced_key_takes_all_others_with_it(void **state)
{
	(void)state;
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_int_equal(store_device_rekey(txn, at(NOW), ALG, &third_key, &device), ACE_OK);
	assert_int_equal(device.keys_len, 1);
	assert_int_equal(device.keys[0].version, 3);
	assert_int_equal(device.keys[0].until, 0);
	assert_int_equal(issuing(NOW), 'T');
	assert_false(has_secret("kthermo\0\0\0\0\1", 12) || has_secret("kthermo\0\0\0\0\2", 12));
}

static void secrets_whose_end_has_come_are_dropped_in_passing(void **state)
{
	struct store_device other = { .id = "a", .line_method = STORE_AUTH_OSCORE,
				      .keys = { { .alg = ALG, .kid = { 1 }, .kid_len = 1 } } };
	struct store_client client = { .id = "anna", .method = STORE_AUTH_OSCORE };
	const struct store_secret secret = { "LINE-SECRET----1", 16, "saltsalt", 8 };
	struct store_line_rotation rotation = { .secret = &secret, .now = NOW, .old_until = NOW + 100 };
	char position[STORE_ID_MAX + 1] = "";

	(void)state;
	assert_int_equal(store_device_create(txn, &other, &third_key, &secret), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
	rotation.id = "a";
	assert_int_equal(store_device_line_rotate(txn, &rotation, &other), ACE_OK);
	rotation.id = "anna";
	assert_int_equal(store_client_rotate(txn, &rotation, &client), ACE_OK);
	assert_int_equal(add(NOW, &second_key), ACE_OK);
	assert_int_equal(store_device_key_switch(txn, at(NOW), NOW, 100, &device), ACE_OK);
	for (int64_t now = NOW + 99; now <= NOW + 100; now++) {
		bool is_there = now < NOW + 100;

		assert_int_equal(store_device_keys_drop(txn, now, position), ACE_OK);
		assert_string_equal(position, "");
		assert_int_equal(store_client_keys_drop(txn, now, position), ACE_OK);
		assert_string_equal(position, "");
		assert_int_equal(has_secret("kthermo\0\0\0\0\1", 12), is_there);
		assert_int_equal(has_secret("la\0\0\0\0\1", 7), is_there);
		assert_int_equal(has_secret("canna\0\0\0\0\1", 10), is_there);
		assert_true(has_secret("kthermo\0\0\0\0\2", 12) && has_secret("la\0\0\0\0\2", 7));
		assert_true(has_secret("canna\0\0\0\0\2", 10));
	}
	assert_int_equal(issuing(NOW + 100), 'S');
}

static void what_cannot_be_done_changes_nothing(void **state)
{
	struct store_key_step nobody = { "nobody", NOW };
	struct store_key none = { .len = 0 }, long_key = { .len = STORE_DEVICE_KEY_LEN_MAX + 1 };
	struct store_device before = device;

	(void)state;
	assert_int_equal(store_device_key_add(txn, &nobody, ALG, &second_key, &device), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_device_key_switch(txn, &nobody, NOW, 1, &device), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_device_key_cancel(txn, &nobody, &device), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_device_rekey(txn, &nobody, ALG, &second_key, &device), ACE_ERR_NOT_FOUND);
	assert_int_equal(add(NOW, &none), ACE_ERR_USAGE);
	assert_int_equal(add(NOW, &long_key), ACE_ERR_USAGE);
	tmp.store->seal.is_open = false;
	assert_int_equal(add(NOW, &second_key), ACE_ERR_USAGE);
	assert_int_equal(store_device_rekey(txn, at(NOW), ALG, &second_key, &device), ACE_ERR_USAGE);
	tmp.store->seal.is_open = true;
	assert_memory_equal(&before, &device, sizeof device);
	assert_int_equal(issuing(NOW), 'F');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_added_key_waits_until_it_is_activated, setup, teardown),
		cmocka_unit_test_setup_teardown(a_switch_can_be_set_for_later_and_moved_until_then, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_room_for_a_third_key_only_when_the_first_is_over, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_waited_is_forgotten_and_its_kid_is_not_given_again, setup, teardown),
		cmocka_unit_test_setup_teardown(no_kid_is_given_twice_not_even_by_a_store_that_was_put_back, setup, teardown),
		cmocka_unit_test_setup_teardown(two_devices_in_the_same_second_get_different_kids, setup, teardown),
		cmocka_unit_test_setup_teardown(a_kid_that_the_device_has_is_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_that_left_leave_no_secret_behind, setup, teardown),
		cmocka_unit_test_setup_teardown(a_replaced_key_takes_all_others_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(secrets_whose_end_has_come_are_dropped_in_passing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_done_changes_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
