/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader lets in: well-formedness, limits, duplicate keys, hostile sizes, and libcbor's second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <cbor.h>

#include "ace_cbor.h"
#include "vectors.h"

static enum ace_err check(struct ace_slice in)
{
	struct ace_cbor_reader r;

	ace_cbor_read_init(&r, in);
	return r.err;
}

static enum ace_err check_hex(const char *hex)
{
	return check(vectors_unhex(hex));
}

static void appendix_a_is_accepted(void **state)
{
	static const char *const samples[] = {
		"00", "1bffffffffffffffff", "3bffffffffffffffff", "f90000", "fb3ff199999999999a", "f97bff", "fa7f800000",
		"fb7ff8000000000000", "f4", "f7", "f0", "f8ff", "c11a514b67b0", "d818456449455446", "40", "60",
		"62225c", "64f0908591", "80", "98190102030405060708090a0b0c0d0e0f101112131415161718181819", "a0",
		"a201020304", "a26161016162820203", "5fff", "5f420102ff", "9fff", "9f018202039f0405ffff",
		"83018202039f0405ff", "bf61610161629f0203ffff", "826161bf61626163ff", "bf6346756ef563416d7421ff",
		"a56161614161626142616361436164614461656145",
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++)
		assert_int_equal(check_hex(samples[i]), ACE_OK);
}

static void every_truncation_of_appendix_a_is_refused(void **state)
{
	static const char *const samples[] = { "1bffffffffffffffff", "bf61610161629f0203ffff", "9f018202039f0405ffff",
					       "5f420102ff", "d818456449455446", "a26161016162820203" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_slice whole = vectors_unhex(samples[i]);

		for (size_t len = 0; len < whole.len; len++)
			assert_int_equal(check((struct ace_slice){ whole.ptr, len }), ACE_ERR_TRUNCATED);
	}
	assert_int_equal(check((struct ace_slice){ NULL, 0 }), ACE_ERR_TRUNCATED);
}

static void each_kind_of_fault_has_its_error(void **state)
{
	static const struct {
		const char *hex;
		enum ace_err err;
	} samples[] = {
		/* RFC 8949 Appendix F: reserved additional information, simple values, breaks, chunks */
		{ "1c", ACE_ERR_MALFORMED }, { "1d", ACE_ERR_MALFORMED }, { "1e", ACE_ERR_MALFORMED },
		{ "3c", ACE_ERR_MALFORMED }, { "5c", ACE_ERR_MALFORMED }, { "7e", ACE_ERR_MALFORMED },
		{ "9d", ACE_ERR_MALFORMED }, { "bc", ACE_ERR_MALFORMED }, { "dd", ACE_ERR_MALFORMED },
		{ "fc", ACE_ERR_MALFORMED }, { "1f", ACE_ERR_MALFORMED }, { "3f", ACE_ERR_MALFORMED },
		{ "df", ACE_ERR_MALFORMED }, { "f800", ACE_ERR_MALFORMED }, { "f814", ACE_ERR_MALFORMED },
		{ "f81f", ACE_ERR_MALFORMED }, { "ff", ACE_ERR_MALFORMED }, { "81ff", ACE_ERR_MALFORMED },
		{ "8200ff", ACE_ERR_MALFORMED }, { "a1ff", ACE_ERR_MALFORMED }, { "a100ff", ACE_ERR_MALFORMED },
		{ "9fd8ff", ACE_ERR_TRUNCATED }, { "9fc1ff", ACE_ERR_MALFORMED }, { "bf00ff", ACE_ERR_MALFORMED },
		{ "bf000001ff", ACE_ERR_MALFORMED }, { "5f00ff", ACE_ERR_MALFORMED }, { "5f6100ff", ACE_ERR_MALFORMED },
		{ "5f80ff", ACE_ERR_MALFORMED }, { "7f4100ff", ACE_ERR_MALFORMED }, { "5f5f4100ffff", ACE_ERR_MALFORMED },
		{ "5f41014102ff", ACE_ERR_UNKNOWN }, { "7f6161ff00", ACE_ERR_TRAILING }, { "0000", ACE_ERR_TRAILING },
		{ "8000", ACE_ERR_TRAILING }, { "a0ff", ACE_ERR_TRAILING },
		/* keys that are not numbers or strings */
		{ "a1f400", ACE_ERR_UNKNOWN }, { "a18000", ACE_ERR_UNKNOWN }, { "a1f93c0000", ACE_ERR_UNKNOWN },
		{ "a1c10000", ACE_ERR_UNKNOWN },
		/* depth: eight arrays, maps and tags, and one more */
		{ "818181818181818101", ACE_OK }, { "81818181818181818101", ACE_ERR_DEPTH },
		{ "c1c1c1c1c1c1c1c101", ACE_OK }, { "c1c1c1c1c1c1c1c1c101", ACE_ERR_DEPTH },
		{ "a100a100a100a100a100a100a100a10000", ACE_OK }, { "9f9f9f9f9f9f9f9f9fffffffffffffffffff", ACE_ERR_DEPTH },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++)
		assert_int_equal(check_hex(samples[i].hex), samples[i].err);
}

