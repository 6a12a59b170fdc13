/* SPDX-License-Identifier: Apache-2.0 */
/* Protected message in, plain message out. The plaintext is opened near its final place, then outer
 * and inner options are merged towards the front of the same buffer. */
#include "oscore/cose_object.h"

#include "token/mem.h"

/* What is opened, beside the context. */
struct opening {
	const struct ace_coap_message *msg;         /* borrows */
	const struct ace_oscore_exchange *exchange; /* borrows; the request that the AAD names */
	uint8_t nonce[ACE_AEAD_NONCE_MAX];
};

/* Is the message meant for this context? Responses usually say nothing about it. */
static bool option_fits(const struct ace_oscore_ctx *ctx, const struct ace_oscore_option *option)
{
	struct ace_slice id_context = { ctx->id_context, ctx->id_context_len };

	if (option->has_kid && !ace_slice_equal(option->kid, ace_oscore_id_slice(&ctx->recipient_id)))
		return false;
	/* RFC 8613 5: "If 'kid context' is present in the request, then the server SHALL use a security context
	 * with that ID Context when verifying the request." */
	return !option->has_kid_context || (ctx->has_id_context && ace_slice_equal(option->kid_context, id_context));
}

/* Decrypt into plain, whose ptr and cap the caller sets. */
static enum ace_err text_open(const struct ace_oscore_ctx *ctx, const struct opening *opening, struct ace_buf *plain)
{
	uint8_t aad[ACE_OSCORE_AAD_MAX];
	struct ace_aead_input in;

	ace_oscore_aead_prepare(ctx, opening->exchange, &in, aad);
	in.key.bytes.ptr = ctx->recipient_key;
	in.nonce.ptr = opening->nonce;
	in.text = opening->msg->payload;
	return ace_port_aead_open(&in, plain);
}

/* Where the plaintext goes: its code right before the first option's place, and that moved back by as
 * much as outer options can take, so that merging never overtakes what it reads. */
static enum ace_err plain_place(const struct ace_coap_message *msg, const struct ace_buf *out,
				struct ace_buf *ret_plain)
{
	size_t at = ACE_COAP_HEADER_LEN + msg->token.len + msg->options.len - 1;

	if (out->cap < at)
		return ACE_ERR_SPACE;
	*ret_plain = (struct ace_buf){ out->ptr + at, out->cap - at, 0 };
	return ACE_OK;
}

struct inner {
	struct ace_slice options, payload; /* borrow from the plaintext */
	uint8_t code;
	bool has_observe;
};

/* Take the plaintext apart. What is authentic and yet no CoAP is treated like a wrong tag. */
static enum ace_err inner_read(const struct ace_buf *plain, bool is_response, struct inner *ret_inner)
{
	struct ace_slice value;

	if (!plain->len)
		return ACE_ERR_TAG;
	ret_inner->code = plain->ptr[0];
	if (is_response ? !ace_coap_code_is_response(ret_inner->code) : !ace_coap_code_is_request(ret_inner->code))
		return ACE_ERR_TAG;
	if (ace_coap_read_body((struct ace_slice){ plain->ptr + 1, plain->len - 1 }, &ret_inner->options,
			       &ret_inner->payload))
		return ACE_ERR_TAG;
	/* RFC 8613 4.1.3.7: "Nested use of OSCORE is not supported". */
	if (ace_coap_option_find(ret_inner->options, ACE_OPT_OSCORE, &value))
		return ACE_ERR_TAG;
	ret_inner->has_observe = ace_coap_option_find(ret_inner->options, ACE_OPT_OBSERVE, &value);
	return ACE_OK;
}

/* RFC 8613 4.2: the receiver "SHALL write the header fields from the received OSCORE message into the header of the
 * decrypted CoAP message". inner lies in out, behind the place where it is needed. */
static enum ace_err message_write(const struct ace_coap_message *msg, const struct inner *inner, struct ace_buf *out)
{
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, inner->code, msg->mid, msg->token });
	ace_oscore_options_merge(&w, msg->options, ACE_OSCORE_CLASS_U, inner->options);
	ace_coap_write_payload(&w, inner->payload);
	err = ace_coap_written(&w, &written);
	if (!err)
		out->len = written.len;
	return err;
}

