/* SPDX-License-Identifier: Apache-2.0 */
/* Which refusals are alike, for how long, and what becomes of their counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "as/refusals.h"
#include "storage/counters.h"
#include "tmp_store.h"

#define NOW_MS UINT64_C(1000000)

static struct tmp_store tmp;
static struct as_refusals refusals;
static struct store_decision sample;

static int setup(void **state)
{
	(void)state;
	memset(&sample, 0, sizeof sample);
	sample.outcome = STORE_REFUSED;
	sample.reason = 3;
	sample.oauth_error = 4;
	sample.generation = 1;
	sample.count = 1;
	memcpy(sample.client.id, "anna", sizeof "anna");
	memcpy(sample.device.id, "thermo-101", sizeof "thermo-101");
	if (store_scope_set(2, ACE_LITERAL("climate.set"), &sample.requested) || as_refusals_init(&refusals))
		return -1;
	return tmp_store_make(&tmp) || store_counters_start(tmp.store, TMP_STORE_NOW * 1000);
}

static int teardown(void **state)
{
	(void)state;
	as_refusals_fini(&refusals);
	tmp_store_remove(&tmp);
	return 0;
}

/* Ask for the slot of a refusal and record it if it is new. @return whether it joined another; its id. */
static bool refuse(const struct store_decision *decision, uint64_t now_ms, struct store_decision_id *ret_id)
{
	struct as_refusal *refusal;
	struct store_decision_id id;
	bool joined;

	assert_int_equal(as_refusal_find(&refusals, decision, now_ms, &refusal, &joined), ACE_OK);
	if (!joined) {
		assert_int_equal(store_decision_id_take(tmp.store, TMP_STORE_NOW * 1000, &id), ACE_OK);
		as_refusal_recorded(&refusals, refusal, &id, now_ms);
	}
	*ret_id = refusal->id;
	return joined;
}

static void alike_refusals_within_a_minute_have_one_id(void **state)
{
	struct store_decision_id first, id;

	(void)state;
	assert_false(refuse(&sample, NOW_MS, &first));
	as_refusals_settle(&refusals, true);
	assert_true(refuse(&sample, NOW_MS, &id));
	assert_memory_equal(&id, &first, sizeof id);
	assert_true(refuse(&sample, NOW_MS + AS_REFUSAL_JOIN_MS - 1, &id));
	assert_memory_equal(&id, &first, sizeof id);
	/* A minute after the first, not after the latest: so a record a minute, however often it is asked. */
	assert_false(refuse(&sample, NOW_MS + AS_REFUSAL_JOIN_MS, &id));
	assert_memory_not_equal(&id, &first, sizeof id);
}

static void what_differs_in_anything_is_another_refusal(void **state)
{
	struct store_decision other[7];
	struct store_decision_id id;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(other); i++)
		other[i] = sample;
	memcpy(other[0].client.id, "bert", sizeof "bert");
	memcpy(other[1].device.id, "thermo-102", sizeof "thermo-102");
	other[2].requested.bytes[0] = 'x';
	other[3].requested.kind = 1;
	other[4].reason++;
	other[5].generation++;
	other[6].oauth_error++;
	assert_false(refuse(&sample, NOW_MS, &id));
	for (size_t i = 0; i < ACE_ARRAY_LEN(other); i++)
		assert_false(refuse(&other[i], NOW_MS, &id));
	assert_true(refuse(&sample, NOW_MS, &id));
}

/* The same bytes over the border of two parts: "ab" at "c" is not "a" at "bc". */
static void parts_do_not_run_into_each_other(void **state)
{
	struct store_decision a = sample, b = sample;
	struct store_decision_id id;

	(void)state;
	memcpy(a.client.id, "ab", 3);
	memcpy(a.device.id, "c", 2);
	memcpy(b.client.id, "a", 2);
	memcpy(b.device.id, "bc", 3);
	assert_false(refuse(&a, NOW_MS, &id));
	assert_false(refuse(&b, NOW_MS, &id));
}

