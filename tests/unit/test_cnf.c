/* SPDX-License-Identifier: Apache-2.0 */
/* Input material: RFC 9203 examples, each way in which it can be wrong; the Master Salt of every vector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ace_claims.h"
#include "vectors.h"

#define MS "0250000102030405060708090a0b0c0d0e0f"

static enum ace_err read_hex(const char *hex, struct ace_osc *ret_osc)
{
	struct ace_cbor_reader r;
	struct ace_slice raw;

	ace_cbor_read_init(&r, vectors_unhex(hex));
	raw = ace_cbor_read_raw(&r);
	if (ace_cbor_read_finish(&r))
		return ace_cbor_read_finish(&r);
	return ace_osc_read(raw, ret_osc);
}

static void all_members_are_read_and_written_again(void **state)
{
	static const char *const samples[] = {
		"a2004101" MS, "a30042000102507b1c2f5d8e9a40b3c6d7e8f90a1b2c3d05485a17c0de5a17c0de",
		"a700420003010102507b1c2f5d8e9a40b3c6d7e8f90a1b2c3d0305040a05485a17c0de5a17c0de0643c0de01",
		"a40040" MS "03290540", "a3004101" MS "0640", "a3004101" MS "0401", "a3004101" MS "04181e",
		"a3004101" MS "04181f", "a20048ffffffffffffffff" MS,
		/* RFC 9203 Figures 4 and 6: id 01, a salt like the secret */
		"a300410102" "50f9af838368e353e78888e1426bd94e6f" "0550f9af838368e353e78888e1426bd94e6f",
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_slice want = vectors_unhex(samples[i]), got;
		struct ace_cbor_writer w;
		struct ace_osc osc;
		uint8_t bytes[128];

		assert_int_equal(read_hex(samples[i], &osc), ACE_OK);
		ace_cbor_write_init(&w, bytes, sizeof(bytes));
		ace_osc_write(&w, &osc);
		assert_int_equal(ace_cbor_written(&w, &got), ACE_OK);
		assert_slice_equal(got, want);
	}
}

static void absent_members_stay_at_their_defaults(void **state)
{
	struct ace_osc osc;

	(void)state;
	assert_int_equal(read_hex("a2" MS "00420001", &osc), ACE_OK);
	assert_int_equal(osc.alg, 0);
	assert_int_equal(osc.hkdf, 0);
	assert_int_equal(osc.version, 0);
	assert_false(osc.has_salt);
	assert_false(osc.has_context_id);
	assert_int_equal(osc.salt.len, 0);
	assert_slice_equal(osc.id, ACE_LITERAL("\0\1"));
	assert_int_equal(osc.ms.len, 16);
}

static void each_wrong_member_has_its_error(void **state)
{
	static const struct {
		const char *hex;
		enum ace_err err;
	} samples[] = {
		{ "a1" MS, ACE_ERR_MISSING }, { "a1004101", ACE_ERR_MISSING }, { "a0", ACE_ERR_MISSING },
		{ "80", ACE_ERR_TYPE }, { "4101", ACE_ERR_TYPE },
		/* RFC 9203 4.2: an unrecognized member is refused, whatever its label */
		{ "a3004101" MS "0700", ACE_ERR_UNKNOWN }, { "a3004101" MS "2000", ACE_ERR_UNKNOWN },
		{ "a3004101" MS "616100", ACE_ERR_UNKNOWN }, { "a3004101" MS "410000", ACE_ERR_UNKNOWN },
		{ "a3004101" MS "1bffffffffffffffff00", ACE_ERR_UNKNOWN },
		{ "a3004101" MS "1b000000010000000000", ACE_ERR_UNKNOWN },
		{ "a2004101024f000102030405060708090a0b0c0d0e", ACE_ERR_RANGE },
		{ "a20049010203040506070809" MS, ACE_ERR_RANGE },
		{ "a3004101" MS "0102", ACE_ERR_UNSUPPORTED }, { "a3004101" MS "0100", ACE_ERR_UNSUPPORTED },
		{ "a3004101" MS "01190101", ACE_ERR_UNSUPPORTED }, { "a3004101" MS "0126", ACE_ERR_UNSUPPORTED },
		{ "a3004101" MS "0304", ACE_ERR_UNSUPPORTED }, { "a3004101" MS "0307", ACE_ERR_UNSUPPORTED },
		{ "a3004101" MS "03190105", ACE_ERR_UNSUPPORTED }, { "a3004101" MS "036161", ACE_ERR_UNSUPPORTED },
		{ "a3004101" MS "0426", ACE_ERR_UNSUPPORTED }, { "a3004101" MS "0400", ACE_ERR_UNSUPPORTED },
		{ "a3004101" MS "040b", ACE_ERR_UNSUPPORTED }, { "a3004101" MS "0419010a", ACE_ERR_UNSUPPORTED },
		{ "a3004101" MS "046161", ACE_ERR_UNSUPPORTED },
		{ "a2006101" MS, ACE_ERR_TYPE }, { "a2004101" "0200", ACE_ERR_TYPE }, { "a3004101" MS "0560", ACE_ERR_TYPE },
		{ "a3004101" MS "06f6", ACE_ERR_TYPE }, { "a3004101" MS "0440", ACE_ERR_TYPE },
		{ "a3004101" MS "03f6", ACE_ERR_TYPE }, { "a3004101" MS "0140", ACE_ERR_TYPE },
		{ "a3004101" MS "041bffffffffffffffff", ACE_ERR_UNSUPPORTED }, { "a3004101004102" MS, ACE_ERR_DUPLICATE },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_osc osc;
		enum ace_err err = read_hex(samples[i].hex, &osc);

		if (err != samples[i].err)
			fail_msg("%s: %d, not %d", samples[i].hex, err, samples[i].err);
	}
}