static void duplicate_keys_are_found_whatever_their_length_form(void **state)
{
	static const char *const found[] = {
		"a201000100", "a20100180100", "a2010019000100", "a22000380000", "a2616100616100", "a261610078016100",
		"a26161007f6161ff00", "a24101005f4101ff00", "bf01000100ff", "a101a202000200", "8181a201000100",
		"c1a201000100", "bf000101010101ff", "a3600001006000", "a240004000",
	};
	static const char *const fine[] = { "a201002000", "a2416100616100", "a2610000616100", "a20100026101", "a1016101" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(found); i++)
		assert_int_equal(check_hex(found[i]), ACE_ERR_DUPLICATE);
	for (size_t i = 0; i < ACE_ARRAY_LEN(fine); i++)
		assert_int_equal(check_hex(fine[i]), ACE_OK);
}

/* A map of count pairs of two-byte keys in descending order; one key may be made equal to another. */
static size_t map_write(uint8_t *bytes, size_t count, size_t same_a, size_t same_b, bool indefinite)
{
	size_t len = 0;

	bytes[len++] = indefinite ? 0xbf : 0xb8;
	if (!indefinite)
		bytes[len++] = (uint8_t)count;
	for (size_t i = 0; i < count; i++) {
		bytes[len++] = 0x18;
		bytes[len++] = (uint8_t)(200 - (i == same_b ? same_a : i));
		bytes[len++] = 0;
	}
	if (indefinite)
		bytes[len++] = 0xff;
	return len;
}

static void duplicates_are_found_at_every_distance(void **state)
{
	uint8_t bytes[512];

	(void)state;
	for (size_t a = 0; a < ACE_CBOR_KEYS_MAX; a++) {
		for (size_t b = a; b < ACE_CBOR_KEYS_MAX; b++) {
			size_t len = map_write(bytes, ACE_CBOR_KEYS_MAX, a, b, b % 2);

			assert_int_equal(check((struct ace_slice){ bytes, len }), a == b ? ACE_OK : ACE_ERR_DUPLICATE);
		}
	}
}

static void maps_hold_at_most_so_many_entries(void **state)
{
	uint8_t bytes[512];

	(void)state;
	for (int indefinite = 0; indefinite < 2; indefinite++) {
		size_t len = map_write(bytes, ACE_CBOR_KEYS_MAX, 0, 0, indefinite);

		assert_int_equal(check((struct ace_slice){ bytes, len }), ACE_OK);
		len = map_write(bytes, ACE_CBOR_KEYS_MAX + 1, 0, 0, indefinite);
		assert_int_equal(check((struct ace_slice){ bytes, len }), ACE_ERR_DEPTH);
	}
}

static void huge_lengths_are_truncated_items(void **state)
{
	static const char *const widths[] = { "1a7fffffff", "1affffffff", "1b7fffffffffffffff", "1b8000000000000000",
					      "1bffffffffffffffff", "1b0000000100000001" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(widths); i++) {
		struct ace_slice head = vectors_unhex(widths[i]);
		uint8_t bytes[16] = { 0 };

		for (uint8_t major = ACE_CBOR_BSTR; major <= ACE_CBOR_MAP; major++) {
			memcpy(bytes, head.ptr, head.len);
			bytes[0] = (uint8_t)(major << 5 | (head.ptr[0] & 31));
			assert_int_equal(check((struct ace_slice){ bytes, sizeof(bytes) }), ACE_ERR_TRUNCATED);
		}
	}
}

