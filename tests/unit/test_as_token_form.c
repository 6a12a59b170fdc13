/* SPDX-License-Identifier: Apache-2.0 */
/* Every form of token that a model may ask for, with every algorithm, made by as_mint() and taken apart by libraries that
 * share nothing with it: libcbor and Mbed TLS. And what is said beforehand about a token's length is its length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cbor.h>
#include <cmocka.h>
#include <mbedtls/ccm.h>
#include <mbedtls/gcm.h>

#include "as/mint.h"
#include "as_fixture.h"
#include "policy/token_form.h"

static struct as_fixture fx;
static struct as_minted minted;
static struct policy_decision decision;
static const struct as_device *device;
static const uint8_t key[32] = "a token key of thirty-two bytes";

static const struct alg {
	int32_t alg;
	size_t key_len, nonce_len, tag_len;
} algs[] = { { 10, 16, 13, 8 }, { 30, 16, 13, 16 }, { 31, 32, 13, 16 }, { 1, 16, 12, 16 } };

static const char *const layouts[] = { "protected", "rfc8392", "bare" };

/* A setting of the model, and what it does to a token. */
static const struct form {
	const char *token;  /* beside the layout */
	const char *beside; /* "token" */
	bool no_salt, no_iss, no_sub, no_iat, is_text, has_exi;
	size_t id_len; /* 0: shortest */
} forms[] = {
	{ .token = "", .beside = "" },
	{ .token = ", \"salt\": false", .beside = "", .no_salt = true },
	{ .token = ", \"salt\": true, \"id_bytes\": 6", .beside = "", .id_len = 6 },
	{ .token = ", \"id_bytes\": 7", .beside = "", .id_len = 7 },
	{ .token = ", \"id_bytes\": 8", .beside = ", \"clock\": \"none\"", .id_len = 8, .has_exi = true },
	{ .token = ", \"omit\": [\"iss\"]", .beside = ", \"scope_format\": \"text\"", .no_iss = true, .is_text = true },
	{ .token = ", \"omit\": [\"sub\"]", .beside = "", .no_sub = true },
	{ .token = ", \"omit\": [\"iat\"]", .beside = ", \"clock\": \"none\"", .no_iat = true, .has_exi = true },
	{ .token = ", \"omit\": [\"iat\", \"iss\", \"sub\"], \"salt\": false", .beside = ", \"scope_format\": \"text\"",
	  .no_salt = true, .no_iss = true, .no_sub = true, .no_iat = true, .is_text = true },
};

