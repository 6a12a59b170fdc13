/* SPDX-License-Identifier: Apache-2.0 */
/* A stack with OSCORE of its own gets what it derives its contexts from, and says what it verified. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ace_rs_foreign.h"
#include "port_fake.h"
#include "rs_fixture.h"
#include "vectors.h"

static struct fixture f;
static json_t *file;
static struct ace_slice post;
static uint8_t room_bytes[ACE_RS_MATERIAL_MAX];
static struct ace_oscore_input material;

static int start(void **state)
{
	static const uint8_t random[] = { 0x25, 0xa8, 0x99, 0x1c, 0xd7, 0x00, 0xac, 0x01, 0, 0 };

	(void)state;
	file = vectors_load("ace-oscore-profile");
	post = vectors_hex(vectors_named(json_object_get(file, "messages"), "authz-info-request"), "payload");
	fixture_start(&f);
	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, post), ACE_OK);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static enum ace_err take(struct ace_slice body, size_t room_len)
{
	struct ace_buf room = { room_bytes, room_len, 0 };
	enum ace_err err = ace_rs_foreign_material(&f.rs, body, (struct ace_slice){ f.answer, f.answer_len }, &room, &material);

	assert_true(ace_rs_invariants_hold(&f.rs)); /* nothing of the token is left in the library */
	return err;
}

/* The keys of the context that the library itself derived, and those of the vectors. */
static void what_is_handed_over_makes_the_same_context(void **state)
{
	const struct ace_oscore_ctx *own = &f.rs.grants[0].ctx;
	struct ace_oscore_ctx derived;

	(void)state;
	assert_int_equal(take(post, sizeof room_bytes), ACE_OK);
	assert_slice_equal(material.master_secret, vectors_unhex("7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d"));
	assert_int_equal(material.master_salt.ptr[0], 0x48); /* salt, N1, N2: each a byte string */
	assert_int_equal(ace_oscore_derive(&material, &derived), ACE_OK);
	assert_memory_equal(derived.sender_key, own->sender_key, sizeof own->sender_key);
	assert_memory_equal(derived.recipient_key, own->recipient_key, sizeof own->recipient_key);
	assert_memory_equal(derived.common_iv, own->common_iv, sizeof own->common_iv);
	assert_memory_equal(&derived.recipient_id, &own->recipient_id, sizeof own->recipient_id);
	assert_memory_equal(&derived.sender_id, &own->sender_id, sizeof own->sender_id);
	assert_int_equal(material.has_id_context, own->has_id_context);
}

static void a_post_that_comes_again_hands_over_the_same(void **state)
{
	uint8_t first[ACE_RS_MATERIAL_MAX];

	(void)state;
	assert_int_equal(take(post, sizeof room_bytes), ACE_OK);
	memcpy(first, room_bytes, sizeof first);
	assert_int_equal(fixture_post(&f, NULL, post), ACE_OK);
	assert_int_equal(take(post, sizeof room_bytes), ACE_OK);
	assert_memory_equal(first, room_bytes, sizeof first);
}

static void without_room_nothing_secret_is_left(void **state)
{
	size_t need;
	uint8_t zero[ACE_RS_MATERIAL_MAX] = { 0 };

	(void)state;
	assert_int_equal(take(post, sizeof room_bytes), ACE_OK);
	need = material.master_salt.len + 16 + material.id_context.len + material.sender_id.len + material.recipient_id.len;
	assert_int_equal(take(post, need), ACE_OK);
	for (size_t cap = 0; cap < need; cap++) {
		assert_int_equal(take(post, cap), ACE_ERR_SPACE);
		assert_memory_equal(room_bytes, zero, cap);
	}
}

static void what_was_not_accepted_is_not_handed_over(void **state)
{
	uint8_t bytes[320];

	(void)state;
	memcpy(bytes, post.ptr, post.len);
	bytes[100] ^= 1;
	assert_int_equal(take((struct ace_slice){ bytes, post.len }, sizeof room_bytes), ACE_ERR_TAG);
	for (size_t len = 0; len < post.len; len++)
		assert_int_not_equal(take((struct ace_slice){ post.ptr, len }, sizeof room_bytes), ACE_OK);
	f.answer_len = 0;
	assert_int_equal(take(post, sizeof room_bytes), ACE_ERR_USAGE);
}

