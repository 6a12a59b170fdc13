/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"
#include "vectors.h"

static struct fixture f;

static json_t *message(const json_t *file, const char *name)
{
	return vectors_named(json_object_get(file, "messages"), name);
}

/* "4.01" as a CoAP code. */
static uint8_t code_of(const char *text)
{
	return (uint8_t)((text[0] - '0') << 5 | strtol(text + 2, NULL, 10));
}

static void protected_exchange(const json_t *file, struct ace_rs_exchange *ret_ex)
{
	uint8_t opened[256];
	struct ace_buf out = ACE_BUF_OF(opened);
	static const uint8_t random[] = { 0x25, 0xa8, 0x99, 0x1c, 0xd7, 0x00, 0xac, 0x01, 0, 0 };

	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, vectors_hex(message(file, "authz-info-request"), "payload")), ACE_OK);
	assert_int_equal(ace_rs_unprotect(&f.rs, vectors_hex(message(file, "oscore-first-request"), "oscore_coap"),
					  &out, ret_ex), ACE_OK);
}

static bool mode_is_built(const char *mode)
{
	return strcmp(mode, "cnonce") && strcmp(mode, "trl-T1-revoked");
}

static void run_case(const json_t *file, const json_t *c, const char *expect)
{
	const char *mode = json_string_value(json_object_get(c, "mode"));
	const char *path = json_string_value(json_object_get(c, "path"));
	bool is_update = (path && !strcmp(path, "protected")) ||
			 !strncmp(vectors_text(c, "name"), "update-", 7);
	struct ace_rs_exchange ex;
	struct ace_rs before;
	uint8_t arena[sizeof f.arena];

	fixture_start(&f);
	f.config.strict_layout = mode && !strcmp(mode, "trl");
	fixture_restart(&f);
	if (mode && !strcmp(mode, "exi-highest-expired-41"))
		ace_rs_exi_restore(&f.rs, 0, 41);
	if (is_update)
		protected_exchange(file, &ex);
	before = f.rs;
	memcpy(arena, f.arena, sizeof arena);
	if (!fixture_post(&f, is_update ? &ex : NULL, vectors_hex(c, "payload")))
		assert_string_equal(expect, "2.01");
	else /* nothing is stored */
		assert_memory_equal(arena, f.arena, sizeof arena);
	assert_int_equal(before.serial + (f.code == ACE_COAP_CREATED && !is_update), f.rs.serial);
	if (f.code != code_of(expect))
		fail_msg("%s: code %02x, expected %s", vectors_text(c, "name"), f.code, expect);
	assert_int_equal(f.answer_len, f.code == ACE_COAP_CREATED && !is_update ? 17 : 0);
}

static void every_published_refusal_has_its_code(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	json_t *cases = json_object_get(json_object_get(file, "negative_authz_info"), "cases");
	size_t i, run = 0;
	json_t *c;

	(void)state;
	json_array_foreach(cases, i, c) {
		if (!mode_is_built(vectors_text(c, "mode")))
			continue;
		run_case(file, c, vectors_text(c, "expect"));
		run++;
	}
	assert_true(run >= 40);
	json_decref(file);
}

static void every_published_variant_is_taken(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	size_t i;
	json_t *c;

	(void)state;
	json_array_foreach(json_object_get(file, "positive_variants"), i, c)
		run_case(file, c, vectors_text(c, "expect"));
	assert_true(i >= 7);
	json_decref(file);
}

static void answer_is_that_of_the_vector(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	struct ace_rs_exchange ex;

	(void)state;
	fixture_start(&f);
	protected_exchange(file, &ex);
	assert_int_equal(f.code, ACE_COAP_CREATED);
	assert_slice_equal((struct ace_slice){ f.answer, f.answer_len },
			   vectors_hex(message(file, "authz-info-response"), "payload"));
	json_decref(file);
}

