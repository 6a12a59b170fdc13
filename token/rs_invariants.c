/* SPDX-License-Identifier: Apache-2.0 */
/* The invariants of device-states.md, section 5, as far as they can be seen in one state. For tests and debug builds. What
 * only a sequence shows (4, 6, and that N2 does not repeat) is in tests/unit/test_rs_model.c. */
#include "token/rs.h"

#include "token/mem.h"

static size_t count(const struct ace_rs *rs, const struct ace_rs_association *association, enum ace_rs_role role)
{
	size_t n = 0;

	for (size_t i = 0; i < rs_grants_len(rs); i++)
		n += rs->grants[i].role == role && rs->grants[i].association == association;
	return n;
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	while (len && !bytes[len - 1])
		len--;
	return !len;
}

/* 1: every kid belongs to one context; RFC 9203 4.2: it differs from the client's. */
static bool kids_are_unique(const struct ace_rs *rs)
{
	for (size_t i = 0; i < rs_grants_len(rs); i++) {
		const struct ace_oscore_ctx *ctx = &rs->grants[i].ctx;
		struct ace_slice own = { ctx->recipient_id.bytes, ctx->recipient_id.len };

		if (rs->grants[i].role &&
		    (ace_rs_grant_by_kid(rs, own) != &rs->grants[i] ||
		     ace_slice_equal(own, (struct ace_slice){ ctx->sender_id.bytes, ctx->sender_id.len })))
			return false;
	}
	return true;
}

/* 2: one current and one pending context each, one scrap on the device; counts agree; (issuer, osc.id) is a key. */
static bool table_is_consistent(const struct ace_rs *rs)
{
	size_t scraps = 0;

	for (const struct ace_rs_association *association = rs->associations; association < rs->associations_end;
	     association++) {
		/* One that is about to leave still has the place of the current one. */
		size_t currents = count(rs, association, ACE_RS_CURRENT) + count(rs, association, ACE_RS_ENDING);
		size_t pendings = count(rs, association, ACE_RS_PENDING);
		size_t scraps_here = count(rs, association, ACE_RS_SCRAP);
		struct ace_slice osc_id = { association->osc_id, association->osc_id_len };

		scraps += scraps_here;
		if (currents > 1 || pendings > 1 || currents + pendings + scraps_here != association->grants)
			return false;
		if (association->grants && ace_rs_association_find(rs, association->issuer, osc_id) != association)
			return false;
	}
	return scraps <= 1;
}

/* 5: tokens are unexpired; a context with observers goes soon after. */
static bool is_in_time(const struct ace_rs_grant *grant, uint64_t now_ms)
{
	if (grant->role == ACE_RS_ENDING)
		return ACE_RS_OBSERVE && now_ms - grant->deadline_ms < ACE_RS_FAREWELL_MS;
	return grant->deadline_ms > now_ms;
}

/* 3: who never proved possession was never served. Its window may have moved: what verified and is no CoAP takes its number,
 * and proves nothing to anybody. 5: tokens are unexpired. 7: no serial twice, so no context twice. */
static bool grants_are_sound(const struct ace_rs *rs)
{
	uint64_t now_ms = ace_port_monotonic_ms();

	for (size_t i = 0; i < rs_grants_len(rs); i++) {
		const struct ace_rs_grant *grant = &rs->grants[i];

		if (!grant->role)
			continue;
		if ((grant->role == ACE_RS_PENDING || grant->role == ACE_RS_SCRAP) && grant->ctx.sender_seq)
			return false;
		if (!is_in_time(grant, now_ms) || !grant->serial || grant->serial > rs->serial)
			return false;
		for (size_t j = 0; j < i; j++)
			if (rs->grants[j].serial == grant->serial)
				return false;
	}
	return true;
}

/* 8: a free place holds no byte of a key or scope, and nothing of a token stays in the scratch. */
static bool free_memory_is_wiped(const struct ace_rs *rs)
{
	for (size_t i = 0; i < rs_grants_len(rs); i++) {
		const struct ace_rs_grant *grant = &rs->grants[i];

		if (!grant->role && (!is_zero((const uint8_t *)&grant->ctx, sizeof grant->ctx) || grant->serial ||
				     !is_zero(grant->scope_bytes, rs->config.scope_bytes)))
			return false;
	}
	return is_zero(rs->scratch, rs_scratch_len(rs));
}

/* 9: the deadline of an exi token is remembered as long as it is in the table, and no grant outlives it. */
static bool countdowns_hold(const struct ace_rs *rs)
{
	for (size_t i = 0; i < rs_grants_len(rs); i++) {
		const struct ace_rs_grant *grant = &rs->grants[i];
		bool found = false;

		if (!grant->role || !grant->has_exi)
			continue;
		for (size_t j = 0; j < ACE_RS_EXI_RECORDS(rs->config.contexts); j++)
			found |= rs->exi[j].seq == grant->exi_seq && rs->exi[j].deadline_ms >= grant->deadline_ms &&
				 rs->exi[j].issuer == grant->association->issuer;
		if (!found)
			return false;
	}
	return true;
}

#if ACE_RS_TRL
/* 5: no token in the table is revoked; no hash stands there twice. */
static bool list_is_obeyed(const struct ace_rs *rs)
{
	for (size_t i = 0; i < rs->revoked_used; i++) {
		const uint8_t *hash = rs->config.revoked[i].hash;

		for (size_t k = 0; k < i; k++)
			if (!memcmp(rs->config.revoked[k].hash, hash, ACE_RS_HASH_LEN))
				return false;
		for (size_t k = 0; k < rs_grants_len(rs); k++)
			if (rs->grants[k].role && rs->grants[k].role != ACE_RS_ENDING &&
			    !memcmp(rs->grants[k].hash, hash, ACE_RS_HASH_LEN))
				return false;
	}
	return true;
}
#else
#define list_is_obeyed(rs) true
#endif

#if ACE_RS_OBSERVE
/* 3, 8: who is about to leave has observers to tell. */
static bool endings_are_awaited(const struct ace_rs *rs)
{
	for (size_t k = 0; k < rs_grants_len(rs); k++)
		if (rs->grants[k].role == ACE_RS_ENDING && !rs->grants[k].observers)
			return false;
	return true;
}
#else
#define endings_are_awaited(rs) true
#endif

bool ace_rs_invariants_hold(const struct ace_rs *rs)
{
	return kids_are_unique(rs) && table_is_consistent(rs) && grants_are_sound(rs) && free_memory_is_wiped(rs) &&
	       countdowns_hold(rs) && list_is_obeyed(rs) && endings_are_awaited(rs);
}
