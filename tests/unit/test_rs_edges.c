/* SPDX-License-Identifier: Apache-2.0 */
/* Where the table of associations is full, reused, or given bad luck. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"

static struct fixture f;
static const struct fixture_token t1 = { .osc_id = 1, .exp_in_s = 3600, .iat = PORT_FAKE_NOW };

static int start(void **state)
{
	(void)state;
	fixture_start(&f);
	return 0;
}

static enum ace_err post(const struct fixture_token *what, struct ace_rs_exchange *ex, uint64_t nonce1)
{
	uint8_t token_bytes[256], body_bytes[320];
	struct ace_buf token = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);

	return fixture_post(&f, ex, fixture_body(fixture_issue(&f, what, &token), nonce1, 9, &body));
}

static void become_client(uint64_t nonce1, struct ace_oscore_ctx *ret_client, struct ace_rs_exchange *ret_ex)
{
	assert_int_equal(post(&t1, NULL, nonce1), ACE_OK);
	fixture_client(&f, &t1, nonce1, 9, ret_client);
	assert_int_equal(fixture_request(&f, ret_client, ACE_COAP_GET, "/s/temp", ret_ex), ACE_OK);
}

/* RFC 9203 4.2: the Recipient ID that the device chooses is unique among all of its own. */
static void an_id_in_use_is_drawn_again(void **state)
{
	uint8_t again[10] = { 0 };
	struct ace_oscore_ctx first, second;
	struct ace_rs_exchange ex;
	struct fixture_token other = { .osc_id = 2, .exp_in_s = 3600, .sub = "client-8" };

	(void)state;
	become_client(1, &first, &ex);
	memcpy(again + 8, first.sender_id.bytes, 2);
	port_fake_next_random(again, sizeof again);
	assert_int_equal(post(&other, NULL, 2), ACE_OK);
	fixture_client(&f, &other, 2, 9, &second);
	assert_memory_not_equal(first.sender_id.bytes, second.sender_id.bytes, 2);
	assert_int_equal(fixture_request(&f, &first, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	assert_int_equal(fixture_request(&f, &second, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

/* A generator that yields the same for ever must not hang the device or give two contexts one id. */
static void random_numbers_that_repeat_end_in_a_refusal(void **state)
{
	uint8_t same[8 * 10] = { 0 };
	struct ace_oscore_ctx first;
	struct ace_rs_exchange ex;
	struct fixture_token other = { .osc_id = 2, .exp_in_s = 3600, .sub = "client-8" };

	(void)state;
	become_client(1, &first, &ex);
	for (size_t i = 0; i < sizeof same; i += 10)
		memcpy(same + i + 8, first.sender_id.bytes, 2);
	port_fake_next_random(same, sizeof same);
	assert_int_equal(post(&other, NULL, 2), ACE_ERR_FULL);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(fixture_request(&f, &first, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

/* The place of an erased context is taken by the next one: an old exchange must not answer under its keys. */
static void an_exchange_does_not_pass_to_who_has_its_place_now(void **state)
{
	struct ace_oscore_ctx old, new, third;
	struct ace_rs_exchange before, ex;
	const struct ace_rs_grant *place;
	uint8_t bytes[64];
	struct ace_buf out = ACE_BUF_OF(bytes);
	static const uint8_t answer[] = { 0x60, 0x45, 0, 1 };

	(void)state;
	become_client(1, &old, &before);
	place = before.grant;
	become_client(2, &new, &ex);
	become_client(3, &third, &ex);
	assert_ptr_equal(ex.grant, place);
	assert_int_equal(ace_rs_protect(&before, ACE_SLICE_OF(answer), &out), ACE_ERR_NO_CONTEXT);
	assert_int_equal(out.len, 0);
	assert_false(ace_rs_allowed(&before, ACE_COAP_GET, "/s/temp"));
	assert_int_equal(post(&t1, &before, 4), ACE_ERR_NO_CONTEXT);
	assert_int_equal(ace_rs_protect(&ex, ACE_SLICE_OF(answer), &out), ACE_OK);
}

static void a_scope_without_room_is_refused_and_old_rights_stay(void **state)
{
	struct fixture_token update = t1;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	f.config.scope_bytes = 11; /* GET on /s/temp takes 11 bytes */
	fixture_restart(&f);
	become_client(1, &client, &ex);
	update.is_update = true;
	update.methods = 0x7f; /* one byte more */
	assert_int_equal(post(&update, &ex, 0), ACE_ERR_FULL);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	assert_false(ace_rs_allowed(&ex, ACE_COAP_PUT, "/s/temp"));
	update.is_update = false;
	update.osc_id = 2;
	assert_int_equal(post(&update, NULL, 2), ACE_ERR_FULL);
	assert_int_equal(f.code, ACE_COAP_UNAVAILABLE);
}

static enum ace_err get(struct ace_oscore_ctx *client)
{
	struct ace_rs_exchange ex;

	return fixture_request(&f, client, ACE_COAP_GET, "/s/temp", &ex);
}

static void set_time(uint32_t seconds)
{
	port_fake_set_monotonic(1000 + UINT64_C(1000) * seconds);
	port_fake_set_wall(PORT_FAKE_NOW + seconds);
}

/* T40: the token ends between its second post and the proof. */
static void the_end_of_a_token_ends_both_of_its_contexts(void **state)
{
	struct ace_oscore_ctx old, new;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, &old, &ex);
	set_time(3590);
	assert_int_equal(post(&t1, NULL, 2), ACE_OK);
	fixture_client(&f, &t1, 2, 9, &new);
	assert_int_equal(get(&old), ACE_OK);
	set_time(3600);
	assert_int_equal(get(&old), ACE_ERR_NO_CONTEXT);
	assert_int_equal(get(&new), ACE_ERR_NO_CONTEXT);
	assert_int_equal(post(&t1, NULL, 3), ACE_ERR_EXPIRED);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
}

/* T40: what waits for its proof with a token of its own that lives longer stays. */
static void a_waiting_context_with_a_longer_token_outlives_the_current_one(void **state)
{
	struct fixture_token longer = t1;
	struct ace_oscore_ctx old, new;
	struct ace_rs_exchange ex;

	(void)state;
	longer.exp_in_s = 7200;
	become_client(1, &old, &ex);
	set_time(3590);
	assert_int_equal(post(&longer, NULL, 2), ACE_OK);
	fixture_client(&f, &longer, 2, 9, &new);
	set_time(3600);
	assert_int_equal(get(&old), ACE_ERR_NO_CONTEXT);
	assert_int_equal(get(&new), ACE_OK);
	set_time(7199);
	assert_int_equal(get(&new), ACE_OK);
	set_time(7200);
	assert_int_equal(get(&new), ACE_ERR_NO_CONTEXT);
}

/* T10a, T33: a post that came too soon after another one lies in the scrap slot, and counts once it is proven. */
static void a_scrap_context_that_is_proven_becomes_the_current_one(void **state)
{
	struct ace_oscore_ctx first, waiting, scrap;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, &first, &ex);
	assert_int_equal(post(&t1, NULL, 2), ACE_OK);
	fixture_client(&f, &t1, 2, 9, &waiting);
	assert_int_equal(post(&t1, NULL, 3), ACE_OK);
	fixture_client(&f, &t1, 3, 9, &scrap);
	assert_int_equal(get(&first), ACE_OK);
	assert_int_equal(get(&scrap), ACE_OK);
	assert_int_equal(get(&scrap), ACE_OK);
	assert_int_equal(get(&first), ACE_ERR_NO_CONTEXT);
	assert_int_equal(get(&waiting), ACE_ERR_NO_CONTEXT);
}

/* T34: what does not verify under the waiting context neither proves it nor ends it. */
static void a_forgery_under_the_waiting_context_changes_nothing(void **state)
{
	struct ace_oscore_ctx old, new, forger;
	struct ace_rs_exchange ex;

	(void)state;
	become_client(1, &old, &ex);
	assert_int_equal(post(&t1, NULL, 2), ACE_OK);
	fixture_client(&f, &t1, 2, 9, &new);
	forger = new;
	forger.sender_key[0] ^= 1;
	assert_int_equal(get(&forger), ACE_ERR_TAG);
	assert_int_equal(get(&old), ACE_OK);
	assert_int_equal(get(&new), ACE_OK);
	assert_int_equal(get(&old), ACE_ERR_NO_CONTEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_id_in_use_is_drawn_again, start),
		cmocka_unit_test_setup(random_numbers_that_repeat_end_in_a_refusal, start),
		cmocka_unit_test_setup(an_exchange_does_not_pass_to_who_has_its_place_now, start),
		cmocka_unit_test_setup(a_scope_without_room_is_refused_and_old_rights_stay, start),
		cmocka_unit_test_setup(the_end_of_a_token_ends_both_of_its_contexts, start),
		cmocka_unit_test_setup(a_waiting_context_with_a_longer_token_outlives_the_current_one, start),
		cmocka_unit_test_setup(a_scrap_context_that_is_proven_becomes_the_current_one, start),
		cmocka_unit_test_setup(a_forgery_under_the_waiting_context_changes_nothing, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
