/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a token, for each setting of a model; that its numbers never repeat; and what is left when crypto or
 * random numbers fail. The port is the fake one, the store a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ace_issue.h"
#include "as/changes.h"
#include "as/mint.h"
#include "as_fixture.h"
#include "port_fake.h"

static struct as_fixture fx;
static struct as_minted minted;
static struct policy_decision decision;

/* A token taken apart. */
static uint8_t plain_bytes[AS_PAYLOAD_MAX];
static struct ace_claims claims;

static void open_with(const char *settings)
{
	assert_int_equal(port_fake_reset(NULL), 0);
	assert_int_equal(as_fixture_open(&fx, settings), 0);
}

static int setup(void **state)
{
	(void)state;
	open_with("");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

/* Mint a token for anna in the batch that has begun. */
static enum ace_err mint_now(const char *device_id, struct ace_slice cnonce)
{
	struct ace_slice name = { (const uint8_t *)device_id, strlen(device_id) };
	struct ace_scope scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") };
	const struct as_device *device;

	assert_int_equal(as_device_find(&fx.as, fx.as.batch->read, name, &device), ACE_OK);
	policy_decide(fx.as.policy, &(struct policy_query){ .client = { .id = "anna", .enabled = true },
		.device = { .id = device_id, .enabled = true }, .model = device->model, .scope = scope,
		.now = fx.as.batch->now }, &decision);
	assert_int_equal(decision.outcome, POLICY_ALLOW);
	memset(&minted, 0xa5, sizeof minted);
	return as_mint(&fx.as, &(struct as_mint_input){ .client_id = "anna", .device = device, .decision = &decision,
							.cnonce = cnonce }, &minted);
}

static enum ace_err mint(const char *device_id, struct ace_slice cnonce)
{
	enum ace_err err;

	as_fixture_begin(&fx, "anna");
	err = mint_now(device_id, cnonce);
	as_fixture_commit(&fx);
	return err;
}

/* Mint and open it again as the device would. */
static void mint_and_open(const char *device_id, struct ace_slice cnonce)
{
	struct ace_buf plain = ACE_BUF_OF(plain_bytes);

	assert_int_equal(mint(device_id, cnonce), ACE_OK);
	assert_int_equal(ace_issue_open((struct ace_slice){ minted.token, minted.len },
					(struct ace_key){ .bytes = ACE_SLICE_OF(as_fixture_token_key) }, &plain, &claims),
			 ACE_OK);
}

static struct ace_cose_encrypt0 envelope(void)
{
	struct ace_cose_encrypt0 cose;

	assert_int_equal(ace_cose_read((struct ace_slice){ minted.token, minted.len }, &cose), ACE_OK);
	return cose;
}

static void assert_text(struct ace_slice slice, const char *text)
{
	assert_int_equal(slice.len, strlen(text));
	assert_memory_equal(slice.ptr, text, slice.len);
}

static void a_token_says_who_where_what_and_until_when(void **state)
{
	static const uint8_t cnonce[] = { 9, 8, 7 };
	struct ace_cose_encrypt0 cose;

	(void)state;
	mint_and_open("d-clock", ACE_SLICE_OF(cnonce));
	assert_text(claims.iss, "coap://as.example");
	assert_text(claims.sub, "anna");
	assert_text(claims.aud, AS_FIXTURE_ALIAS);
	assert_true(claims.has_exp && claims.has_iat && !claims.has_exi && claims.has_profile);
	assert_int_equal(claims.iat, fx.now_ms / 1000);
	assert_int_equal(claims.exp, fx.now_ms / 1000 + 600);
	assert_int_equal(claims.profile, ACE_PROFILE_COAP_OSCORE);
	assert_int_equal(claims.cnonce.len, sizeof cnonce);
	assert_memory_equal(claims.cnonce.ptr, cnonce, sizeof cnonce);
	assert_int_equal(claims.cnf, ACE_CNF_IS_OSC);
	assert_int_equal(claims.scope.kind, ACE_SCOPE_AIF);
	cose = envelope();
	assert_true(ace_cose_is_strict((struct ace_slice){ minted.token, minted.len }, &cose));
	assert_int_equal(minted.record.expires_at, claims.exp);
	assert_int_equal(minted.record.issued_at, claims.iat);
	assert_false(minted.record.has_exi);
}

static void the_client_gets_the_secret_that_the_token_carries(void **state)
{
	(void)state;
	mint_and_open("d-clock", (struct ace_slice){ 0 });
	assert_int_equal(claims.osc.ms.len, 16);
	assert_memory_equal(claims.osc.ms.ptr, minted.ms, 16);
	assert_true(claims.osc.has_salt);
	assert_int_equal(claims.osc.salt.len, 8);
	assert_memory_equal(claims.osc.salt.ptr, minted.salt, 8);
	assert_true(ace_slice_equal(claims.osc.id, minted.osc.id));
	assert_null(claims.cnonce.ptr);
	as_minted_fini(&minted);
	for (size_t i = 0; i < sizeof minted.ms; i++)
		assert_int_equal(minted.ms[i], 0);
	for (size_t i = 0; i < sizeof minted.salt; i++)
		assert_int_equal(minted.salt[i], 0);
}

static void a_model_leaves_out_what_its_devices_do_not_want(void **state)
{
	(void)state;
	assert_int_equal(as_fixture_close(&fx), 0);
	open_with(", \"token\": { \"layout\": \"rfc8392\", \"salt\": false, \"id_bytes\": 8,"
		  " \"omit\": [\"iss\", \"sub\", \"iat\"] }");
	mint_and_open("d-clock", (struct ace_slice){ 0 });
	assert_null(claims.iss.ptr);
	assert_null(claims.sub.ptr);
	assert_false(claims.has_iat);
	assert_true(claims.has_exp);
	assert_false(claims.osc.has_salt);
	assert_false(minted.osc.has_salt);
	assert_int_equal(claims.osc.id.len, 8);
	assert_int_equal(envelope().layout, ACE_COSE_RFC8392);
}

static void a_bare_token_of_text_names_is_one_setting_away(void **state)
{
	(void)state;
	assert_int_equal(as_fixture_close(&fx), 0);
	open_with(", \"scope_format\": \"text\", \"token\": { \"layout\": \"bare\" }");
	mint_and_open("d-clock", (struct ace_slice){ 0 });
	assert_int_equal(envelope().layout, ACE_COSE_BARE);
	assert_int_equal(claims.scope.kind, ACE_SCOPE_TEXT);
	assert_text(claims.scope.bytes, "read");
}

static void a_token_longer_than_the_device_takes_is_not_made(void **state)
{
	(void)state;
	assert_int_equal(as_fixture_close(&fx), 0);
	open_with(", \"limits\": { \"token_bytes\": 64 }");
	assert_int_equal(mint("d-clock", (struct ace_slice){ 0 }), ACE_ERR_SPACE);
	as_minted_fini(&minted);
}

/* No record holds such a one. It is no token that is too long: asking for less would not help. */
static void an_audience_that_no_record_holds_is_damage(void **state)
{
	char audience[STORE_AUDIENCE_MAX + 2] = { 0 };
	const struct as_device *found;
	struct as_device device;

	(void)state;
	memset(audience, 'a', STORE_AUDIENCE_MAX + 1);
	assert_int_equal(mint("d-plain", (struct ace_slice){ 0 }), ACE_OK);
	as_minted_fini(&minted);
	as_fixture_begin(&fx, "anna");
	assert_int_equal(as_device_find(&fx.as, fx.as.batch->read, ACE_LITERAL("d-plain"), &found), ACE_OK);
	device = *found;
	device.audience = audience;
	assert_int_equal(as_mint(&fx.as, &(struct as_mint_input){ .client_id = "anna", .device = &device, .decision = &decision },
				 &minted), ACE_ERR_DAMAGED);
	as_minted_fini(&minted);
	ace_wipe(&device, sizeof device);
	as_fixture_commit(&fx);
}

/* RFC 9200 5.10.3: "cti ... the RS identifier and a sequence number". */
static void exi_numbers_of_a_device_ascend_in_the_cti(void **state)
{
	uint32_t before = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		uint32_t number = 0;

		mint_and_open("d-plain", (struct ace_slice){ 0 });
		assert_true(claims.has_exi && !claims.has_exp);
		assert_int_equal(claims.exi, 600);
		assert_int_equal(claims.cti.len, strlen("d-plain") + 4);
		assert_memory_equal(claims.cti.ptr, "d-plain", strlen("d-plain"));
		for (size_t k = 0; k < 4; k++)
			number = number << 8 | claims.cti.ptr[strlen("d-plain") + k];
		assert_true(minted.record.has_exi);
		assert_int_equal(minted.record.exi_number, number);
		assert_true(number > before);
		before = number;
	}
	/* Not below the seconds since 2024, so that a copy of the store repeats none. */
	assert_true(before >= (uint64_t)(fx.now_ms / 1000 - STORE_EPOCH));
}

