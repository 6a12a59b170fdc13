/* SPDX-License-Identifier: Apache-2.0 */
/* A protected message, opened as a request and as the answer to one. Nothing of it stays when that fails. */
#include "ace_oscore.h"
#include "fuzz.h"
#include "port_fuzz.h"

static const uint8_t own_id[] = { 1 }, peer_id[] = { 0 };

static void open_as(const struct ace_coap_message *msg, const struct ace_oscore_ctx *ctx, bool is_request)
{
	uint8_t plain[2048] = { 0 };
	struct ace_buf out = ACE_BUF_OF(plain);
	struct ace_oscore_ctx copy = *ctx;
	struct ace_oscore_exchange exchange = { .piv = { 4 }, .piv_len = 1, .kid = { 1, { 1 } }, .observe = true };
	struct ace_coap_message inner;
	enum ace_err err = is_request ? ace_oscore_unprotect_request(&copy, msg, &out, &exchange) :
					ace_oscore_unprotect_response(&copy, &exchange, msg, &out);

	if (err) {
		fuzz_require(!out.len);
		for (size_t i = 0; i < sizeof plain; i++)
			fuzz_require(!plain[i]);
		return;
	}
	fuzz_accepted++;
	fuzz_require(ace_coap_read(ace_buf_slice(&out), &inner) == ACE_OK && inner.mid == msg->mid);
	if (is_request && ctx->window.known)
		fuzz_require(ace_oscore_unprotect_request(&copy, msg, &out, &exchange) == ACE_ERR_REPLAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t secret[16] = { 1 };
	struct ace_oscore_input input = { .master_secret = ACE_SLICE_OF(secret), .sender_id = ACE_SLICE_OF(own_id),
					  .recipient_id = ACE_SLICE_OF(peer_id) };
	struct ace_oscore_option option;
	struct ace_oscore_ctx ctx;
	struct ace_coap_message msg;

	port_fuzz_reset();
	if (ace_coap_read((struct ace_slice){ bytes, len }, &msg))
		return 0;
	(void)!ace_oscore_peek(&msg, &option);
	fuzz_require(ace_oscore_derive(&input, &ctx) == ACE_OK);
	open_as(&msg, &ctx, true);
	open_as(&msg, &ctx, false);
	ctx.window.known = false;
	open_as(&msg, &ctx, true);
	return 0;
}
