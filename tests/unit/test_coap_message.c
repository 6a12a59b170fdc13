/* SPDX-License-Identifier: Apache-2.0 */
/* The CoAP codec: what must be refused, and that all it accepts is written back byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ace_coap.h"
#include "vectors.h"

static enum ace_err read_hex(const char *hex)
{
	struct ace_coap_message msg;

	return ace_coap_read(vectors_unhex(hex), &msg);
}

/* Write msg anew, option by option. */
static void assert_written_back(const struct ace_coap_message *msg, struct ace_slice want)
{
	uint8_t bytes[2048];
	struct ace_coap_writer w;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, msg->code, msg->mid, msg->token });
	ace_coap_options_init(&it, msg->options);
	while (ace_coap_options_next(&it, &option))
		ace_coap_write_option(&w, option.number, option.value);
	ace_coap_write_payload(&w, msg->payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_slice_equal(written, want);
}

/* Options with short, one-byte and two-byte deltas and lengths, repeated ones, token and payload. */
#define RICH "44021234a1a2a3a4" "b161" "0162" "d302313233" "e00400" \
	     "0d02" "000102030405060708090a0b0c0d0e" "ff7061796c6f6164"

static void read_takes_the_rich_message_apart(void **state)
{
	struct ace_slice datagram = vectors_unhex(RICH);
	struct ace_coap_message msg;
	struct ace_coap_options it;
	struct ace_coap_option option;
	static const uint32_t numbers[] = { 11, 11, 26, 26 + 269 + 1024, 26 + 269 + 1024 };
	static const size_t lens[] = { 1, 1, 3, 0, 15 };

	(void)state;
	assert_int_equal(ace_coap_read(datagram, &msg), ACE_OK);
	assert_true(msg.type == ACE_COAP_CON && msg.code == ACE_COAP_POST && msg.mid == 0x1234);
	assert_slice_equal(msg.token, vectors_unhex("a1a2a3a4"));
	assert_slice_equal(msg.payload, ACE_LITERAL("payload"));
	ace_coap_options_init(&it, msg.options);
	for (size_t i = 0; i < ACE_ARRAY_LEN(numbers); i++) {
		assert_true(ace_coap_options_next(&it, &option));
		assert_int_equal(option.number, numbers[i]);
		assert_int_equal(option.value.len, lens[i]);
	}
	assert_false(ace_coap_options_next(&it, &option));
	assert_written_back(&msg, datagram);
}

/* RFC 7252 3: version, token length, option nibbles, payload marker; 4.1: empty messages. */
static void read_rejects_malformed_messages(void **state)
{
	static const char *const bad[] = {
		"00010001", "80010001", "c0010001",                   /* version other than 1 */
		"49010001010203040506070809", "4f010001",             /* token length 9 to 15 is reserved */
		"41000001aa", "40000001ff", "40000001b161", "40000001b0", /* empty message with content */
		"40010001f161", "400100011f", "4001000100f0", "400100010f", /* nibble 15 that is no marker */
		"40010001ff", "40010001b161ff",                       /* marker without payload */
		"40010001e0ffff", "40010001e0fef310",                 /* option number above 65535 */
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++)
		assert_int_equal(read_hex(bad[i]), ACE_ERR_MALFORMED);
}

static void read_takes_what_is_just_legal(void **state)
{
	static const char *const good[] = {
		"40000001", "70000001",               /* ping, reset */
		"480100010102030405060708",           /* token of 8 bytes */
		"40010001e0fef2", "40010001e0fef200", /* option 65535, twice */
		"40010001ffff",                       /* a payload that looks like the marker */
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(good); i++) {
		struct ace_coap_message msg;

		assert_int_equal(ace_coap_read(vectors_unhex(good[i]), &msg), ACE_OK);
		assert_written_back(&msg, vectors_unhex(good[i]));
	}
}

static void read_rejects_lengths_beyond_the_end(void **state)
{
	static const char *const bad[] = { "",         "40",         "400100",       "44010001010203", "40010001b2aa",
					   "40010001d0", "40010001e001", "400100010e01", "400100010d",     "400100010dff",
					   "400100010effff" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++)
		assert_int_equal(read_hex(bad[i]), ACE_ERR_TRUNCATED);
}