#define MANY 64

/* Over two runs on one store: each IV, cti, osc.id and secret once. Both runs draw the same random bytes, so that it is
 * the numbers that must differ. RFC 9203 3.2: "MUST ... unique"; RFC 9053 4.2.1: the nonce never twice under a key. */
static void iv_cti_and_id_never_repeat_over_a_restart(void **state)
{
	static uint8_t seen_iv[MANY][13], seen_cti[MANY][8], seen_id[MANY][8];
	struct store_error error;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		if (i == MANY / 2) {
			as_server_close(&fx.as);
			assert_int_equal(port_fake_reset(NULL), 0);
			assert_int_equal(as_server_open(&fx.config, &fx.as, &error), ACE_OK);
		}
		mint_and_open("d-clock", (struct ace_slice){ 0 });
		assert_int_equal(envelope().iv.len, 13);
		assert_true(claims.cti.len <= 8 && claims.osc.id.len <= 8);
		memcpy(seen_iv[i], envelope().iv.ptr, 13);
		memcpy(seen_cti[i] + 8 - claims.cti.len, claims.cti.ptr, claims.cti.len);
		memcpy(seen_id[i] + 8 - claims.osc.id.len, claims.osc.id.ptr, claims.osc.id.len);
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(seen_iv[i], seen_iv[k], 13);
			assert_memory_not_equal(seen_cti[i], seen_cti[k], 8);
			assert_memory_not_equal(seen_id[i], seen_id[k], 8);
		}
	}
}

