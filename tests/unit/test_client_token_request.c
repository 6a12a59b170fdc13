/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/token_request.h"
#include "parser_walk.h"
#include "profile_vectors.h"

static void assert_query(const struct client_token_query *query, const char *name)
{
	uint8_t bytes[256];
	struct ace_cbor_writer w;
	struct ace_slice written;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_token_query_write(&w, query);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	assert_slice_equal(written, payload(name));
}

/* RFC 9200 5.8.1, 5.8.5: POST with a CBOR map with integer keys (C-004, C-005); cnonce copied (C-003); the profile is
 * asked for with null (C-007); req_cnf (C-006, C-026). */
static void query_is_byte_for_byte_the_vectors(void **state)
{
	const struct ace_scope temp = { ACE_SCOPE_AIF, vectors_unhex("8182672f732f74656d7001") };
	const struct ace_scope more = { ACE_SCOPE_AIF, vectors_unhex("8282672f732f74656d700182662f612f6c656405") };
	const struct ace_slice audience = ACE_LITERAL("sensor-17");

	(void)state;
	assert_query(&(struct client_token_query){ .audience = audience, .scope = temp }, "token-request");
	assert_query(&(struct client_token_query){ .audience = audience, .scope = temp,
		.client_id = ACE_LITERAL("client-7"), .grant_type = true, .ask_profile = true,
		.cnonce = vectors_unhex("e0a156bb3f") }, "token-request-full");
	assert_query(&(struct client_token_query){ .audience = audience,
		.scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") } }, "token-request-text-scope");
	assert_query(&(struct client_token_query){ .audience = audience, .scope = more,
		.kid = vectors_unhex("0001") }, "token-request-update");
}

static void grant_reads_the_vectors(void **state)
{
	struct client_grant grant;

	(void)state;
	assert_int_equal(client_grant_read(payload("token-response"), false, &grant), ACE_OK);
	assert_slice_equal(grant.token, vectors_hex(json_object_get(json_object_get(root, "tokens"), "T1"), "cwt"));
	assert_int_equal(grant.expires_in_s, 3600);
	assert_slice_equal(grant.osc.id, vectors_unhex("0001"));
	assert_slice_equal(grant.osc.ms, vectors_unhex("7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d"));
	assert_slice_equal(grant.osc.salt, vectors_unhex("5a17c0de5a17c0de"));
	assert_true(grant.has_profile);
	assert_int_equal(grant.scope.kind, ACE_SCOPE_ABSENT);

	assert_int_equal(client_grant_read(payload("token-response-reduced-scope"), false, &grant), ACE_OK);
	assert_slice_equal(grant.scope.bytes, vectors_unhex("8182672f732f74656d7001"));
	assert_int_equal(client_grant_read(payload("token-response-exi"), false, &grant), ACE_OK);
	assert_slice_equal(grant.osc.salt, vectors_unhex(""));
	assert_int_equal(client_grant_read(payload("token-response-update"), true, &grant), ACE_OK);
	assert_null(grant.osc.ms.ptr);
}

#define TOKEN "0141aa"
#define EXPIRES "02190e10"
#define MS "0250000102030405060708090a0b0c0d0e0f"

static enum ace_err read_hex(const char *hex, bool update)
{
	struct client_grant grant = { .expires_in_s = 77 };
	enum ace_err err = client_grant_read(vectors_unhex(hex), update, &grant);

	if (err)
		assert_int_equal(grant.expires_in_s, 77); /* written on success only */
	return err;
}

/* RFC 9203 4.3: "If any of the expected parameters are missing ... the client MUST stop the exchange" (C-009). */
static void grant_without_secret_or_id_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a2" "004101" MS, false), ACE_OK);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a1" MS, false), ACE_ERR_MISSING);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a1" "004101", false), ACE_ERR_MISSING);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a0", false), ACE_ERR_MISSING);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a103" "4101", false), ACE_ERR_MISSING); /* kid only */
	assert_int_equal(read_hex("a2" TOKEN EXPIRES, false), ACE_ERR_MISSING);
	assert_int_equal(read_hex("a2" EXPIRES "08a104a2" "004101" MS, false), ACE_ERR_MISSING); /* no token */
	assert_int_equal(read_hex("a3" "0140" EXPIRES "08a104a2" "004101" MS, false), ACE_ERR_MISSING);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a2" "004101" "0240", false), ACE_ERR_RANGE); /* ms empty */
}

/* RFC 9200 5.8.2: the profile of the response is used, or the exchange ends (C-008). */
static void grant_of_another_profile_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a4" TOKEN EXPIRES "08a104a2" "004101" MS "182602", false), ACE_OK);
	assert_int_equal(read_hex("a4" TOKEN EXPIRES "08a104a2" "004101" MS "182601", false), ACE_ERR_UNSUPPORTED);
	assert_int_equal(read_hex("a4" TOKEN EXPIRES "08a104a2" "004101" MS "1826f6", false), ACE_ERR_TYPE);
}

/* RFC 9200 5.10.4: without a lifetime the token is not used (C-010). */
static void grant_without_lifetime_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a2" TOKEN "08a104a2" "004101" MS, false), ACE_ERR_LIFETIME);
	assert_int_equal(read_hex("a3" TOKEN "0200" "08a104a2" "004101" MS, false), ACE_ERR_LIFETIME);
	assert_int_equal(read_hex("a3" TOKEN "0220" "08a104a2" "004101" MS, false), ACE_ERR_LIFETIME);
	assert_int_equal(read_hex("a3" TOKEN "021b7fffffffffffffff" "08a104a2" "004101" MS, false), ACE_ERR_LIFETIME);
	assert_int_equal(read_hex("a3" TOKEN "021bffffffffffffffff" "08a104a2" "004101" MS, false), ACE_ERR_RANGE);
}

