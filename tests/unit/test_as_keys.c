/* SPDX-License-Identifier: Apache-2.0 */
/* Under which of a device's token keys tokens are sealed, and how often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ace_issue.h"
#include "as/changes.h"
#include "as/key_use.h"
#include "as/mint.h"
#include "as_fixture.h"
#include "storage/device_keys.h"
#include "storage/key_uses.h"
#include "storage/record.h"

static struct as_fixture fx;
static struct as_minted minted;
static const struct store_key second_key = { "SECOND-TOKEN-KEY", 16 };

static int setup(void **state)
{
	(void)state;
	return as_fixture_open(&fx, "");
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

/* A token for anna at d-clock, in a batch of its own. */
static enum ace_err mint(void)
{
	struct ace_scope scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") };
	struct policy_decision decision;
	const struct as_device *device;
	enum ace_err err;

	as_fixture_begin(&fx, "anna");
	assert_int_equal(as_device_find(&fx.as, fx.as.batch->read, ACE_LITERAL("d-clock"), &device), ACE_OK);
	policy_decide(fx.as.policy, &(struct policy_query){ .client = { .id = "anna", .enabled = true },
		.device = { .id = "d-clock", .enabled = true }, .model = device->model, .scope = scope,
		.now = fx.as.batch->now }, &decision);
	err = as_mint(&fx.as, &(struct as_mint_input){ .client_id = "anna", .device = device, .decision = &decision }, &minted);
	as_fixture_commit(&fx);
	return err;
}

/* The kid that the token names, and whether it opens with that key. */
static void assert_sealed_under(const struct store_device_key *described, const uint8_t *key, size_t len)
{
	uint8_t plain_bytes[AS_PAYLOAD_MAX];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes);
	struct ace_slice token = { minted.token, minted.len };
	struct ace_cose_encrypt0 cose;
	struct ace_claims claims;

	assert_int_equal(mint(), ACE_OK);
	token.len = minted.len;
	assert_int_equal(ace_cose_read(token, &cose), ACE_OK);
	assert_true(ace_slice_equal(cose.kid, (struct ace_slice){ described->kid, described->kid_len }));
	assert_int_equal(ace_issue_open(token, (struct ace_key){ .bytes = { key, len } }, &plain, &claims), ACE_OK);
}

static void assert_sealed_under_first(const struct store_device *device)
{
	assert_sealed_under(&device->keys[0], as_fixture_token_key, sizeof as_fixture_token_key);
}

static void assert_sealed_under_second(const struct store_device *device)
{
	assert_sealed_under(&device->keys[1], second_key.bytes, second_key.len);
}

#define WRITE(call)                                                                                                    \
	do {                                                                                                           \
		struct store_txn *txn;                                                                                 \
                                                                                                                       \
		assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);                                        \
		assert_int_equal(call, ACE_OK);                                                                        \
		assert_int_equal(store_commit(txn), ACE_OK);                                                           \
	} while (0)

/* The daemon knows the device already: what acectl writes counts from the next batch on. */
static void tokens_change_over_to_the_second_key_at_the_moment_that_was_set(void **state)
{
	struct store_key_step step = { "d-clock", fx.now_ms / 1000 };
	struct store_device device;

	(void)state;
	assert_int_equal(mint(), ACE_OK);
	WRITE(store_device_key_add(txn, &step, ACE_ALG_CCM_16_64_128, &second_key, &device));
	assert_sealed_under_first(&device);
	WRITE(store_device_key_switch(txn, &step, step.now + 5, 600, &device));
	assert_sealed_under_first(&device);
	fx.now_ms = (step.now + 5) * 1000 - 1;
	assert_sealed_under_first(&device);
	fx.now_ms++;
	assert_sealed_under_second(&device);
}

static void a_switch_at_once_counts_in_the_next_batch(void **state)
{
	struct store_key_step step = { "d-clock", fx.now_ms / 1000 };
	struct store_device device;

	(void)state;
	WRITE(store_device_key_add(txn, &step, ACE_ALG_CCM_16_64_128, &second_key, &device));
	assert_sealed_under_first(&device);
	WRITE(store_device_key_switch(txn, &step, step.now, 600, &device));
	assert_sealed_under_second(&device);
}

/* As if so many tokens had been sealed under the first key. */
static void set_uses(uint64_t uses)
{
	static const char row[] = "use d-clock\0\0\0\0\1";
	struct ace_slice key = { (const uint8_t *)row, sizeof row - 1 };
	struct store_device device;

	WRITE(record_number_put(txn, TABLE_COUNTERS, key, uses));
	/* Any change lets the daemon read the device again. */
	WRITE(store_device_get(txn, "d-clock", &device));
	WRITE(store_device_update(txn, &device));
}

