/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that stay in the key store: what a device's token key is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <psa/crypto.h>

#include "ace_port.h"
#include "ace_registry.h"

#define TEXT "a short message"

static const uint8_t key_bytes[16] = { 7 }, nonce[13] = { 2 };

static psa_key_id_t stored(psa_key_usage_t usage, psa_algorithm_t alg, psa_key_id_t id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t ret_id = 0;

	psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
	psa_set_key_usage_flags(&attributes, usage);
	psa_set_key_algorithm(&attributes, alg);
	if (id)
		psa_set_key_id(&attributes, id);
	assert_int_equal(psa_import_key(&attributes, key_bytes, sizeof key_bytes, &ret_id), PSA_SUCCESS);
	return ret_id;
}

static struct ace_aead_input input(struct ace_key key, struct ace_slice text)
{
	return (struct ace_aead_input){ ACE_ALG_CCM_16_64_128, key, ACE_SLICE_OF(nonce), ACE_LITERAL("aad"), text };
}

/* What the AS would send: sealed under the bytes. */
static struct ace_slice sealed(struct ace_buf *out)
{
	struct ace_aead_input in = input((struct ace_key){ ACE_SLICE_OF(key_bytes), 0 }, ACE_LITERAL(TEXT));

	assert_int_equal(ace_port_aead_seal(&in, out), ACE_OK);
	return ace_buf_slice(out);
}

static enum ace_err open_with(psa_key_id_t id, int32_t alg)
{
	uint8_t bytes[64], plain[64];
	struct ace_buf cipher = ACE_BUF_OF(bytes), out = ACE_BUF_OF(plain);
	struct ace_aead_input in = input((struct ace_key){ .port_id = id }, sealed(&cipher));
	enum ace_err err;

	in.alg = alg;
	err = ace_port_aead_open(&in, &out);
	if (!err) {
		assert_int_equal(out.len, sizeof TEXT - 1);
		assert_memory_equal(plain, TEXT, sizeof TEXT - 1);
	}
	return err;
}

#define CCM_8 PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 8)

static void a_stored_key_opens_and_never_leaves_the_store(void **state)
{
	psa_key_id_t id = stored(PSA_KEY_USAGE_DECRYPT, CCM_8, 0);
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_aead_input in = input((struct ace_key){ .port_id = id }, ACE_LITERAL(TEXT));
	size_t len;

	(void)state;
	assert_int_equal(open_with(id, ACE_ALG_CCM_16_64_128), ACE_OK);
	assert_int_equal(open_with(id, ACE_ALG_CCM_16_64_128), ACE_OK); /* it was not taken away */
	assert_int_equal(psa_export_key(id, bytes, sizeof bytes, &len), PSA_ERROR_NOT_PERMITTED);
	assert_int_equal(ace_port_aead_seal(&in, &out), ACE_ERR_USAGE); /* its policy says so */
	assert_int_equal(out.len, 0);
	assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

static void a_stored_key_that_does_not_fit_is_a_usage_error(void **state)
{
	psa_key_id_t id = stored(PSA_KEY_USAGE_DECRYPT, CCM_8, 0), other = stored(PSA_KEY_USAGE_DECRYPT, PSA_ALG_GCM, 0);

	(void)state;
	assert_int_equal(open_with(id, ACE_ALG_CCM_16_128_256), ACE_ERR_USAGE); /* of another length */
	assert_int_equal(open_with(id, ACE_ALG_CCM_16_128_128), ACE_ERR_USAGE); /* for another tag */
	assert_int_equal(open_with(other, ACE_ALG_CCM_16_64_128), ACE_ERR_USAGE); /* for another algorithm */
	assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
	assert_int_equal(psa_destroy_key(other), PSA_SUCCESS);
	assert_int_equal(open_with(id, ACE_ALG_CCM_16_64_128), ACE_ERR_USAGE); /* not there */
}

static void a_wrong_tag_is_told_from_a_key_that_does_not_fit(void **state)
{
	psa_key_id_t id = stored(PSA_KEY_USAGE_DECRYPT, CCM_8, 0);
	uint8_t bytes[64], plain[64];
	struct ace_buf cipher = ACE_BUF_OF(bytes), out = ACE_BUF_OF(plain);
	struct ace_aead_input in = input((struct ace_key){ .port_id = id }, sealed(&cipher));

	(void)state;
	bytes[0] ^= 1;
	assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_TAG);
	assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
}

/* As firmware has it: provisioned once, found again by its number after a restart. */
static void a_persistent_key_is_found_after_a_restart(void **state)
{
	char folder[] = "/tmp/test_port_psa.XXXXXX", here[4096];
	psa_key_id_t id = 0xace1;

	(void)state;
	assert_non_null(getcwd(here, sizeof here));
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0); /* Mbed TLS keeps keys in the current folder */
	assert_int_equal(stored(PSA_KEY_USAGE_DECRYPT, CCM_8, id), id);
	mbedtls_psa_crypto_free();
	assert_int_equal(open_with(id, ACE_ALG_CCM_16_64_128), ACE_OK);
	assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
	assert_int_equal(chdir(here), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* The library has 32 slots: a key that was left behind would fill them up. */
static void no_key_is_left_behind(void **state)
{
	static const uint8_t wrong[64];
	uint8_t plain[64], mac[ACE_SHA256_LEN];
	struct ace_buf out = ACE_BUF_OF(plain);
	struct ace_aead_input in = input((struct ace_key){ ACE_SLICE_OF(key_bytes), 0 }, ACE_SLICE_OF(wrong));

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(ace_port_aead_open(&in, &out), ACE_ERR_TAG);
		assert_int_equal(ace_port_hmac_sha256(ACE_LITERAL("k"), ACE_LITERAL("m"), mac), ACE_OK);
	}
}

static int start(void **state)
{
	(void)state;
	return psa_crypto_init() != PSA_SUCCESS;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stored_key_opens_and_never_leaves_the_store),
		cmocka_unit_test(a_stored_key_that_does_not_fit_is_a_usage_error),
		cmocka_unit_test(a_wrong_tag_is_told_from_a_key_that_does_not_fit),
		cmocka_unit_test(a_persistent_key_is_found_after_a_restart),
		cmocka_unit_test(no_key_is_left_behind),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