static void master_salt_equals_every_vector(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *item;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "contexts"), i, item) {
		const json_t *salt = json_object_get(item, "salt");
		uint8_t bytes[128];
		struct ace_buf out = ACE_BUF_OF(bytes);

		if (strcmp(vectors_text(item, "name"), "no-salt-omitted-variant") == 0)
			continue; /* deliberately not what RFC 9203 4.3 says */
		assert_int_equal(ace_master_salt(json_is_string(salt) ? vectors_hex(item, "salt") : (struct ace_slice){ NULL, 0 },
						 vectors_hex(item, "nonce1"), vectors_hex(item, "nonce2"), &out), ACE_OK);
		assert_slice_equal(ace_buf_slice(&out), vectors_hex(item, "master_salt"));
		seen++;
	}
	assert_int_equal(i, 17);
	assert_int_equal(seen, 16);
	json_decref(root);
}

static void master_salt_is_appended_like_rfc9203_figure_13(void **state)
{
	struct ace_slice salt = vectors_unhex("f9af838368e353e78888e1426bd94e6f");
	struct ace_slice want = vectors_unhex("50f9af838368e353e78888e1426bd94e6f48018a278f7faab55a4825a8991cd700ac01");
	struct ace_slice nonce1 = vectors_unhex("018a278f7faab55a"), nonce2 = vectors_unhex("25a8991cd700ac01");
	size_t least = 2 + salt.len + nonce1.len + nonce2.len + 6;
	uint8_t bytes[64];

	(void)state;
	for (size_t cap = 2; cap <= least; cap++) {
		struct ace_buf out = { bytes, cap, 2 };
		enum ace_err err = ace_master_salt(salt, nonce1, nonce2, &out);

		assert_int_equal(err, cap < least ? ACE_ERR_SPACE : ACE_OK);
		assert_int_equal(out.len, cap < least ? 2 : 2 + want.len);
	}
	assert_memory_equal(bytes + 2, want.ptr, want.len);
}

static void master_salt_refuses_parts_of_more_than_255_bytes(void **state)
{
	static uint8_t long_one[256], bytes[600];
	struct ace_slice fits = { long_one, 255 }, too_long = ACE_SLICE_OF(long_one), none = { NULL, 0 };
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	assert_int_equal(ace_master_salt(too_long, none, none, &out), ACE_ERR_SPACE);
	assert_int_equal(ace_master_salt(none, too_long, none, &out), ACE_ERR_SPACE);
	assert_int_equal(ace_master_salt(none, none, too_long, &out), ACE_ERR_SPACE);
	assert_int_equal(out.len, 0);
	assert_int_equal(ace_master_salt(fits, none, none, &out), ACE_OK);
	assert_int_equal(out.len, 2 + 255 + 1 + 1);
	assert_memory_equal(bytes, "\x58\xff\0", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_members_are_read_and_written_again),
		cmocka_unit_test(absent_members_stay_at_their_defaults),
		cmocka_unit_test(each_wrong_member_has_its_error),
		cmocka_unit_test(master_salt_equals_every_vector),
		cmocka_unit_test(master_salt_is_appended_like_rfc9203_figure_13),
		cmocka_unit_test(master_salt_refuses_parts_of_more_than_255_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
