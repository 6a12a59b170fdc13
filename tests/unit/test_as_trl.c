/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint of the revocation list: every answer of the specification byte for byte, and who sees what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/trl.h"
#include "trl_case.h"

static json_t *vectors;
static struct as_case c;

/* The tokens of the examples by their number here, and how long they live. */
static const struct {
	const char *name;
	int64_t lifetime_s;
} tokens[] = { { "T1", 100 }, { "T2", 200 }, { "T3", 400 }, { "T4-text-scope", 500 }, { "T5-all-osc-fields", 600 },
	       { "opaque-token-6", 700 } };

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

static struct ace_slice hash_of(const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(vectors, "token_hash"), i, row)
		if (!strcmp(vectors_text(row, "token"), name))
			return vectors_hex(row, "token_hash");
	fail_msg("no hash of %s", name);
	return (struct ace_slice){ NULL, 0 };
}

/* The requester of the examples is sensor-17, with MAX_N 10 and MAX_DIFF_BATCH 5. */
static int setup(void **state)
{
	(void)state;
	if (as_case_make(&c))
		return -1;
	as_case_peer(&c, AS_PEER_DEVICE, "sensor-17");
	c.config.trl = (struct as_trl_limits){ .updates = 10, .page = 5, .index_max = 1000 };
	for (size_t i = 0; i < ACE_ARRAY_LEN(tokens); i++)
		if (as_case_token(&c, i + 1, hash_of(tokens[i].name), AS_CASE_IAT + tokens[i].lifetime_s))
			return -1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	as_case_free(&c);
	return 0;
}

static void put_on_list(uint64_t sequence)
{
	trl_case_revoke(&c, &sequence, 1, 1);
}

/* The eleven updates of RFC 9770's example: 0 to 10. */
static void make_history(void)
{
	put_on_list(1);
	put_on_list(2);
	trl_case_expire(&c, AS_CASE_IAT + 100, 1);
	trl_case_expire(&c, AS_CASE_IAT + 200, 1);
	put_on_list(3);
	put_on_list(4);
	trl_case_expire(&c, AS_CASE_IAT + 400, 1);
	trl_case_expire(&c, AS_CASE_IAT + 500, 1);
	trl_case_revoke(&c, (uint64_t[]){ 5, 6 }, 2, 2);
	trl_case_expire(&c, AS_CASE_IAT + 600, 1);
	trl_case_expire(&c, AS_CASE_IAT + 700, 1);
}

static struct ace_slice vector(const char *name, const char *member)
{
	return vectors_hex(vectors_named(json_object_get(vectors, "messages"), name), member);
}

static void assert_vector(const char *name)
{
	bool is_error = strstr(name, "-error-");

	assert_int_equal(c.job->answer.code, is_error ? ACE_COAP_BAD_REQUEST : ACE_COAP_CONTENT);
	assert_int_equal(c.job->answer.format, is_error ? ACE_FORMAT_PROBLEM : ACE_FORMAT_TRL);
	assert_slice_equal(as_case_payload(&c), vector(name, "payload"));
}

static void get(const char *query, const char *wanted)
{
	trl_case_get(&c, query);
	assert_vector(wanted);
}

/* RFC 9770 5: the list starts empty; 7: full_set is there all the same. */
static void the_list_is_empty_at_first_and_follows_revocation_and_expiry(void **state)
{
	(void)state;
	c.config.trl.page = 0;
	get("", "trl-full-response-empty");
	put_on_list(1);
	get("", "trl-notification");
	trl_case_expire(&c, AS_CASE_IAT + 99, 0);
	get("", "trl-notification");
	trl_case_expire(&c, AS_CASE_IAT + 100, 1);
	get("", "trl-full-response-empty");
}

static void the_requests_of_the_specification_are_understood(void **state)
{
	(void)state;
	c.config.trl.page = 0;
	as_case_ask(&c, vector("trl-full-observe-request", "plain_coap"));
	assert_vector("trl-full-response-empty");
	put_on_list(1);
	put_on_list(2);
	trl_case_expire(&c, AS_CASE_IAT + 100, 1);
	as_case_ask(&c, vector("trl-diff-request", "plain_coap"));
	assert_vector("trl-diff-response");
}

static void diff_queries_without_cursor(void **state)
{
	(void)state;
	c.config.trl.page = 0;
	put_on_list(1);
	put_on_list(2);
	trl_case_expire(&c, AS_CASE_IAT + 100, 1);
	get("diff=3", "trl-diff-response");
	get("diff=0", "trl-diff-response");
	get("diff=4", "trl-diff-response");
	/* Without the extension its parameter is one that nobody knows. */
	get("diff=3&cursor=x", "trl-diff-response");
}

