/* SPDX-License-Identifier: Apache-2.0 */
/* What an observer gets when its token ends: one protected 4.01, and nothing after it (RFC 9200 5.10.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "revoked_case.h"
#include "vectors.h"

#define END_MS (1000 + 100 * 1000)

static struct ace_oscore_ctx client;
static struct ace_rs_exchange observation;
static struct ace_oscore_exchange asked; /* the client's side of it */

/* Send a GET with Observe and open it on the device. */
static void observe(struct ace_rs_exchange *ret_ex)
{
	uint8_t plain[64], protected[128], opened[128];
	struct ace_buf out = ACE_BUF_OF(protected), open = ACE_BUF_OF(opened);
	struct ace_coap_writer w;
	struct ace_coap_message msg;
	struct ace_slice written;
	uint64_t seq;

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = ACE_COAP_GET, .mid = 1 });
	ace_coap_write_option_uint(&w, ACE_OPT_OBSERVE, 0);
	ace_coap_write_path(&w, ACE_LITERAL("/s/temp"));
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &msg), ACE_OK);
	assert_int_equal(ace_oscore_seq_take(&client, &seq), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(&client, seq, &msg, &out, &asked), ACE_OK);
	assert_int_equal(ace_rs_unprotect(&f.rs, ace_buf_slice(&out), &open, ret_ex), ACE_OK);
	assert_true(ace_rs_allowed(ret_ex, ACE_COAP_GET, "/s/temp"));
	assert_int_equal(ace_rs_observe_begin(ret_ex), ACE_OK);
}

/* A client whose token ends in 100 s observes /s/temp. */
static int start_observed(void **state)
{
	struct ace_buf out = ACE_BUF_OF(tokens[0].bytes);

	(void)start(state);
	whole_list(0);
	tokens[0].what.exp_in_s = 100;
	tokens[0].issued = fixture_issue(&f, &tokens[0].what, &out);
	become_client(0, &client);
	observe(&observation);
	return 0;
}

static void at(uint64_t ms)
{
	port_fake_set_monotonic(ms);
	ace_rs_tick(&f.rs);
	assert_true(ace_rs_invariants_hold(&f.rs));
}

/* Send an answer without Observe; ACE_OK when the client reads it as it was sent. */
static enum ace_err notify(struct ace_rs_exchange *ex, uint8_t code)
{
	uint8_t bytes[64], opened[64], plain[4] = { 0x50, code, 0, 1 };
	struct ace_buf out = ACE_BUF_OF(bytes), open = ACE_BUF_OF(opened);
	struct ace_coap_message msg;
	enum ace_err err = ace_rs_protect(ex, ACE_SLICE_OF(plain), &out);

	if (err)
		return err;
	assert_int_equal(ace_coap_read(ace_buf_slice(&out), &msg), ACE_OK);
	assert_int_equal(ace_oscore_unprotect_response(&client, &asked, &msg, &open), ACE_OK);
	assert_int_equal(opened[1], code);
	return ACE_OK;
}

static void an_observer_is_told_just_before_its_token_ends(void **state)
{
	(void)state;
	assert_int_equal(notify(&observation, ACE_COAP_CONTENT), ACE_OK);
	at(END_MS - ACE_RS_FAREWELL_EARLY_MS - 1);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GOES_ON);
	assert_int_equal(notify(&observation, ACE_COAP_CONTENT), ACE_OK);
	at(END_MS - ACE_RS_FAREWELL_EARLY_MS);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_ENDS);
	assert_int_equal(notify(&observation, ACE_COAP_UNAUTHORIZED), ACE_OK);
	ace_rs_observe_end(&observation);
	assert_int_equal(get(&client), ACE_OK);
	at(END_MS);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GONE);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
}

/* After the end the context is good for that one word only. */
static void an_observer_is_told_late_and_nothing_else_goes_on(void **state)
{
	uint8_t bytes[320];
	struct ace_buf body = ACE_BUF_OF(bytes), hints = ACE_BUF_OF(bytes);

	(void)state;
	at(END_MS);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_ENDS);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	assert_false(ace_rs_allowed(&observation, ACE_COAP_GET, "/s/temp"));
	assert_int_equal(notify(&observation, ACE_COAP_CONTENT), ACE_ERR_NO_CONTEXT);
	assert_int_equal(fixture_post(&f, &observation, fixture_body(tokens[1].issued, 1, 9, &body)), ACE_ERR_NO_CONTEXT);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(ace_rs_observe_begin(&observation), ACE_ERR_NO_CONTEXT);
	assert_int_equal(notify(&observation, ACE_COAP_UNAUTHORIZED), ACE_OK);
	ace_rs_observe_end(&observation);
	assert_true(ace_rs_invariants_hold(&f.rs)); /* no byte of a key is left */
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GONE);
	assert_int_equal(notify(&observation, ACE_COAP_UNAUTHORIZED), ACE_ERR_NO_CONTEXT);
	assert_int_equal(ace_rs_hints(&f.rs, &observation, NULL, &hints), ACE_OK);
	ace_rs_observe_end(&observation);
}

