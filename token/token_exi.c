/* SPDX-License-Identifier: Apache-2.0 */
/* Countdowns of exi tokens (RFC 9200 5.10.3). One starts with the first verification and goes on when the
 * token leaves the table, or posting it again would buy new time. */
#include "token/rs.h"

/* The records end where the associations begin. */
static struct ace_rs_exi *exi_end_of(const struct ace_rs *rs)
{
	return (void *)rs->associations;
}

__attribute__((noinline)) static struct ace_rs_exi *exi_find(const struct ace_rs *rs, uint8_t issuer, uint32_t seq)
{
	for (struct ace_rs_exi *exi = rs->exi; exi < exi_end_of(rs); exi++)
		if (exi->deadline_ms && exi->seq == seq && rs_is_issuer(exi->issuer, issuer))
			return exi;
	return NULL;
}

static bool exi_in_table(const struct ace_rs *rs, uint8_t issuer, uint32_t seq)
{
	for (const struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++)
		if (grant->role && grant->has_exi && grant->exi_seq == seq &&
		    rs_is_issuer(grant->association->issuer, issuer))
			return true;
	return false;
}

/* RFC 9200 5.10.3: the RS "MUST" keep the highest sequence number of an expired token and treat lower ones as expired. */
__attribute__((noinline)) static void exi_end(struct ace_rs *rs, struct ace_rs_exi *exi)
{
	int64_t *highest = &rs->as[rs_issuer_at(exi->issuer)].exi_highest_expired;

	if (exi->seq > *highest)
		*highest = exi->seq;
	exi->deadline_ms = 0;
}

enum ace_err ace_rs_exi_deadline(const struct ace_rs *rs, const struct rs_token *token, uint64_t *ret_deadline_ms)
{
	uint64_t now_ms = ace_port_monotonic_ms();
	const struct ace_rs_exi *exi = exi_find(rs, token->issuer, token->exi_seq);

	/* A token that is in the table keeps its own deadline. */
	if (token->exi_seq <= rs->as[rs_issuer_at(token->issuer)].exi_highest_expired &&
	    !exi_in_table(rs, token->issuer, token->exi_seq))
		return ACE_ERR_EXPIRED;
	*ret_deadline_ms = exi ? exi->deadline_ms : ace_rs_deadline(token->claims.exi);
	return *ret_deadline_ms <= now_ms ? ACE_ERR_EXPIRED : ACE_OK;
}

/* There are more records than tokens in the table, so one that is free or belongs to none of them exists. */
static struct ace_rs_exi *exi_make_room(struct ace_rs *rs)
{
	struct ace_rs_exi *oldest = rs->exi;
	uint64_t oldest_ms = UINT64_MAX;

	for (struct ace_rs_exi *exi = rs->exi; exi < exi_end_of(rs); exi++)
		if (exi->deadline_ms < oldest_ms && !(exi->deadline_ms && exi_in_table(rs, exi->issuer, exi->seq))) {
			oldest = exi;
			oldest_ms = exi->deadline_ms;
		}
	if (oldest_ms)
		exi_end(rs, oldest); /* forgotten is as good as expired, and safe */
	return oldest;
}

void ace_rs_exi_note(struct ace_rs *rs, const struct rs_token *token)
{
	struct ace_rs_as_state *as = &rs->as[rs_issuer_at(token->issuer)];

	if (exi_find(rs, token->issuer, token->exi_seq))
		return;
	*exi_make_room(rs) = (struct ace_rs_exi){
		.deadline_ms = token->deadline_ms, .seq = token->exi_seq, .issuer = token->issuer };
	if (token->exi_seq > as->exi_highest_seen)
		as->exi_highest_seen = token->exi_seq;
}

void ace_rs_exi_expire(struct ace_rs *rs, uint64_t now_ms)
{
	for (struct ace_rs_exi *exi = rs->exi; exi < exi_end_of(rs); exi++)
		if (exi->deadline_ms && exi->deadline_ms <= now_ms)
			exi_end(rs, exi);
}

int64_t ace_rs_exi_highest_seen(const struct ace_rs *rs, size_t key)
{
	return rs->as[ace_rs_issuer_of(&rs->config, key)].exi_highest_seen;
}

void ace_rs_exi_restore(struct ace_rs *rs, size_t key, int64_t highest_seen)
{
	struct ace_rs_as_state *as = &rs->as[ace_rs_issuer_of(&rs->config, key)];

	/* Every exi token from before the restart is dead: its countdown is not known any more. */
	if (highest_seen > as->exi_highest_seen)
		as->exi_highest_seen = highest_seen;
	if (highest_seen > as->exi_highest_expired)
		as->exi_highest_expired = highest_seen;
}
