/* SPDX-License-Identifier: Apache-2.0 */
/* Requests over DTLS: who sent them, in which order they are committed and answered, and what copies get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "as_fixture.h"
#include "as_line.h"
#include "as_request_body.h"
#include "dtls_case.h"

#define SESSIONS_MAX 16
#define SESSIONS_TRIED 200

static struct as_fixture fx;
static struct dtls_case dtls;
static struct dtls_peer anna, other;
static uint8_t body_bytes[256];

/* What the server did, in order: C commit, c a commit that failed, A an answer, S a message sent. */
static char story[64];
static size_t story_len;
static enum ace_err commit_fails;

static void tell(char what)
{
	if (story_len + 1 < sizeof story)
		story[story_len++] = what;
	story[story_len] = '\0';
}

static void forget(void)
{
	story_len = 0;
	story[0] = '\0';
}

enum ace_err __real_store_commit(struct store_txn *txn);
enum ace_err __wrap_store_commit(struct store_txn *txn);
enum ace_err __wrap_store_commit(struct store_txn *txn)
{
	tell(commit_fails ? 'c' : 'C');
	if (!commit_fails)
		return __real_store_commit(txn);
	store_abort(txn);
	return commit_fails;
}

enum ace_err __real_as_coaps_answer(struct as_coaps *coaps, struct as_coaps_request *request, struct ace_slice message);
enum ace_err __wrap_as_coaps_answer(struct as_coaps *coaps, struct as_coaps_request *request, struct ace_slice message);
enum ace_err __wrap_as_coaps_answer(struct as_coaps *coaps, struct as_coaps_request *request, struct ace_slice message)
{
	tell('A');
	return __real_as_coaps_answer(coaps, request, message);
}

coap_mid_t __real_coap_send(coap_session_t *session, coap_pdu_t *pdu);
coap_mid_t __wrap_coap_send(coap_session_t *session, coap_pdu_t *pdu);
coap_mid_t __wrap_coap_send(coap_session_t *session, coap_pdu_t *pdu)
{
	if (coap_session_get_context(session) != dtls.coap)
		tell('S');
	return __real_coap_send(session, pdu);
}

static struct ace_slice token_body(const char *audience)
{
	return as_body_write(&(struct as_body){ .audience = audience, .scope = "read" }, body_bytes, sizeof body_bytes);
}

/* Ask, and wait for what comes back; the story is of that alone. */
static void ask(struct dtls_peer *peer, uint16_t mid, const char *audience)
{
	forget();
	dtls_peer_ask(peer, mid, "token", token_body(audience));
	dtls_case_turn(&dtls, &fx, peer, peer->answers + 1, DTLS_CASE_TURNS);
}

static void assert_stored(uint64_t tokens_wanted, uint64_t decisions_wanted)
{
	uint64_t tokens, decisions;

	as_fixture_counts(&fx, &tokens, &decisions);
	assert_int_equal(tokens, tokens_wanted);
	assert_int_equal(decisions, decisions_wanted);
}

static int setup(void **state)
{
	(void)state;
	commit_fails = ACE_OK;
	if (as_fixture_open(&fx, ""))
		return -1;
	usleep(20000); /* numbers appear with time */
	dtls_case_client(&fx, "anna", STORE_AUTH_DTLS_PSK);
	dtls_case_open(&dtls, &fx, SESSIONS_MAX);
	dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &anna);
	/* The handshake, and the first of everything. */
	dtls_peer_ask(&anna, 1, "nothing-here", token_body("d-clock"));
	dtls_case_turn(&dtls, &fx, &anna, 1, DTLS_CASE_TURNS);
	assert_int_equal(anna.code, ACE_COAP_NOT_FOUND);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cli_log_fd_set(STDERR_FILENO);
	dtls_peer_close(&anna);
	dtls_case_close(&dtls);
	return as_fixture_close(&fx);
}

static void a_token_comes_after_its_commit(void **state)
{
	struct ace_cbor_reader r;

	(void)state;
	ask(&anna, 2, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_CREATED);
	assert_string_equal(strchr(story, 'A') - 1, "CAS");
	assert_stored(1, 1);
	ace_cbor_read_init(&r, (struct ace_slice){ anna.payload, anna.len });
	assert_int_equal(r.err, ACE_OK);
}

