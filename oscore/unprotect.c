/* SPDX-License-Identifier: Apache-2.0 */
/* Protected message in, plain message out. The plaintext is opened near its final place, then outer
 * and inner options are merged towards the front of the same buffer. */
#include "oscore/cose_object.h"

#include "token/mem.h"

/* Is the message meant for this context? Responses usually say nothing about it. */
static bool option_fits(const struct ace_oscore_ctx *ctx, const struct ace_oscore_option *option)
{
	if (option->has_kid &&
	    !ace_bytes_equal(option->kid.ptr, option->kid.len, ctx->recipient_id.bytes, ctx->recipient_id.len))
		return false;
	/* RFC 8613 5: "If 'kid context' is present in the request, then the server SHALL use a security context
	 * with that ID Context when verifying the request." */
	return !option->has_kid_context ||
	       (ctx->has_id_context && ace_bytes_equal(option->kid_context.ptr, option->kid_context.len, ctx->id_context,
						       ctx->id_context_len));
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
	struct ace_oscore_marks marks;

	if (!plain->len)
		return ACE_ERR_TAG;
	ret_inner->code = plain->ptr[0];
	if (is_response ? !ace_coap_code_is_response(ret_inner->code) : !ace_coap_code_is_request(ret_inner->code))
		return ACE_ERR_TAG;
	if (ace_coap_read_body((struct ace_slice){ plain->ptr + 1, plain->len - 1 }, &ret_inner->options,
			       &ret_inner->payload))
		return ACE_ERR_TAG;
	/* RFC 8613 4.1.3.7: "Nested use of OSCORE is not supported". */
	ace_oscore_marks_find(ret_inner->options, &marks);
	if (marks.oscore)
		return ACE_ERR_TAG;
	ret_inner->has_observe = marks.observe;
	return ACE_OK;
}

/* RFC 8613 4.2: the receiver "SHALL write the header fields from the received OSCORE message into the header of the
 * decrypted CoAP message". inner lies in out, behind the place where it is needed. */
static enum ace_err message_write(const struct ace_coap_message *msg, const struct inner *inner, struct ace_buf *out)
{
	const struct ace_oscore_list outer_list = { msg->options, ACE_OSCORE_CLASS_U };
	const struct ace_oscore_list inner_list = { inner->options, ACE_OSCORE_CLASS_U | ACE_OSCORE_CLASS_E | ACE_OSCORE_OBSERVE };
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, inner->code, msg->mid, msg->token });
	ace_oscore_options_merge(&w, &outer_list, &inner_list);
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
	struct ace_oscore_crypt crypt = { .ctx = ctx, .exchange = &exchange, .text = msg->payload, .is_sealed = true };
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
	exchange.piv_len = (uint8_t)option.piv.len;
	memcpy(exchange.piv, option.piv.ptr, option.piv.len);
	err = plain_place(msg, out, &plain);
	if (!err)
		err = ace_oscore_crypt(&crypt, &plain);
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
	struct ace_oscore_crypt crypt = { .ctx = ctx, .exchange = exchange, .text = msg->payload, .is_sealed = true };
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
	crypt.piv = option.piv;
	err = plain_place(msg, out, &plain);
	if (!err)
		err = ace_oscore_crypt(&crypt, &plain);
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
