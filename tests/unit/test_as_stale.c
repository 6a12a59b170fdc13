/* SPDX-License-Identifier: Apache-2.0 */
/* What a batch decided on a state of the store that is gone is not written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/changes.h"
#include "trl_case.h"

static struct as_case c;

static int setup(void **state)
{
	(void)state;
	return as_case_make(&c);
}

static int teardown(void **state)
{
	(void)state;
	store_abort(c.as.batch->write);
	as_case_free(&c);
	return 0;
}

/* A batch begins: its state of the store is this one. */
static void begin(void)
{
	assert_int_equal(store_begin_read(c.as.store, &c.as.batch->read), ACE_OK);
	assert_int_equal(as_changes_follow(&c.as, c.as.batch->read), ACE_OK);
	store_abort(c.as.batch->read);
	c.as.batch->write_err = ACE_OK;
}

static void touch_client(void)
{
	struct store_client client;
	struct store_txn *txn;

	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, "client-7", &client), ACE_OK);
	client.is_enabled = false;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void a_batch_that_nothing_overtook_writes(void **state)
{
	struct store_txn *txn, *again;

	(void)state;
	begin();
	assert_int_equal(as_batch_write(&c.as, &txn), ACE_OK);
	assert_int_equal(as_batch_write(&c.as, &again), ACE_OK);
	assert_ptr_equal(txn, again);
}

static void a_batch_that_a_disabled_client_overtook_does_not(void **state)
{
	struct store_txn *txn;

	(void)state;
	begin();
	touch_client();
	assert_int_equal(as_batch_write(&c.as, &txn), ACE_ERR_BUSY);
	assert_int_equal(as_batch_write(&c.as, &txn), ACE_ERR_BUSY); /* nor anything else of it */
	assert_true(c.as.batch->is_overtaken);
	store_abort(c.as.batch->write);
	c.as.batch->write = NULL;
	c.as.batch->is_overtaken = false;
	begin();
	assert_int_equal(as_batch_write(&c.as, &txn), ACE_OK);
}

/* Which token it was is not looked at: a batch more costs less than finding out. */
static void a_batch_that_a_revocation_overtook_does_not(void **state)
{
	struct store_txn *txn;
	uint8_t hash[STORE_TOKEN_HASH_LEN] = { 1 };

	(void)state;
	assert_int_equal(as_case_token(&c, 1, ACE_SLICE_OF(hash), AS_CASE_EXP), ACE_OK);
	begin();
	trl_case_revoke(&c, (uint64_t[]){ 1 }, 1, 1);
	assert_int_equal(as_batch_write(&c.as, &txn), ACE_ERR_BUSY); /* an update of that token's rights may be in it */
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_batch_that_nothing_overtook_writes),
		CASE(a_batch_that_a_disabled_client_overtook_does_not),
		CASE(a_batch_that_a_revocation_overtook_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
