/* SPDX-License-Identifier: Apache-2.0 */
/* The OSCORE option value, and finding it in a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"

/* Partial IV of 5 bytes, kid context of 8, kid of 7: the longest that we write. */
#define LONGEST "1d0102030405" "081122334455667788" "a1a2a3a4a5a6a7"

static void option_reads_and_writes_all_shapes(void **state)
{
	static const struct {
		const char *value, *piv, *kid, *kid_context; /* NULL: absent */
	} shapes[] = {
		{ "", "", NULL, NULL },
		{ "0105", "05", NULL, NULL },
		{ "0914", "14", "", NULL },
		{ "091400", "14", "00", NULL },
		{ "19140837cbf3210017a2d3", "14", "", "37cbf3210017a2d3" },
		{ "190000c1", "00", "c1", "" },
		{ "1002c0de", "", NULL, "c0de" },
		{ "08c1", "", "c1", NULL },
		{ LONGEST, "0102030405", "a1a2a3a4a5a6a7", "1122334455667788" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(shapes); i++) {
		struct ace_oscore_option option;
		uint8_t bytes[64];
		struct ace_buf out = ACE_BUF_OF(bytes);

		assert_int_equal(ace_oscore_option_read(vectors_unhex(shapes[i].value), &option), ACE_OK);
		assert_slice_equal(option.piv, vectors_unhex(shapes[i].piv));
		assert_int_equal(option.has_kid, shapes[i].kid != NULL);
		assert_int_equal(option.has_kid_context, shapes[i].kid_context != NULL);
		if (shapes[i].kid)
			assert_slice_equal(option.kid, vectors_unhex(shapes[i].kid));
		if (shapes[i].kid_context)
			assert_slice_equal(option.kid_context, vectors_unhex(shapes[i].kid_context));
		assert_int_equal(ace_oscore_option_write(&option, &out), ACE_OK);
		assert_slice_equal(ace_buf_slice(&out), vectors_unhex(shapes[i].value));
	}
}

static void option_rejects_what_the_rfc_reserves(void **state)
{
	static const char *const values[] = {
		"00",               /* RFC 8613 2: all flags zero "SHALL be empty" */
		"0000",             /* the same with more behind it */
		"29140a", "49140a", "89140a", "e9140a", /* 6.1: reserved bits */
		"0e010203040506",   /* "The values n = 6 and n = 7 are reserved." */
		"0f01020304050607",
		"0a0005",           /* 5: leading zeros "SHALL be removed" */
		"010500",           /* bytes behind the last field */
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(values); i++) {
		struct ace_oscore_option option;

		assert_int_equal(ace_oscore_option_read(vectors_unhex(values[i]), &option), ACE_ERR_MALFORMED);
	}
}

static void option_rejects_every_truncation_before_the_kid(void **state)
{
	struct ace_slice whole = vectors_unhex(LONGEST);
	struct ace_oscore_option option;

	(void)state;
	for (size_t len = 1; len < whole.len - 7; len++) {
		struct ace_slice part = { memcpy(malloc(len), whole.ptr, len), len };

		assert_int_equal(ace_oscore_option_read(part, &option), ACE_ERR_TRUNCATED);
		free((void *)(uintptr_t)part.ptr);
	}
	/* The kid is what is left, whatever its length. */
	whole.len -= 7;
	assert_int_equal(ace_oscore_option_read(whole, &option), ACE_OK);
	assert_true(option.has_kid && !option.kid.len);
}

static void option_writes_back_whatever_it_accepts(void **state)
{
	struct ace_slice whole = vectors_unhex(LONGEST);
	uint8_t flipped[32], bytes[320];

	(void)state;
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		struct ace_oscore_option option;
		struct ace_buf out = ACE_BUF_OF(bytes);
		struct ace_slice value = { flipped, whole.len };

		memcpy(flipped, whole.ptr, whole.len);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (ace_oscore_option_read(value, &option))
			continue;
		assert_int_equal(ace_oscore_option_write(&option, &out), ACE_OK);
		assert_slice_equal(ace_buf_slice(&out), value);
	}
}

static void option_write_respects_its_buffer(void **state)
{
	struct ace_slice whole = vectors_unhex(LONGEST);
	struct ace_oscore_option option;
	uint8_t bytes[32];

	(void)state;
	assert_int_equal(ace_oscore_option_read(whole, &option), ACE_OK);
	for (size_t cap = 0; cap < whole.len; cap++) {
		struct ace_buf out = { bytes, cap, 0 };

		assert_int_equal(ace_oscore_option_write(&option, &out), ACE_ERR_SPACE);
		assert_int_equal(out.len, 0);
	}
	option.piv.len = 6;
	assert_int_equal(ace_oscore_option_write(&option, &ACE_BUF_OF(bytes)), ACE_ERR_USAGE);
}

static enum ace_err peek(const char *hex)
{
	struct oscore_message message;
	struct ace_oscore_option option;

	oscore_message_set(&message, vectors_unhex(hex));
	return ace_oscore_peek(&message.msg, &option);
}

static void peek_tells_protected_from_plain(void **state)
{
	(void)state;
	assert_int_equal(peek("40020001" "920914" "ff0102"), ACE_OK);
	assert_int_equal(peek("40010001" "b474657374"), ACE_ERR_UNPROTECTED);
	assert_int_equal(peek("40010001"), ACE_ERR_UNPROTECTED);
}

/* RFC 8613 2: "without payload that also contains an OSCORE option SHALL treat it as malformed"; "not repeatable". */
static void peek_rejects_a_missing_payload_and_two_options(void **state)
{
	(void)state;
	assert_int_equal(peek("40020001" "920914"), ACE_ERR_MALFORMED);
	assert_int_equal(peek("40020001" "920914" "020914" "ff0102"), ACE_ERR_MALFORMED);
	assert_int_equal(peek("40020001" "923914" "ff0102"), ACE_ERR_MALFORMED);
	assert_int_equal(peek("40020001" "9109" "ff0102"), ACE_ERR_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(option_reads_and_writes_all_shapes, vectors_free_all),
		cmocka_unit_test_teardown(option_rejects_what_the_rfc_reserves, vectors_free_all),
		cmocka_unit_test_teardown(option_rejects_every_truncation_before_the_kid, vectors_free_all),
		cmocka_unit_test_teardown(option_writes_back_whatever_it_accepts, vectors_free_all),
		cmocka_unit_test_teardown(option_write_respects_its_buffer, vectors_free_all),
		cmocka_unit_test_teardown(peek_tells_protected_from_plain, vectors_free_all),
		cmocka_unit_test_teardown(peek_rejects_a_missing_payload_and_two_options, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
