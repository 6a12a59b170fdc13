/* SPDX-License-Identifier: Apache-2.0 */
/* Whose observers are to be told: those whose part of the list changed, and only those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/trl.h"
#include "storage/changes.h"
#include "trl_case.h"

static struct as_case c;
static uint64_t position;

static enum ace_err add_tokens(struct store_txn *txn, void *arg)
{
	static const char *const parties[][2] = { { "client-7", "sensor-17" }, { "client-8", "sensor-17" },
						  { "client-8", "sensor-18" } };
	enum ace_err err = ACE_OK;

	(void)arg;
	for (uint64_t i = 0; i < ACE_ARRAY_LEN(parties) && !err; i++) {
		struct store_token token = { .sequence = i + 1, .issued_at = AS_CASE_IAT, .osc_id = i + 1,
					     .expires_at = AS_CASE_EXP + (int64_t)i };

		snprintf(token.client, sizeof token.client, "%s", parties[i][0]);
		snprintf(token.device, sizeof token.device, "%s", parties[i][1]);
		err = store_token_add(txn, &token);
	}
	return err;
}

static int setup(void **state)
{
	struct store_txn *txn;

	(void)state;
	if (as_case_make(&c) || store_write(c.as.store, add_tokens, NULL) || store_begin_read(c.as.store, &txn) ||
	    store_change_last(txn, &position))
		return -1;
	store_abort(txn);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	as_case_free(&c);
	return 0;
}

/* All who are named since the last call, as "KIND:ID " each, and how it ended. */
static enum ace_err follow(char *text, size_t cap)
{
	struct as_trl_changed changed;
	struct store_txn *txn;
	size_t len = 0;
	enum ace_err err;

	text[0] = '\0';
	assert_int_equal(store_begin_read(c.as.store, &txn), ACE_OK);
	while (!(err = as_trl_next_changed(txn, &position, &changed)) && len < cap)
		len += (size_t)snprintf(text + len, cap - len, "%c:%s ", (char)changed.kind, changed.id);
	store_abort(txn);
	return err;
}

static void assert_named(const char *wanted)
{
	char text[512];

	assert_int_equal(follow(text, sizeof text), ACE_ERR_NOT_FOUND);
	assert_string_equal(text, wanted);
}

static void a_revocation_names_its_client_its_device_and_administrators(void **state)
{
	(void)state;
	assert_named("");
	trl_case_revoke(&c, (uint64_t[]){ 3 }, 1, 1);
	assert_named("a: c:client-8 d:sensor-18 ");
	assert_named("");
	trl_case_revoke(&c, (uint64_t[]){ 1, 2 }, 2, 2);
	assert_named("a: c:client-7 d:sensor-17 c:client-8 ");
}

static void so_does_an_expiry(void **state)
{
	(void)state;
	trl_case_revoke(&c, (uint64_t[]){ 1, 3 }, 2, 2);
	assert_named("a: c:client-7 d:sensor-17 c:client-8 d:sensor-18 ");
	trl_case_expire(&c, AS_CASE_EXP, 1);
	assert_named("a: c:client-7 d:sensor-17 ");
}

static void what_revokes_nothing_names_nobody(void **state)
{
	(void)state;
	trl_case_revoke(&c, (uint64_t[]){ 1 }, 1, 1);
	assert_named("a: c:client-7 d:sensor-17 ");
	trl_case_revoke(&c, (uint64_t[]){ 1 }, 1, 0);
	trl_case_expire(&c, AS_CASE_IAT, 0);
	assert_named("");
}

static enum ace_err touch_often(struct store_txn *txn, void *arg)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, "client-7", &client);

	(void)arg;
	for (int i = 0; i < STORE_CHANGES_KEPT + 10 && !err; i++)
		err = store_client_update(txn, &client);
	return err;
}

static void other_changes_name_nobody_and_too_many_mean_everybody(void **state)
{
	char text[512];

	(void)state;
	assert_int_equal(store_write(c.as.store, touch_often, NULL), ACE_OK);
	assert_int_equal(follow(text, sizeof text), ACE_ERR_EXHAUSTED);
	assert_named("");
	trl_case_revoke(&c, (uint64_t[]){ 2 }, 1, 1);
	assert_named("a: c:client-8 d:sensor-17 ");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_revocation_names_its_client_its_device_and_administrators),
		CASE(so_does_an_expiry),
		CASE(what_revokes_nothing_names_nobody),
		CASE(other_changes_name_nobody_and_too_many_mean_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
