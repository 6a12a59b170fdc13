/* SPDX-License-Identifier: Apache-2.0 */
/* The paths of device-states.md, section 6. After every post and request the fixture checks the invariants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"

static struct fixture f;
static uint8_t token_bytes[256], body_bytes[320];
static const struct fixture_token t1 = { .osc_id = 1, .exp_in_s = 3600, .iat = PORT_FAKE_NOW };
static struct ace_slice t1_token;

static int start(void **state)
{
	struct ace_buf token = ACE_BUF_OF(token_bytes);

	(void)state;
	fixture_start(&f);
	t1_token = fixture_issue(&f, &t1, &token);
	return 0;
}

static enum ace_err post(struct ace_slice token, uint64_t nonce1, uint8_t id1)
{
	struct ace_buf body = ACE_BUF_OF(body_bytes);

	return fixture_post(&f, NULL, fixture_body(token, nonce1, id1, &body));
}

static enum ace_err issue_and_post(const struct fixture_token *what, struct ace_rs_exchange *ex, uint64_t nonce1)
{
	uint8_t bytes[256];
	struct ace_buf token = ACE_BUF_OF(bytes), body = ACE_BUF_OF(body_bytes);
	struct ace_slice issued = fixture_issue(&f, what, &token);

	return fixture_post(&f, ex, fixture_body(issued, nonce1, 9, &body));
}

static void become_client(uint64_t nonce1, uint8_t id1, struct ace_oscore_ctx *ret_client)
{
	assert_int_equal(post(t1_token, nonce1, id1), ACE_OK);
	assert_int_equal(f.code, ACE_COAP_CREATED);
	fixture_client(&f, &t1, nonce1, id1, ret_client);
}

static enum ace_err get(struct ace_oscore_ctx *client)
{
	struct ace_rs_exchange ex;
	enum ace_err err = fixture_request(&f, client, ACE_COAP_GET, "/s/temp", &ex);

	if (!err)
		assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	return err;
}

static void a_token_opens_what_its_scope_says(void **state)
{
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	assert_int_equal(ace_rs_access(&ex, ACE_COAP_PUT, ACE_LITERAL("/s/temp"), ACE_LITERAL("")), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ace_rs_access(&ex, ACE_COAP_GET, ACE_LITERAL("/a/led"), ACE_LITERAL("")),
			 ACE_ACCESS_NO_RESOURCE);
}

static void what_was_never_proven_ends_after_a_minute(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	port_fake_set_monotonic(1000 + ACE_RS_PENDING_MS);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
}

static void a_lost_first_request_does_no_harm(void **state)
{
	struct ace_oscore_ctx client;
	uint64_t seq;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(ace_oscore_seq_take(&client, &seq), ACE_OK);
	assert_int_equal(get(&client), ACE_OK);
}

static void replayed_posts_leave_a_working_client_alone(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(post(t1_token, 1, 7), ACE_OK);
	assert_int_equal(get(&client), ACE_OK);
}

static void captured_token_with_fresh_nonces_does_not_displace_a_young_context(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	for (uint64_t nonce1 = 100; nonce1 < 120; nonce1++)
		assert_int_equal(post(t1_token, nonce1, 8), ACE_OK);
	assert_int_equal(get(&client), ACE_OK);
}

static void a_replay_does_not_stop_rekeying(void **state)
{
	struct ace_oscore_ctx old, new;

	(void)state;
	become_client(1, 7, &old);
	assert_int_equal(get(&old), ACE_OK);
	become_client(2, 8, &new);
	assert_int_equal(post(t1_token, 1, 7), ACE_OK);
	assert_int_equal(get(&old), ACE_OK);
	assert_int_equal(get(&new), ACE_OK);
	assert_int_equal(get(&old), ACE_ERR_NO_CONTEXT);
}

static void a_repeated_post_gets_the_same_answer(void **state)
{
	struct ace_oscore_ctx client;
	uint8_t answer[17];

	(void)state;
	become_client(1, 7, &client);
	memcpy(answer, f.answer, sizeof answer);
	assert_int_equal(post(t1_token, 1, 7), ACE_OK);
	assert_memory_equal(answer, f.answer, sizeof answer);
	assert_int_equal(get(&client), ACE_OK);
}

/* RFC 9203 4.2: ID2 differs from ID1; a resend to another ID1 could break that. */
static void a_repeated_nonce_with_another_id_is_no_repetition(void **state)
{
	uint8_t answer[17];

	(void)state;
	assert_int_equal(post(t1_token, 1, 7), ACE_OK);
	memcpy(answer, f.answer, sizeof answer);
	assert_int_equal(post(t1_token, 1, 8), ACE_OK);
	assert_memory_not_equal(answer, f.answer, sizeof answer);
}

