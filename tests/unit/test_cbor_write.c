/* SPDX-License-Identifier: Apache-2.0 */
/* Writer: shortest heads of RFC 8949 Appendix A, measuring, running out of space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ace_cbor.h"
#include "vectors.h"

static uint8_t buffer[64];

static void assert_written(const struct ace_cbor_writer *w, const char *hex)
{
	struct ace_slice got;

	assert_int_equal(ace_cbor_written(w, &got), ACE_OK);
	assert_slice_equal(got, vectors_unhex(hex));
}

static void integers_get_the_shortest_head(void **state)
{
	static const struct {
		int64_t value;
		const char *hex;
	} samples[] = {
		{ 0, "00" }, { 23, "17" }, { 24, "1818" }, { 255, "18ff" }, { 256, "190100" }, { 65535, "19ffff" },
		{ 65536, "1a00010000" }, { 4294967295, "1affffffff" }, { 4294967296, "1b0000000100000000" },
		{ INT64_MAX, "1b7fffffffffffffff" }, { -1, "20" }, { -24, "37" }, { -25, "3818" }, { -100, "3863" },
		{ -1000, "3903e7" }, { INT64_MIN, "3b7fffffffffffffff" },
	};
	struct ace_cbor_writer w;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		ace_cbor_write_init(&w, buffer, sizeof(buffer));
		ace_cbor_write_int(&w, samples[i].value);
		assert_written(&w, samples[i].hex);
	}
	ace_cbor_write_init(&w, buffer, sizeof(buffer));
	ace_cbor_write_uint(&w, UINT64_MAX);
	assert_written(&w, "1bffffffffffffffff");
}

static void write_everything(struct ace_cbor_writer *w)
{
	ace_cbor_write_tag(w, 61);
	ace_cbor_write_array(w, 6);
	ace_cbor_write_bstr(w, ACE_LITERAL("\1\2\3\4"));
	ace_cbor_write_tstr(w, ACE_LITERAL("IETF"));
	ace_cbor_write_map(w, 1);
	ace_cbor_write_uint(w, 38);
	ace_cbor_write_null(w);
	ace_cbor_write_bool(w, true);
	ace_cbor_write_bool(w, false);
	ace_cbor_write_bstr_head(w, 2);
	ace_cbor_write_raw(w, ACE_LITERAL("\x81\x05"));
}

static const char everything[] = "d83d8644010203046449455446a11826f6f5f4428105";

static void each_type_is_written(void **state)
{
	struct ace_cbor_writer w;

	(void)state;
	ace_cbor_write_init(&w, buffer, sizeof(buffer));
	write_everything(&w);
	assert_written(&w, everything);
}

static void string_heads_grow_with_the_length(void **state)
{
	static const uint8_t zeros[256];
	struct ace_cbor_writer w;
	uint8_t room[300];

	(void)state;
	ace_cbor_write_init(&w, room, sizeof(room));
	ace_cbor_write_bstr(&w, (struct ace_slice){ zeros, 24 });
	assert_int_equal(w.len, 26);
	assert_memory_equal(room, "\x58\x18", 2);
	ace_cbor_write_init(&w, room, sizeof(room));
	ace_cbor_write_tstr(&w, (struct ace_slice){ zeros, 256 });
	assert_int_equal(w.len, 259);
	assert_memory_equal(room, "\x79\x01\x00", 3);
}

static void measuring_needs_no_buffer(void **state)
{
	struct ace_cbor_writer w;
	struct ace_slice got;

	(void)state;
	ace_cbor_write_init(&w, NULL, 0);
	write_everything(&w);
	assert_int_equal(w.len, sizeof(everything) / 2);
	assert_int_equal(ace_cbor_written(&w, &got), ACE_ERR_SPACE);
}

static void every_short_buffer_is_refused_and_not_overrun(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < sizeof(everything) / 2; cap++) {
		struct ace_cbor_writer w;
		struct ace_slice got = { NULL, 7 };

		memset(buffer, 0xee, sizeof(buffer));
		ace_cbor_write_init(&w, buffer, cap);
		write_everything(&w);
		assert_int_equal(ace_cbor_written(&w, &got), ACE_ERR_SPACE);
		assert_int_equal(got.len, 7); /* written only on success */
		for (size_t i = cap; i < sizeof(buffer); i++)
			assert_int_equal(buffer[i], 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_get_the_shortest_head),
		cmocka_unit_test(each_type_is_written),
		cmocka_unit_test(string_heads_grow_with_the_length),
		cmocka_unit_test(measuring_needs_no_buffer),
		cmocka_unit_test(every_short_buffer_is_refused_and_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
