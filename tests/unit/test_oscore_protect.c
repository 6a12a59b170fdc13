/* SPDX-License-Identifier: Apache-2.0 */
/* Protecting: the vectors of RFC 8613 C.4 to C.8, the classes of options, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"

/* A context with just the keys that a vector names. */
static void context_of_vector(const json_t *vector, struct ace_oscore_ctx *ret_ctx)
{
	struct ace_slice id = vectors_hex(vector, "sender_id"), key = vectors_hex(vector, "sender_key");
	struct ace_slice iv = vectors_hex(vector, "common_iv");
	const char *id_context = json_string_value(json_object_get(vector, "id_context"));

	*ret_ctx = (struct ace_oscore_ctx){ .aead = ACE_ALG_CCM_16_64_128, .has_id_context = id_context != NULL };
	ret_ctx->sender_id.len = (uint8_t)id.len;
	memcpy(ret_ctx->sender_id.bytes, id.ptr, id.len);
	memcpy(ret_ctx->sender_key, key.ptr, key.len);
	memcpy(ret_ctx->common_iv, iv.ptr, iv.len);
	if (id_context) {
		struct ace_slice bytes = vectors_unhex(id_context);

		ret_ctx->id_context_len = (uint8_t)bytes.len;
		memcpy(ret_ctx->id_context, bytes.ptr, bytes.len);
	}
}

static void exchange_of_vector(const json_t *vector, struct ace_oscore_exchange *ret_exchange)
{
	struct ace_slice kid = vectors_hex(vector, "request_kid"), piv = vectors_hex(vector, "request_piv");

	*ret_exchange = (struct ace_oscore_exchange){ .piv_len = (uint8_t)piv.len, .kid.len = (uint8_t)kid.len };
	memcpy(ret_exchange->piv, piv.ptr, piv.len);
	memcpy(ret_exchange->kid.bytes, kid.ptr, kid.len);
}

static void requests_match_rfc8613_c4_to_c6(void **state)
{
	static const char *const names[] = { "RFC8613 C.4", "RFC8613 C.5", "RFC8613 C.6" };
	json_t *root = vectors_load("rfc8613-c-messages");

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		json_t *vector = vectors_named(json_object_get(root, "cases"), names[i]);
		struct ace_oscore_ctx ctx;
		struct ace_oscore_exchange exchange;
		struct oscore_message protected;

		context_of_vector(vector, &ctx);
		oscore_request_make(&ctx, (uint64_t)json_integer_value(json_object_get(vector, "sender_seq")),
				    vectors_text(vector, "unprotected"), &protected, &exchange);
		assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(vector, "protected"));
		assert_slice_equal((struct ace_slice){ exchange.kid.bytes, exchange.kid.len },
				   vectors_hex(vector, "sender_id"));
	}
	json_decref(root);
}

static void responses_match_rfc8613_c7_and_c8(void **state)
{
	json_t *root = vectors_load("rfc8613-c-messages");
	json_t *cases = json_object_get(root, "cases");
	json_t *own_nonce = vectors_named(cases, "RFC8613 C.8"), *request_nonce = vectors_named(cases, "RFC8613 C.7");
	struct ace_oscore_ctx ctx;
	struct ace_oscore_exchange exchange;
	struct oscore_message protected;
	uint64_t seq = 0;

	(void)state;
	context_of_vector(request_nonce, &ctx);
	exchange_of_vector(request_nonce, &exchange);
	oscore_response_make(&ctx, &exchange, NULL, vectors_text(request_nonce, "unprotected"), &protected);
	assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(request_nonce, "protected"));
	assert_true(exchange.nonce_spent);

	oscore_response_make(&ctx, &exchange, &seq, vectors_text(own_nonce, "unprotected"), &protected);
	assert_slice_equal(ace_buf_slice(&protected.buf), vectors_hex(own_nonce, "protected"));
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_match_rfc8613_c4_to_c6, port_fake_reset, vectors_free_all),
		cmocka_unit_test_setup_teardown(responses_match_rfc8613_c7_and_c8, port_fake_reset, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