static void rekeying_that_is_abandoned_leaves_the_old_context(void **state)
{
	struct ace_oscore_ctx old, new;

	(void)state;
	become_client(1, 7, &old);
	assert_int_equal(get(&old), ACE_OK);
	become_client(2, 8, &new);
	port_fake_set_monotonic(1000 + ACE_RS_PENDING_MS);
	assert_int_equal(get(&old), ACE_OK);
	assert_int_equal(get(&new), ACE_ERR_NO_CONTEXT);
}

static void an_update_changes_rights_and_keeps_keys(void **state)
{
	struct fixture_token t2 = t1;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, 7, &client);
	t2.is_update = true;
	t2.methods = 5;
	/* Update as first request: T12, then T38. */
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_POST, "/authz-info", &ex), ACE_OK);
	assert_int_equal(issue_and_post(&t2, &ex, 0), ACE_OK);
	assert_int_equal(f.answer_len, 0);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_PUT, "/s/temp", &ex), ACE_OK);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_PUT, "/s/temp"));
	t2.methods = 1;
	assert_int_equal(issue_and_post(&t2, &ex, 0), ACE_OK);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_PUT, "/s/temp", &ex), ACE_OK);
	assert_false(ace_rs_allowed(&ex, ACE_COAP_PUT, "/s/temp"));
}

static void an_update_for_another_kid_changes_nothing(void **state)
{
	struct fixture_token t2 = t1;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	t2.is_update = true;
	t2.osc_id = 2;
	t2.methods = 5;
	assert_int_equal(issue_and_post(&t2, &ex, 0), ACE_ERR_CNF);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_false(ace_rs_allowed(&ex, ACE_COAP_PUT, "/s/temp"));
	assert_int_equal(get(&client), ACE_OK);
}

