/* SPDX-License-Identifier: Apache-2.0 */
/* Getters: values of RFC 8949 Appendix A, wrong types, ranges, sticky errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ace_cbor.h"
#include "vectors.h"

static struct ace_cbor_reader at(const char *hex)
{
	struct ace_cbor_reader r;

	ace_cbor_read_init(&r, vectors_unhex(hex));
	return r;
}

static void uint_reads_appendix_a(void **state)
{
	static const struct {
		const char *hex;
		uint64_t value;
	} samples[] = {
		{ "00", 0 }, { "01", 1 }, { "0a", 10 }, { "17", 23 }, { "1818", 24 }, { "1819", 25 }, { "1864", 100 },
		{ "1903e8", 1000 }, { "1a000f4240", 1000000 }, { "1b000000e8d4a51000", 1000000000000 },
		{ "1bffffffffffffffff", UINT64_MAX }, { "1800", 0 }, { "190017", 23 }, { "1a00000000", 0 },
		{ "1b0000000000000001", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_cbor_reader r = at(samples[i].hex);

		assert_int_equal(ace_cbor_peek(&r), ACE_CBOR_UINT);
		assert_true(ace_cbor_read_uint(&r) == samples[i].value);
		assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	}
}

static void int_reads_both_signs_and_refuses_what_int64_cannot_hold(void **state)
{
	static const struct {
		const char *hex;
		int64_t value;
		enum ace_err err;
	} samples[] = {
		{ "20", -1, ACE_OK }, { "29", -10, ACE_OK }, { "3863", -100, ACE_OK }, { "3903e7", -1000, ACE_OK },
		{ "1b7fffffffffffffff", INT64_MAX, ACE_OK }, { "3b7fffffffffffffff", INT64_MIN, ACE_OK },
		{ "1b8000000000000000", 0, ACE_ERR_RANGE }, { "3b8000000000000000", 0, ACE_ERR_RANGE },
		{ "3bffffffffffffffff", 0, ACE_ERR_RANGE }, { "40", 0, ACE_ERR_TYPE }, { "f4", 0, ACE_ERR_TYPE },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_cbor_reader r = at(samples[i].hex);

		assert_true(ace_cbor_read_int(&r) == samples[i].value);
		assert_int_equal(ace_cbor_read_finish(&r), samples[i].err);
	}
}

static void time_is_cut_to_whole_seconds_without_floating_point(void **state)
{
	static const struct {
		const char *hex;
		int64_t value;
		enum ace_err err;
	} samples[] = {
		{ "1a514b67b0", 1363896240, ACE_OK }, { "fb41d452d9ec200000", 1363896240, ACE_OK }, /* A: 1363896240.5 */
		{ "f90000", 0, ACE_OK }, { "f98000", 0, ACE_OK }, { "f93c00", 1, ACE_OK }, { "f93e00", 1, ACE_OK },
		{ "f97bff", 65504, ACE_OK }, { "fa47c35000", 100000, ACE_OK }, { "f90001", 0, ACE_OK },
		{ "f90400", 0, ACE_OK }, { "f9c400", -4, ACE_OK }, { "fbc010666666666666", -4, ACE_OK },
		{ "fb3ff199999999999a", 1, ACE_OK }, { "f93bff", 0, ACE_OK }, { "fb0000000000000001", 0, ACE_OK },
		{ "fb43dfffffffffffff", 9223372036854774784, ACE_OK }, { "fa5effffff", 9223371487098961920, ACE_OK },
		{ "fb43e0000000000000", 0, ACE_ERR_RANGE }, { "fa5f000000", 0, ACE_ERR_RANGE },
		{ "fa7f7fffff", 0, ACE_ERR_RANGE }, { "fb7e37e43c8800759c", 0, ACE_ERR_RANGE },
		{ "f97c00", 0, ACE_ERR_RANGE }, { "f97e00", 0, ACE_ERR_RANGE }, { "f9fc00", 0, ACE_ERR_RANGE },
		{ "fa7f800000", 0, ACE_ERR_RANGE }, { "fa7fc00000", 0, ACE_ERR_RANGE }, { "faff800000", 0, ACE_ERR_RANGE },
		{ "fb7ff0000000000000", 0, ACE_ERR_RANGE }, { "fb7ff8000000000000", 0, ACE_ERR_RANGE },
		{ "fbfff0000000000000", 0, ACE_ERR_RANGE }, { "c11a514b67b0", 0, ACE_ERR_TYPE },
		{ "f4", 0, ACE_ERR_TYPE }, { "f820", 0, ACE_ERR_TYPE }, { "6131", 0, ACE_ERR_TYPE },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_cbor_reader r = at(samples[i].hex);

		assert_true(ace_cbor_read_time(&r) == samples[i].value);
		assert_int_equal(ace_cbor_read_finish(&r), samples[i].err);
	}
}

