/* SPDX-License-Identifier: Apache-2.0 */
/* A backup in the place of the store, by the verb or by hand: no number comes a second time. */
#include "restore_case.h"

/* Of every kind some at each second of a span. */
static void live(int64_t from, int64_t until, size_t each)
{
	for (int64_t now = from; now < until; now++) {
		for (size_t i = 0; i < each; i++) {
			struct store_txn *txn;
			uint64_t number;

			add_token("anna", "lock", now);
			assert_int_equal(store_sender_take(tmp.store, "anna", now * 1000 + 900, &number), ACE_OK);
			note(&senders, number);
			take_decision(now);
			txn = begin();
			take_exi_and_kid(txn, now);
			rotate_client(txn, "anna", now);
			assert_int_equal(store_commit(txn), ACE_OK);
		}
	}
}

static void by_hand(void)
{
	char data[128], command[400];

	snprintf(data, sizeof data, "%s/data.mdb", tmp.dir);
	snprintf(command, sizeof command, "cp %s %s", path, data);
	assert_int_equal(system(command), 0);
}

static void restored_with_the_verb_nothing_repeats_even_with_a_clock_that_stands(void **state)
{
	struct store_loss loss;
	struct store_txn *txn;

	(void)state;
	back_up(NOW);
	live(NOW + 1, NOW + 4, 9);
	for (int round = 0; round < 2; round++) {
		shut();
		assert_int_equal(restore(NOW + 4, false, &loss), ACE_OK);
		/* Where the clock was set back to, tokens wait until it is where it was. */
		reopen(NOW + 3);
		take_decision(NOW + 3);
		txn = begin();
		take_exi_and_kid(txn, NOW + 3);
		rotate_client(txn, "anna", NOW + 3);
		assert_int_equal(store_commit(txn), ACE_OK);
		reopen(NOW + 4 + round);
		live(NOW + 5 + round, NOW + 6 + round, 5);
	}
}

static void put_back_by_hand_nothing_repeats_even_twice(void **state)
{
	(void)state;
	live(NOW + 1, NOW + 3, 1);
	back_up(NOW + 3);
	live(NOW + 3, NOW + 9, 1);
	for (int round = 0; round < 3; round++) {
		shut();
		by_hand();
		reopen(NOW + 10 + 5 * round);
		live(NOW + 11 + 5 * round, NOW + 14 + 5 * round, 1);
	}
}

static void without_a_store_to_replace_nothing_repeats(void **state)
{
	struct store_loss loss;
	char data[128];

	(void)state;
	back_up(NOW);
	live(NOW + 1, NOW + 4, 1);
	shut();
	snprintf(data, sizeof data, "%s/data.mdb", tmp.dir);
	unlink(data);
	assert_int_equal(restore(NOW + 5, false, &loss), ACE_ERR_NOT_FOUND);
	assert_int_equal(access(data, F_OK), -1);
	assert_int_equal(restore(NOW + 5, true, &loss), ACE_OK);
	assert_false(loss.has_current);
	reopen(NOW + 5);
	live(NOW + 6, NOW + 9, 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, remove_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(restored_with_the_verb_nothing_repeats_even_with_a_clock_that_stands),
		CASE(put_back_by_hand_nothing_repeats_even_twice),
		CASE(without_a_store_to_replace_nothing_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