static int setup(void **state)
{
	(void)state;
	return as_fixture_open(&fx, "");
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

static void apply_form(const struct form *form, const char *layout)
{
	char settings[256];

	snprintf(settings, sizeof settings, "%s, \"token\": { \"layout\": \"%s\"%s }", form->beside, layout, form->token);
	as_fixture_apply(fx.as.store, settings);
}

static void mint_with(const struct alg *alg)
{
	struct ace_scope scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read set") };
	struct as_device *changed;

	as_fixture_begin(&fx, "anna");
	assert_int_equal(as_device_find(&fx.as, fx.as.batch->read, (struct ace_slice)ACE_LITERAL("d-clock"), &device), ACE_OK);
	changed = (struct as_device *)(uintptr_t)device;
	changed->described[0].alg = alg->alg;
	changed->keys[0].len = (uint8_t)alg->key_len;
	memcpy(changed->keys[0].bytes, key, alg->key_len);
	policy_decide(fx.as.policy, &(struct policy_query){ .client = { .id = "anna", .enabled = true },
		.device = { .id = "d-clock", .enabled = true }, .model = device->model, .scope = scope,
		.now = fx.as.batch->now }, &decision);
	assert_int_equal(decision.outcome, POLICY_ALLOW);
	assert_int_equal(as_mint(&fx.as, &(struct as_mint_input){ .client_id = "anna", .device = device,
								  .decision = &decision }, &minted), ACE_OK);
}

/* Nothing of it is kept: a commit each would take most of the time. */
static void forget(void)
{
	as_minted_fini(&minted);
	store_abort(fx.as.batch->read);
	if (fx.as.batch->write)
		store_abort(fx.as.batch->write);
}

/* --- taken apart by libcbor: references are given back at once, the tree lives until its root goes --- */

static cbor_item_t *load(const uint8_t *bytes, size_t len)
{
	struct cbor_load_result result;
	cbor_item_t *item = cbor_load(bytes, len, &result);

	assert_non_null(item);
	assert_int_equal(result.read, len);
	return item;
}

/* What stands before the array in each layout. libcbor 0.8 does not know tag 16 in its short form. */
static cbor_item_t *load_untagged(size_t layout)
{
	static const uint8_t tags[] = { 0xd8, 61, 0xc0 | 16 };
	static const size_t from[] = { 0, 2, 3 };
	size_t len = sizeof tags - from[layout];

	assert_memory_equal(minted.token, tags + from[layout], len);
	return load(minted.token + len, minted.len - len);
}

static cbor_item_t *at(cbor_item_t *array, size_t index)
{
	return cbor_move(cbor_array_get(array, index));
}

/* The member of a map with small integer keys; NULL: not there. */
static cbor_item_t *member(cbor_item_t *map, uint64_t label)
{
	for (size_t i = 0; i < cbor_map_size(map); i++)
		if (cbor_isa_uint(cbor_map_handle(map)[i].key) && cbor_get_int(cbor_map_handle(map)[i].key) == label)
			return cbor_map_handle(map)[i].value;
	return NULL;
}

static void assert_bytes(cbor_item_t *item, const void *bytes, size_t len)
{
	assert_non_null(item);
	assert_true(cbor_isa_bytestring(item));
	assert_int_equal(cbor_bytestring_length(item), len);
	assert_memory_equal(cbor_bytestring_handle(item), bytes, len);
}

static void assert_text(cbor_item_t *item, const char *text)
{
	assert_non_null(item);
	assert_true(cbor_isa_string(item));
	assert_int_equal(cbor_string_length(item), strlen(text));
	assert_memory_equal(cbor_string_handle(item), text, strlen(text));
}

static void assert_number(cbor_item_t *item, uint64_t number)
{
	assert_non_null(item);
	assert_true(cbor_isa_uint(item));
	assert_int_equal(cbor_get_int(item), number);
}

/* Decrypt the third item under the second's or the first's headers, with Mbed TLS. */
static cbor_item_t *decrypt(cbor_item_t *envelope, const uint8_t *iv, const struct alg *alg)
{
	cbor_item_t *bucket = at(envelope, 0), *sealed = at(envelope, 2);
	uint8_t aad[128] = { 0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0' }, plain[1024];
	size_t len = cbor_bytestring_length(sealed) - alg->tag_len, aad_len = 10;
	const uint8_t *bytes = cbor_bytestring_handle(sealed);
	mbedtls_ccm_context ccm;
	mbedtls_gcm_context gcm;

	aad_len += cbor_encode_bytestring_start(cbor_bytestring_length(bucket), aad + aad_len, sizeof aad - aad_len);
	memcpy(aad + aad_len, cbor_bytestring_handle(bucket), cbor_bytestring_length(bucket));
	aad_len += cbor_bytestring_length(bucket);
	aad[aad_len++] = 0x40;
	if (alg->alg == 1) {
		mbedtls_gcm_init(&gcm);
		assert_int_equal(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 128), 0);
		assert_int_equal(mbedtls_gcm_auth_decrypt(&gcm, len, iv, alg->nonce_len, aad, aad_len, bytes + len,
							  alg->tag_len, bytes, plain), 0);
		mbedtls_gcm_free(&gcm);
	} else {
		mbedtls_ccm_init(&ccm);
		assert_int_equal(mbedtls_ccm_setkey(&ccm, MBEDTLS_CIPHER_ID_AES, key, (unsigned int)alg->key_len * 8), 0);
		assert_int_equal(mbedtls_ccm_auth_decrypt(&ccm, len, iv, alg->nonce_len, aad, aad_len, bytes, plain,
							  bytes + len, alg->tag_len), 0);
		mbedtls_ccm_free(&ccm);
	}
	return load(plain, len);
}

static cbor_item_t *open_token(size_t layout, const struct alg *alg)
{
	cbor_item_t *envelope = load_untagged(layout), *bucket, *kid_and_iv, *claims;

	assert_true(cbor_isa_array(envelope));
	assert_int_equal(cbor_array_size(envelope), 3);
	bucket = load(cbor_bytestring_handle(at(envelope, 0)), cbor_bytestring_length(at(envelope, 0)));
	assert_int_equal(cbor_map_size(bucket), layout == 0 ? 3 : 1);
	assert_int_equal(cbor_map_size(at(envelope, 1)), layout == 0 ? 0 : 2);
	assert_number(member(bucket, 1), (uint64_t)alg->alg);
	kid_and_iv = layout == 0 ? bucket : at(envelope, 1);
	assert_bytes(member(kid_and_iv, 4), "\1", 1);
	assert_int_equal(cbor_bytestring_length(member(kid_and_iv, 5)), alg->nonce_len);
	claims = decrypt(envelope, cbor_bytestring_handle(member(kid_and_iv, 5)), alg);
	cbor_decref(&bucket);
	cbor_decref(&envelope);
	return claims;
}

static void check_material(cbor_item_t *cnf, const struct form *form)
{
	cbor_item_t *osc = member(cnf, 4);

	assert_int_equal(cbor_map_size(cnf), 1);
	assert_non_null(osc);
	assert_int_equal(cbor_map_size(osc), form->no_salt ? 2 : 3);
	assert_bytes(member(osc, 0), minted.id, form->id_len ? form->id_len : 6);
	assert_bytes(member(osc, 2), minted.ms, 16);
	if (!form->no_salt)
		assert_bytes(member(osc, 5), minted.salt, 8);
}

static void check_claims(cbor_item_t *claims, const struct form *form)
{
	uint64_t now = (uint64_t)(fx.now_ms / 1000);

	assert_int_equal(cbor_map_size(claims), 9 - form->no_iss - form->no_sub - form->no_iat);
	if (!form->no_iss)
		assert_text(member(claims, 1), "coap://as.example");
	if (!form->no_sub)
		assert_text(member(claims, 2), "anna");
	assert_text(member(claims, 3), AS_FIXTURE_ALIAS);
	if (!form->no_iat)
		assert_number(member(claims, 6), now);
	assert_number(member(claims, form->has_exi ? 40 : 4), form->has_exi ? 600 : now + 600);
	assert_int_equal(cbor_bytestring_length(member(claims, 7)), form->has_exi ? strlen(AS_FIXTURE_ALIAS) + 4 : 6);
	if (form->is_text)
		assert_text(member(claims, 9), "read set");
	else
		assert_bytes(member(claims, 9), "\x82\x82\x64/set\x05\x82\x65/temp\x01", 16);
	assert_number(member(claims, 38), 2);
	check_material(member(claims, 8), form);
}

static void assert_predicted(const struct alg *alg)
{
	size_t len;

	assert_int_equal(policy_token_len(&(struct policy_token_size){
		.token = { .model = decision.model, .issuer = "coap://as.example", .client = "anna", .audience = AS_FIXTURE_ALIAS,
			   .scope = policy_decision_scope(&decision), .now = fx.now_ms / 1000, .lifetime_s = 600 },
		.number_len = 6, .alg = alg->alg, .kid_len = 1 }, &len), ACE_OK);
	assert_int_equal(len, minted.len);
}

static void every_form_with_every_algorithm_is_what_others_read(void **state)
{
	cbor_item_t *claims;

	(void)state;
	for (size_t f = 0; f < ACE_ARRAY_LEN(forms); f++) {
		for (size_t layout = 0; layout < ACE_ARRAY_LEN(layouts); layout++) {
			apply_form(&forms[f], layouts[layout]);
			for (size_t a = 0; a < ACE_ARRAY_LEN(algs); a++) {
				mint_with(&algs[a]);
				claims = open_token(layout, &algs[a]);
				check_claims(claims, &forms[f]);
				cbor_decref(&claims);
				assert_predicted(&algs[a]);
				forget();
			}
		}
	}
}

static void a_length_that_cannot_be_is_not_predicted(void **state)
{
	char audience[130];
	struct policy_model model = { .has_clock = true };
	struct policy_token_size in = { .token = { .model = &model, .issuer = "i", .client = "c", .audience = "a" },
					.number_len = 8, .alg = 10, .kid_len = 16 };
	size_t len;

	(void)state;
	assert_int_equal(policy_token_len(&in, &len), ACE_OK);
	in.number_len = 9;
	assert_int_equal(policy_token_len(&in, &len), ACE_ERR_RANGE);
	in.number_len = 8;
	in.kid_len = 17;
	assert_int_equal(policy_token_len(&in, &len), ACE_ERR_RANGE);
	in.kid_len = 1;
	in.alg = 24;
	assert_int_equal(policy_token_len(&in, &len), ACE_ERR_UNSUPPORTED);
	in.alg = 10;
	memset(audience, 'a', sizeof audience);
	audience[129] = '\0';
	in.token.audience = audience;
	assert_int_equal(policy_token_len(&in, &len), ACE_ERR_RANGE);
	audience[128] = '\0';
	assert_int_equal(policy_token_len(&in, &len), ACE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_form_with_every_algorithm_is_what_others_read, setup, teardown),
		cmocka_unit_test(a_length_that_cannot_be_is_not_predicted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
