/* SPDX-License-Identifier: Apache-2.0 */
/* What a DTLS session remembers of its requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ace_udp_server.h"
#include "as/copies.h"

static struct as_copies copies;

static int teardown(void **state)
{
	(void)state;
	as_copies_fini(&copies);
	return 0;
}

static struct as_copy *add(uint16_t mid, uint64_t now_ms)
{
	struct as_copy *copy = as_copies_add(&copies, mid, now_ms);

	assert_non_null(copy);
	assert_int_equal(copy->state, AS_COPY_AWAITED);
	assert_null(copy->answer);
	return copy;
}

static void a_request_is_found_until_its_exchange_is_over(void **state)
{
	struct as_copy *copy;

	(void)state;
	assert_null(as_copies_find(&copies, 0, 1000));
	copy = add(7, 1000);
	assert_ptr_equal(as_copies_find(&copies, 7, 1000), copy);
	assert_ptr_equal(as_copies_find(&copies, 7, 1000 + ACE_UDP_EXCHANGE_LIFETIME_MS - 1), copy);
	assert_null(as_copies_find(&copies, 7, 1000 + ACE_UDP_EXCHANGE_LIFETIME_MS));
	assert_null(as_copies_find(&copies, 8, 1000));
}

static void an_answer_is_kept_as_a_copy(void **state)
{
	uint8_t answer[] = { 1, 2, 3 };
	struct as_copy *copy = add(7, 1000);

	(void)state;
	as_copy_settle(copy, ACE_SLICE_OF(answer));
	answer[0] = 9;
	assert_int_equal(copy->state, AS_COPY_ANSWERED);
	assert_int_equal(copy->len, 3);
	assert_int_equal(copy->answer[0], 1);
	as_copy_settle(add(8, 1000), (struct ace_slice){ 0 });
	assert_null(as_copies_find(&copies, 8, 1000)->answer);
}

static void the_oldest_answer_makes_room_and_what_waits_does_not(void **state)
{
	static const uint8_t answer[] = { 1 };
	struct as_copy *slots[AS_COPIES_MAX];

	(void)state;
	for (uint16_t i = 0; i < AS_COPIES_MAX; i++)
		slots[i] = add(i, 1000u + i);
	assert_null(as_copies_add(&copies, 100, 2000));
	as_copy_settle(slots[3], ACE_SLICE_OF(answer));
	as_copy_settle(slots[2], ACE_SLICE_OF(answer));
	assert_ptr_equal(as_copies_add(&copies, 100, 2000), slots[2]);
	assert_null(as_copies_find(&copies, 2, 2000));
	assert_ptr_equal(as_copies_find(&copies, 3, 2000), slots[3]);
	assert_ptr_equal(as_copies_add(&copies, 101, 2000), slots[3]);
	assert_null(as_copies_add(&copies, 102, 2000));
	for (uint16_t i = 0; i < AS_COPIES_MAX; i++)
		assert_int_equal(slots[i]->state, AS_COPY_AWAITED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_request_is_found_until_its_exchange_is_over, teardown),
		cmocka_unit_test_teardown(an_answer_is_kept_as_a_copy, teardown),
		cmocka_unit_test_teardown(the_oldest_answer_makes_room_and_what_waits_does_not, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
