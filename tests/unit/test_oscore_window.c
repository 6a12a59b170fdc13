/* SPDX-License-Identifier: Apache-2.0 */
/* The replay window against a model that is a plain list of the numbers seen, and the named traps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"

static const struct ace_oscore_window fresh = { .known = true };

/* As unprotecting does: look, then mark. True when seq was taken. */
static bool window_take(struct ace_oscore_window *window, uint64_t seq)
{
	if (ace_oscore_window_is_replay(window, seq))
		return false;
	ace_oscore_window_mark(window, seq);
	return true;
}

struct model {
	uint64_t seen[512];
	size_t count;
	uint64_t highest;
};

static bool model_take(struct model *model, uint64_t seq)
{
	if (model->count && seq + ACE_OSCORE_WINDOW <= model->highest)
		return false;
	for (size_t i = 0; i < model->count; i++)
		if (model->seen[i] == seq)
			return false;
	model->seen[model->count++] = seq;
	if (model->count == 1 || seq > model->highest)
		model->highest = seq;
	return true;
}

static void window_takes_numbers_in_order_once_each(void **state)
{
	struct ace_oscore_window window = fresh;

	(void)state;
	for (uint64_t seq = 0; seq < 200; seq++) {
		assert_true(window_take(&window, seq));
		assert_false(window_take(&window, seq));
	}
}

/* RFC 8613 7.4: "verify that the Sender Sequence Number ... has not been received before". */
static void window_refuses_10_after_10_and_7(void **state)
{
	struct ace_oscore_window window = fresh;

	(void)state;
	assert_true(window_take(&window, 10));
	assert_true(window_take(&window, 7));
	assert_false(window_take(&window, 10));
	assert_false(window_take(&window, 7));
	assert_true(window_take(&window, 8));
}

static void window_ends_32_numbers_back(void **state)
{
	struct ace_oscore_window window = fresh;

	(void)state;
	assert_true(window_take(&window, 100));
	assert_false(window_take(&window, 68));
	assert_true(window_take(&window, 69));
	assert_false(window_take(&window, 69));
	assert_true(window_take(&window, 101));
	assert_false(window_take(&window, 69));
	assert_true(window_take(&window, 70));
}

static void window_survives_jumps_of_its_width_and_more(void **state)
{
	static const uint64_t steps[] = { 31, 32, 33, 63, 64, 65, 128, UINT64_C(1) << 32, ACE_OSCORE_SEQ_MAX - 1 };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(steps); i++) {
		struct ace_oscore_window window = fresh;

		assert_true(window_take(&window, 1));
		assert_true(window_take(&window, 1 + steps[i]));
		assert_false(window_take(&window, 1));
		assert_false(window_take(&window, 1 + steps[i]));
		assert_true(window_take(&window, steps[i]));
		assert_false(window_take(&window, steps[i]));
	}
}

static void window_agrees_with_a_list_over_random_sequences(void **state)
{
	const uint64_t seed = 20260114;
	uint8_t r[3];

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	port_fake_seed(seed);
	for (unsigned int round = 0; round < 4000; round++) {
		struct ace_oscore_window window = fresh;
		struct model model = { .count = 0 };
		uint64_t base = round % 3 ? round : ACE_OSCORE_SEQ_MAX - 4000;

		for (unsigned int i = 0; i < 60; i++) {
			uint64_t seq;

			assert_int_equal(ace_port_random(r, sizeof r), ACE_OK);
			/* Mostly near the base, which creeps upwards and leaps now and then. */
			seq = base + r[0] % 48;
			base += r[1] % 16 == 0 ? r[2] : r[1] % 4;
			assert_int_equal(window_take(&window, seq), model_take(&model, seq));
		}
	}
}

static void window_that_is_unknown_takes_nothing(void **state)
{
	struct ace_oscore_window window = { .known = false };

	(void)state;
	assert_true(ace_oscore_window_is_replay(&window, 0));
	assert_true(ace_oscore_window_is_replay(&window, 1000));
}

/* RFC 8613 B.1.2: after the Echo, the window starts at that request; all before it count as seen. */
static void window_starts_at_the_request_with_the_echo(void **state)
{
	struct ace_oscore_window window = { .known = false };
	struct ace_oscore_exchange exchange = { .piv = { 1, 0 }, .piv_len = 2, .unproven = true }, copy = exchange;

	(void)state;
	assert_int_equal(ace_oscore_window_start(&window, &exchange), ACE_OK);
	assert_false(exchange.unproven);
	for (uint64_t seq = 0; seq <= 256; seq++)
		assert_true(ace_oscore_window_is_replay(&window, seq));
	assert_true(window_take(&window, 257));
	/* A copy that was opened while the window was unknown comes too late. */
	assert_int_equal(ace_oscore_window_start(&window, &copy), ACE_ERR_REPLAY);
	assert_true(copy.unproven);
	/* Another one that overtook it is fresh all the same. */
	copy.piv[1] = 9;
	assert_int_equal(ace_oscore_window_start(&window, &copy), ACE_OK);
	assert_int_equal(ace_oscore_window_start(&window, &copy), ACE_ERR_REPLAY);
}

/* RFC 8613 7.2.1: "If the Sender Sequence Number exceeds the maximum, the endpoint MUST NOT process any more". */
static void seq_take_ends_after_2_to_the_40_minus_1(void **state)
{
	struct ace_oscore_ctx ctx = { .sender_seq = ACE_OSCORE_SEQ_MAX - 1 };
	uint64_t seq = 5;

	(void)state;
	assert_int_equal(ace_oscore_seq_take(&ctx, &seq), ACE_OK);
	assert_true(seq == ACE_OSCORE_SEQ_MAX - 1);
	assert_int_equal(ace_oscore_seq_take(&ctx, &seq), ACE_OK);
	assert_true(seq == ACE_OSCORE_SEQ_MAX);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ace_oscore_seq_take(&ctx, &seq), ACE_ERR_EXHAUSTED);
	assert_true(seq == ACE_OSCORE_SEQ_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_takes_numbers_in_order_once_each),
		cmocka_unit_test(window_refuses_10_after_10_and_7),
		cmocka_unit_test(window_ends_32_numbers_back),
		cmocka_unit_test(window_survives_jumps_of_its_width_and_more),
		cmocka_unit_test_setup(window_agrees_with_a_list_over_random_sequences, port_fake_reset),
		cmocka_unit_test(window_that_is_unknown_takes_nothing),
		cmocka_unit_test(window_starts_at_the_request_with_the_echo),
		cmocka_unit_test(seq_take_ends_after_2_to_the_40_minus_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
