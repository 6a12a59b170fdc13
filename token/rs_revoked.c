/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of revoked tokens (RFC 9770 11.1), the oldest first. One stays until its token was seen here and is known to
 * have expired; then nobody can bring the token back. */
#include "ace_issue.h"
#include "token/rs.h"

#if ACE_RS_TRL

#include "ace_rs_as.h"
#include "token/mem.h"

#define SAVED_VERSION 1
#define SAVED_LEN (ACE_RS_HASH_LEN + 10)
#define SAVED_FLAGS (RS_REVOKED_SEEN | RS_REVOKED_LEFT | RS_REVOKED_EXI)

static struct ace_rs_revoked *find(const struct ace_rs *rs, const uint8_t hash[ACE_RS_HASH_LEN])
{
	struct ace_rs_revoked *end = rs->config.revoked + rs->revoked_used;

	for (struct ace_rs_revoked *each = rs->config.revoked; each < end; each++)
		if (!memcmp(each->hash, hash, ACE_RS_HASH_LEN))
			return each;
	return NULL;
}

/* RFC 9770 11.1: before a hash is deleted whose token has a sequence number, that number counts as expired. */
static void drop(struct ace_rs *rs, struct ace_rs_revoked *entry)
{
	size_t after = (size_t)(rs->config.revoked + rs->revoked_used - entry) - 1;
	int64_t *highest = &rs->as[entry->issuer].exi_highest_expired;

	if ((entry->flags & RS_REVOKED_EXI) && entry->exi_seq > *highest)
		*highest = entry->exi_seq;
	memmove(entry, entry + 1, after * sizeof *entry);
	rs->revoked_used--;
	rs->revoked_changed = true;
}

static bool is_expired(const struct ace_rs *rs, const struct ace_rs_revoked *entry, int64_t wall_s)
{
	return (entry->flags & RS_REVOKED_LEFT) || (entry->exp && wall_s >= entry->exp) ||
	       ((entry->flags & RS_REVOKED_EXI) && rs->as[entry->issuer].exi_highest_expired >= entry->exi_seq);
}

void ace_rs_revoked_settle(struct ace_rs *rs, int64_t wall_s)
{
	size_t i = 0;

	while (i < rs->revoked_used) {
		struct ace_rs_revoked *entry = &rs->config.revoked[i];

		/* RFC 9770 11.1: a hash "MUST NOT" be deleted before both are known: the token, and its end. */
		if ((entry->flags & RS_REVOKED_SEEN) && is_expired(rs, entry, wall_s))
			drop(rs, entry);
		else
			i++;
	}
}

static void tie_exi(struct ace_rs_revoked *entry, uint8_t issuer, uint32_t seq)
{
	if (!ACE_RS_EXI)
		return;
	entry->issuer = issuer;
	entry->exi_seq = seq;
	entry->flags |= RS_REVOKED_EXI;
}

/* The token is here, so what it says of its end is, too. */
static void see_post(struct ace_rs *rs, struct ace_rs_revoked *entry, struct ace_slice bytes, struct rs_token *token)
{
	const struct ace_claims *claims = &token->claims;

	if (entry->flags & RS_REVOKED_SEEN)
		return;
	entry->flags |= RS_REVOKED_SEEN;
	rs->revoked_changed = true;
	if (ace_rs_token_open(rs, bytes, token) || ace_rs_token_decode(token))
		return;
	if (claims->has_exp && claims->exp > 0)
		entry->exp = claims->exp < UINT32_MAX ? (uint32_t)claims->exp : UINT32_MAX;
	if (claims->has_exi && !ace_rs_exi_seq(rs, token))
		tie_exi(entry, token->issuer, token->exi_seq);
}

enum ace_err ace_rs_revoked_check(struct ace_rs *rs, struct ace_slice bytes, struct rs_token *token)
{
	struct ace_buf scratch = { rs->scratch, rs_scratch_len(rs), 0 };
	uint8_t hash[ACE_TOKEN_HASH_LEN];
	struct ace_rs_revoked *entry;
	enum ace_err err;

	memset(token->hash, 0, sizeof token->hash);
	if (!rs->config.revoked_len)
		return ACE_OK;
	err = ace_token_hash(bytes, scratch, hash);
	if (err)
		return err;
	memcpy(token->hash, hash + 1, sizeof token->hash);
	entry = find(rs, token->hash);
	if (!entry)
		return ACE_OK;
	/* RFC 9770 11.1: the RS "MUST NOT accept" a token whose hash is stored. */
	see_post(rs, entry, bytes, token);
	return ACE_ERR_REVOKED;
}

/* RFC 9770 11.1: "the RS MUST delete" tokens that are reported, and RFC 9203 6 their contexts. */
static void end_grants(struct ace_rs *rs, struct ace_rs_revoked *entry)
{
	for (struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++) {
		if (!grant->role || memcmp(grant->hash, entry->hash, ACE_RS_HASH_LEN))
			continue;
		entry->flags |= RS_REVOKED_SEEN;
		entry->exp = grant->exp;
		if (grant->has_exi)
			tie_exi(entry, grant->association->issuer, grant->exi_seq);
		ace_rs_grant_end(rs, grant);
	}
}