static void what_is_not_committed_is_put_off(void **state)
{
	(void)state;
	ask(&anna, 2, "d-clock"); /* token numbers are taken, so that no commit is for them */
	commit_fails = ACE_ERR_FULL;
	ask(&anna, 3, "d-clock");
	commit_fails = ACE_OK;
	assert_int_equal(anna.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(anna.len, 0);
	assert_string_equal(story, "cAS");
	assert_stored(1, 1);
}

static void a_refusal_has_its_decision(void **state)
{
	(void)state;
	dtls_case_client(&fx, "bob", STORE_AUTH_DTLS_PSK);
	dtls_peer_open(&dtls, "bob", ACE_SLICE_OF(dtls_case_key), &other);
	ask(&other, 2, "d-clock");
	dtls_peer_close(&other);
	assert_int_equal(other.code, ACE_COAP_BAD_REQUEST);
	assert_non_null(memmem(other.payload, other.len, "D-", 2));
	assert_stored(0, 1);
}

static void both_kinds_share_a_commit(void **state)
{
	struct as_heard heard;
	struct as_line bob;

	(void)state;
	ask(&anna, 2, "d-clock");
	as_line_open(&bob, &fx, "bob");
	for (int i = 0; i < 2; i++) {
		as_line_ask(&bob, "nothing-here", token_body("d-clock"));
		assert_int_equal(as_batch_run(&fx.as), ACE_OK);
		as_line_hear(&bob, &heard);
	}
	assert_int_equal(heard.code, ACE_COAP_NOT_FOUND);
	forget();
	as_line_ask(&bob, "token", token_body("d-clock"));
	dtls_peer_ask(&anna, 3, "token", token_body("d-clock"));
	dtls_case_turn(&dtls, &fx, &anna, 3, DTLS_CASE_TURNS);
	as_line_hear(&bob, &heard);
	assert_string_equal(story, "CAS");
	assert_int_equal(anna.code, ACE_COAP_CREATED);
	assert_true(heard.is_protected);
	assert_int_equal(heard.code, ACE_COAP_BAD_REQUEST);
	assert_stored(2, 3);
	as_line_close(&bob);
}

/* RFC 7252 4.5: a copy is "acknowledged", but its request is processed "only once". */
static void copies_are_answered_and_not_served(void **state)
{
	(void)state;
	dtls_peer_ask(&anna, 2, "token", token_body("d-clock"));
	ask(&anna, 2, "d-clock"); /* both are waiting when the server looks */
	assert_int_equal(anna.code, ACE_COAP_CREATED);
	assert_stored(1, 1);
	dtls_case_turn(&dtls, &fx, &anna, anna.answers + 1, 20);
	forget();
	dtls_peer_ask(&anna, 2, "token", token_body("d-clock"));
	dtls_case_turn(&dtls, &fx, &anna, anna.answers + 1, 20);
	assert_string_equal(story, "S");
	assert_stored(1, 1);
	ask(&anna, 3, "d-clock");
	assert_stored(2, 2);
}

static void assert_no_session(const char *identity, struct ace_slice key)
{
	forget();
	dtls_peer_open(&dtls, identity, key, &other);
	dtls_peer_ask(&other, 2, "token", token_body("d-clock"));
	dtls_case_turn(&dtls, &fx, &other, 1, 100);
	assert_false(dtls_peer_is_connected(&other));
	assert_int_equal(other.answers, 0);
	assert_string_equal(story, "");
	dtls_peer_close(&other);
}

static void replace_key(const char *id)
{
	struct store_secret secret = { .key_len = sizeof dtls_case_key };
	struct store_txn *txn;

	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rekey(txn, id, &secret, 0), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static void a_session_ends_to_count_with_its_key(void **state)
{
	(void)state;
	replace_key("anna");
	ask(&anna, 2, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_UNAUTHORIZED);
	assert_stored(0, 0);
}

/* No request fails: the old key, in the session at hand and in new ones, lasts until the new one was used. */
static void a_key_that_is_replaced_lasts_until_the_new_one_is_used(void **state)
{
	static const uint8_t fresh_key[32] = "the key that comes after, 32 byt";
	struct store_secret secret = { .key_len = sizeof fresh_key };
	struct store_client record;
	struct dtls_peer fresh;
	struct store_txn *txn;

	(void)state;
	memcpy(secret.key, fresh_key, sizeof fresh_key);
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rotate(txn, &(struct store_line_rotation){ .id = "anna", .secret = &secret,
		.now = as_fixture_wall_ms() / 1000, .ticket_expires = INT64_MAX }, &record), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	ask(&anna, 2, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_CREATED);
	dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &other);
	ask(&other, 2, "d-clock");
	assert_int_equal(other.code, ACE_COAP_CREATED);
	dtls_peer_close(&other);
	assert_no_session("anna", ACE_SLICE_OF(fresh_key));
	dtls_peer_open(&dtls, "anna/2", ACE_SLICE_OF(fresh_key), &fresh);
	ask(&fresh, 2, "d-clock");
	assert_int_equal(fresh.code, ACE_COAP_CREATED);
	ask(&anna, 3, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_UNAUTHORIZED);
	ask(&fresh, 3, "d-clock");
	assert_int_equal(fresh.code, ACE_COAP_CREATED);
	dtls_peer_close(&fresh);
	assert_no_session("anna", ACE_SLICE_OF(dtls_case_key));
	assert_stored(4, 4);
}

/* Another client of that id is another client. */
static void a_session_ends_to_count_with_its_owner(void **state)
{
	struct store_txn *txn;

	(void)state;
	dtls_case_client(&fx, "anna", STORE_AUTH_DTLS_PSK);
	ask(&anna, 2, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_delete(txn, "anna"), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	ask(&anna, 3, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_UNAUTHORIZED);
	assert_stored(0, 0);
}

static void who_has_no_key_gets_no_session(void **state)
{
	static const uint8_t zeros[16], longer[17] = "dtls key of 16 B";
	char id[STORE_ID_MAX + 2];

	(void)state;
	memset(id, 'a', sizeof id - 1);
	id[sizeof id - 1] = '\0';
	assert_no_session("anna", ACE_SLICE_OF(zeros));
	assert_no_session("anna", ACE_SLICE_OF(longer));
	assert_no_session("anna", (struct ace_slice){ dtls_case_key, 15 });
	assert_no_session("ann", ACE_SLICE_OF(dtls_case_key));
	assert_no_session("anna\xff", ACE_SLICE_OF(dtls_case_key));
	assert_no_session("", ACE_SLICE_OF(dtls_case_key));
	assert_no_session(id, ACE_SLICE_OF(dtls_case_key));
	/* An OSCORE client of the same secret, and a device without a line. */
	dtls_case_client(&fx, "bob", STORE_AUTH_OSCORE);
	assert_no_session("bob", ACE_SLICE_OF(dtls_case_key));
	assert_no_session("d-clock", ACE_SLICE_OF(dtls_case_key));
	assert_stored(0, 0);
}

/* A line's number is no secret. Sent as a kid, that of a DTLS client opens nothing and does it no harm. */
static void oscore_under_its_line_leaves_a_dtls_client_alone(void **state)
{
	struct as_heard heard;
	struct as_line line;
	uint64_t number;
	struct as_peer *peer;

	(void)state;
	ask(&anna, 2, "d-clock");
	peer = fx.as.batch->jobs[0].peer;
	number = peer->line;
	assert_string_equal(peer->id, "anna");
	peer->ctx.sender_key[0] = 0xaa; /* of no use to DTLS; a peer that is made anew has none */
	as_line_open(&line, &fx, "anna");
	as_line_ask(&line, "token", token_body("d-clock"));
	dtls_peer_ask(&anna, 3, "token", token_body("d-clock"));
	dtls_case_turn(&dtls, &fx, &anna, 3, DTLS_CASE_TURNS);
	as_line_hear(&line, &heard);
	as_line_close(&line);
	assert_false(heard.is_protected);
	assert_int_equal(heard.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(anna.code, ACE_COAP_CREATED);
	assert_ptr_equal(as_peer_find(&fx.as.peers, number), peer);
	assert_int_equal(peer->ctx.sender_key[0], 0xaa);
	assert_stored(2, 2);
}

static void an_answer_to_a_session_that_has_ended_is_dropped(void **state)
{
	(void)state;
	cli_log_level_set(CLI_LOG_ERROR);
	dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &other);
	ask(&other, 2, "d-clock");
	dtls_peer_ask(&other, 3, "token", token_body("d-clock"));
	coap_session_disconnected(other.session, COAP_NACK_TLS_FAILED); /* says goodbye behind the request */
	dtls_peer_close(&other);
	forget();
	assert_int_equal(as_batch_run(&fx.as), ACE_OK);
	assert_string_equal(story, "CA");
	assert_stored(2, 2);
	ask(&anna, 2, "d-clock");
	assert_int_equal(anna.code, ACE_COAP_CREATED);
}

/* Who goes is told so, and knows that it has to begin anew. */
static void idle_sessions_are_capped(void **state)
{
	static struct dtls_peer peers[SESSIONS_TRIED];
	unsigned int left = 0;

	(void)state;
	for (size_t i = 0; i < SESSIONS_TRIED; i++) {
		dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &peers[i]);
		dtls_peer_ask(&peers[i], 2, "nothing-here", token_body("d-clock"));
		dtls_case_turn(&dtls, &fx, &peers[i], 1, DTLS_CASE_TURNS);
		assert_int_equal(peers[i].answers, 1);
	}
	dtls_case_turn(&dtls, &fx, &anna, 2, 10);
	for (size_t i = 0; i < SESSIONS_TRIED; i++)
		left += dtls_peer_is_connected(&peers[i]);
	assert_int_equal(left, SESSIONS_MAX);
	assert_false(dtls_peer_is_connected(&anna));
	ask(&peers[SESSIONS_TRIED - 1], 3, "d-clock");
	assert_int_equal(peers[SESSIONS_TRIED - 1].code, ACE_COAP_CREATED);
	ask(&peers[0], 3, "d-clock");
	assert_int_equal(peers[0].code, ACE_COAP_CREATED);
	for (size_t i = 0; i < SESSIONS_TRIED; i++)
		dtls_peer_close(&peers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_comes_after_its_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_committed_is_put_off, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refusal_has_its_decision, setup, teardown),
		cmocka_unit_test_setup_teardown(both_kinds_share_a_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(copies_are_answered_and_not_served, setup, teardown),
		cmocka_unit_test_setup_teardown(a_session_ends_to_count_with_its_key, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_that_is_replaced_lasts_until_the_new_one_is_used, setup, teardown),
		cmocka_unit_test_setup_teardown(a_session_ends_to_count_with_its_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(who_has_no_key_gets_no_session, setup, teardown),
		cmocka_unit_test_setup_teardown(oscore_under_its_line_leaves_a_dtls_client_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_to_a_session_that_has_ended_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_sessions_are_capped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