static void every_truncation_is_refused(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	struct ace_slice body = vectors_hex(message(file, "authz-info-request"), "payload");

	(void)state;
	fixture_start(&f);
	for (size_t len = 0; len < body.len; len++) {
		assert_int_not_equal(fixture_post(&f, NULL, (struct ace_slice){ body.ptr, len }), ACE_OK);
		assert_int_equal(f.code, ACE_COAP_BAD_REQUEST);
	}
	assert_int_equal(f.rs.serial, 0);
	json_decref(file);
}

/* The token is protected; nonce1 and the client's id are the client's own business. */
static void every_flipped_bit_of_the_token_is_refused(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	struct ace_slice body = vectors_hex(message(file, "authz-info-request"), "payload");
	uint8_t bytes[256];

	(void)state;
	memcpy(bytes, body.ptr, body.len);
	for (size_t bit = 0; bit < body.len * 8; bit++) {
		bool is_in_token = bit / 8 >= 4 && bit / 8 < 4 + 150;
		enum ace_err err;

		fixture_start(&f);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		err = fixture_post(&f, NULL, (struct ace_slice){ bytes, body.len });
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* Tag 61 may be another of the forms that are taken only if it is gone, which one bit cannot do. */
		if (is_in_token && !err)
			fail_msg("bit %zu of the token may flip", bit);
		assert_true(err ? f.code != ACE_COAP_CREATED : f.code == ACE_COAP_CREATED);
	}
	json_decref(file);
}

static void a_failing_port_changes_nothing(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	struct ace_slice body = vectors_hex(message(file, "authz-info-request"), "payload");
	uint8_t arena[sizeof f.arena];
	unsigned int n, calls;

	(void)state;
	fixture_start(&f);
	port_fake_fail_call(0);
	assert_int_equal(fixture_post(&f, NULL, body), ACE_OK);
	calls = port_fake_calls();
	assert_true(calls >= 6);
	for (n = 1; n <= calls; n++) {
		enum ace_err err;

		fixture_start(&f);
		memcpy(arena, f.arena, sizeof arena);
		port_fake_fail_call(n);
		err = fixture_post(&f, NULL, body);
		if (!err) /* the clock of the timers is not needed for this */
			continue;
		assert_memory_equal(arena, f.arena, sizeof arena);
		assert_true(f.code == ACE_COAP_UNAVAILABLE || err == ACE_ERR_LIFETIME);
	}
	json_decref(file);
}

static void too_many_posts_are_slowed_down(void **state)
{
	json_t *file = vectors_load("ace-oscore-profile");
	struct ace_slice body = vectors_hex(message(file, "authz-info-request"), "payload");

	(void)state;
	fixture_start(&f);
	f.config.post_interval_ms = 100;
	f.config.post_burst = 2;
	fixture_restart(&f);
	assert_int_equal(fixture_post(&f, NULL, body), ACE_OK);
	assert_int_equal(fixture_post(&f, NULL, body), ACE_OK);
	assert_int_equal(fixture_post(&f, NULL, body), ACE_ERR_BUSY);
	assert_int_equal(f.code, ACE_COAP_TOO_MANY_REQUESTS);
	port_fake_set_monotonic(1099);
	assert_int_equal(fixture_post(&f, NULL, body), ACE_ERR_BUSY);
	port_fake_set_monotonic(1100);
	assert_int_equal(fixture_post(&f, NULL, body), ACE_OK);
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_published_refusal_has_its_code, vectors_free_all),
		cmocka_unit_test_teardown(every_published_variant_is_taken, vectors_free_all),
		cmocka_unit_test_teardown(answer_is_that_of_the_vector, vectors_free_all),
		cmocka_unit_test_teardown(every_truncation_is_refused, vectors_free_all),
		cmocka_unit_test_teardown(every_flipped_bit_of_the_token_is_refused, vectors_free_all),
		cmocka_unit_test_teardown(a_failing_port_changes_nothing, vectors_free_all),
		cmocka_unit_test_teardown(too_many_posts_are_slowed_down, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
