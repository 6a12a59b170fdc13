/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers never repeat: over reopening, SIGKILL at any moment, and restored copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "storage/counters.h"
#include "storage/decisions.h"
#include "storage/tokens.h"
#include "tmp_store.h"

#define NOW_MS (TMP_STORE_NOW * 1000)
#define KILL_CYCLES 200

static struct tmp_store tmp;

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

static uint64_t sequence(int64_t now_ms)
{
	uint64_t first;

	assert_int_equal(store_sequence_take(tmp.store, now_ms, 1, &first), ACE_OK);
	return first;
}

static void sequences_start_at_the_floor_and_never_reach_the_present_one(void **state)
{
	const uint64_t floor = (uint64_t)(TMP_STORE_NOW - STORE_EPOCH) << 20;
	uint64_t first;

	(void)state;
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS, 1, &first), ACE_ERR_USAGE);
	assert_int_equal(store_counters_start(tmp.store, NOW_MS), ACE_OK);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS, 1, &first), ACE_ERR_BUSY);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS + 1, 1, &first), ACE_OK);
	assert_true(first == floor);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS + 1, 1048, &first), ACE_ERR_BUSY);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS + 1, 1047, &first), ACE_OK);
	assert_true(first == floor + 1);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS + 1000, (1 << 20) - 1048, &first), ACE_OK);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS + 1000, 1, &first), ACE_ERR_BUSY);
}

static void a_clock_before_2024_starts_nothing(void **state)
{
	(void)state;
	assert_int_equal(store_counters_start(tmp.store, STORE_EPOCH * 1000 - 1), ACE_ERR_CLOCK);
}

static void after_reopening_with_a_clock_that_stands_no_number_comes_again(void **state)
{
	uint64_t last = 0, number, sender_last = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		/* The clock moves by what one number needs; what was reserved is above its floor at times. */
		int64_t now_ms = NOW_MS + i / 4 * 200;
		enum ace_err err;

		assert_int_equal(store_counters_start(tmp.store, now_ms), ACE_OK);
		err = store_sequence_take(tmp.store, now_ms + 100, 10, &number);
		assert_true(err == ACE_OK || err == ACE_ERR_BUSY);
		if (!err) {
			assert_true(number > last);
			last = number + 9;
		}
		err = store_sender_take(tmp.store, "anna", now_ms + 100, &number);
		assert_true(err == ACE_OK || err == ACE_ERR_BUSY);
		if (!err) {
			assert_true(number > sender_last);
			sender_last = number;
		}
		assert_int_equal(tmp_store_reopen(&tmp), 0);
	}
	assert_true(last && sender_last);
}

static void sender_numbers_of_one_client_ascend_below_the_floor(void **state)
{
	const uint64_t floor = (uint64_t)(TMP_STORE_NOW - STORE_EPOCH) << 10;
	uint64_t number;

	(void)state;
	assert_int_equal(store_counters_start(tmp.store, NOW_MS), ACE_OK);
	assert_int_equal(store_sender_take(tmp.store, "anna", NOW_MS, &number), ACE_ERR_BUSY);
	for (uint64_t i = 0; i < 102; i++) {
		assert_int_equal(store_sender_take(tmp.store, "anna", NOW_MS + 100, &number), ACE_OK);
		assert_true(number == floor + i);
	}
	assert_int_equal(store_sender_take(tmp.store, "anna", NOW_MS + 100, &number), ACE_ERR_BUSY);
	assert_int_equal(store_sender_take(tmp.store, "bo", NOW_MS + 100, &number), ACE_OK);
	assert_true(number == floor);
}

static void exi_numbers_count_for_each_device(void **state)
{
	const uint32_t floor = (uint32_t)(TMP_STORE_NOW - STORE_EPOCH);
	struct store_txn *txn;
	uint32_t number;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
		assert_int_equal(store_exi_take(txn, "a", TMP_STORE_NOW, &number), ACE_OK);
		assert_int_equal(number, floor + i);
		assert_int_equal(store_commit(txn), ACE_OK);
		assert_int_equal(tmp_store_reopen(&tmp), 0);
	}
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_exi_take(txn, "b", TMP_STORE_NOW, &number), ACE_OK);
	assert_int_equal(number, floor);
	assert_int_equal(store_exi_take(txn, "a", TMP_STORE_NOW + 100, &number), ACE_OK);
	assert_int_equal(number, floor + 100);
	assert_int_equal(store_exi_take(txn, "a", STORE_EPOCH - 1, &number), ACE_ERR_CLOCK);
	assert_int_equal(store_exi_take(txn, "a", STORE_EPOCH + UINT32_MAX, &number), ACE_OK);
	assert_int_equal(store_exi_take(txn, "a", TMP_STORE_NOW, &number), ACE_ERR_EXHAUSTED);
	store_abort(txn);
}

