/* SPDX-License-Identifier: Apache-2.0 */
/* The device library on a board: published vectors, every bit of a post flipped, and generated tokens. */
#include <cmocka.h>

#include "port_conformance.h"
#include "port_fake.h"
#include "published.h"
#include "token/mem.h"

#include "board_vectors.h"

#define TOKENS 10000
/* Where the token stands in the published post. */
#define TOKEN_AT 4
#define TOKEN_LEN 150

static struct fixture f;

static void port_conforms(void)
{
	struct port_conformance result = port_conformance_run();

	if (result.failed)
		board_fail(__FILE__, __LINE__, result.failed);
	assert_int_equal(result.missing, 1); /* GCM */
	assert_true(result.checks > 10000);
}

static void keys_are_those_of_rfc8613(void)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(derivations); i++) {
		const struct derivation *d = &derivations[i];
		struct ace_oscore_ctx ctx;

		assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input){
			.master_secret = d->secret, .master_salt = d->salt, .id_context = d->context,
			.has_id_context = d->has_context, .sender_id = d->sender_id, .recipient_id = d->recipient_id }, &ctx), ACE_OK);
		assert_memory_equal(ctx.sender_key, d->sender_key.ptr, d->sender_key.len);
		assert_memory_equal(ctx.recipient_key, d->recipient_key.ptr, d->recipient_key.len);
		assert_memory_equal(ctx.common_iv, d->iv.ptr, d->iv.len);
	}
	assert_int_equal(ACE_ARRAY_LEN(derivations), 6);
}

/* The first post of the vectors, answered as there, and the request that proves possession. */
static void first_exchange(struct ace_rs_exchange *ret_ex)
{
	static const uint8_t random[] = PUBLISHED_RANDOM;
	uint8_t opened[256];
	struct ace_buf out = ACE_BUF_OF(opened);

	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, first_post), ACE_OK);
	assert_true(ace_slice_equal((struct ace_slice){ f.answer, f.answer_len }, first_answer));
	assert_int_equal(ace_rs_unprotect(&f.rs, first_request, &out, ret_ex), ACE_OK);
}

static void a_request_that_comes_again_is_refused(void)
{
	uint8_t opened[256];
	struct ace_buf out = ACE_BUF_OF(opened);
	struct ace_rs_exchange ex;

	fixture_start(&f);
	first_exchange(&ex);
	assert_int_equal(ace_rs_unprotect(&f.rs, first_request, &out, &ex), ACE_ERR_REPLAY);
	assert_int_equal(out.len, 0);
}

static void run_post(const struct post *post)
{
	static uint8_t before[sizeof f.arena];
	struct ace_rs_exchange ex;
	enum ace_err err;

	fixture_start(&f);
	f.config.strict_layout = post->mode == MODE_TRL;
	fixture_restart(&f);
	if (post->mode == MODE_EXI)
		ace_rs_exi_restore(&f.rs, 0, 41);
	if (post->is_update)
		first_exchange(&ex);
	memcpy(before, f.arena, sizeof before);
	err = fixture_post(&f, post->is_update ? &ex : NULL, post->payload);
	if (f.code != post->code)
		board_fail(post->name, f.code, ace_rs_strerror(err));
	assert_int_equal(!err, post->code == ACE_COAP_CREATED);
	if (err) /* nothing is stored */
		assert_memory_equal(before, f.arena, sizeof before);
}

static void every_published_post_has_its_code(void)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(posts); i++)
		run_post(&posts[i]);
	assert_int_equal(ACE_ARRAY_LEN(posts), 48);
}

static void every_flipped_bit_of_a_token_is_refused(void)
{
	uint8_t bytes[256];

	memcpy(bytes, first_post.ptr, first_post.len);
	for (size_t bit = 0; bit < first_post.len * 8; bit++) {
		bool is_in_token = bit / 8 >= TOKEN_AT && bit / 8 < TOKEN_AT + TOKEN_LEN;
		enum ace_err err;

		fixture_start(&f);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		err = fixture_post(&f, NULL, (struct ace_slice){ bytes, first_post.len });
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(err || !is_in_token);
		assert_int_equal(!err, f.code == ACE_COAP_CREATED);
		assert_int_equal(f.rs.serial, err ? 0 : 1);
	}
}

/* Any generator would do: it is the same each time, and the library's own random bytes are another one. */
static uint32_t draw(void)
{
	static uint32_t state = 1;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Post it, once with a flipped bit; prove possession; ask for what the token may allow. */
static void run_token(uint32_t number)
{
	static const char *const subjects[] = { "a", "somebody-with-a-longer-name" }; /* fewer than contexts */
	struct fixture_token what = { .sub = subjects[draw() % 2], .osc_id = (uint8_t)draw(), .exp_in_s = 1 + draw() % 86400,
				      .iat = draw() % 2 ? PORT_FAKE_NOW - 1 : 0,
				      .methods = (uint8_t)(1 + draw() % ACE_AIF_STATIC_ALL) & ACE_AIF_STATIC_ALL };
	uint8_t token_bytes[256], body_bytes[300], id1 = (uint8_t)draw(), method = (uint8_t)(1 + draw() % 7);
	struct ace_buf token = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);
	struct ace_slice issued, post;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;
	size_t bit;
	bool may;

	if (what.osc_id == number % 256)
		what.exp_in_s++;
	issued = fixture_issue(&f, &what, &token);
	bit = draw() % (8 * issued.len);
	token_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	post = fixture_body(issued, number, id1, &body);
	assert_int_not_equal(fixture_post(&f, NULL, post), ACE_OK);
	token_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	post = fixture_body(issued, number, id1, &body);
	assert_int_equal(fixture_post(&f, NULL, post), ACE_OK);
	fixture_client(&f, &what, number, id1, &client);
	assert_int_equal(fixture_request(&f, &client, method, "/s/temp", &ex), ACE_OK);
	may = (what.methods ? what.methods : 1) >> (method - 1) & 1;
	assert_int_equal(ace_rs_allowed(&ex, method, "/s/temp"), may);
	assert_false(ace_rs_allowed(&ex, method, "/a/led"));
}

static void generated_tokens_are_taken_and_tampered_ones_are_not(void)
{
	fixture_start(&f);
	for (uint32_t i = 0; i < TOKENS; i++)
		run_token(i);
	assert_int_equal(f.rs.serial, TOKENS);
}

int board_main(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {
		{ "port_conforms", port_conforms },
		{ "keys_are_those_of_rfc8613", keys_are_those_of_rfc8613 },
		{ "every_published_post_has_its_code", every_published_post_has_its_code },
		{ "a_request_that_comes_again_is_refused", a_request_that_comes_again_is_refused },
		{ "every_flipped_bit_of_a_token_is_refused", every_flipped_bit_of_a_token_is_refused },
		{ "generated_tokens_are_taken_and_tampered_ones_are_not", generated_tokens_are_taken_and_tampered_ones_are_not },
	};

	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		board_case(cases[i].name);
		cases[i].run();
		board_case_passed();
	}
	return 0;
}
