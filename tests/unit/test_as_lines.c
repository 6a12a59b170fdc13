/* SPDX-License-Identifier: Apache-2.0 */
/* Two lines of one owner while its key is replaced: which of them opens when, and that nothing is left of the old one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/authenticate.h"
#include "as/changes.h"
#include "as/peer_get.h"
#include "as_case.h"
#include "storage/env.h"

#define NOW (AS_CASE_IAT + 60)

static struct as_case c;
static const struct store_secret second = { "SECOND-SECRET-16", 16, "2222salt", 8 };
static const struct store_secret third = { "THIRD-SECRET--16", 16, "3333salt", 8 };

static int setup(void **state)
{
	(void)state;
	return as_case_make(&c);
}

static int teardown(void **state)
{
	(void)state;
	as_case_free(&c);
	return 0;
}

static struct store_client client(void)
{
	struct store_client client;
	struct store_txn *txn;

	assert_int_equal(store_begin_read(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, "client-7", &client), ACE_OK);
	store_abort(txn);
	return client;
}

static struct store_device device(void)
{
	struct store_device device;
	struct store_txn *txn;

	assert_int_equal(store_begin_read(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_device_get(txn, "sensor-17", &device), ACE_OK);
	store_abort(txn);
	return device;
}

static struct store_client rotate(const struct store_secret *secret, int64_t old_until)
{
	struct store_client client;
	struct store_txn *txn;

	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rotate(txn, &(struct store_line_rotation){ .id = "client-7", .secret = secret,
		.now = c.as.batch->now, .old_until = old_until, .ticket_expires = NOW + 86400 }, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	return client;
}

/* What a request on that line meets, in a batch of its own. */
static enum ace_err open_line(uint64_t line)
{
	struct as_peer *peer;
	enum ace_err err;

	assert_int_equal(store_begin_read(c.as.store, &c.as.batch->read), ACE_OK);
	assert_int_equal(as_changes_follow(&c.as, c.as.batch->read), ACE_OK);
	err = as_peer_get(&c.as, line, STORE_AUTH_OSCORE, &peer);
	store_abort(c.as.batch->read);
	return err;
}

/* A request that verified on that line is the first thing in a batch that commits. */
static void prove(uint64_t line)
{
	assert_int_equal(store_begin_read(c.as.store, &c.as.batch->read), ACE_OK);
	assert_int_equal(as_changes_follow(&c.as, c.as.batch->read), ACE_OK);
	c.as.batch->write_err = ACE_OK;
	assert_int_equal(as_peer_get(&c.as, line, STORE_AUTH_OSCORE, &c.job->peer), ACE_OK);
	assert_int_equal(as_enrol(&c.as, c.job), ACE_OK);
	store_abort(c.as.batch->read);
	if (c.as.batch->write)
		assert_int_equal(store_commit(c.as.batch->write), ACE_OK);
	c.as.batch->write = NULL;
}

static size_t rows(enum table table)
{
	uint64_t rows, bytes;
	struct store_txn *txn;

	assert_int_equal(store_begin_read(c.as.store, &txn), ACE_OK);
	assert_int_equal(table_count(txn, table, &rows, &bytes), ACE_OK);
	store_abort(txn);
	return rows;
}

static void both_lines_open_until_the_new_key_is_proven(void **state)
{
	uint64_t old = client().line, new_line, lines = rows(TABLE_LINES), secrets = rows(TABLE_SECRETS);

	(void)state;
	assert_int_equal(open_line(old), ACE_OK);
	new_line = rotate(&second, 0).line;
	assert_true(new_line != old);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(open_line(old), ACE_OK);
		assert_int_equal(open_line(new_line), ACE_OK);
	}
	prove(old); /* proves nothing new */
	assert_int_equal(client().old.line, old);
	assert_int_equal(client().ticket_expires, NOW + 86400);
	prove(new_line);
	assert_int_equal(client().old.line, 0);
	assert_int_equal(client().ticket_expires, 0);
	assert_int_equal(open_line(old), ACE_ERR_NOT_FOUND);
	assert_null(as_peer_find(&c.as.peers, old));
	assert_int_equal(open_line(new_line), ACE_OK);
	assert_int_equal(rows(TABLE_LINES), lines);
	assert_int_equal(rows(TABLE_SECRETS), secrets);
}

static void the_old_line_closes_at_its_time(void **state)
{
	uint64_t old = client().line, new_line = rotate(&second, NOW + 10).line;

	(void)state;
	c.as.batch->now = NOW + 9;
	assert_int_equal(open_line(old), ACE_OK);
	c.as.batch->now = NOW + 10;
	assert_int_equal(open_line(old), ACE_ERR_NO_CONTEXT);
	assert_int_equal(open_line(new_line), ACE_OK);
}

static void a_ticket_that_lapsed_leaves_the_old_line_open(void **state)
{
	uint64_t old = client().line, new_line = rotate(&second, 0).line;

	(void)state;
	c.as.batch->now = NOW + 86400;
	assert_int_equal(open_line(new_line), ACE_ERR_NO_CONTEXT);
	assert_int_equal(open_line(old), ACE_OK);
}

