/* SPDX-License-Identifier: Apache-2.0 */
/* The port fails at each call in turn: nothing changes on the device, nothing opened is left behind, and the same
 * thing works once the port does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"

#define CALLS_MAX 40

static struct fixture f;
static const struct fixture_token t1 = { .osc_id = 1, .exp_in_s = 3600, .iat = PORT_FAKE_NOW };

/* The memory of the device before the call that fails. */
static uint8_t arena[sizeof f.arena];
static struct ace_rs rs;

static int start(void **state)
{
	(void)state;
	fixture_start(&f);
	return 0;
}

static void remember(void)
{
	memcpy(arena, f.arena, sizeof arena);
	rs = f.rs;
}

static void assert_unchanged(void)
{
	assert_memory_equal(arena, f.arena, sizeof arena);
	assert_memory_equal(rs.as, f.rs.as, sizeof rs.as);
	assert_int_equal(rs.serial, f.rs.serial);
}

static struct ace_slice make_post(const struct fixture_token *what, uint64_t nonce1)
{
	static uint8_t token_bytes[256], body_bytes[320];
	struct ace_buf token = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);

	return fixture_body(fixture_issue(&f, what, &token), nonce1, 9, &body);
}

/* Which code goes with the failure? Without its clock the device cannot tell how long the token lives. */
static void assert_refused(enum ace_err err, uint8_t clock_code)
{
	assert_int_equal(f.answer_len, 0);
	if (err == ACE_ERR_LIFETIME)
		assert_int_equal(f.code, clock_code);
	else if (err == ACE_ERR_CRYPTO || err == ACE_ERR_RANDOM)
		assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	else
		fail_msg("error %d", (int)err);
}

/* Post until the port gets through; returns at how many calls it failed. The clock that the timers read first is not
 * needed: when that call fails the post goes on. */
static unsigned int post_with_failures(struct ace_rs_exchange *ex, struct ace_slice body, uint8_t clock_code)
{
	unsigned int failed = 0;
	enum ace_err err;

	for (unsigned int n = f.config.clock == ACE_CLOCK_NONE ? 1 : 2; n < CALLS_MAX; n++) {
		remember();
		port_fake_fail_call(n);
		err = fixture_post(&f, ex, body);
		if (!err)
			break;
		assert_refused(err, clock_code);
		assert_unchanged();
		failed++;
	}
	assert_int_equal(f.code, ACE_COAP_CREATED);
	return failed;
}

