/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF with SHA-256: RFC 5869 appendix A, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscore/hkdf.h"
#include "oscore_pair.h"
#include "port_fake.h"

/* With a byte of room behind info. */
static enum ace_err expand(const uint8_t prk[ACE_SHA256_LEN], struct ace_slice info, uint8_t *ret_key, size_t len)
{
	uint8_t bytes[128];

	assert_true(info.len < sizeof bytes);
	memcpy(bytes, info.ptr, info.len);
	return hkdf_expand(prk, bytes, info.len, ret_key, len);
}

/* Of keys longer than a block, as some of the vectors are, the first block. */
static void hkdf_matches_rfc5869(void **state)
{
	json_t *root = vectors_load("rfc5869-sha256"), *vector;
	uint8_t prk[ACE_SHA256_LEN], okm[ACE_SHA256_LEN];
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, vector) {
		struct ace_slice want = vectors_hex(vector, "okm");

		assert_int_equal(want.len, json_integer_value(json_object_get(vector, "L")));
		assert_true(want.len > sizeof okm);
		want.len = sizeof okm;
		assert_int_equal(hkdf_extract(vectors_hex(vector, "salt"), vectors_hex(vector, "ikm"), prk), ACE_OK);
		assert_slice_equal((struct ace_slice)ACE_SLICE_OF(prk), vectors_hex(vector, "prk"));
		assert_int_equal(expand(prk, vectors_hex(vector, "info"), okm, sizeof okm), ACE_OK);
		assert_slice_equal((struct ace_slice)ACE_SLICE_OF(okm), want);
	}
	assert_int_equal(i, 3);
	json_decref(root);
}

static void expand_gives_prefixes_of_one_stream(void **state)
{
	uint8_t longest[ACE_SHA256_LEN], part[ACE_SHA256_LEN];
	const uint8_t prk[ACE_SHA256_LEN] = { 7 };
	static const size_t lens[] = { 0, 1, 13, 16, 31, sizeof longest };

	(void)state;
	assert_int_equal(expand(prk, ACE_LITERAL("x"), longest, sizeof longest), ACE_OK);
	for (size_t i = 0; i < ACE_ARRAY_LEN(lens); i++) {
		memset(part, 0, sizeof part);
		assert_int_equal(expand(prk, ACE_LITERAL("x"), part, lens[i]), ACE_OK);
		assert_slice_equal((struct ace_slice){ part, lens[i] }, (struct ace_slice){ longest, lens[i] });
		assert_true(lens[i] == sizeof part || part[lens[i]] == 0);
	}
}

static void expand_refuses_more_than_one_block(void **state)
{
	uint8_t key[ACE_SHA256_LEN + 1], info[8] = { 0 };
	const uint8_t prk[ACE_SHA256_LEN] = { 7 };

	(void)state;
	assert_int_equal(hkdf_expand(prk, info, sizeof info - 1, key, 32), ACE_OK);
	assert_int_equal(info[sizeof info - 1], 1);
	assert_int_equal(hkdf_expand(prk, info, 0, key, sizeof key), ACE_ERR_USAGE);
}

static void expand_leaves_no_key_when_the_port_fails(void **state)
{
	const uint8_t prk[ACE_SHA256_LEN] = { 7 }, zero[ACE_SHA256_LEN] = { 0 };
	uint8_t key[ACE_SHA256_LEN] = { 0 };

	(void)state;
	port_fake_fail_call(1);
	assert_int_equal(expand(prk, ACE_LITERAL("x"), key, sizeof key), ACE_ERR_CRYPTO);
	assert_memory_equal(key, zero, sizeof key);
	port_fake_fail_call(1);
	assert_int_equal(hkdf_extract(ACE_LITERAL("s"), ACE_LITERAL("k"), key), ACE_ERR_CRYPTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hkdf_matches_rfc5869, port_fake_reset, vectors_free_all),
		cmocka_unit_test_setup(expand_gives_prefixes_of_one_stream, port_fake_reset),
		cmocka_unit_test_setup(expand_refuses_more_than_one_block, port_fake_reset),
		cmocka_unit_test_setup(expand_leaves_no_key_when_the_port_fails, port_fake_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
