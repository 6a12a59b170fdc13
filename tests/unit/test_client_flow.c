/* SPDX-License-Identifier: Apache-2.0 */
/* The whole client against an AS and a device that misbehave on request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client_case.h"

/* C-024: one discovery, one token, one post; afterwards one pair of messages. */
static void first_use_goes_through_all_steps_and_the_second_through_one(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.plain_gets, 1);
	assert_int_equal(peer.as_requests, 1);
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.device_requests, 1);
	/* Another process: from what is stored. */
	client_close(&client);
	client_start();
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.plain_gets, 1);
	assert_int_equal(peer.as_requests, 1);
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.device_requests, 2);
	assert_int_equal(peer.replays, 0);
}

/* RFC 9200 6.8: nothing sensitive in the request used for discovery (C-002). */
static void discovery_of_a_put_is_a_get_without_payload(void **state)
{
	(void)state;
	assert_string_equal(put(), "2.04 ");
	assert_int_equal(peer.plain_gets, 1);
	assert_int_equal(peer.plain_others, 0);
	assert_false(peer.plain_payload);
}

/* RFC 9175 2.3 (C-044): the Echo comes inside OSCORE and goes back inside. */
static void echo_of_the_as_is_answered(void **state)
{
	(void)state;
	peer.script.echo = true;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(peer.replays, 0);
}

/* RFC 8613 8.4 (C-041): the forged answer is passed over, the genuine one behind it is taken. */
static void forged_plaintext_answer_does_not_end_the_wait(void **state)
{
	(void)state;
	peer.script.forge_before = true;
	assert_string_equal(get(), "2.05 21.5");
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 1);
}

/* S9: a context is not given up while the device can be heard, however often somebody else is the first to answer. */
static void forged_refusals_before_each_answer_cost_nothing(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	peer.script.forge_before = true;
	peer.script.forged_code = ACE_COAP_UNAUTHORIZED;
	for (int again = 0; again < 4; again++)
		assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.as_requests, 1);
	assert_int_equal(link_waits, 0);
}

/* It may have been carried out: it is not sent again, but a better answer is waited for. */
static void refused_post_is_sent_once_and_waited_for(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	peer.script.forget = 1;
	assert_null(ask(ACE_COAP_POST, &(struct client_job){ 0 }));
	assert_int_equal(error.err, ACE_ERR_UNPROTECTED);
	assert_int_equal(peer.device_requests, 2);
	assert_int_equal(link_waits, 1);
}

static void forged_plaintext_answer_alone_is_never_data(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	peer.script.forge_only = true;
	assert_null(get());
	assert_int_equal(error.err, ACE_ERR_UNPROTECTED);
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	peer.script.forge_only = false;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 1);
}

static void answer_with_a_flipped_bit_is_no_answer(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	peer.script.corrupt = true;
	assert_null(get());
	assert_int_equal(error.err, ACE_ERR_TAG);
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
}

/* RFC 9200 6.4 (C-001), S8: no request leaves for an AS that we are not enrolled with. */
static void hints_to_a_foreign_as_lead_to_nothing(void **state)
{
	struct peer evil;
	char uri[64];

	(void)state;
	peer_start(&evil);
	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/token", evil.port);
	peer.script.hint_as = uri;
	assert_null(get());
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_non_null(strstr(error.message, uri));
	peer_stop(&evil);
	assert_int_equal(evil.as_requests + evil.plain_gets + evil.plain_others + evil.authz_posts, 0);
	assert_int_equal(peer.as_requests, 0);
}

/* RFC 9200 6.9: the audience of hints is a suggestion; what is pinned changes only when the user says so. */
static void changed_audience_is_refused_unless_it_is_named(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	peer.script.hint_audience = "other";
	assert_null(ask(ACE_COAP_GET, &(struct client_job){ .fresh = true }));
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_int_equal(peer.as_requests, 1);
	assert_string_equal(ask(ACE_COAP_GET, &(struct client_job){ .audience = "other" }), "2.05 21.5");
	assert_int_equal(peer.as_requests, 2);
	/* And that is what is pinned now. */
	assert_string_equal(ask(ACE_COAP_GET, &(struct client_job){ .fresh = true }), "2.05 21.5");
}

/* C-032, C-051, S9: two forged 4.01 keep the context, three drop it; then the same token is posted, not another one
 * asked for. */
static void two_forged_refusals_keep_the_context_and_three_repost_the_token(void **state)
{
	uint8_t nonce1[8];

	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	memcpy(nonce1, peer.last_nonce1, 8);
	peer.script.forget = 2;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(link_waits, 0);
	peer.script.forget = 3;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 2);
	assert_int_equal(link_waits, 1); /* the last one before the context goes, and only that */
	assert_int_equal(peer.as_requests, 1);
	assert_int_equal(peer.plain_gets, 1);
	/* RFC 9203 4.1 (C-013): another nonce. */
	assert_memory_not_equal(nonce1, peer.last_nonce1, 8);
	assert_int_equal(peer.replays, 0);
}

/* S10: the first 2.01 was forged: nothing verifies, and a new N1 mends it. */
static void forged_authz_answer_costs_a_repost_only(void **state)
{
	(void)state;
	peer.script.bad_authz = 1;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 2);
	assert_int_equal(peer.device_requests, 2);
	assert_int_equal(peer.as_requests, 1);
}

/* C-025: forged 2.01, then no valid response: no result, and nothing is pinned. */
static void device_that_never_proves_itself_gives_no_result(void **state)
{
	(void)state;
	peer.script.bad_authz = 100;
	assert_null(get());
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_int_equal(state_dir_count(dir, "pin-"), 0);
}

