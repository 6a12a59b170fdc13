/* SPDX-License-Identifier: Apache-2.0 */
/* What a grant becomes: it takes a token, other rights, its proof of possession (device-states.md). */
#include "token/rs.h"

#include "token/mem.h"

void ace_rs_grant_token(struct ace_rs *rs, struct ace_rs_grant *grant, const struct rs_token *token)
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
#if ACE_RS_TRL
	memcpy(grant->hash, token->hash, sizeof grant->hash);
#endif
	if (ACE_RS_EXI && claims->has_exi)
		ace_rs_exi_note(rs, token);
}

void ace_rs_table_update(struct ace_rs *rs, struct ace_rs_grant *grant, const struct rs_token *token)
{
	ace_rs_grant_token(rs, grant, token);
	for (struct ace_rs_grant *other = rs->grants; other < rs->grants_end; other++) {
		/* A pending context from an older token would bring its rights back. */
		if (other->role && other != grant && other->association == grant->association &&
		    (!other->iat || !grant->iat || other->iat <= grant->iat))
			ace_rs_grant_erase(rs, other);
	}
}

static bool is_same_subject(const struct ace_rs_grant *a, const struct ace_rs_grant *b)
{
	return a->has_subject && b->has_subject && !memcmp(a->subject, b->subject, sizeof a->subject) &&
	       rs_is_issuer(a->association->issuer, b->association->issuer);
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
		else if (is_same_subject(grant, other))
			ace_rs_association_erase(rs, other->association);
	}
	grant->role = ACE_RS_CURRENT;
}
