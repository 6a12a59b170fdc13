/* SPDX-License-Identifier: Apache-2.0 */
/* Plain message in, protected message out. The plaintext is put together at the place where the
 * ciphertext has to stand and sealed there, so nothing of it is copied twice. */
#include "oscore/cose_object.h"

#include "token/mem.h"

#define OPTION_VALUE_MAX (1 + ACE_OSCORE_PIV_MAX + 1 + ACE_OSCORE_ID_CONTEXT_MAX + ACE_OSCORE_ID_MAX)

/* What is sealed, beside the context. */
struct sealing {
	const struct ace_coap_message *msg;         /* borrows */
	const struct ace_oscore_exchange *exchange; /* borrows; the request that the AAD names */
	struct ace_slice option;                    /* the value of the OSCORE option; borrows */
	uint8_t nonce[ACE_AEAD_NONCE_MAX];
	uint8_t outer_code;
	bool is_response;
};

static void inner_options_write(struct ace_coap_writer *w, const struct sealing *sealing)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	ace_coap_options_init(&it, sealing->msg->options);
	while (ace_coap_options_next(&it, &option)) {
		if (ace_oscore_option_is_outer(option.number))
			continue;
		/* RFC 8613 4.1.3.5.2: "For notifications, the Inner Observe option value MUST be empty". */
		if (sealing->is_response && option.number == ACE_OPT_OBSERVE)
			option.value.len = 0;
		ace_coap_write_option(w, option.number, option.value);
	}
}

/* Header, outer options and payload marker; *ret_len is how long they are, room for a code behind them included. */
static enum ace_err outer_write(const struct sealing *sealing, struct ace_buf *out, size_t *ret_len)
{
	const struct ace_coap_message *msg = sealing->msg;
	uint8_t encoded[2 + OPTION_VALUE_MAX];
	struct ace_coap_writer w, option;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&option, encoded, sizeof encoded);
	ace_coap_write_option(&option, ACE_OPT_OSCORE, sealing->option);
	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, sealing->outer_code, msg->mid, msg->token });
	ace_oscore_options_merge(&w, msg->options, ACE_OSCORE_CLASS_U_AND_OBSERVE,
				 (struct ace_slice){ encoded, option.len });
	ace_coap_write_payload(&w, (struct ace_slice){ &msg->code, 1 });
	err = ace_coap_written(&w, &written);
	if (!err)
		*ret_len = written.len;
	return err;
}

static enum ace_err message_seal(const struct ace_oscore_ctx *ctx, const struct sealing *sealing, struct ace_buf *out)
{
	uint8_t aad[ACE_OSCORE_AAD_MAX];
	struct ace_aead_input in;
	struct ace_coap_writer w;
	struct ace_slice body;
	struct ace_buf sealed;
	size_t outer_len;
	enum ace_err err = outer_write(sealing, out, &outer_len);

	if (err)
		return err;
	/* The plaintext: the code, written as if it were a payload, then inner options and payload. */
	ace_coap_write_init(&w, out->ptr + outer_len, out->cap - outer_len);
	inner_options_write(&w, sealing);
	ace_coap_write_payload(&w, sealing->msg->payload);
	err = ace_coap_written(&w, &body);
	if (err) {
		ace_wipe(out->ptr, out->cap);
		return err;
	}
	sealed = (struct ace_buf){ out->ptr + outer_len - 1, out->cap - outer_len + 1, 0 };
	ace_oscore_aead_prepare(ctx, sealing->exchange, &in, aad);
	in.key.bytes.ptr = ctx->sender_key;
	in.nonce.ptr = sealing->nonce;
	in.text = (struct ace_slice){ sealed.ptr, 1 + body.len };
	err = ace_port_aead_seal(&in, &sealed);
	if (err)
		ace_wipe(out->ptr, out->cap);
	else
		out->len = outer_len - 1 + sealed.len;
	return err;
}

static bool has_option(const struct ace_coap_message *msg, uint32_t number)
{
	struct ace_slice value;

	return ace_coap_option_find(msg->options, number, &value);
}