static void diff_queries_with_cursor(void **state)
{
	(void)state;
	get("diff=8", "trl-diff-cursor-empty-collection");
	get("diff=8&cursor=2", "trl-diff-cursor-empty-collection");
	make_history();
	as_case_ask(&c, vector("trl-diff-cursor-request", "plain_coap"));
	assert_vector("trl-diff-cursor-response-1");
	get("diff=8", "trl-diff-cursor-response-1"); /* the oldest five of the last eight */
	get("diff=8&cursor=7", "trl-diff-cursor-response-2");
	get("diff=0&cursor=7", "trl-diff-cursor-response-2");
	get("diff=3", "trl-diff-cursor-response-2");
	get("diff=8&cursor=10", "trl-diff-cursor-at-end");
	get("", "trl-full-response-cursor");
}

static void updates_that_were_dropped_are_said_to_be_lost(void **state)
{
	(void)state;
	make_history();
	c.config.trl.updates = 3;
	get("diff=8&cursor=2", "trl-diff-cursor-lost");
	get("diff=8&cursor=6", "trl-diff-cursor-lost");
	get("diff=8&cursor=7", "trl-diff-cursor-response-2"); /* it is gone, but nothing after it is */
}

static void a_diff_that_is_no_number_is_refused(void **state)
{
	static const char *const queries[] = { "diff=-1", "diff=x", "diff=", "diff", "diff=1.0", "diff=+1", "diff=0x1",
					       "diff= 1", "diff=1 ", "diff=3&diff=3", "diff=x&cursor=y", "diff=1e3" };

	(void)state;
	make_history();
	for (int page = 0; page <= 5; page += 5) {
		c.config.trl.page = (uint64_t)page;
		for (size_t i = 0; i < ACE_ARRAY_LEN(queries); i++)
			get(queries[i], "trl-error-diff-value");
	}
}

static void faults_of_the_cursor_have_their_numbers(void **state)
{
	static const char *const bad[] = { "diff=8&cursor=x", "diff=8&cursor=", "diff=8&cursor", "diff=8&cursor=-1",
					   "diff=8&cursor=1001", "diff=8&cursor=18446744073709551615", "cursor=a&diff=8",
					   "diff=8&cursor=99999999999999999999999999999999999999", "diff=8&cursor=1&cursor=1" };

	(void)state;
	make_history();
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++)
		get(bad[i], "trl-error-cursor-value");
	get("cursor=1", "trl-error-cursor-without-diff");
	get("cursor=x", "trl-error-cursor-without-diff");
	get("diff=8&cursor=11", "trl-error-cursor-out-of-bound");
	get("diff=8&cursor=1000", "trl-error-cursor-out-of-bound");
}

static void a_bad_cursor_on_an_empty_history_gets_null(void **state)
{
	(void)state;
	trl_case_get(&c, "diff=8&cursor=x");
	assert_int_equal(c.job->answer.code, ACE_COAP_BAD_REQUEST);
	assert_slice_equal(as_case_payload(&c), vectors_unhex("a101a2000001f6"));
}

static void huge_numbers_ask_for_all_that_there_is(void **state)
{
	(void)state;
	make_history();
	get("diff=18446744073709551616&cursor=7", "trl-diff-cursor-response-2");
	get("diff=99999999999999999999999999999999999999999999&cursor=7", "trl-diff-cursor-response-2");
	get("diff=00000000000000000000000000000000000000000000008&cursor=007", "trl-diff-cursor-response-2");
}

/* RFC 9770 6.3: unknown parameters are ignored, and diff too by an AS that has no diff queries. */
static void what_is_not_known_is_passed_over(void **state)
{
	(void)state;
	make_history();
	get("foo=1&diffs=x&cursors=y&=&dif", "trl-full-response-cursor");
	c.config.trl = (struct as_trl_limits){ 0 };
	get("diff=3", "trl-full-response-empty");
	get("diff=x&cursor=y", "trl-full-response-empty");
}

/* RFC 9770 6: "only the GET method". */
static void other_methods_are_not_allowed(void **state)
{
	(void)state;
	for (uint8_t method = ACE_COAP_POST; method <= ACE_COAP_IPATCH; method++) {
		trl_case_request(&c, method, "");
		assert_int_equal(c.job->answer.code, ACE_COAP_METHOD_NOT_ALLOWED);
		assert_int_equal(c.job->answer.len, 0);
	}
}

static void nobody_sees_what_is_not_theirs_and_administrators_see_all(void **state)
{
	(void)state;
	c.config.trl.page = 0;
	put_on_list(1);
	as_case_peer(&c, AS_PEER_DEVICE, "sensor-18");
	get("", "trl-full-response-empty");
	as_case_peer(&c, AS_PEER_CLIENT, "client-8");
	get("", "trl-full-response-empty");
	as_case_peer(&c, AS_PEER_CLIENT, "client-7");
	get("", "trl-notification");
	/* A device of an administrator's name is none. */
	snprintf(c.config.administrators[0], sizeof c.config.administrators[0], "client-8");
	c.config.administrators_len = 1;
	as_case_peer(&c, AS_PEER_DEVICE, "client-8");
	get("", "trl-full-response-empty");
	as_case_peer(&c, AS_PEER_CLIENT, "client-8");
	get("", "trl-notification");
	trl_case_get(&c, "diff=0");
	assert_int_equal(c.job->answer.code, ACE_COAP_CONTENT);
	assert_int_not_equal(c.job->answer.len, 4);
}

