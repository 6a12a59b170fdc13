/* SPDX-License-Identifier: Apache-2.0 */
/* A board under emulation: printing and leaving by semihosting, counting instructions, painting the stack. */
#ifndef TESTS_BOARD_H
#define TESTS_BOARD_H

#include <stdint.h>

void board_print(const char *text);
void board_print_number(uint32_t number);
/* The test that runs, for what is printed about it. */
void board_case(const char *name);
void board_case_passed(void);
/* Prints what did not hold, and leaves with 1. */
void board_fail(const char *file, int line, const char *what) __attribute__((noreturn));
void board_exit(int code) __attribute__((noreturn));

/* Ticks of 40 ns since board_ticks_start(), at most 2^24: with -icount shift=6 an instruction takes 64 ns. */
void board_ticks_start(void);
uint32_t board_ticks(void);

/* Fill what lies below the stack; then see how much of it was written to, counted from the caller's frame. */
void board_stack_paint(void);
uint32_t board_stack_used(void);

/* The program: 0 when everything held. */
int board_main(void);

#endif
