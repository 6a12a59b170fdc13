/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens here, OSCORE elsewhere. */
#include "ace_rs_foreign.h"
#include "token/rs.h"

#include "token/mem.h"

#define NONCE2_AT 4
#define ID_AT (NONCE2_AT + ACE_RS_NONCE2_LEN + 3)

/* A copy behind what is in room, or an empty slice when there is no room. */
static struct ace_slice keep(struct ace_buf *room, struct ace_slice bytes, bool *is_full)
{
	uint8_t *to = room->ptr + room->len;

	if (bytes.len > room->cap - room->len) {
		*is_full = true;
		return (struct ace_slice){ NULL, 0 };
	}
	if (bytes.len)
		memcpy(to, bytes.ptr, bytes.len);
	room->len += bytes.len;
	return (struct ace_slice){ to, bytes.len };
}

/* RFC 9203 4.3: our Sender ID is what the client sent, our Recipient ID what we sent it. */
static enum ace_err material_of(const struct rs_post *post, const struct ace_osc *osc, struct ace_slice answer,
				struct ace_buf *room, struct ace_oscore_input *ret_input)
{
	struct ace_buf salt = { room->ptr, room->cap, 0 };
	struct ace_oscore_input in = { .has_id_context = osc->has_context_id, .aead = osc->alg, .hkdf = osc->hkdf };
	enum ace_err err = ace_master_salt(osc->salt, post->nonce1,
					   (struct ace_slice){ answer.ptr + NONCE2_AT, ACE_RS_NONCE2_LEN }, &salt);
	bool is_full = false;

	if (err)
		return err;
	in.master_salt = ace_buf_slice(&salt);
	room->len = salt.len;
	in.master_secret = keep(room, osc->ms, &is_full);
	in.id_context = keep(room, osc->context_id, &is_full);
	in.sender_id = keep(room, post->client_id, &is_full);
	in.recipient_id = keep(room, (struct ace_slice){ answer.ptr + ID_AT, ACE_RS_ID_LEN }, &is_full);
	if (is_full)
		return ACE_ERR_SPACE;
	*ret_input = in;
	return ACE_OK;
}

enum ace_err ace_rs_foreign_material(struct ace_rs *rs, struct ace_slice body, struct ace_slice answer,
				     struct ace_buf *room, struct ace_oscore_input *ret_input)
{
	struct rs_post post;
	struct rs_token token;
	enum ace_err err;

	if (answer.len != ACE_RS_ANSWER_MAX)
		return ACE_ERR_USAGE;
	err = ace_rs_post_read(rs, &body, false, &post);
	if (!err)
		err = ace_rs_token_open(rs, post.token, &token);
	if (!err)
		err = ace_rs_token_decode(&token);
	if (!err)
		err = token.claims.cnf == ACE_CNF_IS_OSC ? material_of(&post, &token.claims.osc, answer, room, ret_input) :
							   ACE_ERR_CNF;
	ace_wipe(rs->scratch, rs_scratch_len(rs));
	if (err) {
		ace_wipe(room->ptr, room->cap);
		room->len = 0;
	}
	return err;
}

static struct ace_rs_grant *find(struct ace_rs *rs, struct ace_slice kid)
{
	struct ace_rs_grant *grant;

	ace_rs_tick(rs);
	grant = ace_rs_grant_by_kid(rs, kid);
	return grant && (!ACE_RS_OBSERVE || grant->role != ACE_RS_ENDING) ? grant : NULL;
}

enum ace_err ace_rs_foreign_request(struct ace_rs *rs, struct ace_slice kid, struct ace_rs_exchange *ret_ex)
{
	struct ace_rs_grant *grant = find(rs, kid);

	if (!grant)
		return ACE_ERR_NO_CONTEXT;
	/* RFC 9203 2: only now is possession of the key proven. */
	if (grant->role != ACE_RS_CURRENT)
		ace_rs_table_promote(rs, grant);
	*ret_ex = (struct ace_rs_exchange){ .rs = rs, .grant = grant, .serial = grant->serial };
	return ACE_OK;
}

bool ace_rs_foreign_is_alive(struct ace_rs *rs, struct ace_slice kid)
{
	return find(rs, kid) != NULL;
}

uint32_t ace_rs_foreign_serial(struct ace_rs *rs, struct ace_slice kid)
{
	struct ace_rs_grant *grant = find(rs, kid);

	return grant ? grant->serial : 0;
}

void ace_rs_foreign_end(struct ace_rs *rs, struct ace_slice kid)
{
	struct ace_rs_grant *grant = find(rs, kid);

	if (!grant)
		return;
	/* Anybody who saw a token can post it again: without a proof, that is no reason to end what the client uses. */
	if (grant->role == ACE_RS_CURRENT)
		ace_rs_association_erase(rs, grant->association);
	else
		ace_rs_grant_erase(rs, grant);
}