/* In memory of exactly that length, so that ASan sees any byte read beyond. What is accepted is written back. */
static void read_exact(struct ace_slice bytes)
{
	uint8_t *exact = malloc(bytes.len ? bytes.len : 1);
	struct ace_slice datagram = { exact, bytes.len };
	struct ace_coap_message msg;

	memcpy(exact, bytes.ptr, bytes.len);
	if (!ace_coap_read(datagram, &msg))
		assert_written_back(&msg, datagram);
	free(exact);
}

static void try_all_truncations_and_flips(struct ace_slice good)
{
	uint8_t bytes[1024];

	assert_true(good.len <= sizeof bytes);
	for (size_t len = 0; len <= good.len; len++)
		read_exact((struct ace_slice){ good.ptr, len });
	for (size_t bit = 0; bit < 8 * good.len; bit++) {
		memcpy(bytes, good.ptr, good.len);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		read_exact((struct ace_slice){ bytes, good.len });
	}
}

static void truncations_and_flips_of_the_rich_message_stay_inside(void **state)
{
	(void)state;
	try_all_truncations_and_flips(vectors_unhex(RICH));
}

/* Every plain and every protected message of the profile's vectors. */
static void vectors_of_the_profile_are_written_back(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *vector;
	size_t i, tried = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "messages"), i, vector) {
		static const char *const members[] = { "plain_coap", "oscore_coap" };

		for (size_t k = 0; k < ACE_ARRAY_LEN(members); k++) {
			struct ace_coap_message msg;
			struct ace_slice datagram;

			if (!json_object_get(vector, members[k]))
				continue;
			datagram = vectors_hex(vector, members[k]);
			assert_int_equal(ace_coap_read(datagram, &msg), ACE_OK);
			assert_written_back(&msg, datagram);
			if (tried++ < 8)
				try_all_truncations_and_flips(datagram);
		}
	}
	assert_int_equal(tried, 28 + 21);
	json_decref(root);
}

static void options_are_found_by_number(void **state)
{
	struct ace_coap_message msg;
	struct ace_slice value;

	(void)state;
	assert_int_equal(ace_coap_read(vectors_unhex(RICH), &msg), ACE_OK);
	assert_true(ace_coap_option_find(msg.options, 11, &value));
	assert_slice_equal(value, ACE_LITERAL("a")); /* the first of two */
	assert_true(ace_coap_option_find(msg.options, 26, &value));
	assert_false(ace_coap_option_find(msg.options, 12, &value));
	assert_false(ace_coap_option_find(msg.options, 65535, &value));
	assert_true(ace_coap_option_is_critical(11) && !ace_coap_option_is_critical(12));
}

static void option_uint_takes_up_to_four_bytes(void **state)
{
	uint32_t number;

	(void)state;
	assert_int_equal(ace_coap_option_uint(vectors_unhex(""), &number), ACE_OK);
	assert_int_equal(number, 0);
	assert_int_equal(ace_coap_option_uint(vectors_unhex("0000012c"), &number), ACE_OK);
	assert_int_equal(number, 300);
	assert_int_equal(ace_coap_option_uint(vectors_unhex("ffffffff"), &number), ACE_OK);
	assert_true(number == UINT32_MAX);
	assert_int_equal(ace_coap_option_uint(vectors_unhex("0000000001"), &number), ACE_ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(read_takes_the_rich_message_apart, vectors_free_all),
		cmocka_unit_test_teardown(read_rejects_malformed_messages, vectors_free_all),
		cmocka_unit_test_teardown(read_takes_what_is_just_legal, vectors_free_all),
		cmocka_unit_test_teardown(read_rejects_lengths_beyond_the_end, vectors_free_all),
		cmocka_unit_test_teardown(truncations_and_flips_of_the_rich_message_stay_inside, vectors_free_all),
		cmocka_unit_test_teardown(vectors_of_the_profile_are_written_back, vectors_free_all),
		cmocka_unit_test_teardown(options_are_found_by_number, vectors_free_all),
		cmocka_unit_test_teardown(option_uint_takes_up_to_four_bytes, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
