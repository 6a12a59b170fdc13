/* SPDX-License-Identifier: Apache-2.0 */
/* From reset to board_main(). Output is by semihosting: the emulator reads it from memory. */
#include "board.h"

#include "token/mem.h"

#define SEMIHOSTING_WRITE0 0x04
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define STOPPED_APPLICATION_EXIT 0x20026

extern uint32_t board_data[], board_data_end[], board_data_from[], board_bss[], board_bss_end[];
extern uint32_t board_stack_low[], board_stack_top[];

static const char *running;
static unsigned int passed;

static void semihosting(uint32_t operation, const void *argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_print(const char *text)
{
	semihosting(SEMIHOSTING_WRITE0, text);
}

void board_print_number(uint32_t number)
{
	char text[11];
	char *at = text + sizeof text - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	board_print(at);
}

void board_exit(int code)
{
	const uint32_t arguments[2] = { STOPPED_APPLICATION_EXIT, (uint32_t)code };

	semihosting(SEMIHOSTING_EXIT_EXTENDED, arguments);
	for (;;)
		;
}

void board_case(const char *name)
{
	running = name;
}

void board_case_passed(void)
{
	passed++;
	board_print("[       OK ] ");
	board_print(running);
	board_print("\n");
}

void board_fail(const char *file, int line, const char *what)
{
	board_print(file);
	board_print(":");
	board_print_number((uint32_t)line);
	board_print(": ");
	board_print(what);
	board_print("\n[  FAILED  ] ");
	board_print(running ? running : "start");
	board_print("\n");
	board_exit(1);
}

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xe000e010)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xe000e014)
#define SYSTICK_NOW (*(volatile uint32_t *)0xe000e018)
#define TICKS 0xffffffu

void board_ticks_start(void)
{
	SYSTICK_RELOAD = TICKS;
	SYSTICK_NOW = 0;
	SYSTICK_CONTROL = 5; /* on, by the processor's clock, without interrupts */
}

uint32_t board_ticks(void)
{
	return TICKS - SYSTICK_NOW;
}

#define PAINT 0xc5c5c5c5u
#define PAINTED 4096 /* words */

__attribute__((noinline)) void board_stack_paint(void)
{
	uint32_t *here = __builtin_frame_address(0);
	volatile uint32_t *at = here - PAINTED;

	while (at < here - 16) /* not its own */
		*at++ = PAINT;
}

__attribute__((noinline)) uint32_t board_stack_used(void)
{
	const uint32_t *here = __builtin_frame_address(0);
	const volatile uint32_t *at = here - PAINTED + 64; /* this frame may lie a little lower than the painter's */

	while (at < here && *at == PAINT)
		at++;
	return (uint32_t)(here - at) * sizeof *here;
}

static void reset(void) __attribute__((noreturn));
static void fault(void) __attribute__((noreturn));
void board_reset(void) __attribute__((noreturn, alias("reset")));

static void reset(void)
{
	int code;

	memcpy(board_data, board_data_from, (size_t)((uint8_t *)board_data_end - (uint8_t *)board_data));
	memset(board_bss, 0, (size_t)((uint8_t *)board_bss_end - (uint8_t *)board_bss));
	code = board_main();
	if (passed) {
		board_print("[  PASSED  ] ");
		board_print_number(passed);
		board_print(" test(s).\n");
	}
	board_exit(code);
}

static void fault(void)
{
	board_fail("fault", 0, "the processor took an exception");
}

/* Stack, reset, and what comes when memory or an instruction is not there. */
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
	board_stack_top, (const void *)reset, (const void *)fault, (const void *)fault,
	(const void *)fault, (const void *)fault, (const void *)fault,
};