static void a_new_key_that_nobody_proved_is_replaced_and_the_old_one_stays(void **state)
{
	uint64_t old = client().line, lost = rotate(&second, 0).line, again, secrets = rows(TABLE_SECRETS);

	(void)state;
	assert_int_equal(open_line(lost), ACE_OK);
	again = rotate(&third, 0).line;
	assert_true(again != lost && again != old);
	assert_int_equal(open_line(lost), ACE_ERR_NOT_FOUND);
	assert_int_equal(open_line(old), ACE_OK);
	assert_int_equal(open_line(again), ACE_OK);
	assert_int_equal(rows(TABLE_SECRETS), secrets);
}

/* A first ticket that nobody used must not live longer than its day because another follows it. */
static void a_ticket_that_was_never_used_is_not_kept_beside_the_next(void **state)
{
	struct store_txn *txn;
	uint64_t first = client().line;

	(void)state;
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rekey(txn, "client-7", &second, NOW + 5), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	rotate(&third, 0);
	assert_int_equal(client().old.line, 0);
	assert_int_equal(open_line(first), ACE_ERR_NOT_FOUND);
}

static void a_ticket_in_place_of_the_key_ends_both_lines(void **state)
{
	uint64_t old = client().line, new_line = rotate(&second, 0).line;
	struct store_txn *txn;

	(void)state;
	assert_int_equal(open_line(old), ACE_OK);
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rekey(txn, "client-7", &third, NOW + 5), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(open_line(old), ACE_ERR_NOT_FOUND);
	assert_int_equal(open_line(new_line), ACE_OK);
	assert_int_equal(client().old.line, 0);
}

static void an_update_of_the_record_leaves_both_lines_and_a_deletion_neither(void **state)
{
	uint64_t old = client().line, new_line = rotate(&second, 0).line, secrets = rows(TABLE_SECRETS);
	struct store_client changed = client();
	struct store_txn *txn;

	(void)state;
	changed.is_enabled = false;
	changed.old = (struct store_old_line){ 99, 99, 99 };
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_update(txn, &changed), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(client().old.line, old);
	assert_int_equal(open_line(old), ACE_OK);
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_delete(txn, "client-7"), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(open_line(old), ACE_ERR_NOT_FOUND);
	assert_int_equal(open_line(new_line), ACE_ERR_NOT_FOUND);
	assert_int_equal(rows(TABLE_SECRETS), secrets - 2);
}

static void a_devices_line_is_replaced_in_the_same_way(void **state)
{
	uint64_t old = device().line, lines = rows(TABLE_LINES), secrets = rows(TABLE_SECRETS), new_line;
	struct store_device after;
	struct store_txn *txn;

	(void)state;
	assert_int_equal(open_line(old), ACE_OK);
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_device_line_rotate(txn, &(struct store_line_rotation){ .id = "sensor-17", .secret = &second,
		.now = NOW, .old_until = NOW + 10 }, &after), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	new_line = after.line;
	assert_int_equal(open_line(old), ACE_OK);
	assert_int_equal(open_line(new_line), ACE_OK);
	c.as.batch->now = NOW + 10;
	assert_int_equal(open_line(old), ACE_ERR_NO_CONTEXT);
	c.as.batch->now = NOW;
	prove(old);
	assert_int_equal(device().old.line, old);
	prove(new_line);
	assert_int_equal(device().old.line, 0);
	assert_int_equal(open_line(old), ACE_ERR_NOT_FOUND);
	assert_int_equal(open_line(new_line), ACE_OK);
	assert_int_equal(rows(TABLE_LINES), lines);
	assert_int_equal(rows(TABLE_SECRETS), secrets);
}

static void what_has_no_line_is_refused(void **state)
{
	struct store_client none;
	struct store_device bare = { .id = "bare", .keys = { { .alg = 10, .kid = { 1 }, .kid_len = 1 } } };
	struct store_key key = { .len = 16 };
	struct store_line_rotation rotation = { .id = "bare", .secret = &second, .now = NOW };
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_device_create(txn, &bare, &key, NULL), ACE_OK);
	assert_int_equal(store_device_line_rotate(txn, &rotation, &bare), ACE_ERR_UNSUPPORTED);
	rotation.id = "nobody";
	assert_int_equal(store_client_rotate(txn, &rotation, &none), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_device_line_rotate(txn, &rotation, &bare), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(both_lines_open_until_the_new_key_is_proven),
		CASE(the_old_line_closes_at_its_time),
		CASE(a_ticket_that_lapsed_leaves_the_old_line_open),
		CASE(a_new_key_that_nobody_proved_is_replaced_and_the_old_one_stays),
		CASE(a_ticket_that_was_never_used_is_not_kept_beside_the_next),
		CASE(a_ticket_in_place_of_the_key_ends_both_lines),
		CASE(an_update_of_the_record_leaves_both_lines_and_a_deletion_neither),
		CASE(a_devices_line_is_replaced_in_the_same_way),
		CASE(what_has_no_line_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
