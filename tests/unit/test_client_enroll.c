/* SPDX-License-Identifier: Apache-2.0 */
/* A ticket is moved when the AS knows it, and stays where it is when anything goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/client.h"
#include "client_state_dir.h"
#include "scripted_peer.h"

#define EXPIRED "2026-01-01T00:00:00Z"
#define EXPIRES "2099-01-01T00:00:00Z"

static char dir[64], ticket_dir[64], ticket[128];
static struct peer peer;
static struct client client;
static struct cli_error error;

static int start(void **state)
{
	(void)state;
	state_dir_make(dir);
	state_dir_make(ticket_dir);
	snprintf(ticket, sizeof ticket, "%s/c.ace", ticket_dir);
	peer_start(&peer);
	memset(&error, 0, sizeof error);
	return client_open(&client, &(struct ace_client_options){ .state_dir = dir, .timeout_ms = 2000 }, NULL);
}

static int stop(void **state)
{
	(void)state;
	client_close(&client);
	peer_stop(&peer);
	state_dir_remove(dir);
	state_dir_remove(ticket_dir);
	return 0;
}

static enum ace_err enrol_with(bool replace)
{
	struct cli_client_bundle enrolled;
	enum ace_err err = client_enroll(&client, ticket, replace, &enrolled, &error);

	if (!err)
		cli_client_bundle_fini(&enrolled);
	return err;
}

/* Without expires it is an export. */
static void ticket_write(const char *name, const char *secret, const char *expires)
{
	FILE *file = fopen(ticket, "w");

	assert_non_null(file);
	fprintf(file, "{ \"format\": \"ace-client/1\", \"client\": \"%s\", "
		"\"as_uri\": \"coap://127.0.0.1:%u/token\", %s%s%s \"oscore\": { "
		"\"master_secret_hex\": \"%s\", \"master_salt_hex\": \"\", \"sender_id_hex\": \"63\", "
		"\"recipient_id_hex\": \"\", \"id_context_hex\": null, \"aead\": 10, \"hkdf\": \"sha256\" } }\n",
		name, peer.port, expires ? "\"expires\": \"" : "", expires ? expires : "", expires ? "\"," : "", secret);
	assert_int_equal(fclose(file), 0);
}

static bool ticket_is_there(void)
{
	return access(ticket, F_OK) == 0;
}

#define SECRET "c0c1c200000000000000000000000000"

static void ticket_is_moved_after_a_verified_exchange(void **state)
{
	struct client_enrolments enrolments = { 0 };

	(void)state;
	peer.script.echo = true;
	ticket_write("wallboard-1", SECRET, EXPIRES);
	assert_int_equal(enrol_with(false), ACE_OK);
	assert_false(ticket_is_there());
	assert_int_equal(peer.as_requests, 2);
	assert_int_equal(client_enrolments_read(&client.state, &enrolments, NULL), ACE_OK);
	assert_int_equal(enrolments.len, 1);
	assert_string_equal(enrolments.bundles[0].client, "wallboard-1");
	assert_int_equal(enrolments.bundles[0].expires, 0);
	client_enrolments_free(&enrolments);
	/* Nothing else was asked of the AS: no token, no refusal. */
	assert_int_equal(peer.tokens, 0);
}

static uint64_t next_number(void)
{
	struct client_enrolments enrolments = { 0 };
	struct client_as_line line;
	uint64_t number;

	assert_int_equal(client_enrolments_read(&client.state, &enrolments, NULL), ACE_OK);
	assert_int_equal(client_as_open(&client, &enrolments.bundles[0], false, &line, NULL), ACE_OK);
	assert_int_equal(client_seq_take(&client.state, &line.line.seq, &number, NULL), ACE_OK);
	client_as_close(&line);
	client_enrolments_free(&enrolments);
	return number;
}

/* RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than once per AEAD key." */
static void key_of_an_export_goes_on_where_nobody_was(void **state)
{
	uint64_t before;

	(void)state;
	assert_int_equal(client_seq_floor(&before), ACE_OK);
	ticket_write("wallboard-1", SECRET, EXPIRES);
	assert_int_equal(enrol_with(false), ACE_OK);
	assert_in_range(next_number(), 1, 1000); /* a ticket is the first to use its key */
	/* The state is lost, and the operator exports the key once more. */
	client_close(&client);
	state_dir_remove(dir);
	state_dir_make(dir);
	assert_int_equal(client_open(&client, &(struct ace_client_options){ .state_dir = dir, .timeout_ms = 2000 }, NULL), ACE_OK);
	ticket_write("wallboard-1", SECRET, NULL);
	assert_int_equal(enrol_with(false), ACE_OK);
	assert_true(next_number() > before);
}

static void wrong_secret_keeps_the_ticket(void **state)
{
	(void)state;
	ticket_write("wallboard-1", "c0c1c200000000000000000000000001", EXPIRES);
	assert_int_equal(enrol_with(false), ACE_ERR_UNPROTECTED);
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_true(ticket_is_there());
	assert_int_equal(state_dir_count(dir, "as-"), 0);
}

static void expired_ticket_is_refused_unsent(void **state)
{
	(void)state;
	ticket_write("wallboard-1", SECRET, EXPIRED);
	assert_int_equal(enrol_with(false), ACE_ERR_EXPIRED);
	assert_int_equal(error.exit, CLI_EXIT_REFUSED);
	assert_true(ticket_is_there());
	assert_int_equal(peer.as_requests, 0);
}

static void malformed_ticket_is_refused_and_kept(void **state)
{
	(void)state;
	ticket_write("wallboard-1", "c0c1", EXPIRES);
	assert_int_not_equal(enrol_with(false), ACE_OK);
	assert_true(error.message[0]);
	assert_true(ticket_is_there());
	assert_int_equal(peer.as_requests, 0);
}

static void another_client_is_not_thrown_away_unasked(void **state)
{
	(void)state;
	ticket_write("one", SECRET, EXPIRES);
	assert_int_equal(enrol_with(false), ACE_OK);
	ticket_write("two", SECRET, EXPIRES);
	assert_int_equal(enrol_with(false), ACE_ERR_EXISTS);
	assert_true(ticket_is_there());
	assert_int_equal(enrol_with(true), ACE_OK);
	assert_false(ticket_is_there());
	/* The same key came three times, and no number of it was used twice. */
	assert_int_equal(peer.replays, 0);
	assert_int_equal(state_dir_count(dir, "as-"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ticket_is_moved_after_a_verified_exchange),
		TEST(key_of_an_export_goes_on_where_nobody_was),
		TEST(wrong_secret_keeps_the_ticket),
		TEST(expired_ticket_is_refused_unsent),
		TEST(malformed_ticket_is_refused_and_kept),
		TEST(another_client_is_not_thrown_away_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
