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
#include "as/mint.h"
#include "as_fixture.h"
#include "storage/device_keys.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tokens_change_over_to_the_second_key_at_the_moment_that_was_set, setup, teardown),
		cmocka_unit_test_setup_teardown(a_switch_at_once_counts_in_the_next_batch, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
