/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rs.h"

enum ace_err ace_rs_osc_derive(struct ace_rs *rs, const struct rs_post *post, const struct rs_token *token,
			       const struct rs_place *place, struct ace_oscore_ctx *ret_ctx)
{
	const struct ace_osc *osc = &token->claims.osc;
	/* Behind the claims, so that the one wipe of the scratch takes it too. */
	struct ace_buf salt = { rs->scratch + token->plain.len,
				(size_t)rs->config.token_bytes + ACE_RS_SCRATCH_EXTRA - token->plain.len, 0 };
	enum ace_err err = ace_master_salt(osc->salt, post->nonce1, rs_place_nonce2(place), &salt);

	if (err)
		return ACE_ERR_FULL;
	/* RFC 9203 4.3: our Sender ID is what the client sent, our Recipient ID what we send it. */
	return ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = osc->ms, .master_salt = ace_buf_slice(&salt),
		.has_id_context = osc->has_context_id, .id_context = osc->context_id,
		.sender_id = post->client_id, .recipient_id = rs_place_id(place),
		.aead = osc->alg, .hkdf = osc->hkdf,
	}, ret_ctx);
}
