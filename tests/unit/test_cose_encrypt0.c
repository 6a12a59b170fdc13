/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt0: RFC 8392 A.5 and A.6, layouts, header rules of RFC 9052, tampering. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ace_cose.h"
#include "vectors.h"

#define IV "4d00112233445566778899aabbcc"

static enum ace_err read_hex(const char *hex, struct ace_cose_encrypt0 *ret_cose)
{
	return ace_cose_read(vectors_unhex(hex), ret_cose);
}

/* The 16-byte k (label -1) of the COSE_Keys in RFC 8392, which starts after three bytes. */
static struct ace_key key_of(const json_t *item)
{
	struct ace_slice encoded = vectors_hex(item, "cose_key");

	return (struct ace_key){ .bytes = { encoded.ptr + 3, 16 } };
}

static void rfc8392_a5_and_a6_are_opened_and_sealed_again(void **state)
{
	json_t *root = vectors_load("rfc8392-a"), *item;
	uint8_t bytes[512], sealed[512];
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, item) {
		struct ace_buf plaintext = ACE_BUF_OF(bytes), out = ACE_BUF_OF(sealed);
		struct ace_cose_encrypt0 cose;
		struct ace_slice cwt;

		if (!json_object_get(item, "plaintext"))
			continue;
		cwt = vectors_hex(item, "cwt");
		assert_int_equal(ace_cose_read(cwt, &cose), ACE_OK);
		assert_int_equal(cose.layout, ACE_COSE_RFC8392);
		assert_slice_equal(cose.kid, ACE_LITERAL("Symmetric128"));
		assert_int_equal(ace_cose_open(&cose, key_of(item), &plaintext), ACE_OK);
		assert_slice_equal(ace_buf_slice(&plaintext), vectors_hex(item, "plaintext"));
		assert_int_equal(ace_cose_seal(&(struct ace_cose_seal_input){
			.layout = ACE_COSE_RFC8392, .alg = 10, .key = key_of(item), .kid = cose.kid, .iv = cose.iv,
			.plaintext = ace_buf_slice(&plaintext) }, &out), ACE_OK);
		assert_slice_equal(ace_buf_slice(&out), cwt);
		seen++;
	}
	assert_int_equal(seen, 2);
	json_decref(root);
}

static enum ace_cose_layout layout_of(struct ace_slice in, const struct ace_cose_encrypt0 *cose)
{
	return ace_cose_is_strict(in, cose) ? ACE_COSE_PROTECTED : cose->layout;
}

