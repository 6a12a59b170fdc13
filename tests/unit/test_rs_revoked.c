/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of tokens that the revocation list names, and how long they are remembered (RFC 9770 11.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "revoked_case.h"

/* RFC 9770 11.1: "MUST delete" the token, "MUST NOT" delete its hash, "MUST NOT accept" it again. */
static void a_revoked_token_ends_at_once_and_does_not_come_back(void **state)
{
	struct ace_oscore_ctx client, other;

	(void)state;
	whole_list(0);
	become_client(0, &client);
	become_client(4, &other);
	change(0, 1);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	assert_int_equal(post(0, 2), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(post(1, 3), ACE_COAP_CREATED);
	assert_int_equal(f.rs.revoked_used, 1);
	assert_int_equal(get(&other), ACE_OK); /* a live token may be posted again */
	assert_int_equal(post(4, 4), ACE_COAP_CREATED);
}

static void a_token_revoked_before_its_first_post_is_refused(void **state)
{
	(void)state;
	whole_list(1 << 0);
	assert_int_equal(post(0, 1), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(post(1, 1), ACE_COAP_CREATED);
}

/* Let token 1 be an update of token 0. */
static void issue_update(void)
{
	struct fixture_token update = { .osc_id = 1, .exp_in_s = 3600, .iat = PORT_FAKE_NOW, .methods = 3, .is_update = true };
	struct ace_buf out = ACE_BUF_OF(tokens[1].bytes);

	tokens[1].issued = fixture_issue(&f, &update, &out);
}

static enum ace_err post_update(struct ace_oscore_ctx *client)
{
	uint8_t bytes[320];
	struct ace_buf body = ACE_BUF_OF(bytes);
	struct ace_rs_exchange ex;

	assert_int_equal(fixture_request(&f, client, ACE_COAP_POST, "/authz-info", &ex), ACE_OK);
	return fixture_post(&f, &ex, fixture_body(tokens[1].issued, 1, 9, &body));
}

static void a_revoked_token_is_no_update_either(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	issue_update();
	whole_list(1 << 1);
	become_client(0, &client);
	assert_int_equal(post_update(&client), ACE_ERR_REVOKED);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(get(&client), ACE_OK);
}

/* The token that counts is the latest: what an update brought can be revoked, and the first one no longer matters. */
static void an_update_is_revoked_by_its_own_hash(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	whole_list(0);
	issue_update();
	become_client(0, &client);
	assert_int_equal(post_update(&client), ACE_OK);
	change(0, 1 << 0);
	assert_int_equal(get(&client), ACE_OK);
	change(0, 1 << 1);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
}

static void a_waiting_context_of_another_token_outlives_the_revoked_one(void **state)
{
	struct fixture_token newer = { .osc_id = 1, .exp_in_s = 7200, .iat = PORT_FAKE_NOW };
	struct ace_buf out = ACE_BUF_OF(tokens[1].bytes);
	struct ace_oscore_ctx client, next;

	(void)state;
	whole_list(0);
	tokens[1].issued = fixture_issue(&f, &newer, &out);
	become_client(0, &client);
	assert_int_equal(post(1, 7), ACE_COAP_CREATED);
	fixture_client(&f, &newer, 7, 9, &next);
	change(0, 1 << 0);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	assert_int_equal(get(&next), ACE_OK);
}

/* RFC 9770 11.1: a hash is kept until the token was seen and is known to have expired. */
static void a_hash_stays_until_its_token_was_seen_and_has_expired(void **state)
{
	(void)state;
	whole_list(1 << 0 | 1 << 1);
	whole_list(0); /* the AS says that both have expired */
	assert_int_equal(f.rs.revoked_used, 2);
	assert_int_equal(post(0, 1), ACE_COAP_UNAUTHORIZED);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 1);
	assert_int_equal(post(1, 1), ACE_COAP_UNAUTHORIZED);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 0);
}

static void the_token_itself_tells_when_its_hash_may_go(void **state)
{
	(void)state;
	whole_list(1 << 0);
	assert_int_equal(post(0, 1), ACE_COAP_UNAUTHORIZED);
	port_fake_set_wall(PORT_FAKE_NOW + 3599);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 1);
	port_fake_set_wall(PORT_FAKE_NOW + 3600);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 0);
	assert_int_equal(post(0, 2), ACE_COAP_UNAUTHORIZED); /* expired by now */
}

static void removed_by_a_change_is_the_same_as_gone_from_the_list(void **state)
{
	(void)state;
	whole_list(1 << 0);
	change(1 << 0, 0);
	assert_int_equal(f.rs.revoked_used, 1);
	assert_int_equal(post(0, 1), ACE_COAP_UNAUTHORIZED);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 0);
	change(1 << 2, 1 << 2); /* revoked and expired between two questions */
	assert_int_equal(post(2, 1), ACE_COAP_UNAUTHORIZED);
}

