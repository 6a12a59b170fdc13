/* SPDX-License-Identifier: Apache-2.0 */
/* Row 24: a context for a token that passed (device-states.md). An unproven post may only take free room, displace older
 * unproven contexts, or use the one scrap slot of the device: a context in use never goes for it. */
#include "token/rs.h"

#include "token/mem.h"

/* Where a new context will stand. Nothing is changed before it is derived. */
struct place {
	struct ace_rs_association *association;
	struct ace_rs_grant *resend; /* T3a: the pending context whose nonce2 and id are told again */
	uint32_t post_hash;
	enum ace_rs_role role;
	bool is_new;                 /* the association is free, or is evicted to make room */
	bool is_known_post;          /* its nonce1 was seen before */
};

#define DRAWN_LEN (ACE_RS_NONCE2_LEN + ACE_RS_ID_LEN) /* our nonce, and our Recipient ID */

__attribute__((noinline)) static uint32_t hash_on(uint32_t hash, struct ace_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.ptr[i]) * UINT32_C(16777619);
	return hash;
}

/* Tells posts apart that come again. Who forges a collision gains a scrap slot or somebody's nonce2: nothing. */
static uint32_t hash_post(const struct rs_post *post)
{
	uint32_t hash = hash_on(hash_on(UINT32_C(2166136261), post->token), post->nonce1);

	return hash ? hash : 1;
}

static bool is_young(uint64_t born_ms)
{
	return ace_port_monotonic_ms() - born_ms < ACE_RS_GRACE_MS;
}

/* A free association, or else the one that has waited longest for its proof, unless it is too young. NULL: none. */
static struct ace_rs_association *find_room(const struct ace_rs *rs)
{
	struct ace_rs_association *oldest = NULL;

	for (struct ace_rs_association *each = rs->associations; each < rs->associations_end; each++) {
		if (!each->grants)
			return each;
		if (!ace_rs_grant_find(rs, each, ACE_RS_CURRENT) && (!oldest || each->born_ms < oldest->born_ms))
			oldest = each;
	}
	return oldest && !is_young(oldest->born_ms) ? oldest : NULL;
}

static bool is_known_post(const struct ace_rs_association *association, uint32_t hash)
{
	for (size_t i = 0; i < ACE_RS_POSTS_KEPT; i++)
		if (association->posts[i] == hash)
			return true;
	return false;
}

/* A post for an association that is alive: T3a, T3b, T10, T10a, T30, T32. */
static void place_again(const struct ace_rs *rs, const struct rs_post *post, struct place *place)
{
	struct ace_rs_grant *pending = ace_rs_grant_find(rs, place->association, ACE_RS_PENDING);

	place->is_known_post = is_known_post(place->association, place->post_hash);
	if (pending && place->association->pending_post == place->post_hash &&
	    ace_slice_equal(post->client_id, (struct ace_slice){ pending->ctx.sender_id.bytes,
								 pending->ctx.sender_id.len }))
		place->resend = pending;
	else if (place->is_known_post || (pending && is_young(pending->born_ms)))
		place->role = ACE_RS_SCRAP;
}

static enum ace_err find_place(const struct ace_rs *rs, const struct rs_post *post, const struct rs_token *token,
			       struct place *place)
{
	place->resend = NULL;
	place->role = ACE_RS_PENDING;
	place->is_known_post = false;
	place->post_hash = hash_post(post);
	place->association = ace_rs_association_find(rs, token->issuer, token->claims.osc.id);
	place->is_new = !place->association;
	if (place->association)
		place_again(rs, post, place);
	else
		place->association = find_room(rs);
	return place->association ? ACE_OK : ACE_ERR_FULL;
}

static enum ace_err draw(const struct ace_rs *rs, struct ace_slice client_id, uint8_t ret_drawn[DRAWN_LEN])
{
	struct ace_slice id = { ret_drawn + ACE_RS_NONCE2_LEN, ACE_RS_ID_LEN };
	enum ace_err err;

	/* With two bytes of id, seven misses in a row mean that the random numbers are none. */
	for (size_t tries = 0; tries < 8; tries++) {
		err = ace_port_random(ret_drawn, DRAWN_LEN);
		/* RFC 9203 4.2: our Recipient ID is unique among all of ours and "MUST" differ from the client's. */
		if (err || (!ace_rs_grant_by_kid(rs, id) && !ace_slice_equal(id, client_id)))
			return err;
	}
	return ACE_ERR_FULL;
}

/* What the context is called. RFC 9203 4.3: our Sender ID is what the client sent, our Recipient ID what we send it. */
static void name_context(struct ace_oscore_ctx *ctx, struct ace_slice client_id, const struct ace_osc *osc,
			 const uint8_t *own_id)
{
	memset(ctx, 0, sizeof *ctx);
	ctx->sender_id.len = (uint8_t)client_id.len;
	memcpy(ctx->sender_id.bytes, client_id.ptr, client_id.len);
	ctx->recipient_id.len = ACE_RS_ID_LEN;
	memcpy(ctx->recipient_id.bytes, own_id, ACE_RS_ID_LEN);
	ctx->aead = (int8_t)rs_osc_alg(osc);
	if (osc->has_context_id) {
		ctx->has_id_context = true;
		ctx->id_context_len = (uint8_t)osc->context_id.len;
		memcpy(ctx->id_context, osc->context_id.ptr, osc->context_id.len);
	}
}