static void keys_do_not_wait_for_ever_for_a_farewell(void **state)
{
	(void)state;
	at(END_MS);
	at(END_MS + ACE_RS_FAREWELL_MS - 1);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_ENDS);
	at(END_MS + ACE_RS_FAREWELL_MS);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GONE);
}

static void observers_of_a_revoked_token_are_told(void **state)
{
	(void)state;
	change(0, 1 << 0);
	assert_int_equal(get(&client), ACE_ERR_NO_CONTEXT);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_ENDS);
	assert_int_equal(notify(&observation, ACE_COAP_UNAUTHORIZED), ACE_OK);
	ace_rs_observe_end(&observation);
	assert_int_equal(post(0, 2), ACE_COAP_UNAUTHORIZED);
}

/* RFC 9203 6: with the old context its observations go. */
static void rekeying_cancels_observations(void **state)
{
	struct ace_oscore_ctx next;

	(void)state;
	assert_int_equal(post(0, 2), ACE_COAP_CREATED);
	fixture_client(&f, &tokens[0].what, 2, 9, &next);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GOES_ON);
	assert_int_equal(get(&next), ACE_OK);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GONE);
}

/* An ending context gives way to the client's next one, and its place to newcomers. */
static void an_ending_context_is_in_nobodys_way(void **state)
{
	struct ace_oscore_ctx next;

	(void)state;
	at(END_MS);
	for (size_t i = 1; i < 4; i++) {
		port_fake_set_wall(PORT_FAKE_NOW);
		assert_int_equal(post(i, 1), ACE_COAP_CREATED);
	}
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GONE);
	fixture_client(&f, &tokens[3].what, 1, 9, &next);
	assert_int_equal(get(&next), ACE_OK);
}

static void each_observation_counts(void **state)
{
	struct ace_rs_exchange second, plain;

	(void)state;
	observe(&second);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &plain), ACE_OK);
	assert_int_equal(ace_rs_observe_begin(&plain), ACE_ERR_USAGE);
	at(END_MS);
	ace_rs_observe_end(&observation);
	assert_int_equal(ace_rs_observation(&second), ACE_RS_OBSERVATION_ENDS);
	ace_rs_observe_end(&second);
	assert_int_equal(ace_rs_observation(&second), ACE_RS_OBSERVATION_GONE);
	ace_rs_observe_end(&second);
	assert_true(ace_rs_invariants_hold(&f.rs));
}

static void too_many_observations_are_refused(void **state)
{
	(void)state;
	for (int i = 1; i < UINT8_MAX; i++)
		assert_int_equal(ace_rs_observe_begin(&observation), ACE_OK);
	assert_int_equal(ace_rs_observe_begin(&observation), ACE_ERR_FULL);
}

static void without_observers_keys_go_at_once(void **state)
{
	(void)state;
	ace_rs_observe_end(&observation);
	at(END_MS);
	assert_int_equal(ace_rs_observation(&observation), ACE_RS_OBSERVATION_GONE);
}

static void the_farewell_is_that_of_the_vector(void **state)
{
	static const uint8_t random[] = { 0x25, 0xa8, 0x99, 0x1c, 0xd7, 0x00, 0xac, 0x01, 0, 0 };
	json_t *file = vectors_load("ace-oscore-profile"), *messages = json_object_get(file, "messages");
	uint8_t bytes[128];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_rs_exchange ex;

	(void)state;
	fixture_start(&f);
	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, vectors_hex(vectors_named(messages, "authz-info-request"), "payload")), ACE_OK);
	assert_int_equal(ace_rs_unprotect(&f.rs, vectors_hex(vectors_named(messages, "oscore-observe-request"), "oscore_coap"),
					  &out, &ex), ACE_OK);
	assert_int_equal(ace_rs_observe_begin(&ex), ACE_OK);
	ex.oscore.nonce_spent = true; /* after a first answer, and five notifications */
	ex.grant->ctx.sender_seq = 5;
	port_fake_set_wall(1767229200);
	assert_int_equal(ace_rs_observation(&ex), ACE_RS_OBSERVATION_ENDS);
	out.len = 0;
	assert_int_equal(ace_rs_protect(&ex, vectors_hex(vectors_named(messages, "oscore-observe-terminated"), "plain_coap"),
					&out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), vectors_hex(vectors_named(messages, "oscore-observe-terminated"), "oscore_coap"));
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_observer_is_told_just_before_its_token_ends, start_observed),
		cmocka_unit_test_setup(an_observer_is_told_late_and_nothing_else_goes_on, start_observed),
		cmocka_unit_test_setup(keys_do_not_wait_for_ever_for_a_farewell, start_observed),
		cmocka_unit_test_setup(observers_of_a_revoked_token_are_told, start_observed),
		cmocka_unit_test_setup(rekeying_cancels_observations, start_observed),
		cmocka_unit_test_setup(an_ending_context_is_in_nobodys_way, start_observed),
		cmocka_unit_test_setup(each_observation_counts, start_observed),
		cmocka_unit_test_setup(too_many_observations_are_refused, start_observed),
		cmocka_unit_test_setup(without_observers_keys_go_at_once, start_observed),
		cmocka_unit_test(the_farewell_is_that_of_the_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