enum ace_err ace_oscore_unprotect_request(struct ace_oscore_ctx *ctx, const struct ace_coap_message *msg,
					  struct ace_buf *out, struct ace_oscore_exchange *ret_exchange)
{
	struct ace_oscore_exchange exchange = { .kid = ctx->recipient_id, .unproven = !ctx->window.known };
	struct opening opening = { .msg = msg, .exchange = &exchange };
	struct ace_oscore_option option;
	struct ace_buf plain;
	struct inner inner;
	uint64_t seq;
	enum ace_err err = ace_oscore_peek(msg, &option);

	if (err)
		return err;
	/* RFC 8613 5: Partial IV and kid "SHALL be present in requests". */
	if (!option.piv.len || !option.has_kid)
		return ACE_ERR_MALFORMED;
	if (!option_fits(ctx, &option))
		return ACE_ERR_NO_CONTEXT;
	seq = ace_oscore_piv_read(option.piv);
	/* RFC 8613 7.4: "A server SHALL verify that the Sender Sequence Number ... has not been received before." */
	if (ctx->window.known && ace_oscore_window_is_replay(&ctx->window, seq))
		return ACE_ERR_REPLAY;
	exchange.piv_len = ace_oscore_piv_write(seq, exchange.piv);
	ace_oscore_nonce_make(ctx, &ctx->recipient_id, option.piv, opening.nonce);
	err = plain_place(msg, out, &plain);
	if (!err)
		err = text_open(ctx, &opening, &plain);
	if (err)
		return err;
	/* RFC 8613 8.2: only "If decryption succeeds, update the Replay Window": a forged number must not move it. */
	if (ctx->window.known)
		ace_oscore_window_mark(&ctx->window, seq);
	err = inner_read(&plain, false, &inner);
	if (!err)
		err = message_write(msg, &inner, out);
	if (err) {
		ace_wipe(out->ptr, out->cap);
		return err;
	}
	exchange.observe = inner.has_observe;
	*ret_exchange = exchange;
	return ACE_OK;
}

/* Is an answer with that Partial IV, or without one, newer than those before?
 * RFC 8613 7.4.1: "A client MUST only accept at most one Observe notification without Partial IV, and treat it as the
 * oldest notification received. ... The client MUST stop processing notifications with a Partial IV that has been
 * previously received." */
static bool answer_is_newer(const struct ace_oscore_exchange *exchange, struct ace_slice piv)
{
	if (!piv.len)
		return !exchange->answered && !exchange->answer_seq;
	return ace_oscore_piv_read(piv) >= exchange->answer_seq;
}

enum ace_err ace_oscore_unprotect_response(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
					   const struct ace_coap_message *msg, struct ace_buf *out)
{
	struct opening opening = { .msg = msg, .exchange = exchange };
	struct ace_oscore_option option;
	struct ace_buf plain;
	struct inner inner;
	enum ace_err err = ace_oscore_peek(msg, &option);

	if (err)
		return err;
	if (!option_fits(ctx, &option))
		return ACE_ERR_NO_CONTEXT;
	if (!answer_is_newer(exchange, option.piv))
		return ACE_ERR_REPLAY;
	if (option.piv.len)
		ace_oscore_nonce_make(ctx, &ctx->recipient_id, option.piv, opening.nonce);
	else
		ace_oscore_nonce_make(ctx, &exchange->kid, (struct ace_slice){ exchange->piv, exchange->piv_len },
				      opening.nonce);
	err = plain_place(msg, out, &plain);
	if (!err)
		err = text_open(ctx, &opening, &plain);
	if (err)
		return err;
	err = inner_read(&plain, true, &inner);
	/* RFC 8613 4.1.3.5.2: a client that "receives a response to a non-Observe request with an Inner Observe
	 * option ... stops processing the message". */
	if (!err && inner.has_observe && !exchange->observe)
		err = ACE_ERR_MALFORMED;
	if (!err)
		err = message_write(msg, &inner, out);
	if (err) {
		ace_wipe(out->ptr, out->cap);
		return err;
	}
	if (option.piv.len)
		exchange->answer_seq = ace_oscore_piv_read(option.piv) + 1;
	else
		exchange->answered = true;
	return ACE_OK;
}
