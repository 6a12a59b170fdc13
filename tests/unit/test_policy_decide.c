/* SPDX-License-Identifier: Apache-2.0 */
/* The decisions that the design's examples promise, and the rules behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy_files.h"

static struct policy_loaded building;

static int setup(void **state)
{
	struct policy_problems problems = { 0 };

	(void)state;
	building = policy_files_load_worked("building", &problems);
	policy_problems_free(&problems);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	policy_loaded_free(&building);
	return 0;
}

static struct policy_decision decide(const char *client, const char *device, const char *scope, const char *now)
{
	struct policy_query query = policy_files_query(&building, client, device, scope, now);
	struct policy_decision decision;

	policy_decide(building.policy, &query, &decision);
	return decision;
}

static void assert_granted(const struct policy_decision *d, size_t at, const char *path, uint64_t methods)
{
	assert_true(at < d->granted_len);
	assert_int_equal(d->granted[at].path.len, strlen(path));
	assert_memory_equal(d->granted[at].path.ptr, path, strlen(path));
	assert_int_equal(d->granted[at].methods, methods);
}

static void assert_denied(const struct policy_decision *d, enum policy_outcome outcome, enum policy_reason reason,
			  enum ace_oauth_error error)
{
	assert_int_equal(d->outcome, outcome);
	assert_int_equal(d->reason, reason);
	assert_int_equal(d->error, error);
	assert_int_equal(d->granted_len, 0);
	assert_int_equal(d->scope_kind, ACE_SCOPE_ABSENT);
}

static void wallboard_reads_temperature(void **state)
{
	struct policy_decision d = decide("wallboard-1", "thermo-101", "climate.read", "2026-11-24T09:00:00Z");

	(void)state;
	assert_int_equal(d.outcome, POLICY_ALLOW);
	assert_int_equal(d.error, ACE_OAUTH_NONE);
	assert_int_equal(d.granted_len, 2);
	assert_granted(&d, 0, "/humidity", 1);
	assert_granted(&d, 1, "/temp", 1);
	assert_int_equal(d.lifetime_s, 28800);
	assert_int_equal(d.allowed_by.len, 1);
	assert_string_equal(policy_rule_id(building.policy, d.allowed_by.rules[0]), "read-climate");
	assert_false(d.is_narrowed);
	assert_true(d.uses_exi);
	assert_int_equal(d.scope_kind, ACE_SCOPE_AIF);
	assert_int_equal(d.scope_len, 21);
}

static void the_token_ends_with_the_window(void **state)
{
	struct policy_decision d = decide("tech-anna", "thermo-101", "climate.set", "2026-11-24T16:50:00Z");

	(void)state;
	assert_int_equal(d.outcome, POLICY_ALLOW);
	assert_int_equal(d.lifetime_s, 600);
	assert_int_equal(d.bound.kind, POLICY_BOUND_WINDOW);
	d = decide("tech-anna", "thermo-101", "climate.set", "2026-11-24T16:59:59Z");
	assert_int_equal(d.lifetime_s, 1);
	d = decide("tech-anna", "thermo-101", "climate.set", "2026-11-24T17:00:00Z");
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_NOT_ALLOWED, ACE_OAUTH_INVALID_SCOPE);
	d = decide("tech-anna", "thermo-101", "climate.set", "2026-11-24T05:59:59Z");
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_NOT_ALLOWED, ACE_OAUTH_INVALID_SCOPE);
	d = decide("tech-anna", "thermo-101", "climate.set", "2026-11-24T06:00:00Z");
	assert_int_equal(d.lifetime_s, 1800);
	d = decide("tech-anna", "thermo-101", "climate.set", "2026-11-22T10:00:00Z"); /* a Sunday */
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_NOT_ALLOWED, ACE_OAUTH_INVALID_SCOPE);
}

static void another_site_is_refused(void **state)
{
	struct policy_decision d = decide("tech-bo", "thermo-101", "climate.set", "2026-11-24T09:00:00Z");

	(void)state;
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_NOT_ALLOWED, ACE_OAUTH_INVALID_SCOPE);
}

