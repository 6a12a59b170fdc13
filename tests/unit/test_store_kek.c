/* SPDX-License-Identifier: Apache-2.0 */
/* Key-encryption keys that take over from one another. tests/e2e/rotate_kek.py kills the one who does it at every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/clients.h"
#include "storage/env.h"
#include "storage/kek.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static struct store_error error;

static int setup(void **state)
{
	(void)state;
	return tmp_store_make(&tmp);
}

static int teardown(void **state)
{
	(void)state;
	tmp_store_remove(&tmp);
	return 0;
}

static const char *in_store(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", tmp.dir, name);
	return path;
}

static void read_kek(const char *name, uint8_t ret_kek[STORE_KEK_LEN])
{
	FILE *file = fopen(in_store(name), "rb");

	assert_non_null(file);
	assert_int_equal(fread(ret_kek, 1, STORE_KEK_LEN, file), STORE_KEK_LEN);
	fclose(file);
}

static enum ace_err unlock_with(const uint8_t kek[STORE_KEK_LEN])
{
	struct seal seal = { 0 };
	struct store_txn *txn;
	enum ace_err err;

	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	err = seal_unlock(txn, kek, &seal);
	store_abort(txn);
	if (!err)
		assert_memory_equal(seal.key, tmp.store->seal.key, SEAL_KEY_LEN);
	return err;
}

static struct store_kek_status status(void)
{
	struct store_kek_status status;
	struct store_txn *txn;

	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_kek_status(txn, &status), ACE_OK);
	store_abort(txn);
	return status;
}

static void a_new_key_replaces_the_old_one_and_its_file(void **state)
{
	uint8_t before[STORE_KEK_LEN], after[STORE_KEK_LEN];
	bool resumed = true;

	(void)state;
	read_kek("kek", before);
	assert_int_equal(status().since, TMP_STORE_NOW);
	for (int i = 1; i <= 3; i++) {
		assert_int_equal(store_kek_rotate(tmp.store, TMP_STORE_NOW + i, &resumed, &error), ACE_OK);
		assert_false(resumed);
		read_kek("kek", after);
		assert_memory_not_equal(before, after, STORE_KEK_LEN);
		assert_int_equal(unlock_with(after), ACE_OK);
		assert_int_equal(unlock_with(before), ACE_ERR_WRONG_KEY);
		assert_int_equal(status().keys, 1);
		assert_int_equal(status().since, TMP_STORE_NOW + i);
		memcpy(before, after, sizeof before);
	}
	assert_int_equal(tmp_store_reopen(&tmp), 0);
}

static void a_second_key_opens_the_store_until_one_of_them_is_dropped(void **state)
{
	uint8_t first[STORE_KEK_LEN], second[STORE_KEK_LEN];
	bool resumed;

	(void)state;
	read_kek("kek", first);
	assert_int_equal(store_kek_add(tmp.store, in_store("second"), TMP_STORE_NOW - 5, &error), ACE_OK);
	read_kek("second", second);
	assert_int_equal(unlock_with(first), ACE_OK);
	assert_int_equal(unlock_with(second), ACE_OK);
	assert_int_equal(status().keys, 2);
	/* The clock ran back: it is the newer one all the same. */
	assert_int_equal(status().since, TMP_STORE_NOW + 1);
	assert_int_equal(store_kek_add(tmp.store, in_store("second"), TMP_STORE_NOW, &error), ACE_ERR_EXISTS);
	assert_int_equal(store_kek_add(tmp.store, in_store("third"), TMP_STORE_NOW, &error), ACE_ERR_EXISTS);
	assert_int_equal(store_kek_rotate(tmp.store, TMP_STORE_NOW, &resumed, &error), ACE_ERR_EXISTS);
	assert_int_equal(unlock_with(first), ACE_OK);
	/* This store was opened with the first. */
	assert_int_equal(store_kek_finish(tmp.store, &error), ACE_OK);
	assert_int_equal(unlock_with(first), ACE_OK);
	assert_int_equal(unlock_with(second), ACE_ERR_WRONG_KEY);
	assert_int_equal(status().keys, 1);
}

static void the_present_key_is_no_second_one(void **state)
{
	(void)state;
	assert_int_equal(store_kek_add(tmp.store, in_store("kek"), TMP_STORE_NOW, &error), ACE_ERR_EXISTS);
	assert_int_equal(status().keys, 1);
}

static void a_key_that_opens_nothing_drops_nothing(void **state)
{
	uint8_t stranger[STORE_KEK_LEN] = { 7 };
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(seal_wrap_keep(txn, stranger), ACE_ERR_WRONG_KEY);
	store_abort(txn);
	assert_int_equal(unlock_with(stranger), ACE_ERR_WRONG_KEY);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
}

static void what_was_sealed_before_a_rotation_opens_after_it(void **state)
{
	const struct store_secret secret = { "CLIENT-MASTER-SC", 16, "MSALTXYZ", 8 };
	struct store_client client = { .id = "anna", .method = STORE_AUTH_OSCORE };
	struct store_secret read;
	struct store_txn *txn;
	bool resumed;

	(void)state;
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(store_kek_rotate(tmp.store, TMP_STORE_NOW, &resumed, &error), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_client_secret(txn, &client, &read), ACE_OK);
	store_abort(txn);
	assert_memory_equal(read.key, secret.key, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_key_replaces_the_old_one_and_its_file, setup, teardown),
		cmocka_unit_test_setup_teardown(a_second_key_opens_the_store_until_one_of_them_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(the_present_key_is_no_second_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_opens_nothing_drops_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_sealed_before_a_rotation_opens_after_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
