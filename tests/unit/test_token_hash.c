/* SPDX-License-Identifier: Apache-2.0 */
/* Token hashes of the profile's vectors, among them the example token of RFC 9770. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ace_issue.h"
#include "vectors.h"

static void hash_equals_every_vector(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *list = json_object_get(root, "token_hash"), *item;
	uint8_t text[1024], hash[ACE_TOKEN_HASH_LEN];
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(list), 9);
	json_array_foreach(list, i, item) {
		struct ace_slice token = vectors_hex(item, "token_info");
		const char *want = vectors_text(item, "hash_input_text");

		assert_int_equal(ace_token_hash(token, ACE_BUF_OF(text), hash), ACE_OK);
		assert_slice_equal(ACE_SLICE_OF(hash), vectors_hex(item, "token_hash"));
		assert_memory_equal(text, want, ACE_TOKEN_HASH_SCRATCH(token.len));
		assert_int_equal(want[ACE_TOKEN_HASH_SCRATCH(token.len)], 0);
	}
	json_decref(root);
}

static void text_uses_the_whole_url_alphabet_without_padding(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct ace_slice bytes = vectors_unhex("00108310518720928b30d38f41149351559761969b71d79f8218a39259a7a29aab"
					       "b2dbafc31cb3d35db7e39ebbf3dfbf");
	uint8_t text[64], hash[ACE_TOKEN_HASH_LEN];

	(void)state;
	assert_int_equal(ace_token_hash(bytes, ACE_BUF_OF(text), hash), ACE_OK);
	assert_memory_equal(text, alphabet, 64);
	assert_int_equal(ace_token_hash(ACE_LITERAL("f"), ACE_BUF_OF(text), hash), ACE_OK);
	assert_memory_equal(text, "ZgC", 3); /* the third character is left from before */
	assert_int_equal(ace_token_hash(ACE_LITERAL("fo"), ACE_BUF_OF(text), hash), ACE_OK);
	assert_memory_equal(text, "Zm8D", 4);
}

static void every_scratch_that_is_too_small_is_refused(void **state)
{
	uint8_t text[16] = { 0 }, hash[ACE_TOKEN_HASH_LEN] = { 0 };

	(void)state;
	for (size_t len = 0; len <= 10; len++) {
		struct ace_slice token = { (const uint8_t *)"0123456789", len };

		for (size_t cap = 0; cap < ACE_TOKEN_HASH_SCRATCH(len); cap++) {
			assert_int_equal(ace_token_hash(token, (struct ace_buf){ text, cap, 0 }, hash), ACE_ERR_SPACE);
			assert_int_equal(hash[0], 0);
		}
		assert_int_equal(ace_token_hash(token, (struct ace_buf){ text, ACE_TOKEN_HASH_SCRATCH(len), 0 }, hash),
				 ACE_OK);
		hash[0] = 0;
	}
	assert_int_equal(ace_token_hash((struct ace_slice){ text, SIZE_MAX }, ACE_BUF_OF(text), hash), ACE_ERR_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_equals_every_vector),
		cmocka_unit_test(text_uses_the_whole_url_alphabet_without_padding),
		cmocka_unit_test(every_scratch_that_is_too_small_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