static void an_update_drops_what_an_older_token_was_about_to_bring_back(void **state)
{
	struct fixture_token t2 = t1;
	struct ace_oscore_ctx old, new;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, 7, &old);
	assert_int_equal(fixture_request(&f, &old, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	become_client(2, 8, &new);
	t2.is_update = true;
	t2.iat++;
	assert_int_equal(issue_and_post(&t2, &ex, 0), ACE_OK);
	assert_int_equal(get(&new), ACE_ERR_NO_CONTEXT);
	assert_int_equal(get(&old), ACE_OK);
}

static void the_token_ends_exactly_at_exp(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	port_fake_set_monotonic(1000 + 3599999);
	port_fake_set_wall(PORT_FAKE_NOW + 3599);
	assert_int_equal(get(&client), ACE_OK);
	port_fake_set_wall(PORT_FAKE_NOW + 3600);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
}

static void setting_the_clock_back_gains_nothing(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	port_fake_set_wall(PORT_FAKE_NOW - 86400);
	port_fake_set_monotonic(1000 + 3600000);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
}

static void after_a_reboot_the_same_token_opens_again(void **state)
{
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	fixture_restart(&f);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
}

static void posting_an_exi_token_again_buys_no_time(void **state)
{
	struct fixture_token t3 = { .osc_id = 3, .exi_s = 3600, .exi_seq = 41 };
	struct ace_buf token = ACE_BUF_OF(token_bytes);
	struct ace_slice issued = fixture_issue(&f, &t3, &token);
	struct ace_oscore_ctx client;

	(void)state;
	port_fake_stop_wall(true);
	assert_int_equal(post(issued, 1, 7), ACE_OK);
	port_fake_set_monotonic(1000 + 1000000); /* its pending context went long ago, its countdown goes on */
	assert_int_equal(post(issued, 2, 7), ACE_OK);
	fixture_client(&f, &t3, 2, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	port_fake_set_monotonic(1000 + 3599999);
	assert_int_equal(get(&client), ACE_OK);
	port_fake_set_monotonic(1000 + 3600000);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	assert_int_equal(post(issued, 3, 7), ACE_ERR_EXPIRED);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(f.rs.as[0].exi_highest_expired, 41);
	t3.exi_seq = 40;
	assert_int_equal(issue_and_post(&t3, NULL, 4), ACE_ERR_EXPIRED);
	t3.exi_seq = 42;
	assert_int_equal(issue_and_post(&t3, NULL, 5), ACE_OK);
}

static void an_exi_token_from_before_a_reboot_is_dead(void **state)
{
	struct fixture_token t3 = { .osc_id = 3, .exi_s = 3600, .exi_seq = 41 };

	(void)state;
	fixture_restart(&f);
	ace_rs_exi_restore(&f.rs, 0, 41);
	assert_int_equal(issue_and_post(&t3, NULL, 1), ACE_ERR_EXPIRED);
}

static void a_full_table_refuses_newcomers_and_keeps_clients(void **state)
{
	struct fixture_token other = t1;
	struct ace_oscore_ctx client;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	other.sub = "client-8";
	for (other.osc_id = 2; other.osc_id <= FIXTURE_CONTEXTS; other.osc_id++)
		assert_int_equal(issue_and_post(&other, NULL, other.osc_id), ACE_OK);
	assert_int_equal(issue_and_post(&other, NULL, 9), ACE_ERR_FULL);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(get(&client), ACE_OK);
	port_fake_set_monotonic(1000 + ACE_RS_GRACE_MS); /* now the oldest unproven one may go */
	assert_int_equal(issue_and_post(&other, NULL, 9), ACE_OK);
	assert_int_equal(get(&client), ACE_OK);
}

static void a_proven_token_replaces_others_of_its_subject(void **state)
{
	struct fixture_token newer = t1;
	struct ace_oscore_ctx client, next;

	(void)state;
	become_client(1, 7, &client);
	assert_int_equal(get(&client), ACE_OK);
	newer.osc_id = 2;
	assert_int_equal(issue_and_post(&newer, NULL, 2), ACE_OK);
	fixture_client(&f, &newer, 2, 9, &next);
	assert_int_equal(get(&client), ACE_OK);
	assert_int_equal(get(&next), ACE_OK);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
}

static void an_answer_after_rekeying_finds_no_context(void **state)
{
	struct ace_oscore_ctx old, new;
	struct ace_rs_exchange ex;
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);
	static const uint8_t answer[] = { 0x60, 0x45, 0, 1 };

	(void)state;
	become_client(1, 7, &old);
	assert_int_equal(fixture_request(&f, &old, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	become_client(2, 8, &new);
	assert_int_equal(get(&new), ACE_OK);
	assert_int_equal(ace_rs_protect(&ex, ACE_SLICE_OF(answer), &out), ACE_ERR_NO_CONTEXT);
	assert_false(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
}

static void the_end_of_sequence_numbers_ends_the_context(void **state)
{
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);
	static const uint8_t answer[] = { 0x60, 0x45, 0, 1 };

	(void)state;
	become_client(1, 7, &client);
	client.sender_seq = ACE_OSCORE_SEQ_MAX;
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_int_equal(ace_rs_protect(&ex, ACE_SLICE_OF(answer), &out), ACE_OK);
	assert_int_equal(ace_rs_protect(&ex, ACE_SLICE_OF(answer), &out), ACE_ERR_NO_CONTEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_token_opens_what_its_scope_says, start),
		cmocka_unit_test_setup(what_was_never_proven_ends_after_a_minute, start),
		cmocka_unit_test_setup(a_lost_first_request_does_no_harm, start),
		cmocka_unit_test_setup(replayed_posts_leave_a_working_client_alone, start),
		cmocka_unit_test_setup(captured_token_with_fresh_nonces_does_not_displace_a_young_context, start),
		cmocka_unit_test_setup(a_replay_does_not_stop_rekeying, start),
		cmocka_unit_test_setup(a_repeated_post_gets_the_same_answer, start),
		cmocka_unit_test_setup(a_repeated_nonce_with_another_id_is_no_repetition, start),
		cmocka_unit_test_setup(rekeying_that_is_abandoned_leaves_the_old_context, start),
		cmocka_unit_test_setup(an_update_changes_rights_and_keeps_keys, start),
		cmocka_unit_test_setup(an_update_for_another_kid_changes_nothing, start),
		cmocka_unit_test_setup(an_update_drops_what_an_older_token_was_about_to_bring_back, start),
		cmocka_unit_test_setup(the_token_ends_exactly_at_exp, start),
		cmocka_unit_test_setup(setting_the_clock_back_gains_nothing, start),
		cmocka_unit_test_setup(after_a_reboot_the_same_token_opens_again, start),
		cmocka_unit_test_setup(posting_an_exi_token_again_buys_no_time, start),
		cmocka_unit_test_setup(an_exi_token_from_before_a_reboot_is_dead, start),
		cmocka_unit_test_setup(a_full_table_refuses_newcomers_and_keeps_clients, start),
		cmocka_unit_test_setup(a_proven_token_replaces_others_of_its_subject, start),
		cmocka_unit_test_setup(an_answer_after_rekeying_finds_no_context, start),
		cmocka_unit_test_setup(the_end_of_sequence_numbers_ends_the_context, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