static void add_token(uint64_t number, int64_t issued_at, enum ace_err expected)
{
	struct store_token token = { .sequence = number, .client = "c", .device = "d", .issued_at = issued_at,
				     .expires_at = issued_at + 60 };
	struct store_txn *txn;

	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_token_add(txn, &token), expected);
	if (expected)
		store_abort(txn);
	else
		assert_int_equal(store_commit(txn), ACE_OK);
}

static void a_clock_behind_the_highest_iat_issues_nothing(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(store_counters_start(tmp.store, NOW_MS), ACE_OK);
	add_token(sequence(NOW_MS + 1), TMP_STORE_NOW, ACE_OK);
	add_token(sequence(NOW_MS + 1), TMP_STORE_NOW - 1, ACE_ERR_CLOCK);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS - 1, 1, &number), ACE_ERR_CLOCK);
	assert_int_equal(store_clock_check(tmp.store, TMP_STORE_NOW), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	assert_int_equal(store_counters_start(tmp.store, NOW_MS - 1000), ACE_OK);
	assert_int_equal(store_clock_check(tmp.store, TMP_STORE_NOW - 1), ACE_ERR_CLOCK);
	assert_int_equal(store_sequence_take(tmp.store, NOW_MS - 1, 1, &number), ACE_ERR_CLOCK);
}

/* What is on disk counts, whether or not this process has read it. */
static void no_token_is_stored_behind_the_highest_iat_on_disk(void **state)
{
	(void)state;
	add_token(1, TMP_STORE_NOW, ACE_OK);
	add_token(2, TMP_STORE_NOW - 1, ACE_ERR_CLOCK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	add_token(2, TMP_STORE_NOW - 1, ACE_ERR_CLOCK);
	add_token(2, 0, ACE_ERR_CLOCK);
	add_token(2, -1, ACE_ERR_CLOCK);
	add_token(2, TMP_STORE_NOW, ACE_OK);
	add_token(3, TMP_STORE_NOW + 1, ACE_OK);
	add_token(4, TMP_STORE_NOW, ACE_ERR_CLOCK);
}

static void an_aborted_transaction_does_not_move_the_highest_iat(void **state)
{
	struct store_token token = { .sequence = 5, .client = "c", .device = "d", .issued_at = TMP_STORE_NOW + 1000 };
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_counters_start(tmp.store, NOW_MS), ACE_OK);
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_token_add(txn, &token), ACE_OK);
	store_abort(txn);
	assert_int_equal(store_clock_check(tmp.store, TMP_STORE_NOW), ACE_OK);
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[65536];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0660);
	ssize_t len;

	assert_true(in >= 0 && out >= 0);
	while ((len = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)len), len);
	close(in);
	close(out);
}

static void an_old_copy_put_back_twice_repeats_no_number(void **state)
{
	char data[128], copy[128];
	uint64_t last = 0, sender_last = 0, number;
	struct store_decision_id id, last_id = { { 0 } };

	(void)state;
	snprintf(data, sizeof(data), "%s/data.mdb", tmp.dir);
	snprintf(copy, sizeof(copy), "%s/copy", tmp.dir);
	copy_file(data, copy);
	for (int64_t i = 0; i < 3; i++) {
		int64_t now_ms = NOW_MS + 1000 * i;

		assert_int_equal(store_counters_start(tmp.store, now_ms), ACE_OK);
		for (int64_t n = 0; n < 50; n++) {
			number = sequence(now_ms + 500 + n);
			assert_true(number > last);
			last = number;
			assert_int_equal(store_sender_take(tmp.store, "anna", now_ms + 500, &number), ACE_OK);
			assert_true(number > sender_last);
			sender_last = number;
			assert_int_equal(store_decision_id_take(tmp.store, now_ms + 500 + n, &id), ACE_OK);
			assert_true(memcmp(&id, &last_id, sizeof(id)) > 0);
			last_id = id;
		}
		store_close(tmp.store);
		tmp.store = NULL;
		copy_file(copy, data);
		assert_int_equal(tmp_store_reopen(&tmp), 0);
	}
}