static void a_record_that_was_not_committed_is_forgotten(void **state)
{
	struct store_decision_id first, id;

	(void)state;
	assert_false(refuse(&sample, NOW_MS, &first));
	assert_true(refuse(&sample, NOW_MS, &id));
	as_refusals_settle(&refusals, false);
	assert_int_equal(refusals.unstored, 0);
	assert_int_equal(refusals.pending, 0);
	assert_false(refuse(&sample, NOW_MS, &id));
	assert_memory_not_equal(&id, &first, sizeof id);
	/* One that was committed before is not touched by a later failure. */
	as_refusals_settle(&refusals, true);
	as_refusals_settle(&refusals, false);
	assert_true(refuse(&sample, NOW_MS, &id));
}

static enum ace_err store_counts(struct store_txn *txn, void *arg)
{
	return as_refusals_store(arg, txn);
}

static enum ace_err add_sample(struct store_txn *txn, void *arg)
{
	return store_decision_add(txn, arg);
}

static void counts_are_added_to_the_record_once(void **state)
{
	struct store_decision stored;
	struct store_decision_id id;
	struct store_txn *txn;

	(void)state;
	assert_false(refuse(&sample, NOW_MS, &sample.id));
	assert_int_equal(store_write(tmp.store, add_sample, &sample), ACE_OK);
	as_refusals_settle(&refusals, true);
	sample.last_at_ms = TMP_STORE_NOW * 1000 + 77;
	for (int i = 0; i < 3; i++)
		assert_true(refuse(&sample, NOW_MS + 77, &id));
	assert_int_equal(refusals.unstored, 1);
	assert_int_equal(store_write(tmp.store, store_counts, &refusals), ACE_OK);
	assert_int_equal(store_write(tmp.store, store_counts, &refusals), ACE_OK);
	assert_int_equal(refusals.unstored, 0);
	assert_true(refuse(&sample, NOW_MS + 78, &id));
	assert_int_equal(store_write(tmp.store, store_counts, &refusals), ACE_OK);
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_decision_get(txn, &sample.id, &stored), ACE_OK);
	store_abort(txn);
	assert_int_equal(stored.count, 5);
	assert_int_equal(stored.last_at_ms, TMP_STORE_NOW * 1000 + 77);
}

static void a_count_without_its_record_is_dropped_and_no_error(void **state)
{
	struct store_decision_id id;

	(void)state;
	assert_false(refuse(&sample, NOW_MS, &id));
	as_refusals_settle(&refusals, true);
	assert_true(refuse(&sample, NOW_MS, &id));
	assert_int_equal(store_write(tmp.store, store_counts, &refusals), ACE_OK);
	assert_int_equal(refusals.unstored, 0);
}

/* More different refusals than there are slots: the table stays as large as it is, and its sums stay true. */
static void a_flood_of_different_refusals_only_costs_joining(void **state)
{
	struct store_decision_id id;
	size_t unstored = 0, pending = 0;

	(void)state;
	for (unsigned int i = 0; i < 3 * AS_REFUSALS_LEN; i++) {
		sample.generation = i;
		(void)refuse(&sample, NOW_MS + i / 100, &id);
		if (i % 3 == 0)
			assert_true(refuse(&sample, NOW_MS + i / 100, &id));
	}
	for (size_t i = 0; i < AS_REFUSALS_LEN; i++) {
		unstored += refusals.slots[i].more > 0;
		pending += refusals.slots[i].is_pending;
	}
	assert_int_equal(refusals.unstored, unstored);
	assert_int_equal(refusals.pending, pending);
	as_refusals_settle(&refusals, true);
	assert_int_equal(refusals.pending, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(alike_refusals_within_a_minute_have_one_id, setup, teardown),
		cmocka_unit_test_setup_teardown(what_differs_in_anything_is_another_refusal, setup, teardown),
		cmocka_unit_test_setup_teardown(parts_do_not_run_into_each_other, setup, teardown),
		cmocka_unit_test_setup_teardown(a_record_that_was_not_committed_is_forgotten, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_are_added_to_the_record_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_count_without_its_record_is_dropped_and_no_error, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flood_of_different_refusals_only_costs_joining, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
