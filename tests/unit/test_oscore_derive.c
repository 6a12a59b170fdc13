/* SPDX-License-Identifier: Apache-2.0 */
/* Context derivation: RFC 8613 C.1 to C.3, the contexts of the profile's vectors, and refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"
#include "oscore/cose_object.h"

/* What a vector leaves out is null in its file. */
static bool optional_hex(const json_t *vector, const char *member, struct ace_slice *ret_bytes)
{
	const char *hex = json_string_value(json_object_get(vector, member));

	*ret_bytes = hex ? vectors_unhex(hex) : (struct ace_slice){ NULL, 0 };
	return hex != NULL;
}

static void assert_keys(const struct ace_oscore_ctx *ctx, const json_t *vector)
{
	struct ace_slice key = { ctx->sender_key, ace_alg_key_len(ctx->aead) };

	assert_slice_equal(key, vectors_hex(vector, "sender_key"));
	key.ptr = ctx->recipient_key;
	assert_slice_equal(key, vectors_hex(vector, "recipient_key"));
	assert_slice_equal((struct ace_slice){ ctx->common_iv, ace_alg_nonce_len(ctx->aead) },
			   vectors_hex(vector, "common_iv"));
	assert_true(ctx->sender_seq == 0 && ctx->window.known && !ctx->window.seen);
}

static void assert_nonce(const struct ace_oscore_ctx *ctx, const struct ace_oscore_id *id, struct ace_slice want)
{
	static const uint8_t zero[1] = { 0 };
	uint8_t nonce[ACE_AEAD_NONCE_MAX];

	ace_oscore_nonce_make(ctx, id, (struct ace_slice)ACE_SLICE_OF(zero), nonce);
	assert_slice_equal((struct ace_slice){ nonce, ace_alg_nonce_len(ctx->aead) }, want);
}

static void derive_matches_rfc8613_c1_to_c3(void **state)
{
	json_t *root = vectors_load("rfc8613-c-keys"), *vector;
	size_t i;

	(void)state;
	json_array_foreach(json_object_get(root, "cases"), i, vector) {
		struct ace_oscore_input in = {
			.master_secret = vectors_hex(vector, "master_secret"),
			.master_salt = vectors_hex(vector, "master_salt"),
			.sender_id = vectors_hex(vector, "sender_id"),
			.recipient_id = vectors_hex(vector, "recipient_id"),
		};
		struct ace_oscore_ctx ctx;

		in.has_id_context = optional_hex(vector, "id_context", &in.id_context);
		assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
		assert_keys(&ctx, vector);
		assert_nonce(&ctx, &ctx.sender_id, vectors_hex(vector, "sender_nonce"));
		assert_nonce(&ctx, &ctx.recipient_id, vectors_hex(vector, "recipient_nonce"));
	}
	assert_int_equal(i, 6);
	json_decref(root);
}

/* One role ("client" or "rs") of an entry of contexts. Returns whether algorithm and hash are ours. */
static bool derive_role(const json_t *entry, const char *role)
{
	json_t *keys = json_object_get(entry, role);
	struct ace_oscore_input in = {
		.master_secret = vectors_hex(entry, "ms"),
		.master_salt = vectors_hex(entry, "master_salt"),
		.sender_id = vectors_hex(keys, "sender_id"),
		.recipient_id = vectors_hex(keys, "recipient_id"),
		.aead = (int32_t)json_integer_value(json_object_get(entry, "alg")),
		.hkdf = (int32_t)json_integer_value(json_object_get(entry, "hkdf_value")),
	};
	struct ace_oscore_ctx ctx = { .sender_seq = 99 };

	in.has_id_context = optional_hex(entry, "context_id", &in.id_context);
	if (!ace_alg_is_known(in.aead) || strcmp(vectors_text(entry, "hkdf_hash"), "sha256") != 0) {
		assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_UNSUPPORTED);
		assert_true(ctx.sender_seq == 0);
		return false;
	}
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
	assert_keys(&ctx, keys);
	assert_nonce(&ctx, &ctx.sender_id, vectors_hex(keys, "nonce_sender_piv0"));
	assert_nonce(&ctx, &ctx.recipient_id, vectors_hex(keys, "nonce_recipient_piv0"));
	return true;
}

static void derive_matches_the_contexts_of_the_profile(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *entry;
	size_t i, derived = 0;

	(void)state;
	json_array_foreach(json_object_get(root, "contexts"), i, entry) {
		derived += derive_role(entry, "client");
		derived += derive_role(entry, "rs");
	}
	/* All but hkdf-sha512, alg-ccm-256 and alg-chacha20. */
	assert_int_equal(i, 17);
	assert_int_equal(derived, 2 * 14);
	json_decref(root);
}

