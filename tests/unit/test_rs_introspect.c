/* SPDX-License-Identifier: Apache-2.0 */
/* Posts about which the AS is asked first: what it is asked, and what its answers lead to (RFC 9200 5.9, 6.10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ace_rs_as.h"
#include "port_fake.h"
#include "rs_fixture.h"
#include "vectors.h"

static struct fixture f;
static json_t *file;
static struct ace_slice post;
static uint8_t question[400], code;
static size_t question_len;

static int start(void **state)
{
	(void)state;
	file = vectors_load("ace-oscore-profile");
	fixture_start(&f);
	f.config.introspect = ACE_INTROSPECT_OWN;
	fixture_restart(&f);
	post = vectors_hex(vectors_named(json_object_get(file, "messages"), "authz-info-request"), "payload");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static struct ace_slice payload(const char *name)
{
	return vectors_hex(vectors_named(json_object_get(file, "messages"), name), "payload");
}

static enum ace_err ask(const struct ace_rs_exchange *ex, struct ace_slice body)
{
	struct ace_buf out = ACE_BUF_OF(question);
	enum ace_err err = ace_rs_introspect_request(&f.rs, ex, body, &out, &code);

	question_len = out.len;
	assert_true(ace_rs_invariants_hold(&f.rs));
	assert_int_equal(err != ACE_OK, out.len == 0);
	return err;
}

static enum ace_err finish(struct ace_rs_exchange *ex, struct ace_slice body, uint8_t as_code, struct ace_slice answer)
{
	struct ace_buf out = ACE_BUF_OF(f.answer);
	uint8_t arena[sizeof f.arena];
	enum ace_err err;

	memcpy(arena, f.arena, sizeof arena);
	err = ace_rs_introspect_finish(&f.rs, ex, &(struct ace_rs_introspection){ body, as_code, answer }, &out, &f.code);
	f.answer_len = out.len;
	assert_true(ace_rs_invariants_hold(&f.rs));
	if (err) /* nothing is stored */
		assert_memory_equal(arena, f.arena, sizeof arena);
	return err;
}

static void the_question_is_that_of_the_vector(void **state)
{
	(void)state;
	assert_int_equal(ask(NULL, post), ACE_OK);
	assert_slice_equal(((struct ace_slice){ question, question_len }), payload("introspection-request"));
	for (size_t cap = 0; cap < question_len; cap++) {
		struct ace_buf out = { question, cap, 0 };

		assert_int_equal(ace_rs_introspect_request(&f.rs, NULL, post, &out, &code), ACE_ERR_FULL);
		assert_int_equal(code, ACE_COAP_UNAVAILABLE);
		assert_int_equal(out.len, 0);
	}
}

static void an_active_token_opens(void **state)
{
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;
	struct fixture_token what = { .osc_id = 1, .exp_in_s = 100 };
	uint8_t token[256], body[320], told[256];
	struct ace_buf issued = ACE_BUF_OF(token), out = ACE_BUF_OF(body);
	struct ace_slice bytes = fixture_body(fixture_issue(&f, &what, &issued), 5, 9, &out);
	struct ace_cbor_writer w;
	struct ace_slice answer;
	/* the token's own claims, as the AS repeats them: with active in its place */
	struct ace_claims claims;
	uint8_t plain[256];
	struct ace_buf opened = ACE_BUF_OF(plain);

	(void)state;
	assert_int_equal(ace_issue_open(ace_buf_slice(&issued), f.key.key, &opened, &claims), ACE_OK);
	ace_cbor_write_init(&w, told, sizeof told);
	ace_claims_write(&w, &claims);
	told[0]++;
	ace_cbor_write_uint(&w, ACE_INTROSPECT_ACTIVE);
	ace_cbor_write_bool(&w, true);
	assert_int_equal(ace_cbor_written(&w, &answer), ACE_OK);
	assert_int_equal(ask(NULL, bytes), ACE_OK);
	assert_int_equal(finish(NULL, bytes, ACE_COAP_CREATED, answer), ACE_OK);
	assert_int_equal(f.code, ACE_COAP_CREATED);
	fixture_client(&f, &what, 5, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
}

static void the_answer_of_the_vector_is_taken(void **state)
{
	(void)state;
	assert_int_equal(ask(NULL, post), ACE_OK);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, payload("introspection-response-active")), ACE_OK);
	assert_int_equal(f.code, ACE_COAP_CREATED);
}