static bool holds(const void *haystack, size_t len, const uint8_t needle[16])
{
	return memmem(haystack, len, needle, 16) != NULL;
}

static void a_failure_at_any_call_mints_nothing_and_leaves_no_secret(void **state)
{
	static const uint8_t secret[16] = "THE MASTER SECRE";
	unsigned int calls;
	uint64_t tokens, decisions;

	(void)state;
	/* The first that succeeds tells how many there are. */
	port_fake_fail_call(0);
	assert_int_equal(mint("d-plain", (struct ace_slice){ 0 }), ACE_OK);
	calls = port_fake_calls();
	assert_true(calls >= 4);
	for (unsigned int n = 1; n <= calls; n++) {
		as_fixture_begin(&fx, "anna");
		port_fake_next_random(secret, sizeof secret);
		port_fake_fail_call(n);
		assert_int_not_equal(mint_now("d-plain", (struct ace_slice){ 0 }), ACE_OK);
		as_fixture_commit(&fx);
		as_minted_fini(&minted);
		assert_false(holds(&minted, sizeof minted, secret));
		port_fake_next_random(secret, 0);
	}
	as_fixture_counts(&fx, &tokens, &decisions);
	assert_int_equal(tokens, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_says_who_where_what_and_until_when, setup, teardown),
		cmocka_unit_test_setup_teardown(the_client_gets_the_secret_that_the_token_carries, setup, teardown),
		cmocka_unit_test_setup_teardown(a_model_leaves_out_what_its_devices_do_not_want, setup, teardown),
		cmocka_unit_test_setup_teardown(a_bare_token_of_text_names_is_one_setting_away, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_longer_than_the_device_takes_is_not_made, setup, teardown),
		cmocka_unit_test_setup_teardown(an_audience_that_no_record_holds_is_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(exi_numbers_of_a_device_ascend_in_the_cti, setup, teardown),
		cmocka_unit_test_setup_teardown(iv_cti_and_id_never_repeat_over_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failure_at_any_call_mints_nothing_and_leaves_no_secret, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