static enum ace_err derive(struct ace_rs *rs, const struct rs_post *post, const struct rs_token *token,
			   const uint8_t drawn[DRAWN_LEN], struct ace_oscore_ctx *ret_ctx)
{
	const struct ace_osc *osc = &token->claims.osc;
	struct ace_slice nonce2 = { drawn, ACE_RS_NONCE2_LEN }, master_salt;
	/* Behind the claims, so that the one wipe of the scratch takes it too. */
	struct ace_buf salt = { rs->scratch + token->plain.len,
				rs_scratch_len(rs) - token->plain.len, 0 };

	if (ace_master_salt_append(&osc->salt, &post->nonce1, &nonce2, &salt))
		return ACE_ERR_FULL;
	name_context(ret_ctx, post->client_id, osc, drawn + ACE_RS_NONCE2_LEN);
	master_salt = ace_buf_slice(&salt);
	return ace_oscore_keys_derive(&osc->ms, &master_salt, ret_ctx);
}

static enum ace_err hash_subject(struct ace_slice subject, uint8_t ret_hash[ACE_SHA256_LEN])
{
	return subject.ptr ? ace_port_sha256(subject, ret_hash) : ACE_OK;
}

/* Make room for a grant of the role: what it displaces is unproven. */
static void displace(struct ace_rs *rs, const struct place *place, const struct rs_token *token)
{
	struct ace_rs_association *association = place->association;
	struct ace_slice osc_id = token->claims.osc.id;
	struct ace_rs_grant *old;

	if (place->is_new) {
		ace_rs_association_erase(rs, association);
		memset(association, 0, sizeof *association);
		memcpy(association->osc_id, osc_id.ptr, osc_id.len);
		association->osc_id_len = (uint8_t)osc_id.len;
		association->issuer = token->issuer;
		return;
	}
	old = ace_rs_grant_find(rs, place->role == ACE_RS_SCRAP ? NULL : association, place->role);
	if (old)
		ace_rs_grant_erase(rs, old);
}

static struct ace_rs_grant *commit(struct ace_rs *rs, const struct place *place, const struct rs_token *token,
				   const struct ace_oscore_ctx *ctx)
{
	struct ace_rs_association *association = place->association;
	struct ace_rs_grant *grant;

	displace(rs, place, token);
	/* Two for each association and one scrap fit, and one of its kind has just gone: there is a free one. */
	grant = ace_rs_grant_find(rs, NULL, ACE_RS_FREE);
	grant->ctx = *ctx;
	grant->association = association;
	grant->role = (uint8_t)place->role;
	grant->serial = ++rs->serial;
	grant->born_ms = association->born_ms = ace_port_monotonic_ms();
	association->grants++;
	if (!place->is_known_post)
		association->posts[association->posts_at++ % ACE_RS_POSTS_KEPT] = place->post_hash;
	ace_rs_grant_token(rs, grant, token);
	return grant;
}

/* The answer to an unprotected post, {42: nonce2, 44: id}, always of the same length. */
static void append_answer(const uint8_t *nonce2, const uint8_t *id, struct ace_buf *answer)
{
	enum { NONCE2_AT = 4, ID_AT = NONCE2_AT + ACE_RS_NONCE2_LEN + 3 };
	static const uint8_t frame[ID_AT + ACE_RS_ID_LEN] = {
		[0] = 0xa2, 0x18, ACE_PARAM_NONCE2, 0x40 | ACE_RS_NONCE2_LEN,
		[ID_AT - 3] = 0x18, ACE_PARAM_SERVER_RECIPIENT_ID, 0x40 | ACE_RS_ID_LEN,
	};
	uint8_t *at = answer->ptr + answer->len;

	_Static_assert(sizeof frame == ACE_RS_ANSWER_MAX, "the header says how long it is");
	memcpy(at, frame, sizeof frame);
	memcpy(at + NONCE2_AT, nonce2, ACE_RS_NONCE2_LEN);
	memcpy(at + ID_AT, id, ACE_RS_ID_LEN);
	answer->len += sizeof frame;
}

/* Not inlined, so that its stack does not add up with that of the checks. */
__attribute__((noinline)) enum ace_err ace_rs_admit(struct ace_rs *rs, const struct rs_post *post, const struct rs_token *token,
			  struct ace_buf *answer)
{
	uint8_t drawn[DRAWN_LEN], subject[ACE_SHA256_LEN];
	struct ace_rs_grant *grant;
	struct ace_oscore_ctx ctx;
	struct place place;
	enum ace_err err;

	if (answer->cap - answer->len < ACE_RS_ANSWER_MAX)
		return ACE_ERR_SPACE;
	err = find_place(rs, post, token, &place);
	if (err)
		return err;
	if (place.resend) {
		append_answer(place.association->nonce2, place.resend->ctx.recipient_id.bytes, answer);
		return ACE_OK;
	}
	err = hash_subject(token->claims.sub, subject);
	if (!err)
		err = draw(rs, post->client_id, drawn);
	if (!err)
		err = derive(rs, post, token, drawn, &ctx);
	if (err)
		return err;
	grant = commit(rs, &place, token, &ctx);
	ace_wipe(&ctx, sizeof ctx);
	if (token->claims.sub.ptr) {
		grant->has_subject = true;
		memcpy(grant->subject, subject, sizeof grant->subject);
	}
	if (place.role == ACE_RS_PENDING) {
		place.association->pending_post = place.post_hash;
		memcpy(place.association->nonce2, drawn, ACE_RS_NONCE2_LEN);
	}
	append_answer(drawn, drawn + ACE_RS_NONCE2_LEN, answer);
	return ACE_OK;
}
