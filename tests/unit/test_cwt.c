/* SPDX-License-Identifier: Apache-2.0 */
/* Claims: every vector in both directions, types, order, what is passed over, confirmation methods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ace_claims.h"
#include "vectors.h"

#define MS "0250000102030405060708090a0b0c0d0e0f"

static enum ace_err osc_err;

static enum ace_err read_hex(const char *hex, struct ace_claims *ret_claims)
{
	osc_err = ACE_OK;
	return ace_claims_read(vectors_unhex(hex), ret_claims, &osc_err);
}

static void assert_written_again(const struct ace_claims *claims, struct ace_slice want)
{
	uint8_t bytes[256];
	struct ace_cbor_writer w;
	struct ace_slice got;

	ace_cbor_write_init(&w, bytes, sizeof(bytes));
	ace_claims_write(&w, claims);
	assert_int_equal(ace_cbor_written(&w, &got), ACE_OK);
	assert_slice_equal(got, want);
}

static void claims_of_every_token_go_there_and_back(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *token;
	const char *name;

	(void)state;
	json_object_foreach(json_object_get(root, "tokens"), name, token) {
		struct ace_slice want = vectors_hex(token, "claims");
		struct ace_claims claims;

		assert_int_equal(ace_claims_read(want, &claims, &osc_err), ACE_OK);
		assert_int_equal(osc_err, ACE_OK);
		assert_written_again(&claims, want);
	}
	assert_int_equal(json_object_size(json_object_get(root, "tokens")), 7);
	json_decref(root);
}

static void rfc8392_claims_set_goes_there_and_back(void **state)
{
	json_t *root = vectors_load("rfc8392-a");
	struct ace_slice want = vectors_hex(root, "claims");
	struct ace_claims claims;

	(void)state;
	assert_int_equal(ace_claims_read(want, &claims, &osc_err), ACE_OK);
	assert_slice_equal(claims.sub, ACE_LITERAL("erikw"));
	assert_slice_equal(claims.aud, ACE_LITERAL("coap://light.example.com"));
	assert_true(claims.has_exp && claims.exp == 1444064944);
	assert_true(claims.has_nbf && claims.nbf == 1443944944);
	assert_true(claims.has_iat && claims.iat == 1443944944);
	assert_slice_equal(claims.cti, ACE_LITERAL("\x0b\x71"));
	assert_false(claims.has_exi || claims.has_profile);
	assert_null(claims.cnonce.ptr);
	assert_int_equal(claims.cnf, ACE_CNF_ABSENT);
	assert_int_equal(claims.scope.kind, ACE_SCOPE_ABSENT);
	assert_written_again(&claims, want);
	json_decref(root);
}

static void t1_says_what_the_specification_says(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile");
	json_t *token = json_object_get(json_object_get(root, "tokens"), "T1");
	struct ace_claims claims;

	(void)state;
	assert_int_equal(ace_claims_read(vectors_hex(token, "claims"), &claims, &osc_err), ACE_OK);
	assert_slice_equal(claims.iss, ACE_LITERAL("coap://as.example.com"));
	assert_true(claims.exp == 1767229200 && claims.iat == 1767225600);
	assert_int_equal(claims.cnf, ACE_CNF_IS_OSC);
	assert_slice_equal(claims.osc.id, ACE_LITERAL("\0\1"));
	assert_slice_equal(claims.osc.salt, vectors_unhex("5a17c0de5a17c0de"));
	assert_int_equal(claims.scope.kind, ACE_SCOPE_AIF);
	assert_true(claims.has_profile && claims.profile == ACE_PROFILE_COAP_OSCORE);
	json_decref(root);
}

static void map_order_length_forms_and_unknown_claims_do_not_matter(void **state)
{
	static const char *const forms[] = { "a20161610418ff", "a20418ff016161", "bf0161610418ffff", "a218016161041900ff",
					     "a30161610418ff190100f6", "a40161610418ff20f661618101", "a2017f6161ff0418ff" };
	struct ace_claims claims;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(forms); i++) {
		assert_int_equal(read_hex(forms[i], &claims), ACE_OK);
		assert_written_again(&claims, vectors_unhex("a20161610418ff"));
	}
}

static void known_claims_of_a_wrong_type_are_refused(void **state)
{
	static const struct {
		const char *hex;
		enum ace_err err;
	} samples[] = {
		{ "80", ACE_ERR_TYPE }, { "40", ACE_ERR_TYPE }, { "", ACE_ERR_TRUNCATED }, { "a000", ACE_ERR_TRAILING },
		{ "a1014161", ACE_ERR_TYPE }, { "a10201", ACE_ERR_TYPE }, { "a10301", ACE_ERR_TYPE },
		{ "a1038101", ACE_ERR_TYPE }, { "a1038261614161", ACE_ERR_TYPE }, { "a103a0", ACE_ERR_TYPE },
		{ "a1046131", ACE_ERR_TYPE }, { "a104f6", ACE_ERR_TYPE },
		/* RFC 8392 2: tag 1 "MUST be omitted" */
		{ "a104c11a6955c710", ACE_ERR_TYPE }, { "a105c100", ACE_ERR_TYPE }, { "a106c100", ACE_ERR_TYPE },
		{ "a104f97e00", ACE_ERR_RANGE }, { "a1041bffffffffffffffff", ACE_ERR_RANGE }, { "a1076161", ACE_ERR_TYPE },
		{ "a10881a0", ACE_ERR_TYPE }, { "a108a10301", ACE_ERR_TYPE }, { "a1098101", ACE_ERR_TYPE },
		{ "a1182661" "61", ACE_ERR_TYPE }, { "a118276161", ACE_ERR_TYPE }, { "a1182820", ACE_ERR_TYPE },
		{ "a11828f90000", ACE_ERR_TYPE }, { "a10161ff", ACE_ERR_MALFORMED }, { "a204000400", ACE_ERR_DUPLICATE },
		{ "a108a203410103" "4102", ACE_ERR_DUPLICATE },
	};
	struct ace_claims claims;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		enum ace_err err = read_hex(samples[i].hex, &claims);

		if (err != samples[i].err)
			fail_msg("%s: %d, not %d", samples[i].hex, err, samples[i].err);
	}
}

