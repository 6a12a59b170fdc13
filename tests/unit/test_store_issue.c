/* SPDX-License-Identifier: Apache-2.0 */
/* Records of tokens and decisions in batches, their expiry, and ids as people type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/decisions.h"
#include "storage/tokens.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static struct store_txn *txn;

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

static struct store_token sample_token(uint64_t sequence, int64_t expires_at)
{
	struct store_token token = { .sequence = sequence, .client = "anna", .device = "thermo-101",
				     .issued_at = TMP_STORE_NOW, .expires_at = expires_at, .osc_id = sequence,
				     .hash = { 1, 2, 3 } };

	assert_int_equal(store_scope_set(2, ACE_LITERAL("climate.read"), &token.scope), ACE_OK);
	return token;
}

static void add(uint64_t sequence, int64_t expires_at)
{
	struct store_token token = sample_token(sequence, expires_at);

	assert_int_equal(store_token_add(txn, &token), ACE_OK);
}

static void begin(void)
{
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
}

static void a_token_comes_back_without_any_secret_in_it(void **state)
{
	struct store_token token;

	(void)state;
	begin();
	add(7, TMP_STORE_NOW + 60);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	begin();
	assert_int_equal(store_token_get(txn, 7, &token), ACE_OK);
	assert_int_equal(token.sequence, 7);
	assert_string_equal(token.client, "anna");
	assert_string_equal(token.device, "thermo-101");
	assert_int_equal(token.expires_at, TMP_STORE_NOW + 60);
	assert_int_equal(token.scope.len, 12);
	assert_false(token.has_exi);
	assert_int_equal(store_token_get(txn, 8, &token), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void a_sequence_number_is_never_stored_twice(void **state)
{
	struct store_token token = sample_token(7, TMP_STORE_NOW);

	(void)state;
	begin();
	add(7, TMP_STORE_NOW);
	assert_int_equal(store_token_add(txn, &token), ACE_ERR_EXISTS);
	token.sequence = 6;
	assert_int_equal(store_token_add(txn, &token), ACE_ERR_EXISTS);
	store_abort(txn);
}

static void a_batch_is_there_whole_or_not_at_all(void **state)
{
	struct store_token token;
	uint64_t count;

	(void)state;
	begin();
	for (uint64_t i = 1; i <= 512; i++)
		add(i, TMP_STORE_NOW);
	store_abort(txn);
	begin();
	assert_int_equal(store_token_count(txn, &count), ACE_OK);
	assert_int_equal(count, 0);
	for (uint64_t i = 1; i <= 512; i++)
		add(i, TMP_STORE_NOW);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_token_count(txn, &count), ACE_OK);
	assert_int_equal(count, 512);
	assert_int_equal(store_token_next(txn, 511, &token), ACE_OK);
	assert_int_equal(token.sequence, 512);
	assert_int_equal(store_token_next(txn, 512, &token), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void expired_tokens_leave_in_small_steps_and_living_ones_stay(void **state)
{
	uint64_t position = 0, count;
	size_t dropped, all = 0, rounds = 0;

	(void)state;
	begin();
	for (uint64_t i = 1; i <= 3000; i++)
		add(i, i % 2 ? TMP_STORE_NOW - 1 : TMP_STORE_NOW);
	assert_int_equal(store_commit(txn), ACE_OK);
	do {
		begin();
		assert_int_equal(store_token_drop(txn, TMP_STORE_NOW, &position, &dropped), ACE_OK);
		assert_true(dropped <= STORE_DROP_ROWS);
		all += dropped;
		assert_int_equal(store_commit(txn), ACE_OK);
	} while ((dropped || position) && ++rounds < 200);
	assert_int_equal(all, 1500);
	begin();
	assert_int_equal(store_token_count(txn, &count), ACE_OK);
	assert_int_equal(count, 1500);
	store_abort(txn);
}

static struct store_decision sample_decision(uint8_t number)
{
	static const struct ace_tag list[] = { { "site", "b9" } };
	struct store_decision d = { .id = { { 0, 0, 0, 0, 1, number } }, .outcome = STORE_REFUSED, .reason = 4,
				    .oauth_error = 6, .generation = 3, .client = { .id = "bo", .is_known = true },
				    .device = { .id = "thermo-101", .is_known = true, .is_enabled = true }, .count = 1 };

	assert_int_equal(store_tags_set(&(struct ace_tags){ list, 1 }, &d.client.tags), ACE_OK);
	assert_int_equal(store_scope_set(2, ACE_LITERAL("climate.set"), &d.requested), ACE_OK);
	return d;
}

static void add_update(uint64_t sequence, uint64_t osc_id, int64_t expires_at)
{
	struct store_token token = sample_token(sequence, expires_at);

	token.osc_id = osc_id;
	token.osc_id_len = 1;
	assert_int_equal(store_token_add(txn, &token), ACE_OK);
}

static uint64_t latest_of(uint64_t osc_id)
{
	struct store_token token = { .sequence = 0 };
	enum ace_err err = store_token_latest(txn, osc_id, &token);

	assert_true(err == ACE_OK || err == ACE_ERR_NOT_FOUND);
	assert_true(err == ACE_OK || token.sequence == 0);
	return token.sequence;
}

static void the_latest_token_of_a_material_is_found_also_when_older_ones_are_gone(void **state)
{
	uint64_t position = 0;
	size_t dropped;

	(void)state;
	begin();
	add(1, TMP_STORE_NOW);
	add(2, TMP_STORE_NOW + 9);
	assert_int_equal(latest_of(1), 1);
	add_update(3, 1, TMP_STORE_NOW + 1);
	add_update(4, 1, TMP_STORE_NOW + 2);
	assert_int_equal(latest_of(1), 4);
	assert_int_equal(latest_of(2), 2);
	assert_int_equal(latest_of(3), 0); /* brought no material */
	assert_int_equal(latest_of(5), 0);
	assert_int_equal(store_token_drop(txn, TMP_STORE_NOW + 2, &position, &dropped), ACE_OK);
	assert_int_equal(dropped, 2);
	assert_int_equal(latest_of(1), 4);
	position = 0;
	assert_int_equal(store_token_drop(txn, TMP_STORE_NOW + 3, &position, &dropped), ACE_OK);
	assert_int_equal(dropped, 1);
	assert_int_equal(latest_of(1), 0);
	/* Nothing is left behind that a later drop would trip over. */
	position = 0;
	assert_int_equal(store_token_drop(txn, TMP_STORE_NOW + 60, &position, &dropped), ACE_OK);
	assert_int_equal(dropped, 1);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void a_decision_keeps_what_it_was_based_on(void **state)
{
	struct store_decision in = sample_decision(1), out;
	struct ace_tag list[STORE_TAGS_MAX];

	(void)state;
	begin();
	assert_int_equal(store_decision_add(txn, &in), ACE_OK);
	assert_int_equal(store_decision_add(txn, &in), ACE_ERR_EXISTS);
	assert_int_equal(store_decision_join(txn, &in.id, 41, 5000), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	begin();
	assert_int_equal(store_decision_get(txn, &in.id, &out), ACE_OK);
	assert_int_equal(out.outcome, STORE_REFUSED);
	assert_int_equal(out.reason, 4);
	assert_int_equal(out.generation, 3);
	assert_int_equal(out.count, 42);
	assert_int_equal(out.last_at_ms, 5000);
	assert_false(out.client.is_enabled);
	assert_true(out.device.is_enabled);
	assert_string_equal(store_tags_view(&out.client.tags, list).list[0].value, "b9");
	assert_memory_equal(out.requested.bytes, "climate.set", out.requested.len);
	assert_int_equal(store_decision_join(txn, &(struct store_decision_id){ { 9 } }, 1, 1), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void old_decisions_leave_in_small_steps(void **state)
{
	const struct store_decision_limits limits = { 256 + 70, UINT64_MAX };
	struct store_decision decision;
	uint64_t count, bytes;
	size_t dropped;
	bool due;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 200; i++) {
		decision = sample_decision((uint8_t)i);
		assert_int_equal(store_decision_add(txn, &decision), ACE_OK);
	}
	assert_int_equal(store_decision_due(txn, &limits, &due), ACE_OK);
	assert_true(due);
	assert_int_equal(store_decision_drop(txn, &limits, &dropped), ACE_OK);
	assert_int_equal(dropped, STORE_DROP_ROWS);
	assert_int_equal(store_decision_drop(txn, &limits, &dropped), ACE_OK);
	assert_int_equal(dropped, 6);
	assert_int_equal(store_decision_due(txn, &limits, &due), ACE_OK);
	assert_false(due);
	assert_int_equal(store_decision_count(txn, &count, &bytes), ACE_OK);
	assert_int_equal(count, 130);
	assert_true(bytes >= 4096);
	assert_int_equal(store_decision_next(txn, &(struct store_decision_id){ { 0 } }, &decision), ACE_OK);
	assert_int_equal(decision.id.bytes[5], 70);
	store_abort(txn);
}

static void the_oldest_leave_while_all_take_more_than_they_may(void **state)
{
	struct store_decision_limits limits = { 0, 16384 };
	struct store_decision decision = { .count = 0 };
	uint64_t count, bytes;
	size_t dropped;

	(void)state;
	begin();
	for (unsigned int i = 0; i < 256; i++) {
		decision = sample_decision((uint8_t)i);
		assert_int_equal(store_decision_add(txn, &decision), ACE_OK);
	}
	do
		assert_int_equal(store_decision_drop(txn, &limits, &dropped), ACE_OK);
	while (dropped);
	assert_int_equal(store_decision_count(txn, &count, &bytes), ACE_OK);
	assert_in_range(bytes, 8192, 16384);
	assert_int_equal(store_decision_next(txn, &(struct store_decision_id){ { 0 } }, &decision), ACE_OK);
	assert_int_equal(decision.id.bytes[5], 256 - count);
	/* A limit below a page keeps one. */
	limits.bytes_max = 1;
	do
		assert_int_equal(store_decision_drop(txn, &limits, &dropped), ACE_OK);
	while (dropped);
	assert_int_equal(store_decision_count(txn, &count, &bytes), ACE_OK);
	assert_int_equal(count, 1);
	store_abort(txn);
}

static void the_id_before_a_time_stands_between_older_and_younger_ones(void **state)
{
	static const int64_t times_ms[] = { 1, 0x100, 0x10000, 0x0102030405ff, 0xffffffffffff };
	const struct store_decision_id first = { { 0 } };
	struct store_decision_id before, at;

	(void)state;
	for (size_t i = 0; i < sizeof times_ms / sizeof *times_ms; i++) {
		store_decision_id_before(times_ms[i], &before);
		memset(&at, 0, sizeof at);
		for (size_t k = 0; k < 6; k++)
			at.bytes[k] = (uint8_t)(times_ms[i] >> (8 * (5 - k)));
		/* The first of that time, and the last of the millisecond before, which it is itself. */
		assert_true(memcmp(before.bytes, at.bytes, sizeof at.bytes) < 0);
		assert_int_equal(store_decision_id_time_ms(&before), times_ms[i] - 1);
		memset(at.bytes + 6, 0xff, 4);
		assert_memory_equal(before.bytes + 6, at.bytes + 6, 4);
	}
	store_decision_id_before(0, &before);
	assert_memory_equal(&before, &first, sizeof first);
	store_decision_id_before(-5, &before);
	assert_memory_equal(&before, &first, sizeof first);
}

static void decision_ids_are_read_as_they_are_printed(void **state)
{
	static const struct store_decision_id ids[] = {
		{ { 0 } },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ { 0x01, 0x9a, 0xb3, 0x4c, 0x5d, 0x6e, 0, 0, 0, 1 } },
	};
	char text[STORE_DECISION_TEXT_LEN + 1];
	struct store_decision_id back;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(ids); i++) {
		store_decision_id_text(&ids[i], text);
		assert_int_equal(store_decision_id_parse(text, &back), ACE_OK);
		assert_memory_equal(&back, &ids[i], sizeof(back));
	}
	store_decision_id_text(&ids[0], text);
	assert_string_equal(text, "D-0000000000000000");
	store_decision_id_text(&ids[1], text);
	assert_string_equal(text, "D-ZZZZZZZZZZZZZZZZ");
	assert_int_equal(store_decision_id_parse("d-oOilL0000000000a", &back), ACE_OK);
	store_decision_id_text(&back, text);
	assert_string_equal(text, "D-001110000000000A");
	assert_int_equal(store_decision_id_parse("D-000000000000000", &back), ACE_ERR_MALFORMED);
	assert_int_equal(store_decision_id_parse("D-00000000000000000", &back), ACE_ERR_MALFORMED);
	assert_int_equal(store_decision_id_parse("D-000000000000000U", &back), ACE_ERR_MALFORMED);
	assert_int_equal(store_decision_id_parse("X-0000000000000000", &back), ACE_ERR_MALFORMED);
	assert_int_equal(store_decision_id_parse("", &back), ACE_ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_comes_back_without_any_secret_in_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sequence_number_is_never_stored_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(a_batch_is_there_whole_or_not_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(expired_tokens_leave_in_small_steps_and_living_ones_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(the_latest_token_of_a_material_is_found_also_when_older_ones_are_gone, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_decision_keeps_what_it_was_based_on, setup, teardown),
		cmocka_unit_test_setup_teardown(old_decisions_leave_in_small_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(the_oldest_leave_while_all_take_more_than_they_may, setup, teardown),
		cmocka_unit_test(the_id_before_a_time_stands_between_older_and_younger_ones),
		cmocka_unit_test(decision_ids_are_read_as_they_are_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
