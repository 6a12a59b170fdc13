/* SPDX-License-Identifier: Apache-2.0 */
/* What a daemon keeps of the past: decisions within two limits, and tokens that are not over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/retain.h"
#include "as_fixture.h"

#define DAY_MS INT64_C(86400000)

static struct as_fixture fx;
static uint64_t position;

static int setup(void **state)
{
	(void)state;
	position = 0;
	return as_fixture_open(&fx, "");
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

/* Decisions from made_ms on, one a millisecond. */
static void add_decisions(int64_t made_ms, int count)
{
	struct store_decision decision = { .outcome = STORE_REFUSED, .reason = 4, .client = { .id = "anna" }, .count = 1 };
	struct store_txn *txn;

	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	for (int i = 0; i < count; i++, made_ms++) {
		for (int b = 0; b < 6; b++)
			decision.id.bytes[b] = (uint8_t)(made_ms >> (40 - 8 * b));
		assert_int_equal(store_decision_add(txn, &decision), ACE_OK);
	}
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void add_tokens(int count, int64_t expires_at)
{
	struct store_token token = { .client = "anna", .device = "d-clock", .issued_at = TMP_STORE_NOW,
				     .expires_at = expires_at };
	struct store_txn *txn;

	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	for (int i = 0; i < count; i++) {
		token.osc_id = ++token.sequence;
		assert_int_equal(store_token_add(txn, &token), ACE_OK);
	}
	assert_int_equal(store_commit(txn), ACE_OK);
}

static bool retain(int64_t now_ms, unsigned int rounds)
{
	bool is_behind = false;

	fx.as.batch->now_ms = now_ms;
	fx.as.batch->now = now_ms / 1000;
	assert_int_equal(as_retain(&fx.as, &position, rounds, &is_behind), ACE_OK);
	return is_behind;
}

static void assert_kept(uint64_t tokens_wanted, uint64_t decisions_wanted)
{
	uint64_t tokens, decisions;

	as_fixture_counts(&fx, &tokens, &decisions);
	assert_int_equal(tokens, tokens_wanted);
	assert_int_equal(decisions, decisions_wanted);
}

static void decisions_are_kept_for_ninety_days(void **state)
{
	int64_t made_ms = TMP_STORE_NOW * 1000;

	(void)state;
	add_decisions(made_ms, 10);
	assert_false(retain(made_ms + 90 * DAY_MS, 16));
	assert_kept(0, 10);
	assert_false(retain(made_ms + 90 * DAY_MS + 4, 16));
	assert_kept(0, 6);
	assert_false(retain(made_ms + 91 * DAY_MS, 16));
	assert_kept(0, 1);
}

/* What was decided last says which ids were given out. */
static void ids_rise_over_a_restart_also_when_all_are_old(void **state)
{
	int64_t made_ms = fx.now_ms + 1000;
	struct store_decision_id id;
	struct store_error error;

	(void)state;
	add_decisions(made_ms, 10);
	assert_false(retain(made_ms + 91 * DAY_MS, 16));
	as_server_close(&fx.as);
	if (as_server_open(&fx.config, &fx.as, &error))
		fail_msg("%s", error.text);
	assert_int_equal(store_decision_id_take(fx.as.store, made_ms - 500, &id), ACE_OK);
	assert_true(store_decision_id_time_ms(&id) >= made_ms + 9);
}

static void decisions_leave_when_they_take_more_than_they_may(void **state)
{
	int64_t made_ms = TMP_STORE_NOW * 1000;
	uint64_t count, bytes;
	struct store_txn *txn;

	(void)state;
	fx.config.keep_bytes = 65536;
	add_decisions(made_ms, 1500);
	while (retain(made_ms + 1, 16))
		continue;
	assert_int_equal(store_begin_read(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_decision_count(txn, &count, &bytes), ACE_OK);
	store_abort(txn);
	assert_in_range(bytes, 32768, 65536);
	assert_in_range(count, 100, 1400);
}

/* Requests wait meanwhile: no more than was asked for, and the rest is not forgotten. */
static void a_backlog_leaves_in_steps(void **state)
{
	int64_t made_ms = TMP_STORE_NOW * 1000, later_ms = made_ms + 91 * DAY_MS;

	(void)state;
	add_decisions(made_ms, 3 * STORE_DROP_ROWS);
	add_tokens(2 * STORE_DROP_ROWS + 5, TMP_STORE_NOW + 60);
	assert_true(retain(later_ms, 1));
	assert_kept(STORE_DROP_ROWS + 5, 2 * STORE_DROP_ROWS);
	assert_true(retain(later_ms, 1));
	assert_false(retain(later_ms, 1));
	assert_kept(0, 1);
}

static void tokens_are_kept_until_they_expire(void **state)
{
	(void)state;
	add_tokens(3, TMP_STORE_NOW + 60);
	assert_false(retain((TMP_STORE_NOW + 60) * 1000, 16));
	assert_kept(3, 0);
	assert_false(retain((TMP_STORE_NOW + 61) * 1000, 16));
	assert_kept(0, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(decisions_are_kept_for_ninety_days),
		CASE(ids_rise_over_a_restart_also_when_all_are_old),
		CASE(decisions_leave_when_they_take_more_than_they_may),
		CASE(a_backlog_leaves_in_steps),
		CASE(tokens_are_kept_until_they_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