static struct ace_rs_revoked *add(struct ace_rs *rs, const uint8_t hash[ACE_RS_HASH_LEN])
{
	struct ace_rs_revoked *entry = find(rs, hash);

	if (entry) {
		entry->flags = (uint8_t)((entry->flags & ~RS_REVOKED_LEFT) | RS_REVOKED_LISTED);
		return entry;
	}
	/* RFC 9770 11.1: when memory forces it, "the oldest" go first. */
	if (rs->revoked_used == rs->config.revoked_len) {
		drop(rs, rs->config.revoked);
		rs->revoked_dropped++;
	}
	entry = &rs->config.revoked[rs->revoked_used++];
	memset(entry, 0, sizeof *entry);
	memcpy(entry->hash, hash, ACE_RS_HASH_LEN);
	entry->flags = RS_REVOKED_LISTED;
	rs->revoked_changed = true;
	end_grants(rs, entry);
	return entry;
}

void ace_rs_revoked_add(struct ace_rs *rs, const uint8_t hash[ACE_RS_HASH_LEN])
{
	(void)add(rs, hash);
}

static void leave(struct ace_rs *rs, struct ace_rs_revoked *entry)
{
	if (entry->flags & RS_REVOKED_LEFT)
		return;
	entry->flags |= RS_REVOKED_LEFT;
	rs->revoked_changed = true;
}

void ace_rs_revoked_remove(struct ace_rs *rs, const uint8_t hash[ACE_RS_HASH_LEN])
{
	struct ace_rs_revoked *entry = find(rs, hash);

	if (entry)
		leave(rs, entry);
}

void ace_rs_revoked_list_begin(struct ace_rs *rs)
{
	for (size_t i = 0; i < rs->revoked_used; i++)
		rs->config.revoked[i].flags &= (uint8_t)~RS_REVOKED_LISTED;
}

void ace_rs_revoked_list_end(struct ace_rs *rs)
{
	for (size_t i = 0; i < rs->revoked_used; i++)
		if (!(rs->config.revoked[i].flags & RS_REVOKED_LISTED))
			leave(rs, &rs->config.revoked[i]);
	rs->list_wanted_until_ms = 0;
}

bool ace_rs_revoked_is_awaited(const struct ace_rs *rs)
{
	return rs->list_wanted_until_ms && ace_port_monotonic_ms() < rs->list_wanted_until_ms;
}

enum ace_err ace_rs_is_revoked(const struct ace_rs *rs, struct ace_slice token, struct ace_buf scratch,
			       bool *ret_is_revoked)
{
	uint8_t hash[ACE_TOKEN_HASH_LEN];
	enum ace_err err = ace_token_hash(token, scratch, hash);

	if (!err)
		*ret_is_revoked = find(rs, hash + 1) != NULL;
	return err;
}

/* --- over a restart --- */

bool ace_rs_revoked_changed(const struct ace_rs *rs)
{
	return rs->revoked_changed;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (uint8_t)(value >> shift);
	return at;
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum ace_err ace_rs_revoked_save(struct ace_rs *rs, struct ace_buf *out)
{
	uint8_t *at = out->ptr + out->len;

	if (out->cap - out->len < ACE_RS_REVOKED_SAVED(rs->revoked_used))
		return ACE_ERR_SPACE;
	*at++ = SAVED_VERSION;
	for (size_t i = 0; i < rs->revoked_used; i++) {
		const struct ace_rs_revoked *entry = &rs->config.revoked[i];

		memcpy(at, entry->hash, ACE_RS_HASH_LEN);
		at = put_u32(put_u32(at + ACE_RS_HASH_LEN, entry->exp), entry->exi_seq);
		*at++ = entry->issuer;
		*at++ = entry->flags & SAVED_FLAGS;
	}
	out->len = (size_t)(at - out->ptr);
	rs->revoked_changed = false;
	return ACE_OK;
}

static bool is_saved(const struct ace_rs *rs, struct ace_slice saved)
{
	if (!saved.len || saved.ptr[0] != SAVED_VERSION || (saved.len - 1) % SAVED_LEN)
		return false;
	for (size_t at = SAVED_LEN; at < saved.len; at += SAVED_LEN)
		if (saved.ptr[at - 1] >= rs_keys_len(&rs->config) || (saved.ptr[at] & ~SAVED_FLAGS))
			return false;
	return true;
}

enum ace_err ace_rs_revoked_restore(struct ace_rs *rs, struct ace_slice saved)
{
	if (!rs->config.revoked_len)
		return ACE_ERR_USAGE;
	if (!is_saved(rs, saved))
		return ACE_ERR_MALFORMED;
	for (const uint8_t *at = saved.ptr + 1; at != saved.ptr + saved.len; at += SAVED_LEN) {
		struct ace_rs_revoked *entry = add(rs, at);

		entry->exp = get_u32(at + ACE_RS_HASH_LEN);
		entry->exi_seq = get_u32(at + ACE_RS_HASH_LEN + 4);
		entry->issuer = at[ACE_RS_HASH_LEN + 8];
		entry->flags = at[ACE_RS_HASH_LEN + 9];
	}
	rs->revoked_changed = false;
	return ACE_OK;
}

#endif