static void dates_may_be_floating_point_and_are_cut(void **state)
{
	struct ace_claims claims;

	(void)state;
	assert_int_equal(read_hex("a204fb41da5571c42000000" "5f93c00", &claims), ACE_OK);
	assert_true(claims.has_exp && claims.exp == 1767229200);
	assert_true(claims.has_nbf && claims.nbf == 1);
}

static void several_audiences_are_kept_as_their_array(void **state)
{
	struct ace_claims claims;

	(void)state;
	assert_int_equal(read_hex("a10382616161" "62", &claims), ACE_OK);
	assert_true(claims.aud_is_array);
	assert_slice_equal(claims.aud, vectors_unhex("8261616162"));
	assert_written_again(&claims, vectors_unhex("a1038261616162"));
	assert_int_equal(read_hex("a1039f6161ff", &claims), ACE_OK);
	assert_slice_equal(claims.aud, vectors_unhex("9f6161ff"));
}

static void confirmation_is_of_one_kind(void **state)
{
	static const struct {
		const char *hex;
		enum ace_cnf_kind kind;
		enum ace_err osc_err;
	} samples[] = {
		{ "a108a104a2004101" MS, ACE_CNF_IS_OSC, ACE_OK }, { "a108a1034101", ACE_CNF_IS_KID, ACE_OK },
		{ "a108a20900034101", ACE_CNF_IS_KID, ACE_OK },
		{ "a108a2" "04a2004101" MS "616100", ACE_CNF_IS_OSC, ACE_OK },
		{ "a108a2034101" "04a2004101" MS, ACE_CNF_IS_OSC, ACE_OK },
		{ "a108a0", ACE_CNF_IS_OTHER, ACE_OK }, { "a108a101a10104", ACE_CNF_IS_OTHER, ACE_OK },
		/* RFC 8747 3.1: "only a single proof-of-possession key" */
		{ "a108a201a10104034101", ACE_CNF_IS_OTHER, ACE_OK },
		{ "a108a201a1010404a2004101" MS, ACE_CNF_IS_OTHER, ACE_OK },
		{ "a108a104a1004101", ACE_CNF_IS_OTHER, ACE_ERR_MISSING },
		{ "a108a2034101" "04a1004101", ACE_CNF_IS_OTHER, ACE_ERR_MISSING },
		{ "a108a104a3004101" MS "0700", ACE_CNF_IS_OTHER, ACE_ERR_UNKNOWN },
		{ "a108a104a3004101" MS "0426", ACE_CNF_IS_OTHER, ACE_ERR_UNSUPPORTED },
		{ "a108a10480", ACE_CNF_IS_OTHER, ACE_ERR_TYPE },
	};
	struct ace_claims claims;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		assert_int_equal(read_hex(samples[i].hex, &claims), ACE_OK);
		assert_int_equal(claims.cnf, samples[i].kind);
		assert_int_equal(osc_err, samples[i].osc_err);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct ace_slice whole = vectors_unhex("a40161610418ff08a104a2004101" MS "096472656164");
	struct ace_claims claims;

	(void)state;
	assert_int_equal(ace_claims_read(whole, &claims, &osc_err), ACE_OK);
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(ace_claims_read((struct ace_slice){ whole.ptr, len }, &claims, &osc_err),
				 ACE_ERR_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims_of_every_token_go_there_and_back),
		cmocka_unit_test(rfc8392_claims_set_goes_there_and_back),
		cmocka_unit_test(t1_says_what_the_specification_says),
		cmocka_unit_test(map_order_length_forms_and_unknown_claims_do_not_matter),
		cmocka_unit_test(known_claims_of_a_wrong_type_are_refused),
		cmocka_unit_test(dates_may_be_floating_point_and_are_cut),
		cmocka_unit_test(several_audiences_are_kept_as_their_array),
		cmocka_unit_test(confirmation_is_of_one_kind),
		cmocka_unit_test(every_truncation_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