static void layout_is_protected_for_the_one_strict_form_only(void **state)
{
	static const struct {
		const char *hex;
		enum ace_cose_layout layout;
	} samples[] = {
		{ "d83dd083" "52a2010a05" IV "a0" "4101", ACE_COSE_PROTECTED },
		{ "d9003dd083" "52a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "d83dd81083" "52a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "d83dd09803" "52a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "d83dd09f" "52a2010a05" IV "a0" "4101ff", ACE_COSE_RFC8392 },
		{ "d83dd083" "5812a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "d83dd083" "5f52a2010a05" IV "ff" "a0" "4101", ACE_COSE_RFC8392 },
		{ "d83dd083" "52a2010a05" IV "bfff" "4101", ACE_COSE_RFC8392 },
		{ "d83dd083" "52a2010a05" IV "b800" "4101", ACE_COSE_RFC8392 },
		{ "d83dd083" "52a2010a05" IV "a0" "580101", ACE_COSE_RFC8392 },
		{ "d83dd083" "52a2010a05" IV "a10300" "4101", ACE_COSE_RFC8392 },
		{ "d83dd083" "43a1010a" "a105" IV "4101", ACE_COSE_RFC8392 },
		{ "d9d9f7d83dd083" "52a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "d83d83" "52a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "d083" "52a2010a05" IV "a0" "4101", ACE_COSE_RFC8392 },
		{ "83" "52a2010a05" IV "a0" "4101", ACE_COSE_BARE },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_cose_encrypt0 cose;

		assert_int_equal(read_hex(samples[i].hex, &cose), ACE_OK);
		assert_int_equal(layout_of(vectors_unhex(samples[i].hex), &cose), samples[i].layout);
		assert_int_equal(cose.iv.len, 13);
		assert_false(cose.kid.ptr != NULL);
	}
}

static void each_broken_rule_has_its_error(void **state)
{
	static const struct {
		const char *hex;
		enum ace_err err;
	} samples[] = {
		/* tags: a contradicting one, one twice, in the wrong order */
		{ "d83dd183" "43a1010a" "a105" IV "4101", ACE_ERR_TYPE },
		{ "d183" "43a1010a" "a105" IV "4101", ACE_ERR_TYPE },
		{ "d0d083" "43a1010a" "a105" IV "4101", ACE_ERR_TYPE },
		{ "d0d83d83" "43a1010a" "a105" IV "4101", ACE_ERR_TYPE },
		/* shape */
		{ "a0", ACE_ERR_TYPE }, { "4101", ACE_ERR_TYPE }, { "80", ACE_ERR_MALFORMED },
		{ "82" "43a1010a" "a105" IV, ACE_ERR_MALFORMED },
		{ "84" "43a1010a" "a105" IV "4101" "4101", ACE_ERR_MALFORMED },
		{ "83" "a1010a" "a105" IV "4101", ACE_ERR_TYPE }, { "83" "43a1010a" "40" "4101", ACE_ERR_TYPE },
		{ "83" "43a1010a" "a105" IV "f6", ACE_ERR_TYPE }, { "83" "4101" "a105" IV "4101", ACE_ERR_TYPE },
		{ "83" "44a1010a00" "a105" IV "4101", ACE_ERR_TRAILING },
		{ "83" "43a1010a" "a105" IV "410100", ACE_ERR_TRAILING },
		/* RFC 9052 3: no label twice, in one bucket or in both */
		{ "83" "45a2010a010a" "a105" IV "4101", ACE_ERR_DUPLICATE },
		{ "83" "43a1010a" "a2" "05" IV "05" IV "4101", ACE_ERR_DUPLICATE },
		{ "83" "43a1010a" "a2010a05" IV "4101", ACE_ERR_DUPLICATE },
		{ "83" "46a2010a044101" "a2044102" "05" IV "4101", ACE_ERR_DUPLICATE },
		/* alg: protected, a number, built in */
		{ "83" "40" "a2010a05" IV "4101", ACE_ERR_UNSUPPORTED }, { "83" "41a0" "a105" IV "4101", ACE_ERR_UNSUPPORTED },
		{ "83" "44a1011818" "a105" IV "4101", ACE_ERR_UNSUPPORTED },
		{ "83" "44a1016161" "a105" IV "4101", ACE_ERR_UNSUPPORTED },
		{ "83" "4ba1011b000000010000000a" "a105" IV "4101", ACE_ERR_UNSUPPORTED },
		/* IV: there, 13 bytes for CCM and 12 for GCM; not together with a Partial IV */
		{ "83" "43a1010a" "a0" "4101", ACE_ERR_RANGE }, { "83" "43a1010a" "a1054101" "4101", ACE_ERR_RANGE },
		{ "83" "43a10101" "a105" IV "4101", ACE_ERR_RANGE },
		{ "83" "43a1010a" "a2064101" "05" IV "4101", ACE_ERR_MALFORMED },
		{ "83" "43a1010a" "a10500" "4101", ACE_ERR_TYPE }, { "83" "43a1010a" "a204000500" "4101", ACE_ERR_TYPE },
		/* RFC 9052 3.1: what crit names is not understood */
		{ "83" "46a2010a028101" "a105" IV "4101", ACE_ERR_UNKNOWN }, { "83" "46a2010a028102" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "45a2010a0280" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "46a2010a029fff" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "46a2010a028105" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "48a3010a0281030300" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "4aa2010a02813a0001116f" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "47a2010a02816161" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "43a1010a" "a202810105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "45a2010a0201" "a105" IV "4101", ACE_ERR_UNKNOWN },
		{ "83" "46a2010a028140" "a105" IV "4101", ACE_ERR_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_cose_encrypt0 cose;
		enum ace_err err = read_hex(samples[i].hex, &cose);

		if (err != samples[i].err)
			fail_msg("%s: %d, not %d", samples[i].hex, err, samples[i].err);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct ace_slice whole = vectors_unhex("d83dd083" "52a2010a05" IV "a0" "4101");
	struct ace_cose_encrypt0 cose;

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(ace_cose_read((struct ace_slice){ whole.ptr, len }, &cose), ACE_ERR_TRUNCATED);
}

static void protected_bucket_has_a_greatest_length(void **state)
{
	uint8_t bytes[128] = { 0x83, 0x58 };
	struct ace_cose_encrypt0 cose;

	(void)state;
	for (size_t len = ACE_COSE_PROTECTED_MAX; len <= ACE_COSE_PROTECTED_MAX + 1; len++) {
		struct ace_slice head = vectors_unhex("a3010a05" IV "0358"), tail = vectors_unhex("a04101");

		bytes[2] = (uint8_t)len;
		memcpy(bytes + 3, head.ptr, head.len);
		bytes[3 + head.len] = (uint8_t)(len - head.len - 1);
		memcpy(bytes + 3 + len, tail.ptr, tail.len);
		assert_int_equal(ace_cose_read((struct ace_slice){ bytes, 3 + len + tail.len }, &cose),
				 len > ACE_COSE_PROTECTED_MAX ? ACE_ERR_RANGE : ACE_OK);
	}
}

static void each_algorithm_and_layout_goes_there_and_back(void **state)
{
	static const int32_t algs[] = { 1, 10, 30, 31 };
	static const uint8_t secret[32] = { 7 }, iv[13] = { 9 };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++) {
		for (int layout = ACE_COSE_PROTECTED; layout <= ACE_COSE_BARE; layout++) {
			uint8_t key_len, nonce_len, tag_len, bytes[128], plain[64];
			struct ace_buf out = ACE_BUF_OF(bytes), plaintext = ACE_BUF_OF(plain);
			struct ace_cose_seal_input in = { .layout = (enum ace_cose_layout)layout, .alg = algs[i],
							  .kid = ACE_LITERAL("k1"), .plaintext = ACE_LITERAL("hello") };
			struct ace_cose_encrypt0 cose;
			size_t len;

			assert_int_equal(ace_cose_alg_lengths(algs[i], &key_len, &nonce_len, &tag_len), ACE_OK);
			in.key.bytes = (struct ace_slice){ secret, key_len };
			in.iv = (struct ace_slice){ iv, nonce_len };
			assert_int_equal(ace_cose_sealed_len(&in, &len), ACE_OK);
			assert_int_equal(ace_cose_seal(&in, &out), ACE_OK);
			assert_int_equal(out.len, len);
			assert_int_equal(ace_cose_read(ace_buf_slice(&out), &cose), ACE_OK);
			assert_int_equal(layout_of(ace_buf_slice(&out), &cose), layout);
			assert_true(cose.kid.ptr != NULL);
			assert_slice_equal(cose.kid, in.kid);
			assert_int_equal(ace_cose_open(&cose, in.key, &plaintext), ACE_OK);
			assert_slice_equal(ace_buf_slice(&plaintext), in.plaintext);
		}
	}
}

static void seal_refuses_lengths_that_do_not_fit(void **state)
{
	static const uint8_t zeros[32];
	uint8_t bytes[128];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_cose_seal_input in = { .alg = 10, .key = { .bytes = { zeros, 16 } }, .kid = { zeros, 17 },
					  .iv = { zeros, 13 }, .plaintext = { zeros, 4 } };
	size_t len;

	(void)state;
	assert_int_equal(ace_cose_seal(&in, &out), ACE_ERR_RANGE);
	in.kid.len = ACE_COSE_KID_MAX;
	in.iv.len = 12;
	assert_int_equal(ace_cose_sealed_len(&in, &len), ACE_ERR_RANGE);
	in.iv.len = 13;
	in.key.bytes.len = 15;
	assert_int_equal(ace_cose_seal(&in, &out), ACE_ERR_USAGE);
	in.alg = 11;
	assert_int_equal(ace_cose_seal(&in, &out), ACE_ERR_UNSUPPORTED);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc8392_a5_and_a6_are_opened_and_sealed_again),
		cmocka_unit_test(layout_is_protected_for_the_one_strict_form_only),
		cmocka_unit_test(each_broken_rule_has_its_error),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(protected_bucket_has_a_greatest_length),
		cmocka_unit_test(each_algorithm_and_layout_goes_there_and_back),
		cmocka_unit_test(seal_refuses_lengths_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
