/* SPDX-License-Identifier: Apache-2.0 */
/* Client nonces: in each hint, and fresh in each token, in both ways of keeping them (RFC 9200 5.3.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"

#define START_MS 1000

static const enum ace_rs_cnonce_mode modes[] = { ACE_CNONCE_STORED, ACE_CNONCE_STATELESS };
static struct fixture f;
static uint64_t nonce1;

static void begin(enum ace_rs_cnonce_mode mode)
{
	fixture_start(&f);
	f.config.cnonce = mode;
	fixture_restart(&f);
}

/* The nonce of the hints that the device gives now, copied to ret_bytes. */
static struct ace_slice ask(uint8_t ret_bytes[ACE_RS_CNONCE_MAX])
{
	struct ace_scope scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") };
	struct ace_slice nonce = { NULL, 0 };
	uint8_t bytes[128];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	assert_int_equal(ace_rs_hints(&f.rs, NULL, &scope, &out), ACE_OK);
	ace_cbor_read_init(&r, ace_buf_slice(&out));
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		if (key == ACE_HINT_CNONCE)
			nonce = ace_cbor_read_bstr(&r);
		else
			(void)ace_cbor_read_raw(&r);
	}
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	assert_int_equal(nonce.len, f.config.cnonce == ACE_CNONCE_STORED ? ACE_RS_CNONCE_LEN : ACE_RS_CNONCE_MAX);
	memcpy(ret_bytes, nonce.ptr, nonce.len);
	return (struct ace_slice){ ret_bytes, nonce.len };
}

static enum ace_err post(struct ace_slice cnonce)
{
	struct fixture_token token = { .osc_id = 1, .exp_in_s = 100000, .cnonce = cnonce };
	uint8_t token_bytes[256], body_bytes[320];
	struct ace_buf issued = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);

	return fixture_post(&f, NULL, fixture_body(fixture_issue(&f, &token, &issued), ++nonce1, 9, &body));
}

static void a_fresh_nonce_is_taken_any_number_of_times(void **state)
{
	uint8_t bytes[ACE_RS_CNONCE_MAX];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(modes); i++) {
		struct ace_slice nonce;

		begin(modes[i]);
		nonce = ask(bytes);
		assert_int_equal(post(nonce), ACE_OK);
		assert_int_equal(post(nonce), ACE_OK);
		assert_int_equal(f.code, ACE_COAP_CREATED);
	}
}

/* RFC 9200 5.3.1: a token without it, or with one that is not fresh, "MUST" be discarded, with 4.01. */
static void without_a_fresh_nonce_a_token_is_refused(void **state)
{
	uint8_t bytes[ACE_RS_CNONCE_MAX];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(modes); i++) {
		struct ace_slice nonce;

		begin(modes[i]);
		assert_int_equal(post((struct ace_slice){ NULL, 0 }), ACE_ERR_CNONCE); /* before there was one, too */
		nonce = ask(bytes);
		assert_int_equal(post((struct ace_slice){ NULL, 0 }), ACE_ERR_CNONCE);
		assert_int_equal(post(ACE_LITERAL("")), ACE_ERR_CNONCE);
		assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
		for (size_t bit = 0; bit < 8 * nonce.len; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(post(nonce), ACE_ERR_CNONCE);
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t len = 0; len < nonce.len; len++)
			assert_int_equal(post((struct ace_slice){ bytes, len }), ACE_ERR_CNONCE);
		assert_int_equal(post(nonce), ACE_OK);
	}
}

static void a_nonce_is_fresh_for_a_minute_and_not_much_longer(void **state)
{
	uint8_t bytes[ACE_RS_CNONCE_MAX];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(modes); i++) {
		uint64_t slack_ms = modes[i] == ACE_CNONCE_STORED ? 20000 : 2048;
		struct ace_slice nonce;

		begin(modes[i]);
		nonce = ask(bytes);
		port_fake_set_monotonic(START_MS + ACE_RS_CNONCE_MS - 1);
		assert_int_equal(post(nonce), ACE_OK);
		port_fake_set_monotonic(START_MS + ACE_RS_CNONCE_MS + slack_ms);
		assert_int_equal(post(nonce), ACE_ERR_CNONCE);
		port_fake_set_monotonic(START_MS + 1000 * (uint64_t)ACE_RS_CNONCE_MS);
		assert_int_equal(post(nonce), ACE_ERR_CNONCE);
	}
}