static void strings_borrow_from_the_input(void **state)
{
	struct ace_slice in = vectors_unhex("4401020304");
	struct ace_cbor_reader r;
	struct ace_slice got;

	(void)state;
	ace_cbor_read_init(&r, in);
	got = ace_cbor_read_bstr(&r);
	assert_ptr_equal(got.ptr, in.ptr + 1);
	assert_int_equal(got.len, 4);
	r = at("6449455446");
	assert_slice_equal(ace_cbor_read_tstr(&r), ACE_LITERAL("IETF"));
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	r = at("64f0908591");
	assert_slice_equal(ace_cbor_read_tstr(&r), ACE_LITERAL("\360\220\205\221"));
	r = at("5f42abcdff");
	assert_slice_equal(ace_cbor_read_bstr(&r), ACE_LITERAL("\xab\xcd"));
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	r = at("7fff");
	got = ace_cbor_read_tstr(&r);
	assert_int_equal(got.len, 0);
	assert_non_null(got.ptr);
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
}

static void text_that_is_not_utf8_is_malformed(void **state)
{
	static const char *const bad[] = { "6180", "61c3", "62c080", "62c1bf", "63e08080", "63eda080", "63edbfbf",
					   "64f0808080", "64f4908080", "64f8808080", "62c328", "61ff", "63e282", "63e28228" };
	static const char *const good[] = { "60", "6161", "62c3bc", "63e6b0b4", "63ed9fbf", "63ee8080", "64f48fbfbf",
					    "62c280", "63e0a080", "64f0908080", "7f62c3bcff" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		struct ace_cbor_reader r = at(bad[i]);

		assert_null(ace_cbor_read_tstr(&r).ptr);
		assert_int_not_equal(ace_cbor_read_finish(&r), ACE_OK);
	}
	for (size_t i = 0; i < ACE_ARRAY_LEN(good); i++) {
		struct ace_cbor_reader r = at(good[i]);

		ace_cbor_read_tstr(&r);
		assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	}
}

static void simple_values_are_told_apart(void **state)
{
	struct ace_cbor_reader r = at("f5");

	(void)state;
	assert_int_equal(ace_cbor_peek(&r), ACE_CBOR_SIMPLE);
	assert_true(ace_cbor_read_bool(&r));
	r = at("f4");
	assert_false(ace_cbor_read_bool(&r));
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	r = at("f6");
	ace_cbor_read_null(&r);
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	r = at("f7");
	ace_cbor_read_null(&r);
	assert_int_equal(ace_cbor_read_finish(&r), ACE_ERR_TYPE);
	r = at("f6");
	assert_false(ace_cbor_read_bool(&r));
	assert_int_equal(ace_cbor_read_finish(&r), ACE_ERR_TYPE);
	r = at("f90015"); /* a float with the bits of true */
	assert_int_equal(ace_cbor_peek(&r), ACE_CBOR_FLOAT);
	assert_false(ace_cbor_read_bool(&r));
	assert_int_equal(ace_cbor_read_finish(&r), ACE_ERR_TYPE);
}

static void each_getter_refuses_every_other_type(void **state)
{
	static const char *const items[] = { "01", "20", "4101", "6161", "8101", "a10102", "c101", "f5", "f93c00" };

	(void)state;
	for (int type = 0; type < 9; type++) {
		for (int getter = 0; getter < 7; getter++) {
			struct ace_cbor_reader r = at(items[type]);
			struct ace_cbor_seq seq;

			assert_int_equal(ace_cbor_peek(&r), type);
			if (getter == 0)
				ace_cbor_read_uint(&r);
			else if (getter == 2)
				ace_cbor_read_bstr(&r);
			else if (getter == 3)
				ace_cbor_read_tstr(&r);
			else if (getter == 4)
				ace_cbor_array_enter(&r, &seq);
			else if (getter == 5)
				ace_cbor_map_enter(&r, &seq);
			else if (getter == 6)
				ace_cbor_read_tag(&r);
			else
				continue;
			assert_int_equal(r.err, getter == type ? ACE_OK : ACE_ERR_TYPE);
		}
	}
}

