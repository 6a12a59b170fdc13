/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over of contexts to Zephyr's OSCORE, with a pool of the test's behind its functions. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"
#include "zephyr/ace_rs_zephyr.h"

#define PLACES 2

/* Zephyr's side: what it was given last, how many contexts it has, and what it says. */
struct coap_oscore_context {
	bool is_used;
};
static struct coap_oscore_context pool[PLACES];
static struct coap_oscore_init_params given;
static struct ace_oscore_ctx derived;
static int add_says, remove_says;

int coap_oscore_context_add(const struct coap_oscore_init_params *params, struct coap_oscore_context **ctx)
{
	if (add_says)
		return add_says;
	given = *params;
	assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = { params->master_secret, params->master_secret_len },
		.master_salt = { params->master_salt, params->master_salt_len },
		.sender_id = { params->sender_id, params->sender_id_len },
		.recipient_id = { params->recipient_id, params->recipient_id_len } }, &derived), ACE_OK);
	for (size_t i = 0; i < PLACES; i++)
		if (!pool[i].is_used) {
			pool[i].is_used = true;
			*ctx = &pool[i];
			return 0;
		}
	return -ENOMEM;
}

int coap_oscore_context_remove(struct coap_oscore_context *ctx)
{
	if (!remove_says)
		ctx->is_used = false;
	return remove_says;
}

static struct fixture f;
static struct ace_rs_zephyr_context contexts[PLACES];
static uint8_t body_bytes[320];

static int start(void **state)
{
	(void)state;
	fixture_start(&f);
	memset(pool, 0, sizeof pool);
	memset(contexts, 0, sizeof contexts);
	add_says = remove_says = 0;
	return 0;
}

static struct ace_slice last;

static int post_again(void)
{
	assert_int_equal(fixture_post(&f, NULL, last), ACE_OK);
	return ace_rs_zephyr_add(&f.rs, last, (struct ace_slice){ f.answer, f.answer_len }, contexts, PLACES);
}

static int hand_over(uint8_t osc_id, uint64_t nonce1)
{
	struct fixture_token token = { .osc_id = osc_id, .exp_in_s = 100 };
	uint8_t token_bytes[256];
	struct ace_buf issued = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);

	last = fixture_body(fixture_issue(&f, &token, &issued), nonce1, 9, &body);
	return post_again();
}

/* The next post draws that one: nonce, then Recipient ID. */
static void force_kid(const uint8_t kid[ACE_RS_ID_LEN])
{
	static uint8_t drawn[ACE_RS_NONCE2_LEN + ACE_RS_ID_LEN];

	memset(drawn, ++drawn[0], ACE_RS_NONCE2_LEN);
	memcpy(drawn + ACE_RS_NONCE2_LEN, kid, ACE_RS_ID_LEN);
	port_fake_next_random(drawn, sizeof drawn);
}

static size_t alive(void)
{
	size_t sum = 0;

	for (struct ace_rs_grant *grant = f.rs.grants; grant < f.rs.grants_end; grant++)
		sum += grant->role != ACE_RS_FREE;
	return sum;
}

static void the_stack_derives_what_the_library_derived(void **state)
{
	const struct ace_oscore_ctx *own = &f.rs.grants[0].ctx;

	(void)state;
	assert_int_equal(hand_over(1, 1), 0);
	assert_memory_equal(derived.recipient_key, own->recipient_key, 16);
	assert_memory_equal(derived.sender_key, own->sender_key, 16);
	assert_true(given.fresh_master_secret_salt);
	assert_int_equal(given.id_context_len, 0);
	assert_ptr_equal(contexts[PLACES - 1].ctx, &pool[0]);
	assert_memory_equal(contexts[PLACES - 1].kid, own->recipient_id.bytes, ACE_RS_ID_LEN);
	assert_int_equal(post_again(), 0);
	assert_false(pool[1].is_used);
}

static void what_finds_no_room_leaves_the_table(void **state)
{
	(void)state;
	assert_int_equal(hand_over(1, 1), 0);
	assert_int_equal(hand_over(2, 2), 0);
	assert_int_equal(hand_over(3, 3), -ENOMEM);
	assert_int_equal(alive(), 2);
	contexts[0].ctx = NULL;
	add_says = -ENOMEM;
	assert_int_equal(hand_over(3, 4), -ENOMEM);
	assert_int_equal(alive(), 2);
	assert_null(contexts[0].ctx);
	assert_int_equal(ace_rs_zephyr_add(&f.rs, ACE_LITERAL("no post"), (struct ace_slice){ f.answer, f.answer_len }, contexts,
					   PLACES), -EINVAL);
}

static void a_context_goes_with_its_token_once_the_stack_lets_it(void **state)
{
	(void)state;
	assert_int_equal(hand_over(1, 1), 0);
	ace_rs_zephyr_sweep(&f.rs, contexts, PLACES);
	assert_true(pool[0].is_used);
	ace_rs_foreign_end(&f.rs, ACE_SLICE_OF(contexts[PLACES - 1].kid));
	remove_says = -EAGAIN;
	ace_rs_zephyr_sweep(&f.rs, contexts, PLACES);
	assert_non_null(contexts[PLACES - 1].ctx);
	remove_says = 0;
	ace_rs_zephyr_sweep(&f.rs, contexts, PLACES);
	assert_null(contexts[PLACES - 1].ctx);
	assert_false(pool[0].is_used);
}

/* Its client goes on observing, and hopes that somebody is given its Recipient ID. */
static void a_context_that_the_stack_keeps_stands_for_no_other_token(void **state)
{
	uint8_t kid[ACE_RS_ID_LEN];
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(hand_over(1, 1), 0);
	memcpy(kid, contexts[PLACES - 1].kid, sizeof kid);
	ace_rs_foreign_end(&f.rs, ACE_SLICE_OF(kid));
	remove_says = -EAGAIN;
	force_kid(kid);
	assert_int_equal(hand_over(2, 2), -EAGAIN);
	assert_int_equal(ace_rs_foreign_request(&f.rs, ACE_SLICE_OF(kid), &ex), ACE_ERR_NO_CONTEXT);
	/* Once the stack lets go of it, the id is as good as any. */
	remove_says = 0;
	force_kid(kid);
	assert_int_equal(hand_over(3, 3), 0);
	assert_memory_equal(contexts[PLACES - 1].kid, kid, sizeof kid);
	assert_int_equal(ace_rs_foreign_request(&f.rs, ACE_SLICE_OF(kid), &ex), ACE_OK);
}

#define CASE(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_stack_derives_what_the_library_derived),
		CASE(what_finds_no_room_leaves_the_table),
		CASE(a_context_that_the_stack_keeps_stands_for_no_other_token),
		CASE(a_context_goes_with_its_token_once_the_stack_lets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
