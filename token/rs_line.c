/* SPDX-License-Identifier: Apache-2.0 */
/* The line to the AS: one OSCORE context for years, over restarts. Partial IVs are stored in blocks before they are used. */
#include "ace_rs_as.h"

enum ace_err ace_rs_line_init(struct ace_rs_line *line, const struct ace_oscore_input *in, uint64_t stored)
{
	enum ace_err err = ace_oscore_derive(in, &line->ctx);

	/* RFC 8613 7.5: numbers "MUST NOT" be used again after a restart. */
	line->ctx.sender_seq = line->reserved = stored;
	return err;
}

uint64_t ace_rs_line_to_store(const struct ace_rs_line *line)
{
	if (line->ctx.sender_seq + ACE_RS_LINE_BLOCK / 4 <= line->reserved)
		return 0;
	return line->ctx.sender_seq + ACE_RS_LINE_BLOCK;
}

void ace_rs_line_stored(struct ace_rs_line *line, uint64_t stored)
{
	if (stored > line->reserved)
		line->reserved = stored;
}

enum ace_err ace_rs_line_protect(struct ace_rs_line *line, struct ace_slice message, struct ace_buf *out,
				 struct ace_oscore_exchange *ret_exchange)
{
	struct ace_coap_message msg;
	uint64_t seq;
	enum ace_err err = ace_coap_read(message, &msg);

	if (!err && line->ctx.sender_seq >= line->reserved)
		err = ACE_ERR_NOT_READY;
	if (!err)
		err = ace_oscore_seq_take(&line->ctx, &seq);
	return err ? err : ace_oscore_protect_request(&line->ctx, seq, &msg, out, ret_exchange);
}

enum ace_err ace_rs_line_unprotect(const struct ace_rs_line *line, struct ace_oscore_exchange *exchange,
				   struct ace_slice datagram, struct ace_buf *out)
{
	struct ace_coap_message msg;
	enum ace_err err = ace_coap_read(datagram, &msg);

	return err ? err : ace_oscore_unprotect_response(&line->ctx, exchange, &msg, out);
}
