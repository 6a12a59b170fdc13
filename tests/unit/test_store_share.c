/* SPDX-License-Identifier: Apache-2.0 */
/* Sharing and running short: locks, readers, maps that grow, full disks, I/O errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/wait.h>

#include "storage/changes.h"
#include "storage/clients.h"
#include "storage/env.h"
#include "storage/policies.h"
#include "storage/record.h"
#include "storage/tokens.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static int commit_fails_with; /* what the next commit returns without being one; 0: a real commit */
int __real_mdb_txn_commit(MDB_txn *txn);
int __wrap_mdb_txn_commit(MDB_txn *txn);

int __wrap_mdb_txn_commit(MDB_txn *txn)
{
	int rc = commit_fails_with;

	if (!rc)
		return __real_mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	commit_fails_with = 0;
	return rc;
}

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

static void a_second_daemon_is_refused_while_a_tool_is_not(void **state)
{
	struct store_error error;
	struct store *second;
	int status;
	pid_t pid;

	(void)state;
	assert_true(store_daemon_running(tmp.dir));
	assert_int_equal(store_open(&tmp.options, &second, &error), ACE_ERR_BUSY);
	assert_non_null(strstr(error.text, "aced.lock"));
	pid = fork();
	if (!pid) {
		struct store_options tool = { .dir = tmp.dir };

		_exit(store_open(&tool, &second, &error) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store_close(tmp.store);
	tmp.store = NULL;
	assert_false(store_daemon_running(tmp.dir));
}

static void another_process_sees_what_was_changed(void **state)
{
	struct store_client client = { .id = "anna", .method = STORE_AUTH_OSCORE };
	struct store_secret secret = { "0123456789abcdef", 16, "salt", 4 };
	struct store_change change;
	struct store_txn *txn;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_change_next(txn, 0, &change), ACE_ERR_NOT_FOUND);
	store_abort(txn);
	pid = fork();
	if (!pid) {
		struct store_options tool = { .dir = tmp.dir };
		struct store_error error;
		struct store *store;

		if (store_open(&tool, &store, &error) || store_unlock(store, &error) || store_begin_write(store, &txn) ||
		    store_client_create(txn, &client, &secret) || store_commit(txn))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_change_next(txn, 0, &change), ACE_OK);
	assert_string_equal(change.id, "anna");
	assert_int_equal(store_client_secret(txn, &(struct store_client){ .id = "anna", .key_version = 1 }, &secret), ACE_OK);
	store_abort(txn);
}

static void reopen_with(size_t map_initial, size_t map_max, size_t reserve_free)
{
	tmp.options.map_initial = map_initial;
	tmp.options.map_max = map_max;
	tmp.options.reserve_free = reserve_free;
	assert_int_equal(tmp_store_reopen(&tmp), 0);
}

static void a_reader_that_was_killed_is_cleared(void **state)
{
	int cleared, status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		struct store_options tool = { .dir = tmp.dir };
		struct store_error error;
		struct store *store;
		struct store_txn *txn;

		if (store_open(&tool, &store, &error) || store_begin_read(store, &txn))
			_exit(1);
		_exit(0); /* with the transaction open, as SIGKILL would leave it */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store_maintain(tmp.store);
	assert_int_equal(mdb_reader_check(tmp.store->env, &cleared), 0);
	assert_int_equal(cleared, 0);
}

static void one_store_has_one_transaction_of_a_kind(void **state)
{
	struct store_txn *reader, *writer, *second;

	(void)state;
	assert_int_equal(store_begin_write(tmp.store, &writer), ACE_OK);
	assert_int_equal(store_begin_read(tmp.store, &reader), ACE_OK);
	assert_int_equal(store_begin_write(tmp.store, &second), ACE_ERR_USAGE);
	assert_int_equal(store_begin_read(tmp.store, &second), ACE_ERR_USAGE);
	assert_int_equal(record_number_put(reader, TABLE_META, ACE_LITERAL("x"), 1), ACE_ERR_USAGE);
	store_abort(reader);
	store_abort(writer);
}

/* 200 tokens from first on; the first failure. */
static enum ace_err add_tokens(uint64_t first)
{
	struct store_token token = { .client = "c", .device = "d", .issued_at = TMP_STORE_NOW };
	struct store_txn *txn;
	enum ace_err err = store_begin_write(tmp.store, &txn);

	if (err)
		return err;
	for (uint64_t i = 0; i < 200 && !err; i++) {
		token.sequence = first + i;
		err = store_token_add(txn, &token);
	}
	if (err) {
		store_abort(txn);
		return err;
	}
	return store_commit(txn);
}

static void tokens_leave_room_for_expiry_and_administration(void **state)
{
	struct store_policy policy = { .author = "root" };
	uint64_t sequence = 1, position = 0;
	struct store_txn *txn;
	enum ace_err err;
	size_t dropped, all = 0;

	(void)state;
	reopen_with(2 << 20, 2 << 20, 512 << 10);
	while (!(err = add_tokens(sequence)))
		sequence += 200;
	assert_int_equal(err, ACE_ERR_FULL);
	assert_true(sequence > 2000);
	assert_non_null(strstr(store_last_error(tmp.store)->text, "room kept"));
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_policy_add(txn, ACE_LITERAL("{}"), &policy), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	do {
		assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
		assert_int_equal(store_token_drop(txn, TMP_STORE_NOW, &position, &dropped), ACE_OK);
		assert_int_equal(store_commit(txn), ACE_OK);
		all += dropped;
	} while (dropped || position);
	assert_int_equal(all, sequence - 1);
	assert_int_equal(add_tokens(sequence), ACE_OK);
}

static enum ace_err put_text(struct store_txn *txn, void *arg)
{
	struct store_policy policy = { .author = "root" };
	enum ace_err err = ACE_OK;

	for (int i = 0; i < 3 && !err; i++)
		err = store_policy_add(txn, *(struct ace_slice *)arg, &policy);
	return err;
}

static void a_map_that_is_too_small_grows_and_the_work_is_done_again(void **state)
{
	struct ace_slice text = { NULL, 12 << 20 }; /* three are more than begin makes room for ahead */
	uint8_t *bytes = calloc(1, text.len);
	uint64_t generation;
	struct store_txn *txn;

	(void)state;
	assert_non_null(bytes);
	text.ptr = bytes;
	reopen_with(1 << 20, 256 << 20, 0);
	assert_int_equal(store_write(tmp.store, put_text, &text), ACE_OK);
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_policy_current(txn, &generation), ACE_OK);
	assert_int_equal(generation, 3);
	store_abort(txn);
	reopen_with(1 << 20, 1 << 20, 0);
	assert_int_equal(store_write(tmp.store, put_text, &text), ACE_ERR_FULL);
	assert_non_null(strstr(store_last_error(tmp.store)->text, "largest size"));
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_policy_current(txn, &generation), ACE_OK);
	assert_int_equal(generation, 3);
	store_abort(txn);
	free(bytes);
}