/* The keys of all maps around a place are kept at the same time. */
static void nested_maps_share_the_keys(void **state)
{
	uint8_t bytes[512];

	(void)state;
	for (size_t inner = 31; inner <= 33; inner++) {
		/* The last value of the outer one is the next map. */
		size_t len = map_write(bytes, ACE_CBOR_KEYS_MAX - 32, 0, 0, true) - 2;

		len += map_write(bytes + len, inner, 0, 0, false);
		bytes[len++] = 0xff;
		assert_int_equal(check((struct ace_slice){ bytes, len }), inner > 32 ? ACE_ERR_DEPTH : ACE_OK);
	}
}

/* 64 KB that cost as much as can be: an array of full maps, each key of which is compared with those before it. */
static void hostile_maps_cost_little_time(void **state)
{
	enum { SIZE = 65536, MAP_LEN = 2 + 3 * ACE_CBOR_KEYS_MAX };
	uint8_t *bytes = malloc(SIZE);
	size_t len = 0;
	clock_t start;

	(void)state;
	assert_non_null(bytes);
	bytes[len++] = 0x9f;
	while (len + MAP_LEN < SIZE)
		len += map_write(bytes + len, ACE_CBOR_KEYS_MAX, 0, 0, false);
	bytes[len++] = 0xff;
	start = clock();
	for (int i = 0; i < 10; i++)
		assert_int_equal(check((struct ace_slice){ bytes, len }), ACE_OK);
	assert_true((clock() - start) / 10 < CLOCKS_PER_SEC / 5);
	free(bytes);
}

/* --- libcbor's opinion: its events, put together by a stack of our own --- */

struct oracle {
	size_t left[64]; /* SIZE_MAX: until break */
	int kind[64];    /* 0 array or tag, 1 map, 2 byte string, 3 text: the types that nest */
	size_t seen[64];
	size_t level;
	bool malformed, done;
};

static void oracle_item(struct oracle *o, int kind, size_t left)
{
	size_t *outer = &o->left[o->level];

	if (o->kind[o->level] >= 2 && (kind != o->kind[o->level] || left == SIZE_MAX))
		o->malformed = true; /* chunks are strings of one length and type */
	o->seen[o->level]++;
	if (*outer != SIZE_MAX)
		--*outer;
	if (left > 0) {
		o->level++;
		o->left[o->level] = left;
		o->kind[o->level] = kind;
		o->seen[o->level] = 0;
	}
	while (o->level > 0 && o->left[o->level] == 0)
		o->level--;
	o->done = o->level == 0 && o->left[0] == 0;
}

static void on_u8(void *o, uint8_t v) { (void)v; oracle_item(o, 0, 0); }
static void on_u16(void *o, uint16_t v) { (void)v; oracle_item(o, 0, 0); }
static void on_u32(void *o, uint32_t v) { (void)v; oracle_item(o, 0, 0); }
static void on_u64(void *o, uint64_t v) { (void)v; oracle_item(o, 0, 0); }
static void on_float(void *o, float v) { (void)v; oracle_item(o, 0, 0); }
static void on_double(void *o, double v) { (void)v; oracle_item(o, 0, 0); }
static void on_none(void *o) { oracle_item(o, 0, 0); }
static void on_bool(void *o, bool v) { (void)v; oracle_item(o, 0, 0); }
static void on_bytes(void *o, cbor_data d, size_t n) { (void)d; (void)n; oracle_item(o, 2, 0); }
static void on_text(void *o, cbor_data d, size_t n) { (void)d; (void)n; oracle_item(o, 3, 0); }
static void on_bytes_start(void *o) { oracle_item(o, 2, SIZE_MAX); }
static void on_text_start(void *o) { oracle_item(o, 3, SIZE_MAX); }
static void on_array(void *o, size_t n) { oracle_item(o, 0, n); }
static void on_array_start(void *o) { oracle_item(o, 0, SIZE_MAX); }
static void on_map(void *o, size_t n) { oracle_item(o, 1, 2 * n); }
static void on_map_start(void *o) { oracle_item(o, 1, SIZE_MAX); }
static void on_tag(void *o, uint64_t v) { (void)v; oracle_item(o, 0, 1); }

