/* SPDX-License-Identifier: Apache-2.0 */
/* The port for hosts against published vectors, against vectors that another implementation made,
 * and at its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <jansson.h>

#include "ace_port.h"
#include "ace_port_host.h"
#include "ace_registry.h"
#include "vectors.h"

/* The RFC 3610 cases that are COSE's algorithm 10: tag of 8 bytes. */
static void seal_and_open_match_rfc3610(void **state)
{
	json_t *root = vectors_load("rfc3610"), *vector;
	size_t i, tried = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, vector) {
		struct ace_aead_input in = {
			.alg = ACE_ALG_CCM_16_64_128,
			.key.bytes = vectors_hex(vector, "key"),
			.nonce = vectors_hex(vector, "nonce"),
			.aad = vectors_hex(vector, "aad"),
			.text = vectors_hex(vector, "plaintext"),
		};
		uint8_t bytes[64];
		struct ace_buf out = ACE_BUF_OF(bytes);

		if (json_integer_value(json_object_get(vector, "tag_len")) != 8)
			continue;
		tried++;
		assert_int_equal(ace_port_aead_seal(&in, &out), ACE_OK);
		assert_slice_equal(ace_buf_slice(&out), vectors_hex(vector, "ciphertext_and_tag"));
		in.text = vectors_hex(vector, "ciphertext_and_tag");
		out = (struct ace_buf)ACE_BUF_OF(bytes);
		assert_int_equal(ace_port_aead_open(&in, &out), ACE_OK);
		assert_slice_equal(ace_buf_slice(&out), vectors_hex(vector, "plaintext"));
	}
	assert_int_equal(tried, 12);
	json_decref(root);
}

/* Sealing and opening one case, each into another buffer and in place. */
static void check_case(const json_t *vector)
{
	struct ace_slice text = vectors_hex(vector, "plaintext"), sealed = vectors_hex(vector, "ciphertext_and_tag");
	struct ace_aead_input in = {
		.alg = (int32_t)json_integer_value(json_object_get(vector, "alg")),
		.key.bytes = vectors_hex(vector, "key"),
		.nonce = vectors_hex(vector, "nonce"),
		.aad = vectors_hex(vector, "aad"),
		.text = text,
	};
	uint8_t bytes[1024 + ACE_AEAD_TAG_MAX];
	struct ace_buf out = { bytes, sealed.len, 0 };

	assert_int_equal(ace_port_aead_seal(&in, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), sealed);
	in.text = ace_buf_slice(&out);
	assert_int_equal(ace_port_aead_open(&in, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), text);
	in.text = ace_buf_slice(&out);
	assert_int_equal(ace_port_aead_seal(&in, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), sealed);
	in.text = sealed;
	out = (struct ace_buf){ bytes, text.len, 0 };
	assert_int_equal(ace_port_aead_open(&in, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), text);
}

static void all_algorithms_match_another_implementation(void **state)
{
	json_t *root = vectors_load("aead-python-cryptography"), *vector;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, vector)
		check_case(vector);
	assert_int_equal(i, 4 * 8);
	/* Once more, backwards: contexts that are used in turn keep nothing of each other. */
	while (i-- > 0)
		check_case(json_array_get(json_object_get(root, "cases"), i));
	json_decref(root);
}

#define MESSAGE "a short message"
#define MESSAGE_LEN (sizeof MESSAGE - 1)

struct sealed {
	struct ace_aead_input in; /* text is the ciphertext below */
	uint8_t bytes[MESSAGE_LEN + ACE_AEAD_TAG_MAX];
};

static void seal(int32_t alg, struct sealed *ret_sealed)
{
	static const uint8_t key[32] = { 1 }, nonce[13] = { 2 };
	struct ace_buf out = ACE_BUF_OF(ret_sealed->bytes);

	ret_sealed->in = (struct ace_aead_input){
		.alg = alg,
		.key.bytes = { key, alg == ACE_ALG_CCM_16_128_256 ? 32 : 16 },
		.nonce = { nonce, alg == ACE_ALG_A128GCM ? 12 : 13 },
		.aad = ACE_LITERAL("aad"),
		.text = ACE_LITERAL(MESSAGE),
	};
	assert_int_equal(ace_port_aead_seal(&ret_sealed->in, &out), ACE_OK);
	ret_sealed->in.text = ace_buf_slice(&out);
}

static const int32_t algs[] = { 1, 10, 30, 31 };

static void open_rejects_every_flip_and_leaves_no_plaintext(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++) {
		struct sealed sealed;

		seal(algs[i], &sealed);
		for (size_t bit = 0; bit < 8 * sealed.in.text.len; bit++) {
			uint8_t plain[MESSAGE_LEN] = { 0 }, zero[MESSAGE_LEN] = { 0 };
			struct ace_buf out = ACE_BUF_OF(plain);

			sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(ace_port_aead_open(&sealed.in, &out), ACE_ERR_TAG);
			assert_int_equal(out.len, 0);
			assert_memory_equal(plain, zero, sizeof plain);
			sealed.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void open_rejects_other_keys_nonces_and_aad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++) {
		static const uint8_t other[32] = { 9 };
		struct sealed sealed;
		struct ace_aead_input in;
		uint8_t plain[MESSAGE_LEN];
		struct ace_buf out = ACE_BUF_OF(plain);

		seal(algs[i], &sealed);
		in = sealed.in;
		in.key.bytes.ptr = other;
		assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_TAG);
		in = sealed.in;
		in.nonce.ptr = other;
		assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_TAG);
		in = sealed.in;
		in.aad.len--;
		assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_TAG);
		for (size_t len = 0; len < sealed.in.text.len; len++) {
			in = sealed.in;
			in.text.len = len;
			assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_TAG);
		}
		assert_int_equal(ace_port_aead_open(&sealed.in, &out), ACE_OK);
	}
}

