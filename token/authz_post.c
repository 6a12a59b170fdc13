/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rs.h"

#include "token/mem.h"
#include "token/members.h"

/* The token comes first: it is all that an update is read for. */
static const struct member members[] = {
	{ ACE_PARAM_ACCESS_TOKEN, MEMBER_BYTES, offsetof(struct rs_post, token) },
	{ ACE_PARAM_NONCE1, MEMBER_BYTES, offsetof(struct rs_post, nonce1) },
	{ ACE_PARAM_CLIENT_RECIPIENT_ID, MEMBER_BYTES, offsetof(struct rs_post, client_id) },
};
static const struct member_table whole_post = { ACE_CBOR_MAP, ACE_ARRAY_LEN(members), false, members };
static const struct member_table update_post = { ACE_CBOR_MAP, 1, false, members };

enum ace_err ace_rs_post_read(const struct ace_rs *rs, const struct ace_slice *body, bool is_update, struct rs_post *ret_post)
{
	struct member_keys keys;
	enum ace_err err;

	if (body->len > (size_t)rs->config.token_bytes + ACE_RS_BODY_EXTRA)
		return ACE_ERR_SPACE;
	memset(ret_post, 0, sizeof *ret_post);
	/* RFC 9203 4.2: nonces and ids in an update "MUST be ignored", whatever they are. */
	err = ace_members_read(body, is_update ? &update_post : &whole_post, ret_post, &keys);
	if (err)
		return err;
	/* RFC 9203 4.2: without access_token, nonce1 or ace_client_recipientid the RS "MUST respond with" 4.00. */
	if (!ret_post->token.ptr || (!is_update && (!ret_post->nonce1.ptr || !ret_post->client_id.ptr)))
		return ACE_ERR_MISSING;
	if (ret_post->token.len > rs->config.token_bytes)
		return ACE_ERR_SPACE;
	if (!is_update && (!ret_post->nonce1.len || ret_post->nonce1.len > ACE_RS_NONCE1_MAX ||
			   ret_post->client_id.len > ACE_OSCORE_ID_MAX))
		return ACE_ERR_RANGE;
	return ACE_OK;
}