static void on_break(void *context)
{
	struct oracle *o = context;

	if (o->left[o->level] != SIZE_MAX || (o->kind[o->level] == 1 && o->seen[o->level] % 2 != 0)) {
		o->malformed = true;
		return;
	}
	o->left[o->level] = 0;
	while (o->level > 0 && o->left[o->level] == 0)
		o->level--;
	o->done = o->level == 0 && o->left[0] == 0;
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_u8, .uint16 = on_u16, .uint32 = on_u32, .uint64 = on_u64, .negint8 = on_u8, .negint16 = on_u16,
	.negint32 = on_u32, .negint64 = on_u64, .byte_string_start = on_bytes_start, .byte_string = on_bytes,
	.string = on_text, .string_start = on_text_start, .indef_array_start = on_array_start, .array_start = on_array,
	.indef_map_start = on_map_start, .map_start = on_map, .tag = on_tag, .float2 = on_float, .float4 = on_float,
	.float8 = on_double, .undefined = on_none, .null = on_none, .boolean = on_bool, .indef_break = on_break,
};

static bool oracle_accepts(struct ace_slice in)
{
	struct oracle o = { .left = { 1 } };
	size_t pos = 0;

	while (!o.done && !o.malformed && o.level < 60) {
		struct cbor_decoder_result got = cbor_stream_decode(in.ptr + pos, in.len - pos, &callbacks, &o);

		if (got.status != CBOR_DECODER_FINISHED)
			return false;
		pos += got.read;
	}
	return o.done && !o.malformed && pos == in.len;
}

static uint32_t seed = 2463534242u;

static uint32_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

/* Heads and breaks that make items rather than noise, among them long forms and reserved ones. */
static size_t generate(uint8_t *bytes)
{
	static const uint8_t heads[] = { 0x00, 0x17, 0x18, 0x19, 0x20, 0x38, 0x40, 0x41, 0x42, 0x58, 0x5f, 0x60,
					 0x61, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x98, 0x9f, 0xa0, 0xa1, 0xa2, 0xb8,
					 0xbf, 0xc1, 0xd8, 0xf4, 0xf6, 0xf9, 0xff, 0xff, 0xff, 0x1c, 0x01, 0x02 };
	size_t len = 1 + next_random() % 12;

	for (size_t i = 0; i < len; i++)
		bytes[i] = heads[next_random() % sizeof(heads)];
	return len;
}

static void libcbor_agrees_on_generated_items(void **state)
{
	size_t accepted = 0, refused = 0;
	uint8_t bytes[16];

	(void)state;
	for (int i = 0; i < 400000; i++) {
		struct ace_slice in = { bytes, generate(bytes) };
		enum ace_err err = check(in);

		/* Limits and validity are ours alone. */
		if (err == ACE_ERR_UNKNOWN || err == ACE_ERR_DUPLICATE || err == ACE_ERR_DEPTH)
			continue;
		assert_int_equal(err == ACE_OK, oracle_accepts(in));
		accepted += err == ACE_OK;
		refused += err != ACE_OK;
	}
	assert_true(accepted > 10000 && refused > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appendix_a_is_accepted),
		cmocka_unit_test(every_truncation_of_appendix_a_is_refused),
		cmocka_unit_test(each_kind_of_fault_has_its_error),
		cmocka_unit_test(duplicate_keys_are_found_whatever_their_length_form),
		cmocka_unit_test(duplicates_are_found_at_every_distance),
		cmocka_unit_test(maps_hold_at_most_so_many_entries),
		cmocka_unit_test(huge_lengths_are_truncated_items),
		cmocka_unit_test(nested_maps_share_the_keys),
		cmocka_unit_test(hostile_maps_cost_little_time),
		cmocka_unit_test(libcbor_agrees_on_generated_items),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
