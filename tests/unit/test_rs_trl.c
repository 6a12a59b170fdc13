/* SPDX-License-Identifier: Apache-2.0 */
/* Questions for the revocation list and answers to them: those of the vectors, and malformed ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ace_rs_as.h"
#include "rs_fixture.h"
#include "vectors.h"

#define ROOM 16

static struct fixture f;
static struct ace_rs_revoked revoked[ROOM];
static json_t *file;

static int start(void **state)
{
	(void)state;
	file = vectors_load("ace-oscore-profile");
	fixture_start(&f);
	f.config.strict_layout = true;
	f.config.revoked = revoked;
	f.config.revoked_len = ROOM;
	fixture_restart(&f);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static struct ace_slice message(const char *name, const char *part)
{
	return vectors_hex(vectors_named(json_object_get(file, "messages"), name), part);
}

static void request_is(struct ace_rs_trl_query query, const char *name)
{
	struct ace_slice want = message(name, "plain_coap");
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_coap_message msg;

	assert_int_equal(ace_coap_read(want, &msg), ACE_OK);
	query.path = ACE_LITERAL("/revoke/trl");
	query.header = (struct ace_coap_header){ .type = want.ptr[0] >> 4 & 3, .mid = (uint16_t)(want.ptr[2] << 8 | want.ptr[3]),
						 .token = { want.ptr + 4, want.ptr[0] & 15 } };
	assert_int_equal(ace_rs_trl_request(&query, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), want);
	for (size_t cap = 0; cap < want.len; cap++) {
		out = (struct ace_buf){ bytes, cap, 0 };
		assert_int_equal(ace_rs_trl_request(&query, &out), ACE_ERR_SPACE);
		assert_int_equal(out.len, 0);
	}
}

static void requests_are_those_of_the_vectors(void **state)
{
	struct ace_buf none = { NULL, 0, 0 };

	(void)state;
	request_is((struct ace_rs_trl_query){ .observe = true }, "trl-full-observe-request");
	request_is((struct ace_rs_trl_query){ .has_diff = true, .diff = 3 }, "trl-diff-request");
	request_is((struct ace_rs_trl_query){ .has_diff = true, .diff = 8, .has_cursor = true, .cursor = 2 },
		   "trl-diff-cursor-request");
	assert_int_equal(ace_rs_trl_request(&(struct ace_rs_trl_query){ .has_cursor = true }, &none), ACE_ERR_USAGE);
}

static void the_longest_numbers_fit(void **state)
{
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	assert_int_equal(ace_rs_trl_request(&(struct ace_rs_trl_query){
		.path = ACE_LITERAL("/t"), .has_diff = true, .diff = UINT32_MAX, .has_cursor = true, .cursor = UINT32_MAX }, &out),
		ACE_OK);
	assert_int_equal(out.len, 4 + 2 + 17 + 19);
	assert_memory_equal(bytes + out.len - 17, "cursor=4294967295", 17);
}

static struct ace_rs_trl read_vector(const char *name)
{
	struct ace_rs_trl trl;

	assert_int_equal(ace_rs_trl_read(&f.rs, message(name, "payload"), &trl), ACE_OK);
	assert_true(ace_rs_invariants_hold(&f.rs));
	return trl;
}

static void answers_of_the_vectors_are_understood(void **state)
{
	struct ace_rs_trl trl;

	(void)state;
	trl = read_vector("trl-full-response-empty");
	assert_true(trl.is_full && !trl.more && !trl.has_cursor && !trl.is_lost);
	trl = read_vector("trl-full-response-cursor");
	assert_true(trl.is_full && trl.has_cursor && trl.cursor == 10);
	trl = read_vector("trl-diff-cursor-empty-collection");
	assert_true(!trl.is_full && !trl.has_cursor && !trl.more && !trl.is_lost);
	trl = read_vector("trl-diff-cursor-at-end");
	assert_true(!trl.is_full && trl.has_cursor && trl.cursor == 10 && !trl.more && !trl.is_lost);
	assert_int_equal(f.rs.revoked_used, 0);
	trl = read_vector("trl-diff-response");
	assert_true(!trl.is_full && !trl.has_cursor && !trl.is_lost);
	assert_int_equal(f.rs.revoked_used, 2); /* T1, which has expired since, and T2 */
	trl = read_vector("trl-diff-cursor-response-1");
	assert_true(trl.more && trl.has_cursor && trl.cursor == 7 && !trl.is_lost);
	trl = read_vector("trl-diff-cursor-response-2");
	assert_true(!trl.more && trl.has_cursor && trl.cursor == 10);
}

/* RFC 9770 9.2.3: the requester "SHOULD" ask for the whole list then. */
static void lost_changes_are_told(void **state)
{
	(void)state;
	assert_true(read_vector("trl-diff-cursor-lost").is_lost);
}

/* T1 is the first of the vectors' token hashes, T2 the second. */
static bool is_known(size_t token)
{
	struct ace_slice bytes = vectors_hex(json_array_get(json_object_get(file, "token_hash"), token - 1), "token_info");
	uint8_t text[1024];
	bool known;

	assert_int_equal(ace_rs_is_revoked(&f.rs, bytes, (struct ace_buf)ACE_BUF_OF(text), &known), ACE_OK);
	return known;
}

static void hashes_are_those_of_the_tokens(void **state)
{
	(void)state;
	assert_false(is_known(1));
	(void)read_vector("trl-notification");
	assert_true(is_known(1));
	assert_false(is_known(2));
}