static uint64_t uses_of(uint32_t version)
{
	struct store_txn *txn;
	uint64_t uses;

	assert_int_equal(store_begin_read(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_key_uses_get(txn, "d-clock", version, &uses), ACE_OK);
	store_abort(txn);
	return uses;
}

/* Count so many uses of the first key in one batch; the first failure ends it. *ret_log gets what was logged. */
static enum ace_err use(size_t times, char *ret_log, size_t cap)
{
	FILE *file = tmpfile();
	const struct as_device *device;
	enum ace_err err = ACE_OK;

	assert_non_null(file);
	cli_log_level_set(CLI_LOG_INFO);
	cli_log_fd_set(fileno(file));
	as_fixture_begin(&fx, "anna");
	assert_int_equal(as_device_find(&fx.as, fx.as.batch->read, ACE_LITERAL("d-clock"), &device), ACE_OK);
	for (size_t i = 0; i < times && !err; i++)
		err = as_key_use(&fx.as, device, 0);
	as_fixture_commit(&fx);
	cli_log_fd_set(2);
	cli_log_level_set(CLI_LOG_ERROR);
	rewind(file);
	ret_log[fread(ret_log, 1, cap - 1, file)] = '\0';
	fclose(file);
	return err;
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;

	while ((text = strstr(text, word))) {
		found++;
		text += strlen(word);
	}
	return found;
}

/* 51,200 draws of one in 256: 200 are expected, with a standard deviation of 14. */
static void uses_are_counted_right_on_average_and_outlive_the_daemon(void **state)
{
	char log[4096];
	uint64_t uses;

	(void)state;
	assert_int_equal(use(51200, log, sizeof log), ACE_OK);
	uses = uses_of(1);
	assert_int_equal(uses % STORE_KEY_USES_STEP, 0);
	assert_in_range(uses / STORE_KEY_USES_STEP, 100, 300);
	assert_int_equal(count(log, "key."), 0);
}

/* RFC 9053 4.2.1: "one should restrict the number of messages encrypted to 2^23". */
static void under_a_worn_key_nothing_is_sealed_until_there_is_another(void **state)
{
	struct store_key_step step = { "d-clock", fx.now_ms / 1000 };
	uint64_t limit = store_key_uses_limit(ACE_ALG_CCM_16_64_128);
	struct store_device device;
	char log[4096];

	(void)state;
	assert_true(limit < UINT64_C(1) << 23);
	set_uses(limit - 1);
	assert_int_equal(mint(), ACE_OK);
	set_uses(limit);
	assert_int_equal(mint(), ACE_ERR_EXHAUSTED);
	set_uses(limit);
	assert_int_equal(use(1, log, sizeof log), ACE_ERR_EXHAUSTED);
	assert_int_equal(count(log, "event=key.worn device=d-clock kid=01"), 1);
	assert_int_equal(use(1, log, sizeof log), ACE_ERR_EXHAUSTED);
	assert_int_equal(count(log, "key.worn"), 0); /* told already */
	WRITE(store_device_key_add(txn, &step, ACE_ALG_CCM_16_64_128, &second_key, &device));
	assert_int_equal(mint(), ACE_ERR_EXHAUSTED); /* the device may not have it yet */
	WRITE(store_device_key_switch(txn, &step, step.now, 600, &device));
	assert_sealed_under_second(&device);
	assert_int_equal(uses_of(1), limit);
}

static void operators_hear_of_a_wearing_key_before_it_is_worn(void **state)
{
	uint64_t limit = store_key_uses_limit(ACE_ALG_CCM_16_64_128), alarm = store_key_uses_alarm(ACE_ALG_CCM_16_64_128);
	static char log[65536];

	(void)state;
	assert_in_range(alarm, limit / 100 * 79, limit / 100 * 81);
	/* It stays below, whatever is drawn. */
	set_uses(alarm / STORE_KEY_USES_STEP * STORE_KEY_USES_STEP - STORE_KEY_USES_STEP * 1000);
	assert_int_equal(use(2560, log, sizeof log), ACE_OK);
	assert_int_equal(count(log, "key.wearing"), 0);
	/* Some 80 steps on from there, a hundredth part of the limit being 317: once. */
	set_uses(alarm - alarm % STORE_KEY_USES_STEP - STORE_KEY_USES_STEP);
	assert_int_equal(use(20000, log, sizeof log), ACE_OK);
	assert_int_equal(count(log, "level=warn event=key.wearing device=d-clock kid=01"), 1);
}

static void the_count_of_a_key_leaves_with_it(void **state)
{
	struct store_key_step step = { "d-clock", fx.now_ms / 1000 };
	struct store_device device;

	(void)state;
	set_uses(512);
	WRITE(store_device_rekey(txn, &step, ACE_ALG_CCM_16_64_128, &second_key, &device));
	assert_int_equal(uses_of(1), 0);
	assert_int_equal(uses_of(2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tokens_change_over_to_the_second_key_at_the_moment_that_was_set, setup, teardown),
		cmocka_unit_test_setup_teardown(a_switch_at_once_counts_in_the_next_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(uses_are_counted_right_on_average_and_outlive_the_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(under_a_worn_key_nothing_is_sealed_until_there_is_another, setup, teardown),
		cmocka_unit_test_setup_teardown(operators_hear_of_a_wearing_key_before_it_is_worn, setup, teardown),
		cmocka_unit_test_setup_teardown(the_count_of_a_key_leaves_with_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
