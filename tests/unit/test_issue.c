/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the profile's vectors, byte for byte in both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ace_issue.h"
#include "vectors.h"

static json_t *vectors;

static int load(void **state)
{
	(void)state;
	vectors = vectors_load("ace-oscore-profile");
	return 0;
}

static int unload(void **state)
{
	json_decref(vectors);
	return vectors_free_all(state);
}

/* Claims and keys of a token in the vectors; what the struct points to lives until the end of the tests. */
static struct ace_issue_input input_of(const json_t *token, struct ace_claims *ret_claims)
{
	const char *form = vectors_text(token, "form");
	enum ace_err osc_err;

	assert_int_equal(ace_claims_read(vectors_hex(token, "claims"), ret_claims, &osc_err), ACE_OK);
	assert_int_equal(osc_err, ACE_OK);
	return (struct ace_issue_input){
		.claims = ret_claims,
		.layout = strcmp(form, "bare") == 0    ? ACE_COSE_BARE
			  : strcmp(form, "tag16") == 0 ? ACE_COSE_RFC8392
						       : ACE_COSE_PROTECTED,
		.alg = (int32_t)json_integer_value(json_object_get(token, "cose_alg")),
		.key = { .bytes = vectors_hex(token, "key") },
		.kid = vectors_hex(token, "kid"),
		.iv = vectors_hex(token, "iv"),
	};
}

static void every_token_is_issued_byte_for_byte(void **state)
{
	uint8_t bytes[512];
	const char *name;
	json_t *token;
	size_t seen = 0;

	(void)state;
	json_object_foreach(json_object_get(vectors, "tokens"), name, token) {
		struct ace_slice want = vectors_hex(token, "cwt");
		struct ace_claims claims;
		struct ace_issue_input in = input_of(token, &claims);
		struct ace_buf out = { bytes, sizeof(bytes), 3 };
		size_t len;

		assert_int_equal(ace_issue_len(&in, &len), ACE_OK);
		assert_int_equal(len, want.len);
		assert_int_equal(ace_issue_token(&in, &out), ACE_OK);
		assert_slice_equal((struct ace_slice){ bytes + 3, out.len - 3 }, want);
		seen++;
	}
	assert_int_equal(seen, 7);
}

static void every_token_is_opened_by_its_issuer(void **state)
{
	uint8_t bytes[512];
	const char *name;
	json_t *token;

	(void)state;
	json_object_foreach(json_object_get(vectors, "tokens"), name, token) {
		struct ace_key key = { .bytes = vectors_hex(token, "key") };
		struct ace_buf plaintext = ACE_BUF_OF(bytes);
		struct ace_claims claims;

		assert_int_equal(ace_issue_open(vectors_hex(token, "cwt"), key, &plaintext, &claims), ACE_OK);
		assert_slice_equal(ace_buf_slice(&plaintext), vectors_hex(token, "claims"));
		assert_slice_equal(claims.aud, ACE_LITERAL("sensor-17"));
	}
}

static void no_truncated_token_and_none_with_a_flipped_bit_is_opened(void **state)
{
	json_t *token = json_object_get(json_object_get(vectors, "tokens"), "T1");
	struct ace_slice cwt = vectors_hex(token, "cwt");
	struct ace_key key = { .bytes = vectors_hex(token, "key") };
	uint8_t bytes[512], changed[512];
	struct ace_claims claims;

	(void)state;
	memcpy(changed, cwt.ptr, cwt.len);
	for (size_t len = 0; len < cwt.len; len++) {
		struct ace_buf plaintext = ACE_BUF_OF(bytes);

		assert_int_not_equal(ace_issue_open((struct ace_slice){ changed, len }, key, &plaintext, &claims), ACE_OK);
	}
	for (size_t bit = 0; bit < 8 * cwt.len; bit++) {
		struct ace_buf plaintext = ACE_BUF_OF(bytes);

		changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(ace_issue_open((struct ace_slice){ changed, cwt.len }, key, &plaintext, &claims),
				     ACE_OK);
		changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void short_buffer_is_refused_and_keeps_no_secret(void **state)
{
	json_t *token = json_object_get(json_object_get(vectors, "tokens"), "T1");
	struct ace_claims claims;
	struct ace_issue_input in = input_of(token, &claims);
	uint8_t bytes[512];
	size_t len;

	(void)state;
	assert_int_equal(ace_issue_len(&in, &len), ACE_OK);
	for (size_t cap = 0; cap < len; cap++) {
		struct ace_buf out = { bytes, cap, 0 };

		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(ace_issue_token(&in, &out), ACE_ERR_SPACE);
		assert_int_equal(out.len, 0);
		assert_null(memmem(bytes, sizeof(bytes), claims.osc.ms.ptr, claims.osc.ms.len));
	}
}

static void claims_are_wiped_when_sealing_fails(void **state)
{
	json_t *token = json_object_get(json_object_get(vectors, "tokens"), "T1");
	struct ace_claims claims;
	struct ace_issue_input in = input_of(token, &claims);
	uint8_t bytes[512] = { 0 };
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	in.key.bytes.len = 5; /* the port refuses it, after the claims were written */
	assert_int_equal(ace_issue_token(&in, &out), ACE_ERR_USAGE);
	assert_int_equal(out.len, 0);
	assert_null(memmem(bytes, sizeof(bytes), claims.osc.ms.ptr, claims.osc.ms.len));
	in.iv.len--;
	assert_int_equal(ace_issue_token(&in, &out), ACE_ERR_RANGE);
	in.alg = 24;
	assert_int_equal(ace_issue_token(&in, &out), ACE_ERR_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_token_is_issued_byte_for_byte),
		cmocka_unit_test(every_token_is_opened_by_its_issuer),
		cmocka_unit_test(no_truncated_token_and_none_with_a_flipped_bit_is_opened),
		cmocka_unit_test(short_buffer_is_refused_and_keeps_no_secret),
		cmocka_unit_test(claims_are_wiped_when_sealing_fails),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
