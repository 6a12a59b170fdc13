/* SPDX-License-Identifier: Apache-2.0 */
/* What tests/support/rs_fixture.c uses of cmocka, for boards. */
#ifndef TESTS_BOARD_CMOCKA_H
#define TESTS_BOARD_CMOCKA_H

#include "board.h"

#define board_check(holds) ((holds) ? (void)0 : board_fail(__FILE__, __LINE__, #holds))
#define assert_true(holds) board_check(holds)
#define assert_false(holds) board_check(!(holds))
#define assert_int_equal(a, b) board_check((a) == (b))
#define assert_int_not_equal(a, b) board_check((a) != (b))
#define assert_memory_equal(a, b, len) board_check(!memcmp(a, b, len))

#endif
