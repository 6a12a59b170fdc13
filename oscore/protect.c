/* SPDX-License-Identifier: Apache-2.0 */
/* Plain message in, protected message out. The plaintext is put together at the place where the
 * ciphertext has to stand and sealed there, so nothing of it is copied twice. */
#include "oscore/cose_object.h"

#include "token/mem.h"

#define OPTION_VALUE_MAX (1 + ACE_OSCORE_PIV_MAX + 1 + ACE_OSCORE_ID_CONTEXT_MAX + ACE_OSCORE_ID_MAX)

/* What is sealed, and what stays in plain sight. */
struct sealing {
	const struct ace_coap_message *msg; /* borrows */
	struct ace_slice option;            /* the OSCORE option as a list of one; borrows */
	uint8_t outer_code;
	bool is_response;
};

/* The header, outer options and payload marker; then the plaintext at its place: code, inner options, payload. *ret_at
 * and *ret_end are where it begins and ends. */
static enum ace_err message_write(const struct sealing *sealing, struct ace_buf *out, size_t *ret_at, size_t *ret_end)
{
	const struct ace_coap_message *msg = sealing->msg;
	const struct ace_oscore_list option = { sealing->option, ACE_OSCORE_ITSELF }, none = { { NULL, 0 }, 0 };
	struct ace_oscore_list list = { msg->options, ACE_OSCORE_CLASS_U | ACE_OSCORE_OBSERVE };
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, sealing->outer_code, msg->mid, msg->token });
	ace_oscore_options_merge(&w, &list, &option);
	ace_coap_write_payload(&w, (struct ace_slice){ &msg->code, 1 });
	*ret_at = w.len - 1;
	w.number = 0; /* the code is written as if it were a payload; options begin anew */
	/* RFC 8613 4.1.3.5.2: "For notifications, the Inner Observe option value MUST be empty". */
	list.classes = ACE_OSCORE_CLASS_E | ACE_OSCORE_OBSERVE | (sealing->is_response ? ACE_OSCORE_EMPTY_OBSERVE : 0);
	ace_oscore_options_merge(&w, &none, &list);
	ace_coap_write_payload(&w, msg->payload);
	*ret_end = w.len;
	return ace_coap_written(&w, &written);
}

static enum ace_err message_seal(struct ace_oscore_crypt *crypt, const struct sealing *sealing, struct ace_buf *out)
{
	struct ace_buf sealed;
	size_t at, end;
	enum ace_err err = message_write(sealing, out, &at, &end);

	if (!err) {
		sealed = (struct ace_buf){ out->ptr + at, out->cap - at, 0 };
		crypt->text = (struct ace_slice){ sealed.ptr, end - at };
		err = ace_oscore_crypt(crypt, &sealed);
	}
	if (err)
		ace_wipe(out->ptr, out->cap);
	else
		out->len = at + sealed.len;
	return err;
}

enum ace_err ace_oscore_protect_request(const struct ace_oscore_ctx *ctx, uint64_t seq,
					const struct ace_coap_message *msg, struct ace_buf *out,
					struct ace_oscore_exchange *ret_exchange)
{
	struct ace_oscore_exchange exchange = { .kid = ctx->sender_id };
	struct ace_oscore_crypt crypt = { .ctx = ctx, .exchange = &exchange };
	struct sealing sealing = { .msg = msg };
	uint8_t bytes[OPTION_VALUE_MAX], encoded[2 + OPTION_VALUE_MAX];
	struct ace_buf value = ACE_BUF_OF(bytes);
	struct ace_oscore_marks marks;
	struct ace_oscore_option option;
	struct ace_coap_writer w;
	struct ace_slice uri;
	enum ace_err err;

	if (seq > ACE_OSCORE_SEQ_MAX)
		return ACE_ERR_EXHAUSTED;
	ace_oscore_marks_find(msg->options, &marks);
	/* RFC 8613 4.1.3.7: "If OSCORE processing detects an OSCORE option in the original CoAP message, then
	 * processing SHALL be stopped." */
	if (!ace_coap_code_is_request(msg->code) || marks.oscore ||
	    ace_coap_option_find(msg->options, ACE_OPT_PROXY_URI, &uri))
		return ACE_ERR_USAGE;
	exchange.piv_len = ace_oscore_piv_write(seq, exchange.piv);
	exchange.observe = marks.observe;
	option = (struct ace_oscore_option){
		.piv = { exchange.piv, exchange.piv_len },
		.kid = { exchange.kid.bytes, exchange.kid.len },
		.kid_context = { ctx->id_context, ctx->id_context_len },
		.has_kid = true,
		.has_kid_context = ctx->has_id_context,
	};
	err = ace_oscore_option_write(&option, &value);
	if (err)
		return err;
	ace_coap_write_init(&w, encoded, sizeof encoded);
	ace_coap_write_option(&w, ACE_OPT_OSCORE, ace_buf_slice(&value));
	sealing.option = (struct ace_slice){ encoded, w.len };
	/* RFC 8613 4.1.3.5: with Observe "the Outer Code MUST be set to 0.05 (FETCH) for requests". */
	sealing.outer_code = exchange.observe ? ACE_COAP_FETCH : ACE_COAP_POST;
	err = message_seal(&crypt, &sealing, out);
	if (!err)
		*ret_exchange = exchange;
	return err;
}

enum ace_err ace_oscore_protect_response(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
					 const uint64_t *seq, const struct ace_coap_message *msg,
					 struct ace_buf *out)
{
	struct ace_oscore_crypt crypt = { .ctx = ctx, .exchange = exchange };
	/* Without kid and kid context, the flags of the option are the length of its Partial IV. */
	uint8_t option[2 + ACE_OSCORE_PIV_MAX] = { ACE_OPT_OSCORE << 4 };
	struct sealing sealing = { .msg = msg, .option = { option, 1 }, .is_response = true };
	struct ace_oscore_marks marks;
	enum ace_err err;

	if (seq && *seq > ACE_OSCORE_SEQ_MAX)
		return ACE_ERR_EXHAUSTED;
	ace_oscore_marks_find(msg->options, &marks);
	if (!ace_coap_code_is_response(msg->code) || marks.oscore || (marks.observe && !exchange->observe))
		return ACE_ERR_USAGE;
	/* RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than once per AEAD key." */
	if (!seq && (exchange->nonce_spent || exchange->unproven))
		return ACE_ERR_USAGE;
	if (seq) {
		crypt.piv = (struct ace_slice){ option + 2, ace_oscore_piv_write(*seq, option + 2) };
		option[1] = (uint8_t)crypt.piv.len;
		sealing.option.len = 2 + crypt.piv.len;
		option[0] |= (uint8_t)(1 + crypt.piv.len);
	}
	/* RFC 8613 4.1.3.5: with Observe "the Outer Code MUST be set ... to 2.05 (Content) for responses". */
	sealing.outer_code = marks.observe ? ACE_COAP_CONTENT : ACE_COAP_CHANGED;
	err = message_seal(&crypt, &sealing, out);
	if (!err && !seq)
		exchange->nonce_spent = true;
	return err;
}
