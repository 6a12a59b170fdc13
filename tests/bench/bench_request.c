/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <string.h>

#include "ace_cbor.h"

#define TOKEN_LEN 6 /* slot number and generation */

/* [["/temp", 1]]: what a board may do, GET. */
static const uint8_t scope_aif[] = { 0x82, 0x65, '/', 't', 'e', 'm', 'p', 0x01 };

static struct ace_slice payload_write(const struct bench_slot *slot, uint8_t *bytes, size_t cap)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	char device[24];

	bench_device_id(slot->device, device);
	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, 2);
	ace_cbor_write_uint(&w, ACE_PARAM_AUDIENCE);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)device, strlen(device) });
	ace_cbor_write_uint(&w, ACE_PARAM_SCOPE);
	ace_cbor_write_bstr_head(&w, 1 + sizeof scope_aif);
	ace_cbor_write_array(&w, 1);
	ace_cbor_write_raw(&w, ACE_SLICE_OF(scope_aif));
	if (ace_cbor_written(&w, &written))
		bench_die("a request does not fit");
	return written;
}

void bench_request_write(struct bench_slot *slot, uint16_t nth, struct ace_slice echo)
{
	uint8_t plain[200], payload[80], token[TOKEN_LEN] = {
		(uint8_t)(nth >> 8), (uint8_t)nth, (uint8_t)(slot->generation >> 24), (uint8_t)(slot->generation >> 16),
		(uint8_t)(slot->generation >> 8), (uint8_t)slot->generation };
	struct ace_buf out = ACE_BUF_OF(slot->bytes);
	struct ace_coap_message message;
	struct ace_coap_writer w;
	struct ace_slice written;
	uint64_t seq;

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, ACE_COAP_POST, slot->mid, ACE_SLICE_OF(token) });
	ace_coap_write_path(&w, ACE_LITERAL("/token"));
	ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	if (echo.len)
		ace_coap_write_option(&w, ACE_OPT_ECHO, echo);
	ace_coap_write_payload(&w, payload_write(slot, payload, sizeof payload));
	if (ace_coap_written(&w, &written) || ace_coap_read(written, &message) ||
	    ace_oscore_seq_take(&slot->client->ctx, &seq) ||
	    ace_oscore_protect_request(&slot->client->ctx, seq, &message, &out, &slot->exchange))
		bench_die("a request cannot be made");
	slot->len = out.len;
}

size_t bench_answer_slot(struct ace_slice datagram, uint32_t *ret_generation)
{
	struct ace_coap_message message;
	const uint8_t *token;

	if (ace_coap_read(datagram, &message) || message.token.len != TOKEN_LEN)
		return BENCH_IN_FLIGHT_MAX;
	token = message.token.ptr;
	*ret_generation = (uint32_t)token[2] << 24 | (uint32_t)token[3] << 16 | (uint32_t)token[4] << 8 | token[5];
	return (size_t)token[0] << 8 | token[1];
}

/* Does the payload hold a token? */
static bool has_token(struct ace_slice payload)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	bool found = false;
	int64_t key;

	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key))
		if (key == ACE_PARAM_ACCESS_TOKEN)
			found = ace_cbor_read_bstr(&r).len > 0;
		else
			ace_cbor_read_raw(&r);
	return !ace_cbor_read_finish(&r) && found;
}

enum bench_answer bench_answer_read(struct bench_slot *slot, struct ace_slice datagram, struct ace_buf *plain,
				    struct ace_slice *ret_echo)
{
	struct ace_coap_message outer, inner;

	plain->len = 0;
	if (ace_coap_read(datagram, &outer) ||
	    ace_oscore_unprotect_response(&slot->client->ctx, &slot->exchange, &outer, plain) ||
	    ace_coap_read(ace_buf_slice(plain), &inner))
		return BENCH_UNVERIFIED;
	if (inner.code == ACE_COAP_CREATED && has_token(inner.payload))
		return BENCH_GRANTED;
	if (inner.code == ACE_COAP_UNAUTHORIZED && ace_coap_option_find(inner.options, ACE_OPT_ECHO, ret_echo))
		return BENCH_CHALLENGED;
	return BENCH_REFUSED;
}
