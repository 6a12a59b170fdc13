/* SPDX-License-Identifier: Apache-2.0 */
/* One function a question, asked in the order of protocol.md 4.1: the first refusal is the one that counts. */
#include "token/rs.h"

/* RFC 9200 5.10.1.1: "If the Issuer is not the AS" that protected the token, it "MUST" be discarded. */
static enum ace_err check_issuer(const struct ace_rs *rs, const struct rs_token *token)
{
	const struct ace_claims *claims = &token->claims;

	if (claims->iss.ptr && !ace_slice_equal(claims->iss, rs->config.keys[token->key].issuer))
		return ACE_ERR_ISSUER;
	return ACE_OK;
}

/* RFC 9200 5.10.1.1: exp must lie "in the future". Without a clock this is left to check_lifetime(). */
static enum ace_err check_times(const struct ace_rs *rs, struct rs_token *token)
{
	const struct ace_claims *claims = &token->claims;
	int64_t now;

	token->deadline_ms = RS_NO_DEADLINE;
	token->exp = 0;
	token->exi_seq = 0;
	if (rs->config.clock == ACE_CLOCK_NONE || ace_port_wall_clock(&now))
		return ACE_OK;
	if (claims->has_exp && claims->exp <= now)
		return ACE_ERR_EXPIRED;
	if (claims->has_nbf && claims->nbf > now)
		return ACE_ERR_NOT_YET;
	if (claims->has_exp) {
		token->exp = claims->exp < UINT32_MAX ? (uint32_t)claims->exp : UINT32_MAX;
		token->deadline_ms = ace_rs_deadline((uint64_t)claims->exp - (uint64_t)now);
	}
	return ACE_OK;
}

/* RFC 9200 5.10.3: cti is the identifier of this RS, then a sequence number, which has 4 bytes here. */
enum ace_err ace_rs_exi_seq(const struct ace_rs *rs, struct rs_token *token)
{
	struct ace_slice cti = token->claims.cti;
	size_t prefix = rs->config.audience.len;

	if (!cti.ptr)
		return ACE_ERR_MISSING;
	if (cti.len != prefix + 4 || !ace_slice_equal((struct ace_slice){ cti.ptr, prefix }, rs->config.audience))
		return ACE_ERR_MALFORMED;
	cti.ptr += prefix;
	token->exi_seq = (uint32_t)cti.ptr[0] << 24 | (uint32_t)cti.ptr[1] << 16 | (uint32_t)cti.ptr[2] << 8 | cti.ptr[3];
	return ACE_OK;
}

static enum ace_err check_exi(const struct ace_rs *rs, struct rs_token *token)
{
	uint64_t deadline_ms;
	enum ace_err err;

	if (!token->claims.has_exi)
		return ACE_OK;
	if (!ACE_RS_EXI)
		return ACE_ERR_UNSUPPORTED;
	err = ace_rs_exi_seq(rs, token);
	if (!err)
		err = ace_rs_exi_deadline(rs, token, &deadline_ms);
	if (!err && deadline_ms < token->deadline_ms)
		token->deadline_ms = deadline_ms;
	return err;
}

/* A token whose end nobody can tell would live for ever. */
static enum ace_err check_lifetime(struct rs_token *token)
{
#if ACE_RS_INTROSPECT
	if (token->deadline_ms == RS_NO_DEADLINE && token->is_introspected)
		token->deadline_ms = ace_rs_deadline(ACE_RS_INTROSPECTED_S);
#endif
	return token->deadline_ms == RS_NO_DEADLINE ? ACE_ERR_LIFETIME : ACE_OK;
}

static enum ace_err check_audience(const struct ace_rs *rs, const struct ace_claims *claims)
{
	bool found = ace_slice_equal(claims->aud, rs->config.audience);

	if (claims->aud_is_array && ace_audience_find(&claims->aud, rs->config.audience, &found))
		return ACE_ERR_AUDIENCE;
	return found ? ACE_OK : ACE_ERR_AUDIENCE;
}

/* RFC 9200 6.8: a profile that is not allowed here is rejected "even if a token names" it. */
static enum ace_err check_profile(const struct ace_claims *claims)
{
	if (claims->has_profile && claims->profile != ACE_PROFILE_COAP_OSCORE)
		return ACE_ERR_UNSUPPORTED;
	return ACE_OK;
}

/* RFC 9203 4.2: the token of an unprotected post brings the input material. RFC 8613 3.3: "the maximum length of
 * Sender ID" is the nonce length minus 6. */
static enum ace_err check_osc(const struct rs_token *token, struct ace_slice client_id)
{
	const struct ace_osc *osc = &token->claims.osc;

	if (token->claims.cnf != ACE_CNF_IS_OSC)
		return token->osc_err ? token->osc_err : ACE_ERR_CNF;
	/* The default may be one that is not built in. */
	if (!ace_alg_is_known(rs_osc_alg(osc)) || ace_alg_key_len(rs_osc_alg(osc)) > ACE_OSCORE_KEY_MAX)
		return ACE_ERR_UNSUPPORTED;
	if (client_id.len + 6 > ace_alg_nonce_len(rs_osc_alg(osc)) || osc->context_id.len > ACE_OSCORE_ID_CONTEXT_MAX)
		return ACE_ERR_RANGE;
	return ACE_OK;
}

/* RFC 9203 4.2: cnf.kid must be the id of the material behind the context "used to protect the message". */
static enum ace_err check_kid(const struct rs_token *token, const struct ace_rs_association *target)
{
	if (token->claims.cnf != ACE_CNF_IS_KID ||
	    !ace_slice_equal(token->claims.kid, (struct ace_slice){ target->osc_id, target->osc_id_len }))
		return ACE_ERR_CNF;
	return rs_is_issuer(token->issuer, target->issuer) ? ACE_OK : ACE_ERR_ISSUER;
}

enum ace_err ace_rs_token_check(const struct ace_rs *rs, const struct ace_rs_association *target,
				const struct rs_post *post, struct rs_token *token)
{
	enum ace_err err = check_issuer(rs, token);

	if (!err)
		err = check_times(rs, token);
	if (!err)
		err = check_exi(rs, token);
	if (ACE_RS_CNONCE && !err)
		err = ace_rs_cnonce_check(rs, token->claims.cnonce);
	if (!err)
		err = check_lifetime(token);
	if (!err)
		err = check_audience(rs, &token->claims);
	if (!err)
		err = ace_scope_understood(&token->claims.scope, &rs->config.resources);
	if (!err)
		err = check_profile(&token->claims);
	if (!err)
		err = target ? check_kid(token, target) : check_osc(token, post->client_id);
	if (!err && token->claims.scope.bytes.len > rs->config.scope_bytes)
		err = ACE_ERR_FULL;
	return err;
}