static void firmware_in_the_server_room_is_denied_and_reading_survives(void **state)
{
	struct policy_decision d =
		decide("tech-anna", "thermo-srv", "climate.read firmware.load", "2026-11-24T09:00:00Z");

	(void)state;
	assert_int_equal(d.outcome, POLICY_ALLOW);
	assert_true(d.is_narrowed);
	assert_int_equal(d.granted_len, 2);
	assert_int_equal(d.denied_by.len, 1);
	assert_string_equal(policy_rule_id(building.policy, d.denied_by.rules[0]), "no-firmware-in-server-room");
	d = decide("tech-anna", "thermo-srv", "firmware.load", "2026-11-24T09:00:00Z");
	assert_denied(&d, POLICY_DENY_EXPLICIT, POLICY_REASON_NOT_ALLOWED, ACE_OAUTH_INVALID_SCOPE);
}

static void a_disabled_client_or_device_is_unauthorized(void **state)
{
	struct policy_decision d = decide("wallboard-2", "thermo-101", "climate.read", "2026-11-24T09:00:00Z");
	struct policy_query query;

	(void)state;
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_CLIENT_DISABLED, ACE_OAUTH_UNAUTHORIZED_CLIENT);
	query = policy_files_query(&building, "wallboard-1", "thermo-101", "climate.read", "2026-11-24T09:00:00Z");
	query.device.enabled = false;
	policy_decide(building.policy, &query, &d);
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_DEVICE_DISABLED, ACE_OAUTH_UNAUTHORIZED_CLIENT);
}

static void nothing_allowed_at_a_device_is_unauthorized(void **state)
{
	struct policy_decision d = decide("wallboard-1", "door-front", "door.open", "2026-11-24T09:00:00Z");

	(void)state;
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_NOTHING_ALLOWED, ACE_OAUTH_UNAUTHORIZED_CLIENT);
	d = decide("reception-tablet", "door-front", "door.open", "2027-06-30T22:00:00Z"); /* whatever time: only not now */
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_NOT_ALLOWED, ACE_OAUTH_INVALID_SCOPE);
}

static void a_text_scope_is_issued_as_text(void **state)
{
	struct policy_decision d = decide("reception-tablet", "door-front", "door.open", "2027-06-30T21:58:00Z");

	(void)state;
	assert_int_equal(d.outcome, POLICY_ALLOW);
	assert_int_equal(d.scope_kind, ACE_SCOPE_TEXT);
	assert_int_equal(d.scope_len, 9);
	assert_memory_equal(d.scope_bytes, "door.open", 9);
	assert_false(d.scope_differs);
	assert_false(d.uses_exi);
	assert_int_equal(d.lifetime_s, 120);
	assert_int_equal(d.bound.kind, POLICY_BOUND_NOT_AFTER);
}

static struct policy_decision decide_aif(const char *device, struct ace_slice aif)
{
	struct policy_query query =
		policy_files_query(&building, "tech-anna", device, "x", "2026-11-24T09:00:00Z");
	struct policy_decision decision;

	query.scope = (struct ace_scope){ ACE_SCOPE_AIF, aif };
	policy_decide(building.policy, &query, &decision);
	return decision;
}

static void aif_is_cut_to_what_is_offered_and_allowed(void **state)
{
	struct policy_decision d = decide_aif("thermo-101", ACE_LITERAL("\x82\x82\x65/temp\x07\x82\x62/x\x01"));

	(void)state;
	assert_int_equal(d.outcome, POLICY_ALLOW);
	assert_int_equal(d.granted_len, 1);
	assert_granted(&d, 0, "/temp", 1);
	assert_true(d.is_narrowed);
	assert_true(d.scope_differs);
	d = decide_aif("thermo-101", ACE_LITERAL("\x81\x82\x65/temp\x01"));
	assert_false(d.is_narrowed);
	assert_false(d.scope_differs);
	d = decide_aif("thermo-101", ACE_LITERAL("\x81\x82\x69/temp?u=C\x01"));
	assert_granted(&d, 0, "/temp?u=C", 1);
}

