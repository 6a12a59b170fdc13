/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rs.h"

static void read_member(struct ace_cbor_reader *r, int64_t key, bool is_update, struct rs_post *post)
{
	if (key == ACE_PARAM_ACCESS_TOKEN)
		post->token = ace_cbor_read_bstr(r);
	/* RFC 9203 4.2: nonces and ids in an update "MUST be ignored", whatever they are. */
	else if (key == ACE_PARAM_NONCE1 && !is_update)
		post->nonce1 = ace_cbor_read_bstr(r);
	else if (key == ACE_PARAM_CLIENT_RECIPIENT_ID && !is_update)
		post->client_id = ace_cbor_read_bstr(r);
	else
		(void)ace_cbor_read_raw(r);
}

enum ace_err ace_rs_post_read(const struct ace_rs *rs, struct ace_slice body, bool is_update, struct rs_post *ret_post)
{
	struct rs_post post = { .token = { NULL, 0 } };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;
	enum ace_err err;

	if (body.len > (size_t)rs->config.token_bytes + ACE_RS_BODY_EXTRA)
		return ACE_ERR_SPACE;
	ace_cbor_read_init(&r, body);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key))
		read_member(&r, key, is_update, &post);
	err = ace_cbor_read_finish(&r);
	if (err)
		return err;
	/* RFC 9203 4.2: without access_token, nonce1 or ace_client_recipientid the RS "MUST respond with" 4.00. */
	if (!post.token.ptr || (!is_update && (!post.nonce1.ptr || !post.client_id.ptr)))
		return ACE_ERR_MISSING;
	if (post.token.len > rs->config.token_bytes)
		return ACE_ERR_SPACE;
	if (!is_update && (!post.nonce1.len || post.nonce1.len > ACE_RS_NONCE1_MAX ||
			   post.client_id.len > ACE_OSCORE_ID_MAX))
		return ACE_ERR_RANGE;
	*ret_post = post;
	return ACE_OK;
}