static void containers_are_walked_in_both_length_forms(void **state)
{
	static const char *const forms[] = { "8301820203820405", "9f018202039f0405ffff", "9f01820203820405ff",
					     "83018202039f0405ff", "83019f0203ff820405" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(forms); i++) {
		struct ace_cbor_reader r = at(forms[i]);
		struct ace_cbor_seq outer, inner;
		uint64_t sum = 0;

		ace_cbor_array_enter(&r, &outer);
		while (ace_cbor_array_next(&r, &outer)) {
			if (ace_cbor_peek(&r) == ACE_CBOR_UINT) {
				sum = sum * 10 + ace_cbor_read_uint(&r);
				continue;
			}
			ace_cbor_array_enter(&r, &inner);
			while (ace_cbor_array_next(&r, &inner))
				sum = sum * 10 + ace_cbor_read_uint(&r);
		}
		assert_int_equal(sum, 12345);
		assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	}
}

static void map_next_hands_out_integer_keys_and_passes_over_others(void **state)
{
	static const char *const forms[] = { "a4016161200261788101" "1bffffffffffffffff05",
					     "bf016161200261788101" "1bffffffffffffffff05ff" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(forms); i++) {
		struct ace_cbor_reader r = at(forms[i]);
		struct ace_cbor_seq seq;
		int64_t key;

		ace_cbor_map_enter(&r, &seq);
		assert_true(ace_cbor_map_next(&r, &seq, &key));
		assert_int_equal(key, 1);
		assert_slice_equal(ace_cbor_read_tstr(&r), ACE_LITERAL("a"));
		assert_true(ace_cbor_map_next(&r, &seq, &key));
		assert_true(key == -1);
		assert_int_equal(ace_cbor_read_uint(&r), 2);
		assert_false(ace_cbor_map_next(&r, &seq, &key));
		assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	}
}

static void raw_hands_out_the_encoding(void **state)
{
	struct ace_cbor_reader r = at("83d83d9f0102ff00a10203");
	struct ace_cbor_seq seq;

	(void)state;
	ace_cbor_array_enter(&r, &seq);
	assert_slice_equal(ace_cbor_read_raw(&r), vectors_unhex("d83d9f0102ff"));
	assert_slice_equal(ace_cbor_read_raw(&r), vectors_unhex("00"));
	assert_slice_equal(ace_cbor_read_raw(&r), vectors_unhex("a10203"));
	assert_int_equal(ace_cbor_peek(&r), ACE_CBOR_NONE);
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
}

static void first_failure_sticks(void **state)
{
	struct ace_cbor_reader r = at("820102");
	struct ace_cbor_seq seq;
	int64_t key;

	(void)state;
	ace_cbor_array_enter(&r, &seq);
	assert_null(ace_cbor_read_bstr(&r).ptr);
	assert_int_equal(r.err, ACE_ERR_TYPE);
	assert_int_equal(ace_cbor_peek(&r), ACE_CBOR_NONE);
	assert_int_equal(ace_cbor_read_uint(&r), 0);
	assert_true(ace_cbor_read_int(&r) == 0);
	assert_true(ace_cbor_read_time(&r) == 0);
	assert_null(ace_cbor_read_raw(&r).ptr);
	assert_false(ace_cbor_array_next(&r, &seq));
	ace_cbor_map_enter(&r, &seq);
	assert_false(ace_cbor_map_next(&r, &seq, &key));
	assert_int_equal(ace_cbor_read_finish(&r), ACE_ERR_TYPE);
}

static void finish_tells_when_items_are_left(void **state)
{
	struct ace_cbor_reader r = at("820102");
	struct ace_cbor_seq seq;

	(void)state;
	ace_cbor_array_enter(&r, &seq);
	assert_int_equal(ace_cbor_read_uint(&r), 1);
	assert_int_equal(ace_cbor_read_finish(&r), ACE_ERR_TRAILING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uint_reads_appendix_a),
		cmocka_unit_test(int_reads_both_signs_and_refuses_what_int64_cannot_hold),
		cmocka_unit_test(time_is_cut_to_whole_seconds_without_floating_point),
		cmocka_unit_test(strings_borrow_from_the_input),
		cmocka_unit_test(text_that_is_not_utf8_is_malformed),
		cmocka_unit_test(simple_values_are_told_apart),
		cmocka_unit_test(each_getter_refuses_every_other_type),
		cmocka_unit_test(containers_are_walked_in_both_length_forms),
		cmocka_unit_test(map_next_hands_out_integer_keys_and_passes_over_others),
		cmocka_unit_test(raw_hands_out_the_encoding),
		cmocka_unit_test(first_failure_sticks),
		cmocka_unit_test(finish_tells_when_items_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