static void wrong_lengths_are_a_usage_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++) {
		struct sealed sealed;
		struct ace_aead_input in;
		uint8_t bytes[64];
		struct ace_buf out = ACE_BUF_OF(bytes);

		seal(algs[i], &sealed);
		for (int change = 0; change < 4; change++) {
			in = sealed.in;
			in.key.bytes.len += change == 0;
			in.nonce.len -= change == 1;
			in.key.port_id = change == 2;
			in.key.bytes.len -= change == 3;
			assert_int_equal(ace_port_aead_seal(&in, &out), ACE_ERR_USAGE);
			assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_USAGE);
		}
		in = sealed.in;
		in.alg = 11;
		assert_int_equal(ace_port_aead_seal(&in, &out), ACE_ERR_UNSUPPORTED);
		assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_UNSUPPORTED);
		out.cap = MESSAGE_LEN - 1;
		assert_int_equal(ace_port_aead_open(&sealed.in, &out), ACE_ERR_SPACE);
		in.alg = algs[i];
		in.text = ACE_LITERAL(MESSAGE);
		out.cap = sealed.in.text.len - 1;
		assert_int_equal(ace_port_aead_seal(&in, &out), ACE_ERR_SPACE);
	}
}

/* RFC 3610 2: the length field of 2 bytes bounds the message. */
static void ccm_refuses_more_than_65535_bytes(void **state)
{
	static uint8_t text[65536], bytes[65536 + 16];
	struct sealed sealed;
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	seal(ACE_ALG_CCM_16_64_128, &sealed);
	sealed.in.text = (struct ace_slice){ text, 65536 };
	assert_int_equal(ace_port_aead_seal(&sealed.in, &out), ACE_ERR_USAGE);
	sealed.in.text.len = 65535;
	assert_int_equal(ace_port_aead_seal(&sealed.in, &out), ACE_OK);
}

static void hmac_and_sha256_match_published_values(void **state)
{
	uint8_t key[20], digest[ACE_SHA256_LEN];

	(void)state;
	memset(key, 0x0b, sizeof key);
	/* RFC 4231 4.2 and FIPS 180-4 for "abc" and the empty message. */
	assert_int_equal(ace_port_hmac_sha256((struct ace_slice)ACE_SLICE_OF(key), ACE_LITERAL("Hi There"), digest), ACE_OK);
	assert_slice_equal((struct ace_slice)ACE_SLICE_OF(digest),
			   vectors_unhex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
	/* An empty key is a key of its own, not the one before. */
	assert_int_equal(ace_port_hmac_sha256((struct ace_slice){ NULL, 0 }, (struct ace_slice){ NULL, 0 }, digest), ACE_OK);
	assert_slice_equal((struct ace_slice)ACE_SLICE_OF(digest),
			   vectors_unhex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
	assert_int_equal(ace_port_sha256(ACE_LITERAL("abc"), digest), ACE_OK);
	assert_slice_equal((struct ace_slice)ACE_SLICE_OF(digest),
			   vectors_unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	assert_int_equal(ace_port_sha256((struct ace_slice){ NULL, 0 }, digest), ACE_OK);
	assert_slice_equal((struct ace_slice)ACE_SLICE_OF(digest),
			   vectors_unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

static void clock_is_the_systems_until_it_is_fixed(void **state)
{
	int64_t now = 0;
	uint64_t before = ace_port_monotonic_ms();

	(void)state;
	assert_int_equal(ace_port_wall_clock(&now), ACE_OK);
	assert_true(now - time(NULL) <= 1 && time(NULL) - now <= 1);
	ace_port_openssl_fix_clock(1767225610);
	assert_int_equal(ace_port_wall_clock(&now), ACE_OK);
	assert_true(now == 1767225610);
	assert_true(ace_port_monotonic_ms() >= before);
}

static void equal_ct_compares_every_byte(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_true(ace_equal_ct(a, b, sizeof a));
	for (size_t i = 0; i < sizeof a; i++) {
		b[i] = 1;
		assert_false(ace_equal_ct(a, b, sizeof a));
		assert_true(ace_equal_ct(a, b, i));
		b[i] = 0;
	}
	memset(a, 7, sizeof a);
	ace_wipe(a, sizeof a);
	assert_memory_equal(a, b, sizeof a);
	ace_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(seal_and_open_match_rfc3610, vectors_free_all),
		cmocka_unit_test_teardown(all_algorithms_match_another_implementation, vectors_free_all),
		cmocka_unit_test(open_rejects_every_flip_and_leaves_no_plaintext),
		cmocka_unit_test(open_rejects_other_keys_nonces_and_aad),
		cmocka_unit_test(wrong_lengths_are_a_usage_error),
		cmocka_unit_test(ccm_refuses_more_than_65535_bytes),
		cmocka_unit_test_teardown(hmac_and_sha256_match_published_values, vectors_free_all),
		cmocka_unit_test(clock_is_the_systems_until_it_is_fixed),
		cmocka_unit_test(equal_ct_compares_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
