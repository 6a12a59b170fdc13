/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "as/request.h"
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

static struct ace_slice message(const char *name)
{
	return vectors_hex(vectors_named(json_object_get(vectors, "messages"), name), "payload");
}

static enum ace_oauth_error read_hex(const char *hex, struct as_request *ret_request)
{
	return as_request_read(vectors_unhex(hex), ret_request);
}

static void reads_every_request_of_the_specification(void **state)
{
	struct as_request request;

	(void)state;
	assert_int_equal(as_request_read(message("token-request"), &request), ACE_OAUTH_NONE);
	assert_slice_equal(request.audience, ACE_LITERAL("sensor-17"));
	assert_int_equal(request.scope.kind, ACE_SCOPE_AIF);
	assert_false(request.wants_profile);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_ABSENT);

	assert_int_equal(as_request_read(message("token-request-full"), &request), ACE_OAUTH_NONE);
	assert_slice_equal(request.client_id, ACE_LITERAL("client-7"));
	assert_slice_equal(request.cnonce, vectors_unhex("e0a156bb3f"));
	assert_true(request.wants_profile);

	assert_int_equal(as_request_read(message("token-request-text-scope"), &request), ACE_OAUTH_NONE);
	assert_int_equal(request.scope.kind, ACE_SCOPE_TEXT);
	assert_slice_equal(request.scope.bytes, ACE_LITERAL("read"));

	assert_int_equal(as_request_read(message("token-request-update"), &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_KID);
	assert_slice_equal(request.kid, vectors_unhex("0001"));
}

/* AS-007, AS-008 */
static void grant_type_is_client_credentials_or_refused(void **state)
{
	struct as_request request;

	(void)state;
	assert_int_equal(read_hex("a1182102", &request), ACE_OAUTH_NONE);
	assert_int_equal(read_hex("a1182100", &request), ACE_OAUTH_UNSUPPORTED_GRANT_TYPE);
	assert_int_equal(read_hex("a1182103", &request), ACE_OAUTH_UNSUPPORTED_GRANT_TYPE);
	assert_int_equal(read_hex("a118211863", &request), ACE_OAUTH_UNSUPPORTED_GRANT_TYPE);
	assert_int_equal(read_hex("a118216132", &request), ACE_OAUTH_INVALID_REQUEST);
}

/* AS-006: each known member with another type, AS-048: duplicates refused, unknown ones ignored. */
static void wrong_types_and_repeated_keys_are_invalid_requests(void **state)
{
	static const char *const bad[] = {
		"",             /* nothing */
		"80",           /* an array */
		"a10541aa",     /* audience as bytes */
		"a10501",       /* audience as number */
		"a10901",       /* scope as number */
		"a109f6",       /* scope as null */
		"a10980",       /* a bare AIF array is no scope */
		"a1181841aa",   /* client_id as bytes */
		"a1182602",     /* ace_profile may only be null */
		"a118266161",   /* a profile name in text */
		"a1182701",     /* cnonce as number */
		"a1182740",     /* an empty cnonce */
		"a10441aa",     /* req_cnf as bytes */
		"a104a10301",   /* kid as number */
		"a2056161056162", /* audience twice */
		"a1056161ff",   /* trailing byte */
		"bf056161",     /* unfinished map */
	};
	struct as_request request;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++)
		if (read_hex(bad[i], &request) != ACE_OAUTH_INVALID_REQUEST)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(read_hex("a205616118c8820102", &request), ACE_OAUTH_NONE);
	assert_slice_equal(request.audience, ACE_LITERAL("a"));
}

/* AS-019, AS-021: what kind of key req_cnf holds decides the error. */
static void req_cnf_is_classified(void **state)
{
	struct as_request request;

	(void)state;
	assert_int_equal(read_hex("a104a101a2010420" "41aa", &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_SYMMETRIC);
	assert_int_equal(read_hex("a104a101a1" "0102", &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_ASYMMETRIC);
	assert_int_equal(read_hex("a104a10241aa", &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_OTHER);
	assert_int_equal(read_hex("a104a2034101" "0241aa", &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_OTHER);
	assert_int_equal(read_hex("a104a0", &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_OTHER);
}

/* AS-009 */
static void a_kid_in_req_cnf_asks_for_an_update(void **state)
{
	struct as_request request;

	(void)state;
	assert_int_equal(as_request_read(message("token-request-update"), &request), ACE_OAUTH_NONE);
	assert_int_equal(request.req_cnf, AS_REQ_CNF_KID);
	assert_slice_equal(request.kid, vectors_unhex("0001"));
	assert_slice_equal(request.audience, ACE_LITERAL("sensor-17"));
	assert_int_equal(request.scope.kind, ACE_SCOPE_AIF);
}

static void every_truncation_is_refused(void **state)
{
	struct ace_slice full = message("token-request-full");
	struct as_request request;

	(void)state;
	for (size_t len = 0; len < full.len; len++)
		assert_int_equal(as_request_read((struct ace_slice){ full.ptr, len }, &request),
				 ACE_OAUTH_INVALID_REQUEST);
}

static void every_flipped_bit_is_read_or_refused_within_bounds(void **state)
{
	struct ace_slice full = message("token-request-full");
	uint8_t flipped[64];
	struct as_request request;

	(void)state;
	assert_true(full.len <= sizeof flipped);
	for (size_t bit = 0; bit < 8 * full.len; bit++) {
		memcpy(flipped, full.ptr, full.len);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (as_request_read((struct ace_slice){ flipped, full.len }, &request))
			continue;
		assert_true(request.audience.len <= full.len && request.scope.bytes.len <= full.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_request_of_the_specification),
		cmocka_unit_test(grant_type_is_client_credentials_or_refused),
		cmocka_unit_test(wrong_types_and_repeated_keys_are_invalid_requests),
		cmocka_unit_test(req_cnf_is_classified),
		cmocka_unit_test(a_kid_in_req_cnf_asks_for_an_update),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_is_read_or_refused_within_bounds),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