static struct ace_oscore_input good(void)
{
	static const uint8_t one[1] = { 1 };

	return (struct ace_oscore_input){
		.master_secret = ACE_LITERAL("0123456789abcdef"),
		.sender_id = ACE_SLICE_OF(one),
	};
}

static void derive_takes_all_four_algorithms_and_both_names_of_the_hash(void **state)
{
	static const int32_t aeads[] = { 1, 10, 30, 31 };
	struct ace_oscore_input in = good();
	struct ace_oscore_ctx ctx, other;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(aeads); i++) {
		in.aead = aeads[i];
		assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
		assert_int_equal(ctx.aead, aeads[i]);
	}
	in.aead = 10;
	in.hkdf = ACE_ALG_HMAC_256;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
	in.hkdf = ACE_ALG_DIRECT_HKDF_SHA_256;
	assert_int_equal(ace_oscore_derive(&in, &other), ACE_OK);
	assert_memory_equal(ctx.sender_key, other.sender_key, 16);
}

/* RFC 8613 3.2.1: id_context is a bstr or nil, so an empty one gives other keys than none. */
static void derive_tells_an_empty_id_context_from_none(void **state)
{
	struct ace_oscore_input in = good();
	struct ace_oscore_ctx with, without;

	(void)state;
	assert_int_equal(ace_oscore_derive(&in, &without), ACE_OK);
	in.has_id_context = true;
	assert_int_equal(ace_oscore_derive(&in, &with), ACE_OK);
	assert_memory_not_equal(with.sender_key, without.sender_key, 16);
	assert_true(with.has_id_context && !with.id_context_len && !without.has_id_context);
}

/* RFC 8613 3.3: "The maximum length of Sender ID in bytes equals the length of the AEAD nonce minus 6". */
static void derive_refuses_ids_that_are_too_long_or_equal(void **state)
{
	static const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct ace_oscore_input in = good();
	struct ace_oscore_ctx ctx;

	(void)state;
	in.sender_id = (struct ace_slice){ bytes, 8 };
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_RANGE);
	in.sender_id.len = 7;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
	in.aead = ACE_ALG_A128GCM;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_RANGE);
	in.sender_id.len = 6;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
	in.recipient_id = in.sender_id;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_CNF);
	in.sender_id.len = in.recipient_id.len = 0;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_CNF);
	in = good();
	in.recipient_id = (struct ace_slice){ bytes, 8 };
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_RANGE);
}

static void derive_refuses_an_empty_secret_and_long_id_contexts(void **state)
{
	static const uint8_t bytes[ACE_OSCORE_ID_CONTEXT_MAX + 1] = { 1 };
	struct ace_oscore_input in = good();
	struct ace_oscore_ctx ctx;

	(void)state;
	in.id_context = (struct ace_slice)ACE_SLICE_OF(bytes);
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK); /* not looked at */
	in.has_id_context = true;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_RANGE);
	in = good();
	in.master_secret.len = 0;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_RANGE);
	in = good();
	in.hkdf = 7;
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_UNSUPPORTED);
}

static void derive_leaves_nothing_when_the_port_fails_at_any_call(void **state)
{
	struct ace_oscore_input in = good();
	static const struct ace_oscore_ctx empty;
	struct ace_oscore_ctx ctx;
	unsigned int calls;

	(void)state;
	port_fake_fail_call(0);
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
	calls = port_fake_calls();
	assert_int_equal(calls, 4); /* one extract, three expands */
	for (unsigned int n = 1; n <= calls; n++) {
		memset(&ctx, 0x5a, sizeof ctx);
		port_fake_fail_call(n);
		assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_ERR_CRYPTO);
		assert_memory_equal(&ctx, &empty, sizeof ctx);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, port_fake_reset, vectors_free_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(derive_matches_rfc8613_c1_to_c3),
		TEST(derive_matches_the_contexts_of_the_profile),
		TEST(derive_takes_all_four_algorithms_and_both_names_of_the_hash),
		TEST(derive_tells_an_empty_id_context_from_none),
		TEST(derive_refuses_ids_that_are_too_long_or_equal),
		TEST(derive_refuses_an_empty_secret_and_long_id_contexts),
		TEST(derive_leaves_nothing_when_the_port_fails_at_any_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
