/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ace_port_host.h"

static const uint8_t key[32] = { 1, 2, 3 };

static const struct ace_host_seal_input sample = {
	.key = { key, sizeof(key) },
	.aad = { (const uint8_t *)"clients/anna", 12 },
	.text = { (const uint8_t *)"a master secret!", 16 },
};

static void seal(uint8_t *bytes, size_t cap, struct ace_buf *ret_out)
{
	*ret_out = (struct ace_buf){ bytes, cap, 0 };
	assert_int_equal(ace_port_host_seal(&sample, ret_out), ACE_OK);
}

/* GCM specification (McGrew, Viega), test case 16: AES-256 with associated data. */
static void open_takes_the_published_vector(void **state)
{
	static const uint8_t gcm_key[32] = { 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65, 0x73, 0x1c, 0x6d, 0x6a, 0x8f,
					     0x94, 0x67, 0x30, 0x83, 0x08, 0xfe, 0xff, 0xe9, 0x92, 0x86, 0x65,
					     0x73, 0x1c, 0x6d, 0x6a, 0x8f, 0x94, 0x67, 0x30, 0x83, 0x08 };
	static const uint8_t aad[20] = { 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed,
					 0xfa, 0xce, 0xde, 0xad, 0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2 };
	static const uint8_t sealed[] = {
		0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88, /* nonce */
		0x52, 0x2d, 0xc1, 0xf0, 0x99, 0x56, 0x7d, 0x07, 0xf4, 0x7f, 0x37, 0xa3, 0x2a, 0x84, 0x42, 0x7d,
		0x64, 0x3a, 0x8c, 0xdc, 0xbf, 0xe5, 0xc0, 0xc9, 0x75, 0x98, 0xa2, 0xbd, 0x25, 0x55, 0xd1, 0xaa,
		0x8c, 0xb0, 0x8e, 0x48, 0x59, 0x0d, 0xbb, 0x3d, 0xa7, 0xb0, 0x8b, 0x10, 0x56, 0x82, 0x88, 0x38,
		0xc5, 0xf6, 0x1e, 0x63, 0x93, 0xba, 0x7a, 0x0a, 0xbc, 0xc9, 0xf6, 0x62, /* text */
		0x76, 0xfc, 0x6e, 0xce, 0x0f, 0x4e, 0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53, 0xbb, 0x2d, 0x55, 0x1b,
	};
	static const uint8_t plain[] = {
		0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5, 0xa5, 0x59, 0x09, 0xc5, 0xaf, 0xf5, 0x26,
		0x9a, 0x86, 0xa7, 0xa9, 0x53, 0x15, 0x34, 0xf7, 0xda, 0x2e, 0x4c, 0x30, 0x3d, 0x8a, 0x31,
		0x8a, 0x72, 0x1c, 0x3c, 0x0c, 0x95, 0x95, 0x68, 0x09, 0x53, 0x2f, 0xcf, 0x0e, 0x24, 0x49,
		0xa6, 0xb5, 0x25, 0xb1, 0x6a, 0xed, 0xf5, 0xaa, 0x0d, 0xe6, 0x57, 0xba, 0x63, 0x7b, 0x39,
	};
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_host_seal_input in = { ACE_SLICE_OF(gcm_key), ACE_SLICE_OF(aad), ACE_SLICE_OF(sealed) };

	(void)state;
	assert_int_equal(ace_port_host_open(&in, &out), ACE_OK);
	assert_int_equal(out.len, sizeof(plain));
	assert_memory_equal(out.ptr, plain, sizeof(plain));
}

static void what_was_sealed_opens_again(void **state)
{
	uint8_t sealed[64], bytes[16];
	struct ace_buf box, out = ACE_BUF_OF(bytes);
	struct ace_host_seal_input in = sample;

	(void)state;
	seal(sealed, sizeof(sealed), &box);
	assert_int_equal(box.len, sample.text.len + ACE_HOST_SEAL_EXTRA);
	in.text = ace_buf_slice(&box);
	assert_int_equal(ace_port_host_open(&in, &out), ACE_OK);
	assert_int_equal(out.len, sample.text.len);
	assert_memory_equal(bytes, sample.text.ptr, out.len);
}

static void two_seals_of_one_text_differ(void **state)
{
	uint8_t a[64], b[64];
	struct ace_buf first, second;

	(void)state;
	seal(a, sizeof(a), &first);
	seal(b, sizeof(b), &second);
	assert_memory_not_equal(a, b, ACE_HOST_SEAL_NONCE_LEN);
	assert_memory_not_equal(a + ACE_HOST_SEAL_NONCE_LEN, b + ACE_HOST_SEAL_NONCE_LEN, sample.text.len);
}

static void open_rejects_every_flipped_bit_and_truncation(void **state)
{
	uint8_t sealed[64], bytes[16] = { 0 };
	static const uint8_t nothing[16];
	struct ace_buf box;
	struct ace_host_seal_input in = sample;

	(void)state;
	seal(sealed, sizeof(sealed), &box);
	in.text = ace_buf_slice(&box);
	for (size_t bit = 0; bit < box.len * 8; bit++) {
		struct ace_buf out = ACE_BUF_OF(bytes);

		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ace_port_host_open(&in, &out), ACE_ERR_TAG);
		assert_int_equal(out.len, 0);
		assert_memory_equal(bytes, nothing, sizeof(bytes));
		sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (in.text.len = 0; in.text.len < box.len; in.text.len++) {
		struct ace_buf out = ACE_BUF_OF(bytes);

		assert_int_equal(ace_port_host_open(&in, &out), ACE_ERR_TAG);
	}
}

static void open_rejects_another_place_and_another_key(void **state)
{
	static const uint8_t other[32] = { 1, 2, 4 };
	uint8_t sealed[64], bytes[16];
	struct ace_buf box, out = ACE_BUF_OF(bytes);
	struct ace_host_seal_input in = sample;

	(void)state;
	seal(sealed, sizeof(sealed), &box);
	in.text = ace_buf_slice(&box);
	in.aad = ACE_LITERAL("clients/bo");
	assert_int_equal(ace_port_host_open(&in, &out), ACE_ERR_TAG);
	in.aad = sample.aad;
	in.key = ACE_SLICE_OF(other);
	assert_int_equal(ace_port_host_open(&in, &out), ACE_ERR_TAG);
}

static void short_buffers_and_keys_are_refused(void **state)
{
	uint8_t sealed[64];
	struct ace_buf out = { sealed, sample.text.len + ACE_HOST_SEAL_EXTRA - 1, 0 };
	struct ace_buf box;
	struct ace_host_seal_input in = sample;

	(void)state;
	assert_int_equal(ace_port_host_seal(&sample, &out), ACE_ERR_SPACE);
	in.key.len = 16;
	assert_int_equal(ace_port_host_seal(&in, &out), ACE_ERR_USAGE);
	assert_int_equal(ace_port_host_open(&in, &out), ACE_ERR_USAGE);
	seal(sealed, sizeof(sealed), &box);
	in = sample;
	in.text = ace_buf_slice(&box);
	out = (struct ace_buf){ sealed + 48, 15, 0 };
	assert_int_equal(ace_port_host_open(&in, &out), ACE_ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_takes_the_published_vector),
		cmocka_unit_test(what_was_sealed_opens_again),
		cmocka_unit_test(two_seals_of_one_text_differ),
		cmocka_unit_test(open_rejects_every_flipped_bit_and_truncation),
		cmocka_unit_test(open_rejects_another_place_and_another_key),
		cmocka_unit_test(short_buffers_and_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
