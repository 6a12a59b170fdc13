/* SPDX-License-Identifier: Apache-2.0 */
/* The associations (device-states.md). An unproven post may only take free room, displace older unproven
 * contexts, or use the one scrap slot of the device: a context in use never goes for it. */
#include "token/rs.h"

#include "token/mem.h"

static uint32_t hash_on(uint32_t hash, struct ace_slice bytes)
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

/* Since when has the association waited for its proof? False when it must stay: proven, or too young. */
static bool is_evictable(const struct ace_rs *rs, size_t association, uint64_t *ret_born_ms)
{
	uint64_t born_ms = 0;

	for (const struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++) {
		if (!grant->role || grant->association != association)
			continue;
		if (grant->role == ACE_RS_CURRENT)
			return false;
		if (grant->born_ms > born_ms)
			born_ms = grant->born_ms;
	}
	*ret_born_ms = born_ms;
	return ace_port_monotonic_ms() - born_ms >= ACE_RS_GRACE_MS;
}

/* A free association, or else the one that has waited longest for its proof. */
static bool find_room(const struct ace_rs *rs, uint16_t *ret_index)
{
	uint64_t born_ms, oldest_ms = UINT64_MAX;

	for (uint16_t i = 0; i < rs->config.contexts; i++) {
		if (!rs->associations[i].grants) {
			*ret_index = i;
			return true;
		}
		if (is_evictable(rs, i, &born_ms) && born_ms < oldest_ms) {
			*ret_index = i;
			oldest_ms = born_ms;
		}
	}
	return oldest_ms != UINT64_MAX;
}

static bool is_known_post(const struct ace_rs_association *association, uint32_t hash)
{
	for (size_t i = 0; i < ACE_RS_POSTS_KEPT; i++)
		if (association->posts[i] == hash)
			return true;
	return false;
}

/* A post for an association that is alive: T3a, T3b, T10, T10a, T30, T32. */
static void place_again(const struct ace_rs *rs, const struct rs_post *post, struct rs_place *place)
{
	const struct ace_rs_association *association = &rs->associations[place->association];
	const struct ace_rs_grant *pending = ace_rs_grant_find(rs, place->association, ACE_RS_PENDING);

	place->is_known_post = is_known_post(association, place->post_hash);
	if (pending && association->pending_post == place->post_hash &&
	    ace_slice_equal(post->client_id, (struct ace_slice){ pending->ctx.sender_id.bytes,
								 pending->ctx.sender_id.len })) {
		place->is_resend = true;
		memcpy(place->drawn, association->nonce2, ACE_RS_NONCE2_LEN);
		memcpy(place->drawn + ACE_RS_NONCE2_LEN, pending->ctx.recipient_id.bytes, ACE_RS_ID_LEN);
	} else if (place->is_known_post ||
		   (pending && ace_port_monotonic_ms() - pending->born_ms < ACE_RS_GRACE_MS)) {
		place->role = ACE_RS_SCRAP;
	}
}

/* RFC 9203 4.2: our Recipient ID is unique among all of ours and "MUST" differ from the client's. */
static bool id_is_free(const struct ace_rs *rs, const struct rs_post *post, struct ace_slice id)
{
	return !ace_rs_grant_by_kid(rs, id) && !ace_slice_equal(id, post->client_id);
}

static enum ace_err draw(const struct ace_rs *rs, const struct rs_post *post, struct rs_place *place)
{
	enum ace_err err;

	/* With two bytes of id, seven misses in a row mean that the random numbers are none. */
	for (size_t tries = 0; tries < 8; tries++) {
		err = ace_port_random(place->drawn, sizeof place->drawn);
		if (err)
			return err;
		if (id_is_free(rs, post, rs_place_id(place)))
			return ACE_OK;
	}
	return ACE_ERR_FULL;
}

static enum ace_err hash_subject(struct ace_slice subject, struct rs_place *place)
{
	uint8_t hash[ACE_SHA256_LEN];
	enum ace_err err;

	if (!subject.ptr)
		return ACE_OK;
	err = ace_port_sha256(subject, hash);
	if (!err)
		memcpy(place->subject, hash, sizeof place->subject);
	return err;
}

enum ace_err ace_rs_table_reserve(struct ace_rs *rs, const struct rs_post *post, const struct rs_token *token,
				  struct rs_place *ret_place)
{
	enum ace_err err;

	memset(ret_place, 0, sizeof *ret_place);
	if (token->claims.scope.bytes.len > rs->config.scope_bytes)
		return ACE_ERR_FULL;
	ret_place->post_hash = hash_post(post);
	ret_place->role = ACE_RS_PENDING;
	if (ace_rs_association_find(rs, token->issuer, token->claims.osc.id, &ret_place->association))
		place_again(rs, post, ret_place);
	else if (find_room(rs, &ret_place->association))
		ret_place->is_new = true;
	else
		return ACE_ERR_FULL;
	if (ret_place->is_resend)
		return ACE_OK;
	err = hash_subject(token->claims.sub, ret_place);
	return err ? err : draw(rs, post, ret_place);
}