/* RFC 9200 6.10: "MUST NOT" grant access when the AS cannot be reached. */
static void without_an_answer_nothing_is_granted(void **state)
{
	(void)state;
	assert_int_equal(fixture_post(&f, NULL, post), ACE_ERR_NOT_READY);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(finish(NULL, post, 0, (struct ace_slice){ NULL, 0 }), ACE_ERR_NOT_READY);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(finish(NULL, post, ACE_COAP_BAD_REQUEST, payload("introspection-error-request")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_UNAUTHORIZED, payload("introspection-error-client")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_FORBIDDEN, (struct ace_slice){ NULL, 0 }), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_CONTENT, payload("introspection-response-active")), ACE_ERR_NOT_READY);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
}

static void a_token_that_is_not_active_is_refused(void **state)
{
	(void)state;
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, payload("introspection-response-inactive")), ACE_ERR_REVOKED);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
}

static void every_truncated_answer_is_none(void **state)
{
	struct ace_slice whole = payload("introspection-response-active");

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, (struct ace_slice){ whole.ptr, len }), ACE_ERR_NOT_READY);
		assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	}
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, vectors_unhex("a0")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, vectors_unhex("a10a01")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, vectors_unhex("a10af4f4")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, vectors_unhex("a20af40af5")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, vectors_unhex("80")), ACE_ERR_NOT_READY);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, vectors_unhex("a20af50101")), ACE_ERR_NOT_READY);
}

/* Puts other bytes in the place of some of the active answer. */
static enum ace_err finish_with(const char *from, const char *to)
{
	struct ace_slice whole = payload("introspection-response-active"), old = vectors_unhex(from), new = vectors_unhex(to);
	uint8_t bytes[256];

	for (size_t at = 0; at + old.len <= whole.len; at++)
		if (!memcmp(whole.ptr + at, old.ptr, old.len)) {
			memcpy(bytes, whole.ptr, at);
			memcpy(bytes + at, new.ptr, new.len);
			memcpy(bytes + at + new.len, whole.ptr + at + old.len, whole.len - at - old.len);
			return finish(NULL, post, ACE_COAP_CREATED, (struct ace_slice){ bytes, whole.len - old.len + new.len });
		}
	fail_msg("%s is not in the answer", from);
	return ACE_ERR_USAGE;
}

static void expect(const char *from, const char *to, enum ace_err err, uint8_t want_code)
{
	assert_int_equal(finish_with(from, to), err);
	assert_int_equal(f.code, want_code);
}

static void the_answer_counts_instead_of_the_token(void **state)
{
	(void)state;
	/* RFC 9200 5.9.2: the profile that the answer names "MUST" be used: another one cannot be. */
	expect("182602", "182601", ACE_ERR_UNSUPPORTED, ACE_COAP_BAD_REQUEST);
	expect("73656e736f722d3137", "73656e736f722d3138", ACE_ERR_AUDIENCE, ACE_COAP_FORBIDDEN);
	expect("041a6955c710", "041a6955b900", ACE_ERR_EXPIRED, ACE_COAP_UNAUTHORIZED);
	expect("2f732f74656d70", "2f732f74656d71", ACE_ERR_SCOPE, ACE_COAP_BAD_REQUEST);
	expect("6173", "6174", ACE_ERR_ISSUER, ACE_COAP_UNAUTHORIZED);
	expect("42000102", "42000202", ACE_ERR_CNF, ACE_COAP_BAD_REQUEST);   /* another osc.id than the token's */
	expect("08a104", "08a105", ACE_ERR_CNF, ACE_COAP_BAD_REQUEST);       /* RFC 9201 5: cnf must be there */
}