/* Shared with the child that is killed: what it was handed out last. */
struct seen {
	volatile uint64_t first, last;
	volatile uint64_t sender;
};

static _Noreturn void work_until_killed(struct seen *seen)
{
	struct store_options options = tmp.options;
	struct store_error error;
	struct store *store;
	struct timespec now;
	uint64_t number, n;

	clock_gettime(CLOCK_REALTIME, &now);
	if (store_open(&options, &store, &error) ||
	    store_counters_start(store, now.tv_sec * 1000 + now.tv_nsec / 1000000))
		_exit(1);
	for (n = 0;; n++) {
		int64_t now_ms;

		clock_gettime(CLOCK_REALTIME, &now);
		now_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
		if (!store_sequence_take(store, now_ms, 50, &number)) {
			if (!seen->first)
				seen->first = number;
			seen->last = number + 49;
		}
		if (!store_sender_take(store, "anna", now_ms, &number))
			seen->sender = number;
	}
}

static void numbers_never_repeat_over_sigkill(void **state)
{
	struct seen *seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t last = 0, sender = 0;
	int worked = 0;

	(void)state;
	assert_true(seen != MAP_FAILED);
	store_close(tmp.store);
	tmp.store = NULL;
	for (int cycle = 0; cycle < KILL_CYCLES; cycle++) {
		struct timespec wait = { 0, (cycle * 7919L % 12 + 1) * 1000000L };
		pid_t pid;
		int status;

		*seen = (struct seen){ 0 };
		pid = fork();
		if (!pid)
			work_until_killed(seen);
		/* On a busy machine a worker may not get to work in its few milliseconds; some are given the time. */
		for (int ms = 0; cycle % 4 == 0 && !seen->first && ms < 1000; ms++)
			nanosleep(&(struct timespec){ 0, 1000000L }, NULL);
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		if (!seen->first)
			continue;
		worked++;
		assert_true(seen->first > last);
		last = seen->last;
		if (seen->sender) {
			assert_true(seen->sender > sender);
			sender = seen->sender;
		}
	}
	assert_true(worked > KILL_CYCLES / 10);
	munmap(seen, sizeof(*seen));
	assert_int_equal(tmp_store_reopen(&tmp), 0);
}

static void decision_ids_ascend_even_when_the_clock_steps_back(void **state)
{
	struct store_decision decision = { .outcome = STORE_REFUSED, .count = 1 };
	struct store_decision_id last, id;
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_decision_id_take(tmp.store, NOW_MS, &id), ACE_ERR_USAGE);
	assert_int_equal(store_counters_start(tmp.store, NOW_MS), ACE_OK);
	assert_int_equal(store_decision_id_take(tmp.store, NOW_MS, &last), ACE_OK);
	assert_true(store_decision_id_time_ms(&last) == NOW_MS);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(store_decision_id_take(tmp.store, NOW_MS - i, &id), ACE_OK);
		assert_true(memcmp(&id, &last, sizeof(id)) > 0);
		last = id;
	}
	decision.id = last;
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_decision_add(txn, &decision), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	assert_int_equal(store_counters_start(tmp.store, NOW_MS - 5), ACE_OK);
	assert_int_equal(store_decision_id_take(tmp.store, NOW_MS - 5, &id), ACE_OK);
	assert_true(memcmp(&id, &last, sizeof(id)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sequences_start_at_the_floor_and_never_reach_the_present_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_before_2024_starts_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(after_reopening_with_a_clock_that_stands_no_number_comes_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sender_numbers_of_one_client_ascend_below_the_floor, setup, teardown),
		cmocka_unit_test_setup_teardown(exi_numbers_count_for_each_device, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_behind_the_highest_iat_issues_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(no_token_is_stored_behind_the_highest_iat_on_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(an_aborted_transaction_does_not_move_the_highest_iat, setup, teardown),
		cmocka_unit_test_setup_teardown(an_old_copy_put_back_twice_repeats_no_number, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers_never_repeat_over_sigkill, setup, teardown),
		cmocka_unit_test_setup_teardown(decision_ids_ascend_even_when_the_clock_steps_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
