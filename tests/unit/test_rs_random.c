/* SPDX-License-Identifier: Apache-2.0 */
/* Random posts, requests, updates, failures of the port and pauses: the invariants hold after each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"

#define CLIENTS 8

static struct fixture f;
static uint64_t seed = 20260101, now_ms;
static uint32_t newest_seq;

static uint32_t next_random(uint32_t limit)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % limit;
}

static struct fixture_token random_token(uint32_t who)
{
	struct fixture_token token = { .osc_id = (uint8_t)(who / 2), .exp_in_s = (uint32_t)(now_ms / 1000) + 40 + next_random(900),
				       .sub = who < 4 ? "a" : "b", .iat = 1 + next_random(3) };

	if (who % 2) {
		token.exi_s = 1 + next_random(200);
		token.exi_seq = newest_seq++ / 4 + next_random(8);
	}
	return token;
}

static enum ace_err post(const struct fixture_token *token, struct ace_rs_exchange *ex, bool may_fail)
{
	uint8_t token_bytes[256], body_bytes[320];
	struct ace_buf issued = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);
	struct ace_slice bytes = fixture_body(fixture_issue(&f, token, &issued), next_random(64), 9, &body);
	enum ace_err err;

	if (may_fail)
		port_fake_fail_call(1 + next_random(9));
	err = fixture_post(&f, ex, bytes);
	port_fake_fail_call(0);
	return err;
}

/* The other end of one of the device's contexts, as its client would have it. */
static void mirror(const struct ace_oscore_ctx *own, struct ace_oscore_ctx *ret_client)
{
	*ret_client = *own;
	ret_client->sender_id = own->recipient_id;
	ret_client->recipient_id = own->sender_id;
	memcpy(ret_client->sender_key, own->recipient_key, sizeof own->recipient_key);
	memcpy(ret_client->recipient_key, own->sender_key, sizeof own->sender_key);
	ret_client->sender_seq = own->window.seen ? own->window.highest + 1 : 0;
}

static void request(bool with_update)
{
	struct ace_rs_grant *grant = &f.rs.grants[next_random(ACE_RS_GRANTS(FIXTURE_CONTEXTS))];
	struct fixture_token token = random_token(next_random(CLIENTS));
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	ace_rs_tick(&f.rs);
	if (!grant->role)
		return;
	mirror(&grant->ctx, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_int_equal(grant->role, ACE_RS_CURRENT);
	token.is_update = true;
	if (with_update)
		(void)post(&token, &ex, false);
}

static void invariants_hold_through_random_events(void **state)
{
	size_t taken = 0;

	(void)state;
	now_ms = 1000;
	print_message("seed %llu\n", (unsigned long long)seed);
	fixture_start(&f);
	for (int i = 0; i < 5000; i++) {
		uint32_t event = next_random(10);
		struct fixture_token token = random_token(next_random(CLIENTS));

		if (event < 5)
			taken += !post(&token, NULL, event == 0);
		else if (event < 8)
			request(event == 7);
		else
			now_ms += next_random(event == 8 ? 3000 : 40000);
		port_fake_set_monotonic(now_ms);
		port_fake_set_wall(PORT_FAKE_NOW + (int64_t)(now_ms - 1000) / 1000);
		ace_rs_tick(&f.rs);
		assert_true(ace_rs_invariants_hold(&f.rs));
	}
	assert_true(taken > 100);
	assert_true(f.rs.as[0].exi_highest_expired >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(invariants_hold_through_random_events) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