static void what_is_no_token_of_ours_is_not_asked_about(void **state)
{
	uint8_t bytes[320];

	(void)state;
	memcpy(bytes, post.ptr, post.len);
	bytes[100] ^= 1;
	assert_int_equal(ask(NULL, (struct ace_slice){ bytes, post.len }), ACE_ERR_TAG);
	assert_int_equal(code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(ask(NULL, vectors_unhex("a301436162631828420102182b4109")), ACE_ERR_TRAILING);
	assert_int_equal(code, ACE_COAP_BAD_REQUEST);
	assert_int_equal(ask(NULL, vectors_unhex("80")), ACE_ERR_TYPE);
	f.rs.config.introspect = ACE_INTROSPECT_OPAQUE; /* which a forged CWT is not */
	assert_int_equal(ask(NULL, (struct ace_slice){ bytes, post.len }), ACE_ERR_TAG);
	port_fake_set_wall(PORT_FAKE_NOW + 100000);
	assert_int_equal(ask(NULL, post), ACE_ERR_EXPIRED);
	assert_int_equal(code, ACE_COAP_UNAUTHORIZED);
}

/* RFC 9200 6.10: introspections are limited, as posts are. */
static void too_many_posts_are_not_asked_about(void **state)
{
	(void)state;
	f.config.post_interval_ms = 1000;
	fixture_restart(&f);
	assert_int_equal(ask(NULL, post), ACE_OK);
	assert_int_equal(ask(NULL, post), ACE_ERR_BUSY);
	assert_int_equal(code, ACE_COAP_TOO_MANY_REQUESTS);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, payload("introspection-response-active")), ACE_OK);
}

static void an_opaque_token_means_what_the_as_says(void **state)
{
	struct ace_slice opaque = vectors_unhex("a301436162631828420102182b4109");

	(void)state;
	f.config.introspect = ACE_INTROSPECT_OPAQUE;
	fixture_restart(&f);
	assert_int_equal(ask(NULL, opaque), ACE_OK);
	assert_slice_equal(((struct ace_slice){ question, question_len }), vectors_unhex("a10b43616263"));
	assert_int_equal(finish(NULL, opaque, ACE_COAP_CREATED, payload("introspection-response-inactive")), ACE_ERR_REVOKED);
	assert_int_equal(finish(NULL, opaque, ACE_COAP_CREATED, payload("introspection-response-active")), ACE_OK);
	assert_int_equal(f.code, ACE_COAP_CREATED);
	assert_int_equal(f.rs.grants[0].exp, 1767229200);
}

static void an_exi_answer_starts_a_countdown(void **state)
{
	struct ace_slice opaque = vectors_unhex("a301436162631828420102182b4109");

	(void)state;
	f.config.introspect = ACE_INTROSPECT_OPAQUE;
	f.config.clock = ACE_CLOCK_NONE;
	fixture_restart(&f);
	assert_int_equal(finish(NULL, opaque, ACE_COAP_CREATED, payload("introspection-response-exi")), ACE_OK);
	assert_int_equal(ace_rs_exi_highest_seen(&f.rs, 0), 41);
	assert_int_equal(f.rs.grants[0].deadline_ms, 1000 + 3600 * 1000);
}

/* RFC 9200 5.9.2: the RS "MUST" check that a cnonce in the answer is one of its own. */
static void a_nonce_in_the_answer_must_be_fresh(void **state)
{
	struct ace_slice opaque = vectors_unhex("a301436162631828420102182b4109");
	uint8_t bytes[128], answer[128];
	struct ace_buf hints = ACE_BUF_OF(bytes);
	struct ace_slice told = payload("introspection-response-exi");

	(void)state;
	f.config.introspect = ACE_INTROSPECT_OPAQUE;
	f.config.cnonce = ACE_CNONCE_STORED;
	fixture_restart(&f);
	assert_int_equal(finish(NULL, opaque, ACE_COAP_CREATED, told), ACE_ERR_CNONCE);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(ace_rs_hints(&f.rs, NULL, NULL, &hints), ACE_OK);
	/* the answer ends with 39: 5 bytes, 40: 3600 */
	memcpy(answer, told.ptr, told.len - 11);
	memcpy(answer + told.len - 11, bytes + hints.len - 9, 9);
	memcpy(answer + told.len - 2, told.ptr + told.len - 5, 5);
	assert_int_equal(finish(NULL, opaque, ACE_COAP_CREATED, (struct ace_slice){ answer, told.len + 3 }), ACE_OK);
}

static void an_answer_without_an_end_counts_for_a_minute(void **state)
{
	(void)state;
	f.config.clock = ACE_CLOCK_NONE;
	fixture_restart(&f);
	assert_int_equal(ask(NULL, post), ACE_OK);
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, payload("introspection-response-active")), ACE_OK);
	assert_int_equal(f.rs.grants[0].deadline_ms, 1000 + ACE_RS_INTROSPECTED_S * 1000);
}