/* RFC 9203 4.3 (C-023). */
static void equal_ids_end_the_exchange(void **state)
{
	(void)state;
	peer.script.equal_id = true;
	assert_null(get());
	assert_int_equal(error.err, ACE_ERR_CNF);
	assert_int_equal(peer.device_requests, 0);
}

/* C-010: no lifetime, no use. */
static void token_without_lifetime_is_not_posted(void **state)
{
	(void)state;
	peer.script.no_lifetime = true;
	assert_null(get());
	assert_int_equal(error.err, ACE_ERR_LIFETIME);
	assert_int_equal(peer.authz_posts, 0);
	assert_int_equal(state_dir_count(dir, "token-"), 0);
}

/* C-029, C-031: past its time nothing goes out under the context. */
static void expired_token_is_replaced_before_anything_is_sent(void **state)
{
	int64_t now;

	(void)state;
	assert_int_equal(ace_port_wall_clock(&now), ACE_OK);
	ace_port_openssl_fix_clock(now);
	assert_string_equal(get(), "2.05 21.5");
	ace_port_openssl_fix_clock(now + 3599);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 1);
	ace_port_openssl_fix_clock(now + 3600); /* exp is not later than now: over */
	peer.device_requests = 0;
	peer.has_device = false; /* anything under the old context would be refused */
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(peer.device_requests, 1);
}

/* cli.md 4: only what is missing is asked for; a refusal is an error with an id, and what is held goes on. */
static void refusal_of_more_names_the_decision_and_disturbs_nothing(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	peer.script.refuse_set = true;
	assert_null(put());
	assert_int_equal(error.exit, CLI_EXIT_NO);
	assert_string_equal(error.message, "refused by the AS: invalid_scope (set) \xe2\x80\x94 ask your operator, "
					   "decision D-01KB2R7ABCDEFGHJ");
	assert_string_equal(peer.last_asked, "set");
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 1);
}

static void more_is_joined_to_what_is_held(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	assert_string_equal(put(), "2.04 ");
	assert_string_equal(peer.last_asked, "read set");
	assert_int_equal(peer.authz_posts, 1);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 1);
}

/* C-052: an AS that answers in the clear gets nothing in the clear. */
static void as_that_does_not_know_us_is_not_asked_in_the_clear(void **state)
{
	(void)state;
	peer.as_ctx.recipient_key[0] ^= 1;
	assert_null(get());
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_int_equal(error.err, ACE_ERR_UNPROTECTED);
	assert_int_equal(peer.plain_others, 0);
	assert_int_equal(peer.authz_posts, 0);
}

static void nobody_there_is_unreachable(void **state)
{
	struct client_job job = { 0 };
	struct client_request request;
	struct client_answer answer;

	(void)state;
	assert_int_equal(cli_address_parse("coap://127.0.0.1:1/temp", &job.address, NULL), ACE_OK);
	assert_int_equal(client_request_init(&request, ACE_COAP_GET, &job.address), ACE_OK);
	job.request = &request;
	assert_int_equal(client_flow(&client, &job, &answer, &error), ACE_ERR_IO);
	assert_int_equal(error.exit, CLI_EXIT_UNREACHABLE);
}

/* A damaged file is named, the request is not sent, and what is damaged stays as it is. */
static void damaged_token_file_is_named(void **state)
{
	struct client_name *names = NULL;
	size_t len = 0;
	char path[160];
	FILE *file;

	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(client_record_list(&client.state, CLIENT_KIND_TOKEN, &names, &len, NULL), ACE_OK);
	assert_int_equal(len, 1);
	snprintf(path, sizeof path, "%s/%s", dir, names[0].text);
	file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, 60, SEEK_SET), 0);
	assert_int_equal(fputc(0xee, file), 0xee);
	assert_int_equal(fclose(file), 0);
	assert_null(get());
	assert_int_equal(error.err, ACE_ERR_DAMAGED);
	assert_int_equal(error.exit, CLI_EXIT_BROKEN);
	assert_non_null(strstr(error.message, names[0].text));
	assert_int_equal(access(path, F_OK), 0);
	free(names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_use_goes_through_all_steps_and_the_second_through_one),
		TEST(discovery_of_a_put_is_a_get_without_payload),
		TEST(echo_of_the_as_is_answered),
		TEST(forged_plaintext_answer_does_not_end_the_wait),
		TEST(forged_refusals_before_each_answer_cost_nothing),
		TEST(refused_post_is_sent_once_and_waited_for),
		TEST(forged_plaintext_answer_alone_is_never_data),
		TEST(answer_with_a_flipped_bit_is_no_answer),
		TEST(hints_to_a_foreign_as_lead_to_nothing),
		TEST(changed_audience_is_refused_unless_it_is_named),
		TEST(two_forged_refusals_keep_the_context_and_three_repost_the_token),
		TEST(forged_authz_answer_costs_a_repost_only),
		TEST(device_that_never_proves_itself_gives_no_result),
		TEST(equal_ids_end_the_exchange),
		TEST(token_without_lifetime_is_not_posted),
		TEST(refusal_of_more_names_the_decision_and_disturbs_nothing),
		TEST(more_is_joined_to_what_is_held),
		TEST(as_that_does_not_know_us_is_not_asked_in_the_clear),
		TEST(nobody_there_is_unreachable),
		TEST(damaged_token_file_is_named),
		TEST(expired_token_is_replaced_before_anything_is_sent), /* the last: the clock stays */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