static void a_full_disk_writes_nothing_and_the_store_goes_on(void **state)
{
	struct store_txn *txn;
	uint64_t count;

	(void)state;
	commit_fails_with = ENOSPC;
	assert_int_equal(add_tokens(1), ACE_ERR_FULL);
	assert_non_null(strstr(store_last_error(tmp.store)->text, "disk is full"));
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_token_count(txn, &count), ACE_OK);
	assert_int_equal(count, 0);
	store_abort(txn);
	assert_int_equal(add_tokens(1), ACE_OK);
}

static void after_an_io_error_nothing_reaches_the_store_any_more(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	store_close(tmp.store);
	tmp.store = NULL;
	pid = fork();
	if (!pid) {
		struct store_txn *txn;

		if (tmp_store_reopen(&tmp))
			_exit(1);
		commit_fails_with = EIO;
		if (add_tokens(1) != ACE_ERR_STORAGE || !strstr(store_last_error(tmp.store)->text, "I/O error"))
			_exit(2);
		if (store_begin_read(tmp.store, &txn) != ACE_ERR_STORAGE || add_tokens(1) != ACE_ERR_STORAGE)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_second_daemon_is_refused_while_a_tool_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(another_process_sees_what_was_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_that_was_killed_is_cleared, setup, teardown),
		cmocka_unit_test_setup_teardown(one_store_has_one_transaction_of_a_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(tokens_leave_room_for_expiry_and_administration, setup, teardown),
		cmocka_unit_test_setup_teardown(a_map_that_is_too_small_grows_and_the_work_is_done_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_writes_nothing_and_the_store_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(after_an_io_error_nothing_reaches_the_store_any_more, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