enum ace_err ace_oscore_protect_request(const struct ace_oscore_ctx *ctx, uint64_t seq,
					const struct ace_coap_message *msg, struct ace_buf *out,
					struct ace_oscore_exchange *ret_exchange)
{
	struct ace_oscore_exchange exchange = { .kid = ctx->sender_id };
	struct sealing sealing = { .msg = msg, .exchange = &exchange };
	uint8_t bytes[OPTION_VALUE_MAX];
	struct ace_buf value = ACE_BUF_OF(bytes);
	struct ace_oscore_option option;
	enum ace_err err;

	if (seq > ACE_OSCORE_SEQ_MAX)
		return ACE_ERR_EXHAUSTED;
	/* RFC 8613 4.1.3.7: "If OSCORE processing detects an OSCORE option in the original CoAP message, then
	 * processing SHALL be stopped." */
	if (!ace_coap_code_is_request(msg->code) || has_option(msg, ACE_OPT_OSCORE) ||
	    has_option(msg, ACE_OPT_PROXY_URI))
		return ACE_ERR_USAGE;
	exchange.piv_len = ace_oscore_piv_write(seq, exchange.piv);
	exchange.observe = has_option(msg, ACE_OPT_OBSERVE);
	option = (struct ace_oscore_option){
		.piv = { exchange.piv, exchange.piv_len },
		.kid = ace_oscore_id_slice(&exchange.kid),
		.kid_context = { ctx->id_context, ctx->id_context_len },
		.has_kid = true,
		.has_kid_context = ctx->has_id_context,
	};
	err = ace_oscore_option_write(&option, &value);
	if (err)
		return err;
	sealing.option = ace_buf_slice(&value);
	/* RFC 8613 4.1.3.5: with Observe "the Outer Code MUST be set to 0.05 (FETCH) for requests". */
	sealing.outer_code = exchange.observe ? ACE_COAP_FETCH : ACE_COAP_POST;
	ace_oscore_nonce_make(ctx, &ctx->sender_id, option.piv, sealing.nonce);
	err = message_seal(ctx, &sealing, out);
	if (!err)
		*ret_exchange = exchange;
	return err;
}

enum ace_err ace_oscore_protect_response(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
					 const uint64_t *seq, const struct ace_coap_message *msg,
					 struct ace_buf *out)
{
	struct sealing sealing = { .msg = msg, .exchange = exchange, .is_response = true };
	bool is_notification = has_option(msg, ACE_OPT_OBSERVE);
	uint8_t option[1 + ACE_OSCORE_PIV_MAX], *piv = option + 1; /* without kid or kid context, its flags are the length */
	enum ace_err err;

	if (seq && *seq > ACE_OSCORE_SEQ_MAX)
		return ACE_ERR_EXHAUSTED;
	if (!ace_coap_code_is_response(msg->code) || has_option(msg, ACE_OPT_OSCORE) ||
	    (is_notification && !exchange->observe))
		return ACE_ERR_USAGE;
	/* RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than once per AEAD key." */
	if (!seq && (exchange->nonce_spent || exchange->unproven))
		return ACE_ERR_USAGE;
	if (seq) {
		option[0] = ace_oscore_piv_write(*seq, piv);
		sealing.option = (struct ace_slice){ option, 1u + option[0] };
		ace_oscore_nonce_make(ctx, &ctx->sender_id, (struct ace_slice){ piv, option[0] }, sealing.nonce);
	} else {
		ace_oscore_nonce_make(ctx, &exchange->kid, (struct ace_slice){ exchange->piv, exchange->piv_len },
				      sealing.nonce);
	}
	/* RFC 8613 4.1.3.5: with Observe "the Outer Code MUST be set ... to 2.05 (Content) for responses". */
	sealing.outer_code = is_notification ? ACE_COAP_CONTENT : ACE_COAP_CHANGED;
	err = message_seal(ctx, &sealing, out);
	if (!err && !seq)
		exchange->nonce_spent = true;
	return err;
}
