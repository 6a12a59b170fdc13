/* SPDX-License-Identifier: Apache-2.0 */
/* Commit, then answer: what a batch does when its commit succeeds, fails, or cannot even begin. See batch_case.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "batch_case.h"

static void what_waits_is_protected_after_the_commit_and_the_rest_before(void **state)
{
	(void)state;
	reserve_numbers();
	as_line_ask(&anna, "token", token_body("d-clock"));
	as_line_ask(&bob, "elsewhere", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "PCP");
	assert_heard(&anna, ACE_COAP_CREATED);
	assert_heard(&bob, ACE_COAP_NOT_FOUND);
	assert_stored(2, 2);
	assert_int_equal(fx.as.tokens_issued, 2);
}

/* One grant, one refusal, one that writes nothing; each answered once, whatever the store says. */
static void a_failed_commit_is_5_03_for_those_that_waited(enum ace_err err)
{
	struct as_line dora;

	reserve_numbers();
	as_line_open(&dora, &fx, "dora");
	settle(&dora);
	commit_fails = err;
	as_line_ask(&anna, "token", token_body("d-clock"));
	as_line_ask(&bob, "elsewhere", token_body("d-clock"));
	as_line_ask(&dora, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "PcPP");
	assert_heard(&bob, ACE_COAP_NOT_FOUND);
	assert_false(heard.has_max_age);
	for (int i = 0; i < 2; i++) {
		assert_heard(i ? &dora : &anna, ACE_COAP_UNAVAILABLE);
		assert_int_equal(heard.max_age_s, 5);
		assert_int_equal(heard.payload.len, 0);
	}
	commit_fails = ACE_OK;
	assert_stored(1, 1);
	assert_int_equal(fx.as.tokens_issued, 1);
	/* The refusal is recorded when it is made again: the slot does not remember one that was lost. */
	as_line_ask(&dora, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&dora, ACE_COAP_BAD_REQUEST);
	assert_stored(1, 2);
	as_line_close(&dora);
}

static void a_full_store_puts_off_those_that_waited(void **state)
{
	(void)state;
	a_failed_commit_is_5_03_for_those_that_waited(ACE_ERR_FULL);
}

static void a_map_that_has_to_grow_puts_off_those_that_waited(void **state)
{
	(void)state;
	a_failed_commit_is_5_03_for_those_that_waited(ACE_ERR_BUSY);
}

static void after_an_io_error_nothing_more_is_said(void **state)
{
	(void)state;
	reserve_numbers();
	commit_fails = ACE_ERR_STORAGE;
	as_line_ask(&anna, "token", token_body("d-clock"));
	as_line_ask(&bob, "elsewhere", token_body("d-clock"));
	assert_int_equal(run(), ACE_ERR_STORAGE);
	assert_string_equal(story, "Pc");
	assert_heard(&bob, ACE_COAP_NOT_FOUND);
	as_line_hear(&anna, &heard);
	assert_false(heard.came);
	assert_int_equal(fx.as.tokens_issued, 1);
}

static void a_write_that_cannot_begin_puts_off_too(void **state)
{
	(void)state;
	reserve_numbers();
	begin_fails = ACE_ERR_FULL;
	as_line_ask(&anna, "token", token_body("d-clock"));
	as_line_ask(&bob, "elsewhere", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "PP");
	assert_heard(&anna, ACE_COAP_UNAVAILABLE);
	assert_int_equal(heard.max_age_s, 5);
	assert_heard(&bob, ACE_COAP_NOT_FOUND);
	begin_fails = ACE_OK;
	assert_stored(1, 1);
}

/* Else its copies would get silence for as long as the message layer remembers it. */
static void a_batch_without_a_view_of_the_store_is_put_off_aloud(void **state)
{
	struct store_txn *other;

	(void)state;
	assert_int_equal(store_begin_read(fx.as.store, &other), ACE_OK); /* the one that there can be */
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "");
	as_line_hear(&anna, &heard);
	assert_true(heard.came);
	assert_false(heard.is_protected);
	assert_int_equal(heard.code, ACE_COAP_INTERNAL_ERROR);
	store_abort(other);
}

/* A new Message ID, so that it is no copy on the message layer, but the same protected bytes behind it. */
static void a_request_whose_commit_failed_cannot_be_played_again(void **state)
{
	uint8_t bytes[1400];
	struct ace_slice datagram;

	(void)state;
	reserve_numbers();
	commit_fails = ACE_ERR_FULL;
	datagram = as_line_protect(&anna, "token", token_body("d-clock"), bytes, sizeof bytes);
	as_line_send(&anna, datagram);
	assert_int_equal(run(), ACE_OK);
	assert_heard(&anna, ACE_COAP_UNAVAILABLE);
	commit_fails = ACE_OK;
	bytes[2] ^= 0x80;
	as_line_send(&anna, datagram);
	assert_int_equal(run(), ACE_OK);
	assert_string_equal(story, "");
	as_line_hear(&anna, &heard);
	assert_false(heard.is_protected);
	assert_int_equal(heard.code, ACE_COAP_UNAUTHORIZED);
	assert_stored(1, 1);
}

