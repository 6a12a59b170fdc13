/* SPDX-License-Identifier: Apache-2.0 */
/* The whole client against an AS and a device that misbehave on request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ace_port_host.h"
#include "client/client.h"
#include "client_state_dir.h"
#include "scripted_peer.h"

static char dir[64];
static struct peer peer;
static struct client client;
static struct cli_output output;
static struct cli_error error;

static void client_start(void)
{
	output = (struct cli_output){ .program = "test", .out = stdout, .err = stderr, .quiet = true };
	assert_int_equal(client_open(&client, &(struct client_settings){ .state_dir = dir, .timeout_ms = 3000 },
				     &output, NULL), ACE_OK);
	client.carrier.grace_ms = 250; /* the forged answer comes 100 ms before the genuine one */
}

static void enrol(void)
{
	char uri[64];
	struct cli_client_bundle bundle = {
		.client = "c", .as_uri = uri,
		.line = { CLI_LINE_OSCORE, { .master_secret = ACE_SLICE_OF(peer_as_secret),
					     .sender_id = ACE_LITERAL("c"), .alg = ACE_ALG_CCM_16_64_128 } } };
	struct client_as_line line;

	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/token", peer.port);
	assert_int_equal(client_credentials_write(&client.state, &bundle, NULL), ACE_OK);
	assert_int_equal(client_as_open(&client, &bundle, true, &line, NULL), ACE_OK);
	client_as_close(&line);
}

static int start(void **state)
{
	(void)state;
	state_dir_make(dir);
	peer_start(&peer);
	client_start();
	enrol();
	memset(&error, 0, sizeof error);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	client_close(&client);
	peer_stop(&peer);
	state_dir_remove(dir);
	return 0;
}

/* One request of the tool; the payload of a verified 2.xx answer, NULL and the error else. */
static const char *ask(uint8_t code, struct client_job *job)
{
	static struct client_answer answer;
	static char text[64];
	struct client_request request;
	char uri[64];
	enum ace_err err;

	memset(&error, 0, sizeof error);
	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/temp", peer.port);
	assert_int_equal(cli_address_parse(uri, &job->address, NULL), ACE_OK);
	assert_int_equal(client_request_init(&request, code, &job->address), ACE_OK);
	if (code == ACE_COAP_PUT)
		request.payload = ACE_LITERAL("19");
	job->request = &request;
	err = client_flow(&client, job, &answer, &error);
	if (err)
		return NULL;
	snprintf(text, sizeof text, "%u.%02u %.*s", answer.msg.code >> 5, answer.msg.code & 0x1f,
		 (int)answer.msg.payload.len, (const char *)answer.msg.payload.ptr);
	client_answer_wipe(&answer);
	return text;
}

static const char *get(void)
{
	return ask(ACE_COAP_GET, &(struct client_job){ 0 });
}

static const char *put(void)
{
	return ask(ACE_COAP_PUT, &(struct client_job){ 0 });
}

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
	peer.script.forget = 3;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 2);
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
	ace_port_openssl_fix_clock(now + 3601);
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
	assert_int_equal(peer.authz_posts, 2);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 2);
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
