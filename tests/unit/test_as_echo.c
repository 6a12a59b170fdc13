/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "as/echo.h"

static const uint8_t kid_bytes[] = { 1, 2 }, other_kid_bytes[] = { 1, 3 };
static struct as_echo echo;
static uint8_t value[AS_ECHO_LEN];

static int begin(void **state)
{
	(void)state;
	assert_int_equal(as_echo_init(&echo), ACE_OK);
	assert_int_equal(as_echo_make(&echo, ACE_SLICE_OF(kid_bytes), 50000, value), ACE_OK);
	return 0;
}

static void value_is_fresh_for_ten_seconds(void **state)
{
	(void)state;
	assert_true(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 50000, ACE_SLICE_OF(value)));
	assert_true(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 60000, ACE_SLICE_OF(value)));
	assert_false(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 60001, ACE_SLICE_OF(value)));
	assert_false(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 49999, ACE_SLICE_OF(value)));
}

static void value_serves_one_peer_only(void **state)
{
	(void)state;
	assert_false(as_echo_is_fresh(&echo, ACE_SLICE_OF(other_kid_bytes), 50000, ACE_SLICE_OF(value)));
}

static void value_of_another_run_is_stale(void **state)
{
	struct as_echo restarted;

	(void)state;
	assert_int_equal(as_echo_init(&restarted), ACE_OK);
	assert_false(as_echo_is_fresh(&restarted, ACE_SLICE_OF(kid_bytes), 50000, ACE_SLICE_OF(value)));
}

static void every_flipped_bit_and_length_is_refused(void **state)
{
	uint8_t longer[AS_ECHO_LEN + 1] = { 0 };

	(void)state;
	memcpy(longer, value, sizeof value);
	assert_false(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 50000, ACE_SLICE_OF(longer)));
	for (size_t len = 0; len < sizeof value; len++)
		assert_false(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 50000, (struct ace_slice){ value, len }));
	for (size_t bit = 0; bit < 8 * sizeof value; bit++) {
		uint8_t flipped[AS_ECHO_LEN];

		memcpy(flipped, value, sizeof value);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(as_echo_is_fresh(&echo, ACE_SLICE_OF(kid_bytes), 50000, ACE_SLICE_OF(flipped)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(value_is_fresh_for_ten_seconds, begin),
		cmocka_unit_test_setup(value_serves_one_peer_only, begin),
		cmocka_unit_test_setup(value_of_another_run_is_stale, begin),
		cmocka_unit_test_setup(every_flipped_bit_and_length_is_refused, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