static void a_post_changes_nothing_until_the_port_gets_through(void **state)
{
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	/* Clock, open, hash of the subject, random bytes, and eight HMACs: extract, and one or two for each key. */
	assert_in_range(post_with_failures(NULL, make_post(&t1, 1), ACE_COAP_BAD_REQUEST), 7, 12);
	port_fake_fail_call(0);
	fixture_client(&f, &t1, 1, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

/* The client that is served goes on being served. */
static void rekeying_changes_nothing_until_the_port_gets_through(void **state)
{
	struct ace_oscore_ctx old, new;
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(fixture_post(&f, NULL, make_post(&t1, 1)), ACE_OK);
	fixture_client(&f, &t1, 1, 9, &old);
	assert_int_equal(fixture_request(&f, &old, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_in_range(post_with_failures(NULL, make_post(&t1, 2), ACE_COAP_BAD_REQUEST), 7, 12);
	port_fake_fail_call(0);
	fixture_client(&f, &t1, 2, 9, &new);
	assert_int_equal(fixture_request(&f, &old, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_int_equal(fixture_request(&f, &new, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

static void an_update_changes_nothing_until_the_port_gets_through(void **state)
{
	struct fixture_token update = t1;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(fixture_post(&f, NULL, make_post(&t1, 1)), ACE_OK);
	fixture_client(&f, &t1, 1, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	update.is_update = true;
	update.methods = 5;
	/* Decryption and clock. */
	assert_int_equal(post_with_failures(&ex, make_post(&update, 1), ACE_COAP_UNAUTHORIZED), 2);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_PUT, "/s/temp"));
}

/* An exi token's countdown begins when it is accepted, not when the port fails over it. */
static void an_exi_token_is_not_noted_until_the_port_gets_through(void **state)
{
	const struct fixture_token t3 = { .osc_id = 3, .exi_s = 3600, .exi_seq = 41 };

	(void)state;
	f.config.clock = ACE_CLOCK_NONE;
	fixture_restart(&f);
	assert_in_range(post_with_failures(NULL, make_post(&t3, 1), 0), 7, 12);
	assert_int_equal(ace_rs_exi_highest_seen(&f.rs, 0), 41);
}

/* A request as it was protected by its client, to be opened again and again. */
static struct ace_slice make_request(struct ace_oscore_ctx *client, const char *path)
{
	static uint8_t protected[128];
	uint8_t plain[64];
	struct ace_buf out = ACE_BUF_OF(protected);
	struct ace_coap_writer w;
	struct ace_coap_message msg;
	struct ace_oscore_exchange exchange;
	struct ace_slice written;
	uint64_t seq;

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = ACE_COAP_GET, .mid = 1 });
	ace_coap_write_path(&w, (struct ace_slice){ (const uint8_t *)path, strlen(path) });
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &msg), ACE_OK);
	assert_int_equal(ace_oscore_seq_take(client, &seq), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(client, seq, &msg, &out, &exchange), ACE_OK);
	return ace_buf_slice(&out);
}

static bool contains(const uint8_t *bytes, size_t len, const char *text)
{
	for (size_t i = 0; i + strlen(text) <= len; i++)
		if (!memcmp(bytes + i, text, strlen(text)))
			return true;
	return false;
}

/* RFC 9203 2: what could not be verified proves nothing, and its number may come again. */
static void a_request_that_the_port_failed_over_proves_nothing(void **state)
{
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex = { 0 };
	uint8_t opened[128] = { 0 };
	struct ace_buf plain = ACE_BUF_OF(opened);
	struct ace_slice request;

	(void)state;
	assert_int_equal(fixture_post(&f, NULL, make_post(&t1, 1)), ACE_OK);
	fixture_client(&f, &t1, 1, 9, &client);
	request = make_request(&client, "/s/temp");
	remember();
	port_fake_fail_call(2); /* the first is the clock of the timers */
	assert_int_equal(ace_rs_unprotect(&f.rs, request, &plain, &ex), ACE_ERR_CRYPTO);
	assert_int_equal(ace_rs_oscore_code(ACE_ERR_CRYPTO), ACE_COAP_INTERNAL_ERROR);
	assert_unchanged();
	assert_null(ex.rs);
	assert_int_equal(plain.len, 0);
	assert_false(contains(opened, sizeof opened, "temp"));
	assert_int_equal(ace_rs_unprotect(&f.rs, request, &plain, &ex), ACE_OK);
	assert_true(contains(opened, sizeof opened, "temp"));
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
}

static void an_answer_that_the_port_failed_over_leaves_no_plaintext(void **state)
{
	static const uint8_t answer[] = "\x60\x45\x00\x01\xff" "21.5 degrees";
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;
	uint8_t bytes[64] = { 0 };
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	assert_int_equal(fixture_post(&f, NULL, make_post(&t1, 1)), ACE_OK);
	fixture_client(&f, &t1, 1, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	for (int again = 0; again < 2; again++) { /* under the number of the request, then under one of ours */
		out.len = 0;
		port_fake_fail_call(2);
		assert_int_equal(ace_rs_protect(&ex, ACE_SLICE_OF(answer), &out), ACE_ERR_CRYPTO);
		assert_int_equal(out.len, 0);
		assert_false(contains(bytes, sizeof bytes, "degrees"));
		assert_int_equal(ace_rs_protect(&ex, ACE_SLICE_OF(answer), &out), ACE_OK);
		assert_false(contains(bytes, sizeof bytes, "degrees"));
	}
}

/* The issuing half: claims stand in the output for a moment, and must not stay there. */
static void no_secret_stays_behind_when_a_token_cannot_be_sealed_or_opened(void **state)
{
	static const uint8_t secret[16] = "0123456789abcdef", iv[13] = { 1 };
	static const uint8_t osc_id = 1;
	struct ace_claims claims = { .iss = f.key.issuer, .aud = f.config.audience, .cnf = ACE_CNF_IS_OSC,
				     .osc = { .id = { &osc_id, 1 }, .ms = ACE_SLICE_OF(secret) } };
	struct ace_issue_input in = { .claims = &claims, .alg = ACE_ALG_CCM_16_64_128, .key = f.key.key,
				      .kid = f.key.kid, .iv = ACE_SLICE_OF(iv) };
	uint8_t bytes[256] = { 0 }, opened[256] = { 0 };
	struct ace_buf token = ACE_BUF_OF(bytes), plain = ACE_BUF_OF(opened);

	(void)state;
	port_fake_fail_call(1);
	assert_int_equal(ace_issue_token(&in, &token), ACE_ERR_CRYPTO);
	assert_int_equal(token.len, 0);
	assert_false(contains(bytes, sizeof bytes, "0123456789abcdef"));
	assert_int_equal(ace_issue_token(&in, &token), ACE_OK);
	port_fake_fail_call(1);
	assert_int_equal(ace_issue_open(ace_buf_slice(&token), f.key.key, &plain, &claims), ACE_ERR_CRYPTO);
	assert_int_equal(plain.len, 0);
	assert_false(contains(opened, sizeof opened, "0123456789abcdef"));
	assert_int_equal(ace_issue_open(ace_buf_slice(&token), f.key.key, &plain, &claims), ACE_OK);
	assert_true(contains(opened, sizeof opened, "0123456789abcdef"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_post_changes_nothing_until_the_port_gets_through, start),
		cmocka_unit_test_setup(rekeying_changes_nothing_until_the_port_gets_through, start),
		cmocka_unit_test_setup(an_update_changes_nothing_until_the_port_gets_through, start),
		cmocka_unit_test_setup(an_exi_token_is_not_noted_until_the_port_gets_through, start),
		cmocka_unit_test_setup(a_request_that_the_port_failed_over_proves_nothing, start),
		cmocka_unit_test_setup(no_secret_stays_behind_when_a_token_cannot_be_sealed_or_opened, start),
		cmocka_unit_test_setup(an_answer_that_the_port_failed_over_leaves_no_plaintext, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