static void alike_refusals_of_many_batches_are_one_record(void **state)
{
	struct store_decision record;
	struct store_txn *txn;
	struct as_said first, said;
	char id[STORE_DECISION_TEXT_LEN];

	(void)state;
	for (int i = 0; i < 5; i++) {
		as_line_ask(&bob, "token", token_body("d-clock"));
		assert_int_equal(run(), ACE_OK);
		assert_heard(&bob, ACE_COAP_BAD_REQUEST);
		as_said_read(heard.payload, i ? &said : &first);
		if (!i)
			memcpy(id, first.description.ptr, sizeof id);
		else
			assert_memory_equal(said.description.ptr, id, sizeof id);
	}
	assert_stored(0, 1);
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(as_refusals_store(&fx.as.refusals, txn), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	as_fixture_last(&fx, &record);
	assert_int_equal(record.count, 5);
}

/* The number of a challenge may need a reservation, which is a write of its own: it is taken before the batch's. */
static void a_challenge_beside_a_write_is_protected(void **state)
{
	struct as_line tess;
	uint64_t number;

	(void)state;
	while (!store_sender_take(fx.as.store, "tess", as_fixture_wall_ms(), &number))
		continue;
	usleep(5000);
	as_line_open(&tess, &fx, "tess");
	as_line_ask(&bob, "token", token_body("d-clock"));
	as_line_ask(&tess, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&bob, ACE_COAP_BAD_REQUEST);
	assert_heard(&tess, ACE_COAP_UNAUTHORIZED);
	assert_true(tess.echo_len > 0);
	as_line_close(&tess);
}

static void the_log_speaks_of_tokens_only_after_the_commit(void **state)
{
	char text[4096];
	int ends[2];
	ssize_t len;

	(void)state;
	reserve_numbers();
	assert_int_equal(pipe(ends), 0);
	cli_log_fd_set(ends[1]);
	cli_log_level_set(CLI_LOG_INFO);
	fx.config.log_tokens = true;
	for (int i = 0; i < 2; i++) {
		commit_fails = i ? ACE_OK : ACE_ERR_FULL;
		as_line_ask(&anna, "token", token_body("d-clock"));
		as_line_ask(&bob, "token", token_body("d-clock"));
		assert_int_equal(run(), ACE_OK);
		len = read(ends[0], text, sizeof text - 1);
		assert_true(len > 0);
		text[len] = '\0';
		assert_int_equal(strstr(text, "event=token.issued") != NULL, i);
		assert_int_equal(strstr(text, "event=token.refused") != NULL, i);
		assert_int_equal(strstr(text, "event=commit.failed") != NULL, !i);
		assert_heard(&anna, i ? ACE_COAP_CREATED : ACE_COAP_UNAVAILABLE);
		assert_heard(&bob, i ? ACE_COAP_BAD_REQUEST : ACE_COAP_UNAVAILABLE);
	}
	close(ends[0]);
	close(ends[1]);
}

/* How often an event stands in what was logged since ends were opened. */
static int lines_of(const int ends[2], const char *event)
{
	char text[16384];
	ssize_t len;
	int count = 0;

	cli_log(CLI_LOG_ERROR, "end");
	len = read(ends[0], text, sizeof text - 1);
	assert_true(len > 0);
	text[len] = '\0';
	for (const char *at = text; (at = strstr(at, event)); at++)
		count++;
	return count;
}

static void ask_often(int times)
{
	for (int i = 0; i < times; i++) {
		fx.as.sequence.left = 0;
		as_line_ask(&anna, "token", token_body("d-clock"));
		assert_int_equal(run(), ACE_OK);
		assert_heard(&anna, ACE_COAP_UNAVAILABLE);
	}
}

/* What anybody can cause by asking fills no disk. */
static void what_each_batch_could_tell_is_told_once_a_minute(void **state)
{
	struct store_token late = { .sequence = UINT64_C(1) << 62, .client = "anna", .device = "d-clock",
				    .issued_at = fx.now_ms / 1000 + 5000 };
	struct store_txn *txn;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	cli_log_fd_set(ends[1]);
	reserve_numbers();
	commit_fails = ACE_ERR_FULL;
	for (int i = 0; i < 3; i++) {
		as_line_ask(&anna, "token", token_body("d-clock"));
		assert_int_equal(run(), ACE_OK);
		assert_heard(&anna, ACE_COAP_UNAVAILABLE);
	}
	assert_int_equal(lines_of(ends, "event=commit.failed"), 1);
	commit_fails = ACE_OK;
	/* A clock that was set back: no numbers. */
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_token_add(txn, &late), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	cli_log_level_set(CLI_LOG_WARN);
	ask_often(3);
	assert_int_equal(lines_of(ends, "event=sequence.refused err="), 1);
	fx.as.paces.sequence.told_ms -= CLI_LOG_PACE_MS;
	ask_often(1);
	assert_int_equal(lines_of(ends, "event=sequence.refused err=clock more=2\n"), 1);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_waits_is_protected_after_the_commit_and_the_rest_before, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_full_store_puts_off_those_that_waited, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_map_that_has_to_grow_puts_off_those_that_waited, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(after_an_io_error_nothing_more_is_said, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_write_that_cannot_begin_puts_off_too, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_batch_without_a_view_of_the_store_is_put_off_aloud, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_request_whose_commit_failed_cannot_be_played_again, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(alike_refusals_of_many_batches_are_one_record, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(a_challenge_beside_a_write_is_protected, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(what_each_batch_could_tell_is_told_once_a_minute, batch_case_setup, batch_case_teardown),
		cmocka_unit_test_setup_teardown(the_log_speaks_of_tokens_only_after_the_commit, batch_case_setup, batch_case_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