/* RFC 9770 11: "draw no conclusion" from an answer that is none: what was known stays. */
static void nothing_is_taken_from(const struct ace_slice payload, enum ace_err want)
{
	struct ace_rs_revoked before[ROOM];
	struct ace_rs_trl trl;
	enum ace_err err;

	memcpy(before, revoked, sizeof before);
	err = ace_rs_trl_read(&f.rs, payload, &trl);
	assert_int_not_equal(err, ACE_OK);
	if (want)
		assert_int_equal(err, want);
	assert_memory_equal(before, revoked, sizeof before);
}

static void every_truncation_is_refused_as_a_whole(void **state)
{
	static const char *const names[] = { "trl-notification", "trl-diff-response", "trl-diff-cursor-response-1" };

	(void)state;
	(void)read_vector("trl-notification");
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		struct ace_slice whole = message(names[i], "payload");

		for (size_t len = 0; len < whole.len; len++)
			nothing_is_taken_from((struct ace_slice){ whole.ptr, len }, ACE_OK);
	}
}

static void every_flipped_bit_is_refused_or_names_another_token(void **state)
{
	struct ace_slice whole = message("trl-notification", "payload");
	uint8_t bytes[64];

	(void)state;
	for (size_t bit = 0; bit < 8 * whole.len; bit++) {
		struct ace_rs_trl trl;
		enum ace_err err;

		fixture_restart(&f);
		memcpy(bytes, whole.ptr, whole.len);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		err = ace_rs_trl_read(&f.rs, (struct ace_slice){ bytes, whole.len }, &trl);
		if (bit / 8 >= 6) /* in the hash proper */
			assert_int_equal(err, ACE_OK);
		else
			assert_true(err && !f.rs.revoked_used);
		if (!err && bit / 8 < 6 + ACE_RS_HASH_LEN)
			assert_false(is_known(1));
	}
}

static void other_shapes_are_refused(void **state)
{
	static const struct {
		const char *hex;
		enum ace_err err;
	} cases[] = {
		{ "", ACE_ERR_TRUNCATED },
		{ "80", ACE_ERR_TYPE },
		{ "a0", ACE_ERR_MISSING },
		{ "a1020a", ACE_ERR_MISSING },
		{ "a2008001f6", ACE_ERR_MALFORMED },     /* both lists */
		{ "a1000100", ACE_ERR_TRAILING },
		{ "a10001", ACE_ERR_TYPE },
		{ "a1008101", ACE_ERR_TYPE },
		{ "a1008140", ACE_ERR_UNSUPPORTED },     /* an empty hash */
		{ "a100814102", ACE_ERR_UNSUPPORTED },
		{ "a1018140", ACE_ERR_TYPE },
		{ "a1018180", ACE_ERR_RANGE },           /* neither removed nor added */
		{ "a101818180", ACE_ERR_RANGE },
		{ "a1018183808080", ACE_ERR_RANGE },
		{ "a20080021b0000000100000000", ACE_ERR_RANGE },
		{ "a2008002f4", ACE_ERR_TYPE },
		{ "a2008003f6", ACE_ERR_TYPE },
		{ "a200800080", ACE_ERR_DUPLICATE },
#define HASH "582101" "2222222222222222222222222222222222222222222222222222222222222222"
		{ "a10082" HASH "01", ACE_ERR_TYPE },    /* one that would do, then one that will not */
		{ "a10182" "8280" "81" HASH "8101", ACE_ERR_TYPE },
		{ "a1009bffffffffffffffff", ACE_OK },    /* any reason will do */
	};

	(void)state;
	(void)read_vector("trl-notification");
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++)
		nothing_is_taken_from(vectors_unhex(cases[i].hex), cases[i].err);
}

static void unknown_members_are_passed_over(void **state)
{
	struct ace_rs_trl trl;

	(void)state;
	assert_int_equal(ace_rs_trl_read(&f.rs, vectors_unhex("a300800463666f6f181e81a0"), &trl), ACE_OK);
	assert_true(trl.is_full);
}

static void without_a_place_for_hashes_there_is_no_list(void **state)
{
	struct ace_rs_trl trl;

	(void)state;
	f.config.revoked_len = 0;
	fixture_restart(&f);
	assert_int_equal(ace_rs_trl_read(&f.rs, message("trl-notification", "payload"), &trl), ACE_ERR_USAGE);
	f.config.revoked_len = ROOM;
	f.config.strict_layout = false;
	assert_int_equal(ace_rs_init(&f.rs, &f.config, f.arena, sizeof f.arena), ACE_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_are_those_of_the_vectors, start, stop),
		cmocka_unit_test_setup_teardown(the_longest_numbers_fit, start, stop),
		cmocka_unit_test_setup_teardown(answers_of_the_vectors_are_understood, start, stop),
		cmocka_unit_test_setup_teardown(lost_changes_are_told, start, stop),
		cmocka_unit_test_setup_teardown(hashes_are_those_of_the_tokens, start, stop),
		cmocka_unit_test_setup_teardown(every_truncation_is_refused_as_a_whole, start, stop),
		cmocka_unit_test_setup_teardown(every_flipped_bit_is_refused_or_names_another_token, start, stop),
		cmocka_unit_test_setup_teardown(other_shapes_are_refused, start, stop),
		cmocka_unit_test_setup_teardown(unknown_members_are_passed_over, start, stop),
		cmocka_unit_test_setup_teardown(without_a_place_for_hashes_there_is_no_list, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
