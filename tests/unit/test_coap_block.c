/* SPDX-License-Identifier: Apache-2.0 */
/* Block options, and answers in slices: RFC 7959 2.1 to 2.4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ace_block.h"

static uint8_t buffer[64];

/* Options with a block option of those bytes, count times. */
static struct ace_slice options_of(uint32_t number, struct ace_slice value, int count)
{
	struct ace_coap_writer w;
	struct ace_slice bytes;

	ace_coap_write_init(&w, buffer, sizeof buffer);
	ace_coap_write_option(&w, ACE_OPT_URI_PATH, ACE_LITERAL("p"));
	for (int i = 0; i < count; i++)
		ace_coap_write_option(&w, number, value);
	ace_coap_write_option_uint(&w, ACE_OPT_SIZE1, 70000);
	assert_int_equal(ace_coap_written(&w, &bytes), ACE_OK);
	return bytes;
}

static uint8_t find(struct ace_slice value, int count, bool *ret_present, struct ace_block *ret_block)
{
	return ace_block_find(options_of(ACE_OPT_BLOCK1, value, count), ACE_OPT_BLOCK1, ret_present, ret_block);
}

static void every_value_of_three_bytes_is_taken_apart_and_put_together(void **state)
{
	struct ace_block block = { 0 };
	bool present = false;

	(void)state;
	for (uint32_t value = 0; value < 1 << 24; value += value < 4096 ? 1 : 4093) {
		const uint8_t bytes[] = { (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

		if ((value & 7) == 7) {
			assert_int_equal(find(ACE_SLICE_OF(bytes), 1, &present, &block), ACE_COAP_BAD_REQUEST);
			continue;
		}
		assert_int_equal(find(ACE_SLICE_OF(bytes), 1, &present, &block), 0);
		assert_true(present);
		assert_int_equal(block.num, value >> 4);
		assert_int_equal(block.more, (value & 8) != 0);
		assert_int_equal(block.szx, value & 7);
		assert_int_equal(ace_block_value(&block), value);
	}
}

static void absent_and_empty_options_differ(void **state)
{
	struct ace_block block = { .num = 99 };
	bool present = true;

	(void)state;
	assert_int_equal(find((struct ace_slice) { 0 }, 0, &present, &block), 0);
	assert_false(present);
	assert_int_equal(block.num, 99);
	assert_int_equal(find((struct ace_slice) { 0 }, 1, &present, &block), 0);
	assert_true(present);
	assert_true(block.num == 0 && block.szx == 0 && !block.more);
}

/* RFC 7959 2.1: "Either Block option MUST NOT occur more than once in a single message." */
static void repeated_or_long_option_is_a_bad_one(void **state)
{
	static const uint8_t four[] = { 0, 0, 0, 1 }, one[] = { 0x10 };
	struct ace_block block = { .num = 99 };
	bool present = false;

	(void)state;
	assert_int_equal(find(ACE_SLICE_OF(four), 1, &present, &block), ACE_COAP_BAD_OPTION);
	assert_int_equal(find(ACE_SLICE_OF(one), 2, &present, &block), ACE_COAP_BAD_OPTION);
	assert_false(present);
	assert_int_equal(block.num, 99);
}

static void outer_blocks_are_refused_unless_one_is_the_whole_message(void **state)
{
	static const uint8_t whole[] = { 0x06 }, first[] = { 0x0e }, second[] = { 0x16 }, reserved[] = { 0x07 };

	(void)state;
	assert_int_equal(ace_block_outer((struct ace_slice) { 0 }), 0);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK1, (struct ace_slice) { 0 }, 0)), 0);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK1, ACE_SLICE_OF(whole), 1)), 0);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK1, ACE_SLICE_OF(first), 1)), ACE_COAP_TOO_LARGE);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK1, ACE_SLICE_OF(second), 1)), ACE_COAP_TOO_LARGE);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK1, ACE_SLICE_OF(reserved), 1)), ACE_COAP_BAD_REQUEST);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK1, ACE_SLICE_OF(whole), 2)), ACE_COAP_BAD_OPTION);
	assert_int_equal(ace_block_outer(options_of(ACE_OPT_BLOCK2, ACE_SLICE_OF(whole), 1)), ACE_COAP_BAD_OPTION);
}

static uint8_t body_bytes[5000];

static uint8_t slice(const struct ace_block *wanted, size_t body_len, size_t payload_max, struct ace_block2 *ret_slice)
{
	struct ace_coap_writer w;
	struct ace_slice options;

	for (size_t i = 0; i < sizeof body_bytes; i++)
		body_bytes[i] = (uint8_t)(i * 7 + i / 256);
	ace_coap_write_init(&w, buffer, sizeof buffer);
	if (wanted)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK2, ace_block_value(wanted));
	assert_int_equal(ace_coap_written(&w, &options), ACE_OK);
	return ace_block2_slice(options, (struct ace_slice) { body_bytes, body_len }, payload_max, ret_slice);
}

static void body_that_fits_is_not_cut(void **state)
{
	struct ace_block2 cut;

	(void)state;
	assert_int_equal(slice(NULL, 1000, 1000, &cut), 0);
	assert_false(cut.has_option || cut.has_size);
	assert_int_equal(cut.payload.len, 1000);
	assert_int_equal(slice(NULL, 0, 0, &cut), 0);
	assert_int_equal(cut.payload.len, 0);
}