static void an_update_is_asked_about_as_well(void **state)
{
	struct fixture_token first = { .osc_id = 1, .exp_in_s = 100 }, update = { .osc_id = 1, .exp_in_s = 200, .methods = 3,
										   .is_update = true };
	uint8_t token[256], body[320], told[256], plain[256];
	struct ace_buf issued = ACE_BUF_OF(token), out = ACE_BUF_OF(body), opened = ACE_BUF_OF(plain);
	struct ace_slice bytes, answer;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;
	struct ace_cbor_writer w;
	struct ace_claims claims;

	(void)state;
	f.rs.config.introspect = ACE_INTROSPECT_OFF;
	assert_int_equal(fixture_post(&f, NULL, fixture_body(fixture_issue(&f, &first, &issued), 5, 9, &out)), ACE_OK);
	fixture_client(&f, &first, 5, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_POST, "/authz-info", &ex), ACE_OK);
	f.rs.config.introspect = ACE_INTROSPECT_OWN;
	issued.len = 0;
	out.len = 0;
	bytes = fixture_body(fixture_issue(&f, &update, &issued), 5, 9, &out);
	assert_int_equal(ask(&ex, bytes), ACE_OK);
	assert_int_equal(ace_issue_open(ace_buf_slice(&issued), f.key.key, &opened, &claims), ACE_OK);
	ace_cbor_write_init(&w, told, sizeof told);
	ace_claims_write(&w, &claims);
	told[0]++;
	ace_cbor_write_uint(&w, ACE_INTROSPECT_ACTIVE);
	ace_cbor_write_bool(&w, true);
	assert_int_equal(ace_cbor_written(&w, &answer), ACE_OK);
	assert_int_equal(finish(&ex, bytes, ACE_COAP_CREATED, payload("introspection-response-inactive")), ACE_ERR_REVOKED);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_false(ace_rs_allowed(&ex, ACE_COAP_POST, "/s/temp"));
	assert_int_equal(finish(&ex, bytes, ACE_COAP_CREATED, answer), ACE_OK);
	assert_int_equal(f.code, ACE_COAP_CREATED);
	assert_int_equal(f.answer_len, 0);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_POST, "/s/temp"));
}

static void a_context_that_went_meanwhile_takes_no_update(void **state)
{
	struct ace_rs_exchange ex = { .rs = &f.rs, .grant = f.rs.grants, .serial = 7 };

	(void)state;
	assert_int_equal(ask(&ex, post), ACE_ERR_NO_CONTEXT);
	assert_int_equal(code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(finish(&ex, post, ACE_COAP_CREATED, payload("introspection-response-active")), ACE_ERR_NO_CONTEXT);
	f.rs.config.introspect = ACE_INTROSPECT_OFF;
	assert_int_equal(finish(NULL, post, ACE_COAP_CREATED, payload("introspection-response-active")), ACE_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_question_is_that_of_the_vector, start, stop),
		cmocka_unit_test_setup_teardown(an_active_token_opens, start, stop),
		cmocka_unit_test_setup_teardown(the_answer_of_the_vector_is_taken, start, stop),
		cmocka_unit_test_setup_teardown(without_an_answer_nothing_is_granted, start, stop),
		cmocka_unit_test_setup_teardown(a_token_that_is_not_active_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(every_truncated_answer_is_none, start, stop),
		cmocka_unit_test_setup_teardown(the_answer_counts_instead_of_the_token, start, stop),
		cmocka_unit_test_setup_teardown(what_is_no_token_of_ours_is_not_asked_about, start, stop),
		cmocka_unit_test_setup_teardown(too_many_posts_are_not_asked_about, start, stop),
		cmocka_unit_test_setup_teardown(an_opaque_token_means_what_the_as_says, start, stop),
		cmocka_unit_test_setup_teardown(an_exi_answer_starts_a_countdown, start, stop),
		cmocka_unit_test_setup_teardown(a_nonce_in_the_answer_must_be_fresh, start, stop),
		cmocka_unit_test_setup_teardown(an_answer_without_an_end_counts_for_a_minute, start, stop),
		cmocka_unit_test_setup_teardown(an_update_is_asked_about_as_well, start, stop),
		cmocka_unit_test_setup_teardown(a_context_that_went_meanwhile_takes_no_update, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