static void an_update_hands_nothing_over(void **state)
{
	struct fixture_token update = { .osc_id = 1, .exp_in_s = 100, .is_update = true };
	uint8_t token[256], body[320];
	struct ace_buf issued = ACE_BUF_OF(token), out = ACE_BUF_OF(body);

	(void)state;
	assert_int_equal(take(fixture_body(fixture_issue(&f, &update, &issued), 1, 9, &out), sizeof room_bytes), ACE_ERR_CNF);
}

static struct ace_slice kid(void)
{
	return (struct ace_slice){ f.answer + 15, ACE_RS_ID_LEN };
}

static void a_request_that_the_stack_verified_proves_possession(void **state)
{
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(f.rs.grants[0].role, ACE_RS_PENDING);
	assert_true(ace_rs_foreign_is_alive(&f.rs, kid()));
	assert_int_equal(ace_rs_foreign_request(&f.rs, kid(), &ex), ACE_OK);
	assert_int_equal(f.rs.grants[0].role, ACE_RS_CURRENT);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	assert_false(ace_rs_allowed(&ex, ACE_COAP_GET, "/a/led"));
	assert_int_equal(ace_rs_foreign_request(&f.rs, ACE_LITERAL("\xff\xff"), &ex), ACE_ERR_NO_CONTEXT);
	assert_int_equal(fixture_post(&f, &ex, vectors_hex(vectors_named(json_object_get(file, "messages"),
									 "authz-info-update-request"), "payload")), ACE_OK);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_PUT, "/a/led"));
}

static void the_end_of_a_token_is_the_end_of_its_context(void **state)
{
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(ace_rs_foreign_request(&f.rs, kid(), &ex), ACE_OK);
	port_fake_set_wall(1767229200);
	assert_false(ace_rs_foreign_is_alive(&f.rs, kid()));
	assert_int_equal(ace_rs_foreign_request(&f.rs, kid(), &ex), ACE_ERR_NO_CONTEXT);
}

static void a_context_that_the_stack_gave_up_takes_its_token_along(void **state)
{
	(void)state;
	ace_rs_foreign_end(&f.rs, kid());
	assert_false(ace_rs_foreign_is_alive(&f.rs, kid()));
	assert_true(ace_rs_invariants_hold(&f.rs));
	ace_rs_foreign_end(&f.rs, kid());
}

/* Who saw the token on its way posts it with a nonce of his own, and the stack has no room for another context. */
static void the_end_of_an_unproven_context_leaves_the_one_in_use(void **state)
{
	static const uint8_t nonce1_head[] = { 0x18, ACE_PARAM_NONCE1, 0x48 };
	uint8_t again[1024], used[ACE_RS_ID_LEN];
	struct ace_slice used_kid = ACE_SLICE_OF(used);
	struct ace_rs_exchange ex;

	(void)state;
	memcpy(used, kid().ptr, sizeof used);
	assert_int_equal(ace_rs_foreign_request(&f.rs, used_kid, &ex), ACE_OK);
	memcpy(again, post.ptr, post.len);
	for (size_t i = 0; i + sizeof nonce1_head < post.len; i++)
		if (!memcmp(again + i, nonce1_head, sizeof nonce1_head))
			again[i + sizeof nonce1_head] ^= 1;
	assert_int_equal(fixture_post(&f, NULL, (struct ace_slice){ again, post.len }), ACE_OK);
	assert_false(ace_slice_equal(kid(), used_kid));
	assert_true(ace_rs_foreign_is_alive(&f.rs, kid()));
	ace_rs_foreign_end(&f.rs, kid());
	assert_false(ace_rs_foreign_is_alive(&f.rs, kid()));
	assert_true(ace_rs_foreign_is_alive(&f.rs, used_kid));
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	assert_true(ace_rs_invariants_hold(&f.rs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_handed_over_makes_the_same_context, start, stop),
		cmocka_unit_test_setup_teardown(a_post_that_comes_again_hands_over_the_same, start, stop),
		cmocka_unit_test_setup_teardown(without_room_nothing_secret_is_left, start, stop),
		cmocka_unit_test_setup_teardown(what_was_not_accepted_is_not_handed_over, start, stop),
		cmocka_unit_test_setup_teardown(an_update_hands_nothing_over, start, stop),
		cmocka_unit_test_setup_teardown(a_request_that_the_stack_verified_proves_possession, start, stop),
		cmocka_unit_test_setup_teardown(the_end_of_a_token_is_the_end_of_its_context, start, stop),
		cmocka_unit_test_setup_teardown(a_context_that_the_stack_gave_up_takes_its_token_along, start, stop),
		cmocka_unit_test_setup_teardown(the_end_of_an_unproven_context_leaves_the_one_in_use, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