/* Follow the slices as a client does, from one wanted size exponent (-1: no option) to the end. */
static void assert_put_together(int szx, size_t body_len, size_t payload_max)
{
	struct ace_block block = { .szx = (uint8_t)(szx < 0 ? 0 : szx) };
	struct ace_block2 cut;
	size_t got = 0;
	int blocks = 0;

	do {
		assert_int_equal(slice(szx < 0 && !blocks ? NULL : &block, body_len, payload_max, &cut), 0);
		assert_true(cut.has_option && cut.payload.len <= payload_max && cut.has_size == !blocks);
		assert_memory_equal(cut.payload.ptr, body_bytes + got, cut.payload.len);
		got += cut.payload.len;
		assert_true(!blocks || block.szx == (cut.option & 7)); /* one size for all */
		block.szx = cut.option & 7;
		assert_true(!(cut.option & 8) || cut.payload.len == 16u << block.szx);
		block.num = (cut.option >> 4) + 1;
		blocks++;
	} while (cut.option & 8);
	assert_int_equal(got, body_len);
	assert_true(szx < 0 || block.szx <= szx);
}

static void slices_of_every_size_make_the_whole_body_again(void **state)
{
	static const size_t lens[] = { 1, 15, 16, 17, 1023, 1024, 1025, 2048, 4999 };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(lens); i++)
		for (int szx = 0; szx <= ACE_BLOCK_SZX_MAX; szx++)
			for (size_t room = 16; room <= 1100; room += 59)
				assert_put_together(szx, lens[i], room);
	for (size_t room = 16; room <= 1100; room += 59)
		assert_put_together(-1, 4999, room);
}

static void smaller_block_begins_where_the_wanted_one_does(void **state)
{
	struct ace_block2 cut;

	(void)state;
	assert_int_equal(slice(&(struct ace_block) { .num = 2, .szx = 6 }, 5000, 300, &cut), 0);
	assert_int_equal(cut.option, 8 << 4 | 8 | 4);
	assert_ptr_equal(cut.payload.ptr, body_bytes + 2048);
	assert_int_equal(cut.payload.len, 256);
}

/* RFC 7959 2.4: M "MUST be set to zero [...] and the server MUST ignore it on reception". */
static void more_bit_of_a_request_is_ignored(void **state)
{
	struct ace_block2 cut;

	(void)state;
	assert_int_equal(slice(&(struct ace_block) { .num = 1, .szx = 0, .more = true }, 40, 100, &cut), 0);
	assert_int_equal(cut.option, 1 << 4 | 8 | 0);
}

static void block_behind_the_end_is_a_bad_request(void **state)
{
	struct ace_block2 cut = { .option = 99 };

	(void)state;
	assert_int_equal(slice(&(struct ace_block) { .num = 1, .szx = 0 }, 16, 100, &cut), ACE_COAP_BAD_REQUEST);
	assert_int_equal(slice(&(struct ace_block) { .num = 1, .szx = 0 }, 0, 100, &cut), ACE_COAP_BAD_REQUEST);
	assert_int_equal(slice(&(struct ace_block) { .num = 0xfffff, .szx = 6 }, 5000, 100, &cut),
			 ACE_COAP_BAD_REQUEST);
	assert_int_equal(slice(&(struct ace_block) { .num = 0, .szx = 7 }, 5000, 100, &cut), ACE_COAP_BAD_REQUEST);
	assert_int_equal(slice(NULL, 5000, 15, &cut), ACE_COAP_INTERNAL_ERROR);
	assert_int_equal(cut.option, 99);
}

static void block_number_that_an_option_cannot_hold_is_never_written(void **state)
{
	const size_t len = 17 << 20;
	uint8_t *body = calloc(len, 1);
	const uint8_t value[] = { 0x04, 0x00, 0x06 }; /* block 16,384 of 1,024 bytes */
	struct ace_slice options = options_of(ACE_OPT_BLOCK2, ACE_SLICE_OF(value), 1);
	struct ace_block2 cut;

	(void)state;
	assert_non_null(body);
	assert_int_equal(ace_block2_slice(options, (struct ace_slice) { body, len }, 32, &cut), 0);
	assert_ptr_equal(cut.payload.ptr, body + (16 << 20));
	assert_int_equal(ace_block2_slice(options, (struct ace_slice) { body, len }, 16, &cut),
			 ACE_COAP_INTERNAL_ERROR);
	free(body);
}

static void tag_tells_bodies_apart(void **state)
{
	uint64_t empty = ace_block_tag((struct ace_slice) { 0 });

	(void)state;
	assert_true(empty == UINT64_C(0xcbf29ce484222325));
	assert_true(ace_block_tag(ACE_LITERAL("foobar")) == UINT64_C(0x85944171f73967e8)); /* of the FNV authors */
	assert_true(ace_block_tag(ACE_LITERAL("ab")) != ace_block_tag(ACE_LITERAL("ba")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_of_three_bytes_is_taken_apart_and_put_together),
		cmocka_unit_test(absent_and_empty_options_differ),
		cmocka_unit_test(repeated_or_long_option_is_a_bad_one),
		cmocka_unit_test(outer_blocks_are_refused_unless_one_is_the_whole_message),
		cmocka_unit_test(body_that_fits_is_not_cut),
		cmocka_unit_test(slices_of_every_size_make_the_whole_body_again),
		cmocka_unit_test(smaller_block_begins_where_the_wanted_one_does),
		cmocka_unit_test(more_bit_of_a_request_is_ignored),
		cmocka_unit_test(block_behind_the_end_is_a_bad_request),
		cmocka_unit_test(block_number_that_an_option_cannot_hold_is_never_written),
		cmocka_unit_test(tag_tells_bodies_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
