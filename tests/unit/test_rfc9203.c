/* SPDX-License-Identifier: Apache-2.0 */
/* Every figure of RFC 9203 that is bytes: requests (2, 3), responses (4, 7), claims (5, 6, 8), the salt (13) and what
 * is derived from it. Figure 6 is printed in hex; the others are in diagnostic notation and encoded here as printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ace_oscore.h"
#include "client/token_request.h"
#include "vectors.h"

#define MS "f9af838368e353e78888e1426bd94e6f"
#define TOKEN "498343a1010aa2044c53" /* what is printed of it */
#define LIVING_ROOM "7674656d7053656e736f72496e4c6976696e67526f6f6d"
#define CNF_OSC "08a104a20041010250" MS

static json_t *salts;

static int load(void **state)
{
	(void)state;
	salts = vectors_load("rfc9203-salt");
	return 0;
}

static int unload(void **state)
{
	json_decref(salts);
	return vectors_free_all(state);
}

static void assert_query(const struct client_token_query *query, const char *hex)
{
	uint8_t bytes[128];
	struct ace_cbor_writer w;
	struct ace_slice written;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_token_query_write(&w, query);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	assert_slice_equal(written, vectors_unhex(hex));
}

/* Ours are deterministic, so that req_cnf comes before audience. */
static void figures_2_and_3_are_asked_like_this(void **state)
{
	(void)state;
	assert_query(&(struct client_token_query){ .audience = ACE_LITERAL("tempSensor4711"),
						   .scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") } },
		     "a2056e74656d7053656e736f7234373131096472656164");
	assert_query(&(struct client_token_query){ .audience = ACE_LITERAL("tempSensor4711"),
						   .scope = { ACE_SCOPE_TEXT, ACE_LITERAL("write") },
						   .kid = vectors_unhex("01") },
		     "a304a1034101056e74656d7053656e736f723437313109657772697465");
}

static void figure_4_is_a_grant(void **state)
{
	struct ace_slice response = vectors_unhex("a401" TOKEN "18260202190e10" CNF_OSC);
	struct client_grant grant;

	(void)state;
	assert_int_equal(client_grant_read(response, false, &grant), ACE_OK);
	assert_slice_equal(grant.token, vectors_unhex("8343a1010aa2044c53"));
	assert_true(grant.has_profile);
	assert_int_equal(grant.expires_in_s, 3600);
	assert_slice_equal(grant.osc.id, vectors_unhex("01"));
	assert_slice_equal(grant.osc.ms, vectors_unhex(MS));
	assert_false(grant.osc.has_salt || grant.osc.has_context_id);
	for (size_t len = 0; len < response.len; len++)
		assert_int_not_equal(client_grant_read((struct ace_slice){ response.ptr, len }, false, &grant), ACE_OK);
}

/* RFC 9203 3.2: in the answer to an update the AS "MUST omit the cnf parameter". */
static void figure_7_is_the_answer_to_an_update(void **state)
{
	struct client_grant grant;

	(void)state;
	assert_int_equal(client_grant_read(vectors_unhex("a301" TOKEN "18260202190e10"), true, &grant), ACE_OK);
	assert_int_equal(grant.expires_in_s, 3600);
	assert_null(grant.osc.ms.ptr);
	assert_int_not_equal(client_grant_read(vectors_unhex("a301" TOKEN "18260202190e10"), false, &grant), ACE_OK);
	assert_int_not_equal(client_grant_read(vectors_unhex("a401" TOKEN "18260202190e10" CNF_OSC), true, &grant), ACE_OK);
}

static void figure_6_is_read_in_the_order_in_which_it_is_printed(void **state)
{
	struct ace_slice printed = vectors_unhex("a503" LIVING_ROOM "061a5112d728041a51145dc8"
						 "09781874656d70657261747572655f67206669726d776172655f70" CNF_OSC);
	struct ace_claims claims;
	enum ace_err osc_err;

	(void)state;
	assert_int_equal(ace_claims_read(printed, &claims, &osc_err), ACE_OK);
	assert_int_equal(osc_err, ACE_OK);
	assert_slice_equal(claims.aud, ACE_LITERAL("tempSensorInLivingRoom"));
	assert_int_equal(claims.iat, 1360189224);
	assert_int_equal(claims.exp, 1360289224);
	assert_int_equal(claims.scope.kind, ACE_SCOPE_TEXT);
	assert_slice_equal(claims.scope.bytes, ACE_LITERAL("temperature_g firmware_p"));
	assert_int_equal(claims.cnf, ACE_CNF_IS_OSC);
	assert_slice_equal(claims.osc.id, vectors_unhex("01"));
	assert_slice_equal(claims.osc.ms, vectors_unhex(MS));
	for (size_t len = 0; len < printed.len; len++)
		assert_int_not_equal(ace_claims_read((struct ace_slice){ printed.ptr, len }, &claims, &osc_err), ACE_OK);
}

static void figure_8_names_the_input_material_by_its_id(void **state)
{
	struct ace_claims claims;
	enum ace_err osc_err;

	(void)state;
	assert_int_equal(ace_claims_read(vectors_unhex("a503" LIVING_ROOM "061a5112d728041a51145dc8"
						       "096d74656d70657261747572655f68" "08a1034101"),
					 &claims, &osc_err), ACE_OK);
	assert_slice_equal(claims.scope.bytes, ACE_LITERAL("temperature_h"));
	assert_int_equal(claims.cnf, ACE_CNF_IS_KID);
	assert_slice_equal(claims.kid, vectors_unhex("01"));
}

/* The context of a case, from the client's point of view. */
static void assert_context(const json_t *c, struct ace_slice master_salt)
{
	bool has_id_context = json_is_string(json_object_get(c, "context_id"));
	struct ace_oscore_input in = {
		.master_secret = vectors_hex(c, "master_secret"), .master_salt = master_salt,
		.sender_id = vectors_hex(c, "sender_id"), .recipient_id = vectors_hex(c, "recipient_id"),
		.has_id_context = has_id_context };
	struct ace_oscore_ctx ctx;

	if (has_id_context)
		in.id_context = vectors_hex(c, "context_id");
	assert_int_equal(ace_oscore_derive(&in, &ctx), ACE_OK);
	assert_slice_equal((struct ace_slice){ ctx.sender_key, 16 }, vectors_hex(c, "sender_key"));
	assert_slice_equal((struct ace_slice){ ctx.recipient_key, 16 }, vectors_hex(c, "recipient_key"));
	assert_slice_equal((struct ace_slice){ ctx.common_iv, 13 }, vectors_hex(c, "common_iv"));
}

/* RFC 9203 4.3: an absent salt is the default of RFC 8613, the empty byte string, which is 0x40 in the concatenation.
 * One implementation leaves it out; its contexts are other ones, which the file keeps for comparison. */
static void figure_13_and_the_contexts_made_with_it(void **state)
{
	size_t i, contexts = 0, other_reading = 0;
	json_t *c;

	(void)state;
	json_array_foreach(json_object_get(salts, "cases"), i, c) {
		bool has_salt = json_is_string(json_object_get(c, "input_salt"));
		struct ace_slice wanted = vectors_hex(c, "master_salt");
		uint8_t bytes[64];
		struct ace_buf out = ACE_BUF_OF(bytes);

		assert_int_equal(ace_master_salt(has_salt ? vectors_hex(c, "input_salt") : (struct ace_slice){ NULL, 0 },
						 vectors_hex(c, "nonce1"), vectors_hex(c, "nonce2"), &out), ACE_OK);
		if (has_salt)
			assert_slice_equal(ace_buf_slice(&out), wanted);
		else
			other_reading += !ace_slice_equal(ace_buf_slice(&out), wanted);
		if (!json_object_get(c, "master_secret"))
			continue;
		assert_context(c, wanted);
		contexts++;
	}
	assert_int_equal(i, 5);
	assert_int_equal(contexts, 4);
	assert_int_equal(other_reading, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_2_and_3_are_asked_like_this),
		cmocka_unit_test(figure_4_is_a_grant),
		cmocka_unit_test(figure_7_is_the_answer_to_an_update),
		cmocka_unit_test(figure_6_is_read_in_the_order_in_which_it_is_printed),
		cmocka_unit_test(figure_8_names_the_input_material_by_its_id),
		cmocka_unit_test(figure_13_and_the_contexts_made_with_it),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