static void malformed_scopes_are_invalid_scope(void **state)
{
	static const struct ace_slice bad[] = {
		{ (const uint8_t *)"", 0 },	      { (const uint8_t *)"\x81", 1 },
		{ (const uint8_t *)"\x01", 1 },	      { (const uint8_t *)"\x81\x82\x64temp\x01", 8 },
		{ (const uint8_t *)"\x81\x81\x65/temp", 8 }, { (const uint8_t *)"\x81\x82\x65/temp\x20", 9 },
		{ (const uint8_t *)"\x81\x83\x65/temp\x01\x01", 10 },
	};
	struct policy_decision d;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		d = decide_aif("thermo-101", bad[i]);
		assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_SCOPE_MALFORMED, ACE_OAUTH_INVALID_SCOPE);
	}
	d = decide("tech-anna", "thermo-101", "climate.read  climate.set", "2026-11-24T09:00:00Z");
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_SCOPE_MALFORMED, ACE_OAUTH_INVALID_SCOPE);
	d = decide("tech-anna", "thermo-101", "climate.read ", "2026-11-24T09:00:00Z");
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_SCOPE_MALFORMED, ACE_OAUTH_INVALID_SCOPE);
	d = decide("tech-anna", "thermo-101", "no.such", "2026-11-24T09:00:00Z");
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_SCOPE_UNKNOWN, ACE_OAUTH_INVALID_SCOPE);
	d = decide_aif("thermo-101", ACE_LITERAL("\x80"));
	assert_denied(&d, POLICY_DENY_IMPLICIT, POLICY_REASON_SCOPE_UNKNOWN, ACE_OAUTH_INVALID_SCOPE);
}

static void a_stored_generation_decides_the_same(void **state)
{
	struct policy_problems problems = { 0 };
	struct policy_query query =
		policy_files_query(&building, "tech-anna", "thermo-101", "climate.set", "2026-11-24T16:50:00Z");
	struct policy_decision decision;
	struct policy *policy;

	(void)state;
	assert_int_equal(policy_compile(&(struct policy_source){ "generation", building.canonical, building.canonical_len },
					&problems, &policy),
			 ACE_OK);
	policy_decide(policy, &query, &decision);
	assert_int_equal(decision.lifetime_s, 600);
	assert_int_equal(policy_counts(policy).rules, 4);
	policy_free(policy);
	policy_problems_free(&problems);
}

static void an_empty_policy_refuses(void **state)
{
	struct policy_query query =
		policy_files_query(&building, "tech-anna", "thermo-101", "climate.set", "2026-11-24T16:50:00Z");
	struct policy_decision decision;
	struct policy *policy;

	(void)state;
	assert_int_equal(policy_compile_empty(&policy), ACE_OK);
	policy_decide(policy, &query, &decision);
	assert_denied(&decision, POLICY_DENY_IMPLICIT, POLICY_REASON_MODEL_UNKNOWN, ACE_OAUTH_UNAUTHORIZED_CLIENT);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wallboard_reads_temperature),
		cmocka_unit_test(the_token_ends_with_the_window),
		cmocka_unit_test(another_site_is_refused),
		cmocka_unit_test(firmware_in_the_server_room_is_denied_and_reading_survives),
		cmocka_unit_test(a_disabled_client_or_device_is_unauthorized),
		cmocka_unit_test(nothing_allowed_at_a_device_is_unauthorized),
		cmocka_unit_test(a_text_scope_is_issued_as_text),
		cmocka_unit_test(aif_is_cut_to_what_is_offered_and_allowed),
		cmocka_unit_test(malformed_scopes_are_invalid_scope),
		cmocka_unit_test(a_stored_generation_decides_the_same),
		cmocka_unit_test(an_empty_policy_refuses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