/* Scope and end of a token into a grant. */
__attribute__((noinline)) static void take_token(struct ace_rs *rs, struct ace_rs_grant *grant, const struct rs_token *token)
{
	const struct ace_claims *claims = &token->claims;

	memcpy(grant->scope_bytes, claims->scope.bytes.ptr, claims->scope.bytes.len);
	grant->scope_len = (uint16_t)claims->scope.bytes.len;
	grant->scope_kind = (uint8_t)claims->scope.kind;
	grant->deadline_ms = token->deadline_ms;
	grant->exp = token->exp;
	grant->iat = claims->has_iat && claims->iat > 0 && claims->iat < UINT32_MAX ? (uint32_t)claims->iat : 0;
	grant->has_exi = claims->has_exi;
	grant->exi_seq = token->exi_seq;
	if (ACE_RS_EXI && claims->has_exi)
		ace_rs_exi_note(rs, token);
}

/* Make room for a grant of that role: what it displaces is unproven. */
static void displace(struct ace_rs *rs, const struct rs_place *place, const struct rs_token *token)
{
	struct ace_rs_association *association = &rs->associations[place->association];
	struct ace_slice osc_id = token->claims.osc.id;
	struct ace_rs_grant *old;

	if (place->is_new) {
		ace_rs_association_erase(rs, place->association);
		memset(association, 0, sizeof *association);
		memcpy(association->osc_id, osc_id.ptr, osc_id.len);
		association->osc_id_len = (uint8_t)osc_id.len;
		association->issuer = token->issuer;
		return;
	}
	old = place->role == ACE_RS_SCRAP ? ace_rs_grant_of_role(rs, ACE_RS_SCRAP) :
					    ace_rs_grant_find(rs, place->association, ACE_RS_PENDING);
	if (old)
		ace_rs_grant_erase(rs, old);
}

void ace_rs_table_commit(struct ace_rs *rs, const struct rs_place *place, const struct rs_token *token,
			 const struct ace_oscore_ctx *ctx)
{
	struct ace_rs_association *association = &rs->associations[place->association];
	struct ace_rs_grant *grant;

	displace(rs, place, token);
	/* Two for each association and one scrap fit, and one of its kind has just gone: there is a free one. */
	grant = ace_rs_grant_of_role(rs, ACE_RS_FREE);
	grant->ctx = *ctx;
	grant->association = place->association;
	grant->role = place->role;
	grant->serial = ++rs->serial;
	grant->born_ms = ace_port_monotonic_ms();
	grant->has_subject = token->claims.sub.ptr;
	memcpy(grant->subject, place->subject, sizeof grant->subject);
	association->grants++;
	if (!place->is_known_post)
		association->posts[association->posts_at++ % ACE_RS_POSTS_KEPT] = place->post_hash;
	if (place->role == ACE_RS_PENDING) {
		association->pending_post = place->post_hash;
		memcpy(association->nonce2, place->drawn, sizeof association->nonce2);
	}
	take_token(rs, grant, token);
}

enum ace_err ace_rs_table_update(struct ace_rs *rs, struct ace_rs_grant *grant, const struct rs_token *token)
{
	if (token->claims.scope.bytes.len > rs->config.scope_bytes)
		return ACE_ERR_FULL;
	take_token(rs, grant, token);
	for (struct ace_rs_grant *other = rs->grants; other < rs->grants_end; other++) {
		/* A pending context from an older token would bring its rights back. */
		if (other->role && other != grant && other->association == grant->association &&
		    (!other->iat || !grant->iat || other->iat <= grant->iat))
			ace_rs_grant_erase(rs, other);
	}
	return ACE_OK;
}

static bool is_same_subject(const struct ace_rs *rs, const struct ace_rs_grant *a, const struct ace_rs_grant *b)
{
	return a->has_subject && b->has_subject && !memcmp(a->subject, b->subject, sizeof a->subject) &&
	       rs->associations[a->association].issuer == rs->associations[b->association].issuer;
}

void ace_rs_table_promote(struct ace_rs *rs, struct ace_rs_grant *grant)
{
	for (struct ace_rs_grant *other = rs->grants; other < rs->grants_end; other++) {
		if (!other->role || other == grant)
			continue;
		/* RFC 9203 6: the old context is deleted once it has been "successfully replaced"; RFC 9200 5.10.1:
		 * one token for a client "SHOULD" be kept. */
		if (other->association == grant->association)
			ace_rs_grant_erase(rs, other);
		else if (is_same_subject(rs, grant, other))
			ace_rs_association_erase(rs, other->association);
	}
	grant->role = ACE_RS_CURRENT;
}