/* RFC 9770 11.1: "the oldest" go first. */
static void without_room_the_oldest_hash_goes(void **state)
{
	(void)state;
	whole_list(0);
	for (unsigned i = 0; i < 4; i++)
		change(0, 1u << i);
	assert_int_equal(f.rs.revoked_used, ROOM);
	assert_int_equal(f.rs.revoked_dropped, 1);
	assert_int_equal(post(1, 1), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(post(3, 1), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(post(0, 1), ACE_COAP_CREATED); /* the price of too little room */
}

/* RFC 9770 11.1: the sequence number of a dropped hash raises the highest expired one. */
static void a_dropped_hash_leaves_its_sequence_number(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	whole_list(0);
	become_client(4, &client);
	change(0, 1 << 4);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	assert_int_equal(f.rs.as[0].exi_highest_expired, -1);
	change(0, 1 << 0 | 1 << 1 | 1 << 2); /* no room is left for it */
	assert_int_equal(f.rs.as[0].exi_highest_expired, 44);
	assert_int_equal(post(4, 2), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(post(5, 2), ACE_COAP_CREATED);
}

static void a_revoked_exi_token_that_comes_late_leaves_its_number_too(void **state)
{
	(void)state;
	whole_list(1 << 4);
	assert_int_equal(post(4, 1), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(f.rs.as[0].exi_highest_expired, -1);
	whole_list(0);
	assert_int_equal(f.rs.revoked_used, 0);
	assert_int_equal(f.rs.as[0].exi_highest_expired, 44);
}

static void a_countdown_that_ends_lets_the_hash_go(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	whole_list(0);
	become_client(4, &client);
	change(0, 1 << 4);
	port_fake_set_monotonic(1000 + 100 * 1000 - 1);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 1);
	port_fake_set_monotonic(1000 + 100 * 1000);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 0);
	assert_int_equal(post(4, 2), ACE_COAP_UNAUTHORIZED);
}

static void posts_wait_for_the_first_whole_list(void **state)
{
	(void)state;
	assert_int_equal(post(0, 1), ACE_COAP_UNAVAILABLE);
	change(0, 1 << 1); /* changes alone do not tell everything */
	assert_int_equal(post(0, 1), ACE_COAP_UNAVAILABLE);
	whole_list(0);
	assert_int_equal(post(0, 1), ACE_COAP_CREATED);
}

static void posts_do_not_wait_for_ever(void **state)
{
	(void)state;
	port_fake_set_monotonic(1000 + ACE_RS_TRL_WAIT_MS - 1);
	assert_int_equal(post(0, 1), ACE_COAP_UNAVAILABLE);
	port_fake_set_monotonic(1000 + ACE_RS_TRL_WAIT_MS);
	assert_int_equal(post(0, 1), ACE_COAP_CREATED);
}

static void a_port_that_cannot_hash_refuses_the_post(void **state)
{
	(void)state;
	whole_list(1 << 0);
	port_fake_fail_call(2); /* the first is the wall clock of the timers */
	assert_int_equal(post(0, 1), ACE_COAP_UNAVAILABLE);
	assert_int_equal(post(0, 1), ACE_COAP_UNAUTHORIZED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_revoked_token_ends_at_once_and_does_not_come_back, start),
		cmocka_unit_test_setup(a_token_revoked_before_its_first_post_is_refused, start),
		cmocka_unit_test_setup(a_revoked_token_is_no_update_either, start),
		cmocka_unit_test_setup(an_update_is_revoked_by_its_own_hash, start),
		cmocka_unit_test_setup(a_waiting_context_of_another_token_outlives_the_revoked_one, start),
		cmocka_unit_test_setup(a_hash_stays_until_its_token_was_seen_and_has_expired, start),
		cmocka_unit_test_setup(the_token_itself_tells_when_its_hash_may_go, start),
		cmocka_unit_test_setup(removed_by_a_change_is_the_same_as_gone_from_the_list, start),
		cmocka_unit_test_setup(without_room_the_oldest_hash_goes, start),
		cmocka_unit_test_setup(a_dropped_hash_leaves_its_sequence_number, start),
		cmocka_unit_test_setup(a_revoked_exi_token_that_comes_late_leaves_its_number_too, start),
		cmocka_unit_test_setup(a_countdown_that_ends_lets_the_hash_go, start),
		cmocka_unit_test_setup(posts_wait_for_the_first_whole_list, start),
		cmocka_unit_test_setup(posts_do_not_wait_for_ever, start),
		cmocka_unit_test_setup(a_port_that_cannot_hash_refuses_the_post, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
