/* SPDX-License-Identifier: Apache-2.0 */
/* A post about which the AS is asked first (RFC 9200 5.9): its claims are what the AS says. */
#include "token/rs.h"

#if ACE_RS_INTROSPECT

#include "ace_rs_as.h"

/* What is wrong with an answer of the AS is not the client's fault: the answer to it is 5.03. */
#define NO_ANSWER ACE_ERR_NOT_READY

/* Is it no CWT at all? Then one with headers that are refused is none of these. */
static bool is_opaque(enum ace_err err)
{
	return ACE_ERR_IS_MALFORMED(err) && err != ACE_ERR_DUPLICATE && err != ACE_ERR_UNKNOWN && err != ACE_ERR_RANGE;
}

/* Rows 7 to 12. Of an opaque token nothing is known but that it came. */
static enum ace_err open_ours(struct ace_rs *rs, const struct rs_post *post, struct rs_token *token, enum rs_step *ret_step)
{
	enum ace_err err = ace_rs_token_open(rs, post->token, token);

	token->is_introspected = true;
	*ret_step = RS_STEP_OPEN;
	if (is_opaque(err) && rs->config.introspect == ACE_INTROSPECT_OPAQUE) {
		token->plain = (struct ace_slice){ rs->scratch, 0 };
		token->key = token->issuer = 0;
		token->claims.cnf = ACE_CNF_ABSENT;
		return ACE_OK;
	}
	if (err)
		return err;
	*ret_step = RS_STEP_REST;
	return ace_rs_token_decode(token);
}

static enum ace_err ask(struct ace_rs *rs, const struct ace_rs_association *target, struct ace_slice body,
			struct ace_buf *payload, enum rs_step *ret_step)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	struct rs_post post;
	struct rs_token token;
	enum ace_err err;

	*ret_step = RS_STEP_POST;
	err = rs_post_take(rs, target != NULL, &body, &post);
	if (err)
		return err;
	*ret_step = RS_STEP_OPEN;
	if (ACE_RS_TRL) {
		err = ace_rs_revoked_check(rs, post.token, &token);
		if (err)
			return err;
	}
	err = open_ours(rs, &post, &token, ret_step);
	if (!err && token.plain.len)
		err = ace_rs_token_check(rs, target, &post, &token);
	if (err)
		return err;
	ace_cbor_write_init(&w, payload->ptr + payload->len, payload->cap - payload->len);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_uint(&w, ACE_INTROSPECT_TOKEN);
	ace_cbor_write_bstr(&w, post.token);
	err = ace_cbor_written(&w, &written);
	if (err)
		return ACE_ERR_FULL; /* ours: the client's post was not too long */
	payload->len += written.len;
	return ACE_OK;
}

enum ace_err ace_rs_introspect_request(struct ace_rs *rs, const struct ace_rs_exchange *ex, struct ace_slice body,
				       struct ace_buf *payload, uint8_t *ret_code)
{
	enum rs_step step = RS_STEP_OPEN;
	enum ace_err err;

	ace_rs_tick(rs);
	if (ex && !rs_is_live(ex))
		err = ACE_ERR_NO_CONTEXT;
	else
		err = ask(rs, ex ? ex->grant->association : NULL, body, payload, &step);
	ace_wipe(rs->scratch, rs_scratch_len(rs));
	*ret_code = ace_rs_code_of(err, step, ex);
	return err;
}

/* RFC 9200 5.9.2: 2.01 with active; RFC 7662 2.2: of a token that is not active nothing else is said. */
static enum ace_err read_active(const struct ace_rs_introspection *in)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	bool is_there = false, is_active = false;
	int64_t key;

	if (in->code != ACE_COAP_CREATED)
		return NO_ANSWER;
	ace_cbor_read_init(&r, in->payload);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		if (key != ACE_INTROSPECT_ACTIVE) {
			(void)ace_cbor_read_raw(&r);
			continue;
		}
		is_there = true;
		is_active = ace_cbor_read_bool(&r);
	}
	if (ace_cbor_read_finish(&r) || !is_there)
		return NO_ANSWER;
	return is_active ? ACE_OK : ACE_ERR_REVOKED;
}

/* The first key of the issuer that the answer names, for a token that no key of ours opened. */
static void find_issuer(const struct ace_rs *rs, struct rs_token *token)
{
	for (size_t i = rs_keys_len(&rs->config); i-- && token->claims.iss.ptr;)
		if (ace_slice_equal(rs->config.keys[i].issuer, token->claims.iss))
			token->key = token->issuer = (uint8_t)i;
}

/* The claims of the answer take the place of the token's own, which must name the same key. */
static enum ace_err take_claims(const struct ace_rs *rs, struct ace_slice payload, struct rs_token *token)
{
	enum ace_cnf_kind kind = token->claims.cnf;
	struct ace_slice id = kind == ACE_CNF_IS_OSC ? token->claims.osc.id : token->claims.kid;

	if (ace_claims_read(payload, &token->claims, &token->osc_err))
		return NO_ANSWER;
	if (!token->plain.len) {
		find_issuer(rs, token);
		return ACE_OK;
	}
	/* RFC 9201 5: an answer about a token with a key tells the key. */
	if (token->claims.cnf != kind ||
	    !ace_slice_equal(kind == ACE_CNF_IS_OSC ? token->claims.osc.id : token->claims.kid, id))
		return ACE_ERR_CNF;
	return ACE_OK;
}

static enum ace_err accept(struct ace_rs *rs, struct ace_rs_grant *updated, const struct ace_rs_introspection *in,
			   struct ace_buf *answer, enum rs_step *ret_step)
{
	struct rs_post post;
	struct rs_token token;
	enum ace_err err;

	*ret_step = RS_STEP_POST;
	err = ace_rs_post_read(rs, &in->body, updated, &post);
	if (err)
		return err;
	*ret_step = RS_STEP_OPEN;
	if (ACE_RS_TRL) {
		/* The list may have come while the AS was asked. */
		err = ace_rs_revoked_check(rs, post.token, &token);
		if (err)
			return err;
	}
	err = read_active(in);
	if (err)
		return err;
	err = open_ours(rs, &post, &token, ret_step);
	if (err)
		return err;
	*ret_step = RS_STEP_REST;
	err = take_claims(rs, in->payload, &token);
	if (!err)
		err = ace_rs_token_check(rs, updated ? updated->association : NULL, &post, &token);
	if (err)
		return err;
	if (!updated)
		return ace_rs_admit(rs, &post, &token, answer);
	ace_rs_table_update(rs, updated, &token);
	return ACE_OK;
}

enum ace_err ace_rs_introspect_finish(struct ace_rs *rs, struct ace_rs_exchange *ex, const struct ace_rs_introspection *in,
				      struct ace_buf *answer, uint8_t *ret_code)
{
	enum rs_step step = RS_STEP_OPEN;
	enum ace_err err;

	ace_rs_tick(rs);
	if (!rs->config.introspect)
		err = ACE_ERR_USAGE;
	else if (ex && !rs_is_live(ex))
		err = ACE_ERR_NO_CONTEXT;
	else
		err = accept(rs, ex ? ex->grant : NULL, in, answer, &step);
	ace_wipe(rs->scratch, rs_scratch_len(rs));
	*ret_code = ace_rs_code_of(err, step, ex);
	return err;
}

#endif
