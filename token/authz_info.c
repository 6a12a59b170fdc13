/* SPDX-License-Identifier: Apache-2.0 */
/* How a device accepts a token: the table of contents. Nothing counts until the last step. The rows of checks are
 * those of protocol.md 4.1; rows 1 to 3 (method, format) are the caller's. */
#include "token/rs.h"

static enum ace_err accept(struct ace_rs *rs, struct ace_rs_grant *updated, const struct ace_slice *body,
			   struct ace_buf *answer, enum rs_step *ret_step)
{
	const struct ace_rs_association *target = updated ? updated->association : NULL;
	struct rs_post post;
	struct rs_token token;
	enum ace_err err;

#if ACE_RS_INTROSPECT
	token.is_introspected = false;
	/* RFC 9200 6.10: without introspection that is asked for, the RS "MUST NOT" grant access. */
	if (rs->config.introspect)                                      /* row 23 */
		return ACE_ERR_NOT_READY;
#endif
	*ret_step = RS_STEP_POST;
	err = rs_post_take(rs, updated, body, &post);
	if (err)
		return err;
	*ret_step = RS_STEP_OPEN;
	if (ACE_RS_TRL) {
		/* Before row 7: bytes that are no token have no hash in the list. */
		err = ace_rs_revoked_check(rs, post.token, &token);     /* row 8 */
		if (err)
			return err;
	}
	err = ace_rs_token_open(rs, post.token, &token);                /* rows 7 to 11 */
	if (err)
		return err;
	*ret_step = RS_STEP_REST;
	err = ace_rs_token_decode(&token);                              /* row 12 */
	if (err)
		return err;
	err = ace_rs_token_check(rs, target, &post, &token);            /* rows 13 to 22 */
	if (err)
		return err;
	if (!updated)
		return ace_rs_admit(rs, &post, &token, answer);
	ace_rs_table_update(rs, updated, &token);
	return ACE_OK;
}

/* What a peer learns of a reason: protocol.md 4.1, column "unprot" or "update". Not inlined, or the compiler would write
 * it once for each step. */
__attribute__((noinline)) uint8_t ace_rs_code_of(enum ace_err err, enum rs_step step, bool is_update)
{
	if (err == ACE_OK)
		return ACE_COAP_CREATED;
	if (err == ACE_ERR_SPACE)
		return ACE_COAP_TOO_LARGE;
	if (err == ACE_ERR_BUSY)
		return ACE_COAP_TOO_MANY_REQUESTS;
	if (ACE_ERR_IS_OURS(err))
		return ACE_COAP_UNAVAILABLE;
	if (step == RS_STEP_POST)
		return ACE_COAP_BAD_REQUEST;
	/* RFC 9203 4.2: "If any verification fails" in an update, the RS "MUST respond with" 4.01. */
	if (is_update)
		return ACE_COAP_UNAUTHORIZED;
	if (err == ACE_ERR_AUDIENCE)
		return ACE_COAP_FORBIDDEN;
	if (err == ACE_ERR_ISSUER || err == ACE_ERR_EXPIRED || err == ACE_ERR_NOT_YET ||
	    (ACE_RS_CNONCE && err == ACE_ERR_CNONCE))
		return ACE_COAP_UNAUTHORIZED;
	/* Headers that are read but refused (row 9) are not the same as bytes that are no token at all (row 7). */
	if (step == RS_STEP_OPEN && (ACE_ERR_IS_UNTRUSTED(err) || err == ACE_ERR_DUPLICATE || err == ACE_ERR_UNKNOWN ||
				  err == ACE_ERR_RANGE))
		return ACE_COAP_UNAUTHORIZED;
	return ACE_COAP_BAD_REQUEST;
}

enum ace_err ace_rs_authz_info(struct ace_rs *rs, struct ace_rs_exchange *ex, struct ace_slice body,
			       struct ace_buf *answer, uint8_t *ret_code)
{
	enum rs_step step = RS_STEP_OPEN;
	enum ace_err err;

	ace_rs_tick(rs);
	if (ex && !rs_is_live(ex))
		err = ACE_ERR_NO_CONTEXT;
	else
		err = accept(rs, ex ? ex->grant : NULL, &body, answer, &step);
	ace_wipe(rs->scratch, rs_scratch_len(rs));
	*ret_code = ace_rs_code_of(err, step, ex);
	return err;
}
