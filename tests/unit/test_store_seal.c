/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets at rest: never in the file, bound to their row, useless under another key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/env.h"
#include "storage/secrets.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static struct store_txn *txn;

static const struct store_secret client_secret = { "CLIENT-MASTER-SC", 16, "MSALTXYZ", 8 };
static const struct store_secret other_secret = { "OTHER-CLIENT-KEY", 16, "SECSALT2", 8 };
static const struct store_key device_key = { "DEVICE-TOKEN-KEY", 16 };

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

static void create_clients(void)
{
	struct store_client anna = { .id = "anna", .method = STORE_AUTH_OSCORE };
	struct store_client bo = { .id = "bo", .method = STORE_AUTH_OSCORE };

	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_client_create(txn, &anna, &client_secret), ACE_OK);
	assert_int_equal(store_client_create(txn, &bo, &other_secret), ACE_OK);
}

static enum ace_err secret_of(const char *id, struct store_secret *ret_secret)
{
	struct store_client client;

	assert_int_equal(store_client_get(txn, id, &client), ACE_OK);
	return store_client_secret(txn, &client, ret_secret);
}

static bool file_holds(const char *name, const void *needle, size_t len)
{
	char path[128];
	uint8_t *bytes;
	FILE *file;
	size_t size;
	bool is_found;

	snprintf(path, sizeof(path), "%s/%s", tmp.dir, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	bytes = malloc(8 << 20);
	assert_non_null(bytes);
	size = fread(bytes, 1, 8 << 20, file);
	is_found = memmem(bytes, size, needle, len) != NULL;
	free(bytes);
	fclose(file);
	return is_found;
}

static void secrets_never_stand_in_the_file(void **state)
{
	struct store_device device = { .id = "thermo", .keys = { { .alg = 10, .kid = { 1 }, .kid_len = 1 } } };

	(void)state;
	create_clients();
	assert_int_equal(store_device_create(txn, &device, &device_key, NULL), ACE_OK);
	assert_int_equal(store_client_rekey(txn, "anna", &client_secret, 0), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_true(file_holds("data.mdb", "thermo", 6)); /* the search itself works */
	assert_false(file_holds("data.mdb", client_secret.key, 16));
	assert_false(file_holds("data.mdb", client_secret.salt, 8));
	assert_false(file_holds("data.mdb", other_secret.key, 16));
	assert_false(file_holds("data.mdb", device_key.bytes, 16));
	assert_true(tmp.store->seal.is_open);
	assert_false(file_holds("data.mdb", tmp.store->seal.key, SEAL_KEY_LEN));
}

/* The key of a row in the table of secrets, as storage/secrets.c makes it. */
static const uint8_t anna_row[] = { 'c', 'a', 'n', 'n', 'a', 0, 0, 0, 0, 1 };
static const uint8_t bo_row[] = { 'c', 'b', 'o', 0, 0, 0, 0, 1 };

static void swapped_rows_are_detected(void **state)
{
	uint8_t bytes[SEAL_SEALED_MAX];
	struct store_secret secret = { { 0 }, 0, { 0 }, 0 };
	struct ace_slice value;

	(void)state;
	create_clients();
	assert_int_equal(secret_of("anna", &secret), ACE_OK);
	assert_int_equal(table_get(txn, TABLE_SECRETS, ACE_SLICE_OF(bo_row), &value), ACE_OK);
	memcpy(bytes, value.ptr, value.len);
	/* As an attacker would who can write the file: with the right checksum for the new place. */
	assert_int_equal(table_put(txn, TABLE_SECRETS, ACE_SLICE_OF(anna_row), (struct ace_slice){ bytes, value.len }), ACE_OK);
	assert_int_equal(secret_of("anna", &secret), ACE_ERR_DAMAGED);
	assert_int_equal(secret_of("bo", &secret), ACE_OK);
	store_abort(txn);
}

/* What is sealed for one table opens in no other, under the same row. */
static void a_sealed_value_is_bound_to_its_table(void **state)
{
	const struct seal_place place = { TABLE_SECRETS, ACE_SLICE_OF(anna_row) };
	struct seal_place other = place;
	uint8_t sealed_bytes[SEAL_SEALED_MAX], plain_bytes[SEAL_PLAIN_MAX];
	struct ace_buf sealed = ACE_BUF_OF(sealed_bytes);

	(void)state;
	assert_int_equal(seal_close(&tmp.store->seal, &place, ACE_LITERAL("a secret"), &sealed), ACE_OK);
	for (int table = 0; table < TABLE_LEN; table++) {
		struct ace_buf plain = ACE_BUF_OF(plain_bytes);

		other.table = (enum table)table;
		assert_int_equal(seal_open(&tmp.store->seal, &other, ace_buf_slice(&sealed), &plain),
				 other.table == place.table ? ACE_OK : ACE_ERR_DAMAGED);
	}
}

static void an_older_secret_put_back_is_detected(void **state)
{
	static const uint8_t new_row[] = { 'c', 'a', 'n', 'n', 'a', 0, 0, 0, 0, 2 };
	uint8_t bytes[SEAL_SEALED_MAX];
	struct store_secret secret;
	struct ace_slice value;

	(void)state;
	create_clients();
	assert_int_equal(table_get(txn, TABLE_SECRETS, ACE_SLICE_OF(anna_row), &value), ACE_OK);
	memcpy(bytes, value.ptr, value.len);
	assert_int_equal(store_client_rekey(txn, "anna", &other_secret, 0), ACE_OK);
	assert_int_equal(table_put(txn, TABLE_SECRETS, ACE_SLICE_OF(new_row), (struct ace_slice){ bytes, value.len }), ACE_OK);
	assert_int_equal(secret_of("anna", &secret), ACE_ERR_DAMAGED);
	store_abort(txn);
}

static void every_flipped_bit_and_truncation_of_a_sealed_secret_is_detected(void **state)
{
	uint8_t bytes[SEAL_SEALED_MAX];
	struct store_secret secret;
	struct ace_slice value;
	size_t len;

	(void)state;
	create_clients();
	assert_int_equal(table_get(txn, TABLE_SECRETS, ACE_SLICE_OF(anna_row), &value), ACE_OK);
	len = value.len;
	memcpy(bytes, value.ptr, len);
	for (size_t bit = 0; bit < len * 8; bit++) {
		enum ace_err err;

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(table_put(txn, TABLE_SECRETS, ACE_SLICE_OF(anna_row), (struct ace_slice){ bytes, len }), ACE_OK);
		err = secret_of("anna", &secret);
		assert_true(err == ACE_ERR_DAMAGED || err == ACE_ERR_VERSION);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++) {
		assert_int_equal(table_put(txn, TABLE_SECRETS, ACE_SLICE_OF(anna_row), (struct ace_slice){ bytes, cut }), ACE_OK);
		assert_int_equal(secret_of("anna", &secret), ACE_ERR_DAMAGED);
	}
	store_abort(txn);
}

static void a_row_damaged_on_disk_is_detected_by_its_checksum(void **state)
{
	struct store_client client;
	char id[] = "anna";
	MDB_val key = { 4, id }, value;
	uint8_t bytes[512];

	(void)state;
	create_clients();
	assert_int_equal(mdb_get(txn->mdb, tmp.store->dbi[TABLE_CLIENTS], &key, &value), 0);
	assert_true(value.mv_size <= sizeof(bytes));
	memcpy(bytes, value.mv_data, value.mv_size);
	value.mv_data = bytes;
	for (size_t bit = 0; bit < value.mv_size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(mdb_put(txn->mdb, tmp.store->dbi[TABLE_CLIENTS], &key, &value, 0), 0);
		assert_int_equal(store_client_get(txn, "anna", &client), ACE_ERR_DAMAGED);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(mdb_put(txn->mdb, tmp.store->dbi[TABLE_CLIENTS], &key, &value, 0), 0);
	assert_int_equal(store_client_get(txn, "anna", &client), ACE_OK);
	store_abort(txn);
}

static void without_the_key_no_secret_is_stored_or_read(void **state)
{
	struct store_client client = { .id = "new", .method = STORE_AUTH_OSCORE };
	struct store_secret secret;
	struct store_error error;

	(void)state;
	create_clients();
	assert_int_equal(store_commit(txn), ACE_OK);
	store_close(tmp.store);
	assert_int_equal(store_open(&tmp.options, &tmp.store, &error), ACE_OK);
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(secret_of("anna", &secret), ACE_ERR_USAGE);
	assert_int_equal(store_client_create(txn, &client, &client_secret), ACE_ERR_USAGE);
	assert_int_equal(store_client_rekey(txn, "anna", &client_secret, 0), ACE_ERR_USAGE);
	/* Switching off works all the same. */
	assert_int_equal(store_client_get(txn, "anna", &client), ACE_OK);
	client.is_enabled = false;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_client_delete(txn, "bo"), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(secrets_never_stand_in_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(swapped_rows_are_detected, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sealed_value_is_bound_to_its_table, setup, teardown),
		cmocka_unit_test_setup_teardown(an_older_secret_put_back_is_detected, setup, teardown),
		cmocka_unit_test_setup_teardown(every_flipped_bit_and_truncation_of_a_sealed_secret_is_detected, setup, teardown),
		cmocka_unit_test_setup_teardown(a_row_damaged_on_disk_is_detected_by_its_checksum, setup, teardown),
		cmocka_unit_test_setup_teardown(without_the_key_no_secret_is_stored_or_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