static void a_disabled_administrator_sees_no_more_than_others(void **state)
{
	struct store_client client;
	struct store_txn *txn;

	(void)state;
	c.config.trl.page = 0;
	snprintf(c.config.administrators[0], sizeof c.config.administrators[0], "client-8");
	c.config.administrators_len = 1;
	put_on_list(1);
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, "client-8", &client), ACE_OK);
	client.is_enabled = false;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	as_case_peer(&c, AS_PEER_CLIENT, "client-8");
	get("", "trl-full-response-empty");
}

/* In transactions of a bounded size, and without one when nothing is over. */
static void the_server_takes_off_what_is_over(void **state)
{
	uint64_t list[STORE_REVOKE_MAX];

	(void)state;
	c.config.trl.page = 0;
	for (uint64_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < STORE_REVOKE_MAX; i++) {
			list[i] = 100 + round * STORE_REVOKE_MAX + i;
			assert_int_equal(as_case_token(&c, list[i], hash_of("T1"), AS_CASE_IAT + 100), ACE_OK);
		}
		trl_case_revoke(&c, list, STORE_REVOKE_MAX, STORE_REVOKE_MAX);
	}
	put_on_list(2);
	assert_int_equal(as_trl_expire(&c.as, AS_CASE_IAT + 100), ACE_OK);
	trl_case_get(&c, "");
	assert_int_equal(as_case_payload(&c).len, 3 + 2 + STORE_TOKEN_HASH_LEN);
	assert_int_equal(as_trl_expire(&c.as, AS_CASE_IAT + 200), ACE_OK);
	get("", "trl-full-response-empty");
	assert_int_equal(as_trl_expire(&c.as, AS_CASE_IAT + 200), ACE_OK);
}

/* With the limits in force any page fits one message, whatever was revoked at once. */
static void the_largest_page_fits_one_message(void **state)
{
	uint64_t list[STORE_REVOKE_MAX];

	(void)state;
	as_config_init(&c.config);
	for (size_t i = 0; i < STORE_REVOKE_MAX; i++) {
		list[i] = 100 + i;
		assert_int_equal(as_case_token(&c, list[i], hash_of("T1"), AS_CASE_EXP), ACE_OK);
	}
	trl_case_revoke(&c, list, STORE_REVOKE_MAX, STORE_REVOKE_MAX);
	trl_case_get(&c, "diff=0");
	assert_int_equal(c.job->answer.code, ACE_COAP_CONTENT);
	assert_true(c.job->answer.len > (size_t)STORE_TRL_PAGE * STORE_TRL_HASHES * STORE_TOKEN_HASH_LEN);
}

/* Who has had many tokens must not keep all others waiting by asking over and over which of them are revoked. */
static void a_long_list_costs_more_than_one_grant(void **state)
{
	struct store_token token = { .client = "client-7", .device = "sensor-17", .issued_at = AS_CASE_IAT, .osc_id = 1,
				     .expires_at = AS_CASE_IAT + 1000, .sequence = 100 };
	struct store_txn *txn;
	size_t revoked;

	(void)state;
	c.config.grants = (struct as_rate){ .per_second = 100, .burst = 1000 };
	assert_int_equal(trl_case_get(&c, "")->code, ACE_COAP_CONTENT);
	assert_int_equal(c.peer.grants.millitokens, 999 * 1000);
	assert_int_equal(store_begin_write(c.as.store, &txn), ACE_OK);
	for (; token.sequence < 1100; token.sequence++) {
		memcpy(token.hash, &token.sequence, sizeof token.sequence);
		assert_int_equal(store_token_add(txn, &token), ACE_OK);
		assert_int_equal(store_token_revoke(txn, &token.sequence, 1, c.as.batch->now, &revoked), ACE_OK);
	}
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(trl_case_get(&c, "")->code, ACE_COAP_CONTENT);
	/* 1,000 hashes of 35 bytes. */
	assert_int_equal(c.peer.grants.millitokens, (999 - 1 - 1) * 1000);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(the_list_is_empty_at_first_and_follows_revocation_and_expiry),
		CASE(the_requests_of_the_specification_are_understood),
		CASE(diff_queries_without_cursor),
		CASE(diff_queries_with_cursor),
		CASE(updates_that_were_dropped_are_said_to_be_lost),
		CASE(a_diff_that_is_no_number_is_refused),
		CASE(faults_of_the_cursor_have_their_numbers),
		CASE(a_bad_cursor_on_an_empty_history_gets_null),
		CASE(huge_numbers_ask_for_all_that_there_is),
		CASE(what_is_not_known_is_passed_over),
		CASE(other_methods_are_not_allowed),
		CASE(nobody_sees_what_is_not_theirs_and_administrators_see_all),
		CASE(a_disabled_administrator_sees_no_more_than_others),
		CASE(the_server_takes_off_what_is_over),
		CASE(the_largest_page_fits_one_message),
		cmocka_unit_test_setup_teardown(a_long_list_costs_more_than_one_grant, setup, teardown),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
