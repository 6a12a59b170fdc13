/* SPDX-License-Identifier: Apache-2.0 */
/* The library and the model side by side: tokens, clients, and the comparison of both. Include after cmocka.h. */
#ifndef TESTS_RS_MODEL_CASE_H
#define TESTS_RS_MODEL_CASE_H

#include <string.h>

#include "ace_rs_as.h"
#include "port_fake.h"
#include "rs_model.h"

#define POOL 12
#define CLIENTS 16
#define NONCES_KEPT 4096

struct issued {
	struct model_token token;
	uint8_t bytes[256];
	size_t len;
};

/* The other end of a context, which may be long gone. */
struct client {
	uint32_t id; /* 0: none */
	struct ace_oscore_ctx ctx;
	uint8_t datagram[128]; /* its latest request */
	size_t len;
	uint64_t seq;
};

static struct fixture f;
static struct model m;
static struct ace_rs_revoked room[MODEL_REVOKED];
static struct issued pool[POOL], listed[MODEL_REVOKED + 2];
static size_t listed_len;
static struct client clients[CLIENTS];
static uint8_t nonces[NONCES_KEPT][ACE_RS_NONCE2_LEN];
static size_t nonces_len;
static uint64_t rng;
static uint32_t next_id, next_seq;

static inline uint32_t next_random(uint32_t limit)
{
	rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(rng >> 33) % limit;
}

/* --- tokens --- */

static inline void issue(struct issued *ret)
{
	struct fixture_token what = { .osc_id = (uint8_t)(1 + next_random(5)), .iat = next_random(4) };
	struct model_token *token = &ret->token;
	uint8_t text[512];
	struct ace_buf out = ACE_BUF_OF(ret->bytes);
	char sub[2] = { (char)('a' + what.osc_id % 4), 0 };

	*token = (struct model_token){ .id = ++next_id, .osc_id = what.osc_id, .sub = sub[0], .iat = what.iat,
				       .is_update = next_random(3) == 0 };
	if (next_random(2)) {
		token->exi_s = what.exi_s = 1 + next_random(120);
		token->seq = what.exi_seq = ++next_seq;
	} else {
		what.exp_in_s = (uint32_t)(model_wall(&m) - PORT_FAKE_NOW) + 1 + next_random(200);
		token->exp = PORT_FAKE_NOW + what.exp_in_s;
	}
	what.sub = sub;
	what.is_update = token->is_update;
	ret->len = fixture_issue(&f, &what, &out).len;
	assert_int_equal(ace_token_hash((struct ace_slice){ ret->bytes, ret->len }, (struct ace_buf)ACE_BUF_OF(text), token->hash),
			 ACE_OK);
}

/* --- the library and the model, side by side --- */

static inline const struct ace_rs_grant *grant_of(const struct model_context *context)
{
	for (const struct ace_rs_grant *grant = f.rs.grants; grant < f.rs.grants_end; grant++)
		if (grant->role && !memcmp(grant->ctx.recipient_id.bytes, context->kid, ACE_RS_ID_LEN))
			return grant;
	return NULL;
}

static inline void compare_contexts(void)
{
	size_t ours = 0, theirs = 0;

	for (const struct ace_rs_grant *grant = f.rs.grants; grant < f.rs.grants_end; grant++)
		theirs += grant->role != ACE_RS_FREE;
	for (size_t i = 0; i < MODEL_CONTEXTS; i++) {
		const struct model_context *context = &m.contexts[i];
		const struct ace_rs_grant *grant;

		if (!context->role)
			continue;
		ours++;
		grant = grant_of(context);
		if (!grant) {
			fail_msg("the model has a context that the library has not");
			return;
		}
		assert_int_equal(grant->role, context->role);
		assert_int_equal(grant->deadline_ms, context->deadline_ms);
		assert_int_equal(grant->observers, context->observers);
		assert_int_equal(grant->association->osc_id[0], context->token.osc_id);
		assert_memory_equal(grant->hash, context->token.hash + 1, ACE_RS_HASH_LEN);
	}
	assert_int_equal(ours, theirs);
}

static inline void compare(void)
{
	assert_true(ace_rs_invariants_hold(&f.rs));
	compare_contexts();
	assert_int_equal(f.rs.as[0].exi_highest_expired, m.highest_expired);
	assert_int_equal(ace_rs_exi_highest_seen(&f.rs, 0), m.highest_seen);
	assert_int_equal(f.rs.revoked_used, m.revoked_len);
	for (size_t i = 0; i < m.revoked_len; i++) {
		assert_memory_equal(room[i].hash, m.revoked[i].token.hash + 1, ACE_RS_HASH_LEN);
		assert_int_equal(room[i].flags & 7, m.revoked[i].seen | m.revoked[i].left << 1 | m.revoked[i].has_seq << 2);
	}
}

/* What must not change by anything that an outsider can send. */
static inline void keep_currents(struct ace_rs_grant *ret_currents)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		ret_currents[i] = f.rs.grants[i];
}

static inline void currents_are(const struct ace_rs_grant *before)
{
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		if (before[i].role == ACE_RS_CURRENT)
			assert_memory_equal(&f.rs.grants[i], &before[i], sizeof before[i]);
}

#endif