/* RFC 6749 5.1: "The client MUST ignore unrecognized value names in the response." (C-011), but an unknown member of
 * osc could change the derivation. */
static void grant_ignores_unknown_members_but_not_in_osc(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a4" TOKEN EXPIRES "08a104a2" "004101" MS "18c8f5", false), ACE_OK);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a3" "004101" MS "0700", false), ACE_ERR_UNKNOWN);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a3" "004101" "0102" MS, false), ACE_ERR_UNSUPPORTED);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a3" "004101" MS "041818", false), ACE_ERR_UNSUPPORTED);
}

/* RFC 9203 3.2: no cnf in the response to an update. */
static void grant_update_with_cnf_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_hex("a2" TOKEN EXPIRES, true), ACE_OK);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a104a2" "004101" MS, true), ACE_ERR_CNF);
	assert_int_equal(read_hex("a3" TOKEN EXPIRES "08a1034101", true), ACE_ERR_CNF);
}

static void grant_refuses_wrong_types_twins_and_huge_lengths(void **state)
{
	static const char *const wrong[] = {
		"a3016161" EXPIRES "08a104a2004101" MS, "a3" TOKEN "026161" "08a104a2004101" MS,
		"a3" TOKEN EXPIRES "0801", "a3" TOKEN EXPIRES "08a10480", "a4" TOKEN TOKEN EXPIRES "08a104a2004101" MS,
		"80", "", "f6", "bf", "a1015b7fffffffffffffff00",
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(wrong); i++)
		assert_true(ACE_ERR_IS_MALFORMED(read_hex(wrong[i], false)));
}

static enum ace_err parse_first(struct ace_slice bytes)
{
	struct client_grant grant;

	return client_grant_read(bytes, false, &grant);
}

static enum ace_err parse_refusal(struct ace_slice bytes)
{
	struct client_refusal refusal;

	return client_refusal_read(bytes, &refusal);
}

static void parsers_refuse_every_prefix_and_survive_every_bit(void **state)
{
	(void)state;
	parser_walk(parse_first, payload("token-response-reduced-scope"));
	parser_walk(parse_first, payload("token-response-exi"));
	parser_walk(parse_refusal, payload("token-error-with-description"));
}

static void refusal_reads_the_vectors(void **state)
{
	static const char *const names[] = { "invalid_request", "invalid_client", "invalid_grant",
					     "unauthorized_client", "unsupported_grant_type", "invalid_scope",
					     "unsupported_pop_key", "incompatible_ace_profiles" };
	struct client_refusal refusal;
	char vector[64];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		snprintf(vector, sizeof vector, "token-error-%s", names[i]);
		assert_int_equal(client_refusal_read(payload(vector), &refusal), ACE_OK);
		assert_string_equal(client_refusal_name(refusal.code), names[i]);
	}
	assert_int_equal(client_refusal_read(payload("token-error-with-description"), &refusal), ACE_OK);
	assert_slice_equal(refusal.description, ACE_LITERAL("unknown scope"));
	/* Problem details are a draft's: they have no error code of RFC 9200. */
	assert_int_equal(client_refusal_read(payload("token-error-problem-details"), &refusal), ACE_ERR_MISSING);
	assert_int_equal(client_refusal_read(vectors_unhex("a1181e6161"), &refusal), ACE_ERR_TYPE);
	assert_non_null(client_refusal_name(-1));
	assert_non_null(client_refusal_name(INT64_MAX));
}

static void refusal_decision_is_found_in_the_description(void **state)
{
	char id[CLIENT_DECISION_LEN + 1];
	struct client_refusal refusal = { .description = ACE_LITERAL("denied, decision D-01KB2R7ABCDEFGHJ.") };

	(void)state;
	assert_true(client_refusal_decision(&refusal, id));
	assert_string_equal(id, "D-01KB2R7ABCDEFGHJ");
	refusal.description = ACE_LITERAL("D-D-01KB2R7ABCDEFGHJ");
	assert_true(client_refusal_decision(&refusal, id));
	refusal.description = ACE_LITERAL("D-01KB2R7ABCDEFGH"); /* too short */
	assert_false(client_refusal_decision(&refusal, id));
	refusal.description = ACE_LITERAL("D-01KB2R7ABC\x1b[31mGHJ"); /* no Crockford letters */
	assert_false(client_refusal_decision(&refusal, id));
	refusal.description = (struct ace_slice){ NULL, 0 };
	assert_false(client_refusal_decision(&refusal, id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(query_is_byte_for_byte_the_vectors),
		cmocka_unit_test(grant_reads_the_vectors),
		cmocka_unit_test(grant_without_secret_or_id_is_refused),
		cmocka_unit_test(grant_of_another_profile_is_refused),
		cmocka_unit_test(grant_without_lifetime_is_refused),
		cmocka_unit_test(grant_ignores_unknown_members_but_not_in_osc),
		cmocka_unit_test(grant_update_with_cnf_is_refused),
		cmocka_unit_test(grant_refuses_wrong_types_twins_and_huge_lengths),
		cmocka_unit_test(parsers_refuse_every_prefix_and_survive_every_bit),
		cmocka_unit_test(refusal_reads_the_vectors),
		cmocka_unit_test(refusal_decision_is_found_in_the_description),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