/* Each nonce is good for a minute after it was handed out, whoever else asks, and however often. */
static void asking_all_the_time_pushes_no_nonce_out(void **state)
{
	uint8_t bytes[ACE_RS_CNONCE_MAX], other[ACE_RS_CNONCE_MAX];
	uint64_t asked_ms = START_MS + 7300;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(modes); i++) {
		struct ace_slice nonce = { NULL, 0 };

		begin(modes[i]);
		for (uint64_t ms = START_MS; ms < asked_ms + ACE_RS_CNONCE_MS; ms += 100) {
			port_fake_set_monotonic(ms);
			(void)ask(ms == asked_ms ? bytes : other);
			if (ms == asked_ms)
				nonce = (struct ace_slice){ bytes, modes[i] == ACE_CNONCE_STORED ? ACE_RS_CNONCE_LEN :
											   ACE_RS_CNONCE_MAX };
			if (nonce.ptr && ms % 5000 == 0)
				assert_int_equal(post(nonce), ACE_OK);
		}
		assert_int_equal(post(nonce), ACE_OK);
	}
}

static void a_nonce_does_not_outlive_a_restart(void **state)
{
	uint8_t bytes[ACE_RS_CNONCE_MAX], other[ACE_RS_CNONCE_MAX];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(modes); i++) {
		struct ace_slice nonce;

		begin(modes[i]);
		nonce = ask(bytes);
		fixture_restart(&f);
		assert_int_equal(post(nonce), ACE_ERR_CNONCE);
		(void)ask(other);
		assert_int_equal(post(nonce), ACE_ERR_CNONCE);
	}
}

static void an_update_needs_a_fresh_nonce_too(void **state)
{
	struct fixture_token update = { .osc_id = 1, .exp_in_s = 100, .is_update = true };
	uint8_t bytes[ACE_RS_CNONCE_MAX], token_bytes[256], body_bytes[320];
	struct ace_buf issued = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	begin(ACE_CNONCE_STATELESS);
	nonce1 = 0;
	assert_int_equal(post(ask(bytes)), ACE_OK);
	fixture_client(&f, &update, 1, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_POST, "/authz-info", &ex), ACE_OK);
	assert_int_equal(fixture_post(&f, &ex, fixture_body(fixture_issue(&f, &update, &issued), 1, 9, &body)), ACE_ERR_CNONCE);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	update.cnonce = ask(bytes);
	issued.len = body.len = 0;
	assert_int_equal(fixture_post(&f, &ex, fixture_body(fixture_issue(&f, &update, &issued), 1, 9, &body)), ACE_OK);
}

static void the_nonce_is_the_last_to_leave_the_hints(void **state)
{
	struct ace_scope scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") };
	uint8_t bytes[128];
	size_t least = 31 + 2 + 1 + 8;

	(void)state;
	begin(ACE_CNONCE_STORED);
	for (size_t room = 0; room < sizeof bytes; room++) {
		struct ace_buf out = { bytes, room, 0 };
		enum ace_err err = ace_rs_hints(&f.rs, NULL, &scope, &out);

		assert_int_equal(err, room < least ? ACE_ERR_SPACE : ACE_OK);
		if (!err)
			assert_memory_equal(bytes + out.len - 11, "\x18\x27\x48", 3);
	}
}

static void a_port_that_fails_gives_no_hints(void **state)
{
	uint8_t bytes[128];
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(modes); i++) {
		uint8_t nonce[ACE_RS_CNONCE_MAX];

		begin(modes[i]);
		port_fake_fail_call(1);
		assert_int_equal(ace_rs_hints(&f.rs, NULL, NULL, &out), ACE_ERR_RANDOM);
		assert_int_equal(out.len, 0);
		if (modes[i] == ACE_CNONCE_STATELESS) {
			struct ace_slice fresh = ask(nonce);

			port_fake_fail_call(1);
			assert_int_equal(ace_rs_hints(&f.rs, NULL, NULL, &out), ACE_ERR_CRYPTO);
			port_fake_fail_call(3); /* clock, token, nonce */
			assert_int_equal(post(fresh), ACE_ERR_CRYPTO);
			assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_nonce_is_taken_any_number_of_times),
		cmocka_unit_test(without_a_fresh_nonce_a_token_is_refused),
		cmocka_unit_test(a_nonce_is_fresh_for_a_minute_and_not_much_longer),
		cmocka_unit_test(asking_all_the_time_pushes_no_nonce_out),
		cmocka_unit_test(a_nonce_does_not_outlive_a_restart),
		cmocka_unit_test(an_update_needs_a_fresh_nonce_too),
		cmocka_unit_test(the_nonce_is_the_last_to_leave_the_hints),
		cmocka_unit_test(a_port_that_fails_gives_no_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
