/* SPDX-License-Identifier: Apache-2.0 */
/* The CoAP message codec. Each option number and length has exactly one encoding, so a message that
 * the reader accepts is written back byte for byte by the writer. */
#include "ace_coap.h"

#include "token/mem.h"

#define VERSION 1
#define PAYLOAD_MARKER 0xff
/* Nibbles of an option's first byte, and what the bytes after it are added to. */
#define NIBBLE_ONE_BYTE 13
#define NIBBLE_TWO_BYTES 14
#define NIBBLE_RESERVED 15
#define ONE_BYTE_BASE 13
#define TWO_BYTES_BASE 269
#define OPTION_NUMBER_MAX 65535
#define OPTION_LEN_MAX (TWO_BYTES_BASE + 65535)
/* No option can follow: its number would have to be larger. */
#define NUMBER_CLOSED UINT32_MAX

static struct ace_slice slice_take(struct ace_slice *rest, size_t len)
{
	struct ace_slice front = { rest->ptr, len };

	rest->ptr += len;
	rest->len -= len;
	return front;
}

/* A delta or length: the nibble itself, or the one or two bytes that it announces. */
static enum ace_err extended_take(struct ace_slice *rest, uint32_t nibble, uint32_t *ret_value)
{
	struct ace_slice bytes;

	if (nibble < NIBBLE_ONE_BYTE) {
		*ret_value = nibble;
		return ACE_OK;
	}
	if (nibble == NIBBLE_RESERVED)
		return ACE_ERR_MALFORMED;
	if (rest->len < nibble - 12u)
		return ACE_ERR_TRUNCATED;
	bytes = slice_take(rest, nibble - 12u);
	if (nibble == NIBBLE_ONE_BYTE)
		*ret_value = ONE_BYTE_BASE + bytes.ptr[0];
	else
		*ret_value = TWO_BYTES_BASE + ((uint32_t)bytes.ptr[0] << 8 | bytes.ptr[1]);
	return ACE_OK;
}

/* Take the option at the front of *rest; *number is that of the option before it, then its own. */
static inline enum ace_err option_take(struct ace_slice *rest, uint32_t *number, struct ace_slice *ret_value)
{
	uint32_t delta, len;
	uint8_t first = slice_take(rest, 1).ptr[0];
	enum ace_err err = extended_take(rest, first >> 4, &delta);

	if (err)
		return err;
	err = extended_take(rest, first & 0x0f, &len);
	if (err)
		return err;
	if (delta > OPTION_NUMBER_MAX - *number)
		return ACE_ERR_MALFORMED;
	if (rest->len < len)
		return ACE_ERR_TRUNCATED;
	*number += delta;
	*ret_value = slice_take(rest, len);
	return ACE_OK;
}

enum ace_err ace_coap_read_body(struct ace_slice body, struct ace_slice *ret_options, struct ace_slice *ret_payload)
{
	struct ace_slice rest = body, value;
	uint32_t number = 0;
	size_t options_len;

	while (rest.len && rest.ptr[0] != PAYLOAD_MARKER) {
		enum ace_err err = option_take(&rest, &number, &value);

		if (err)
			return err;
	}
	options_len = body.len - rest.len;
	/* RFC 7252 3: "The presence of a marker followed by a zero-length payload MUST be processed as a
	 * message format error." */
	if (rest.len == 1)
		return ACE_ERR_MALFORMED;
	*ret_options = (struct ace_slice){ body.ptr, options_len };
	*ret_payload = (struct ace_slice){ NULL, 0 };
	if (rest.len)
		*ret_payload = (struct ace_slice){ rest.ptr + 1, rest.len - 1 };
	return ACE_OK;
}

enum ace_err ace_coap_read(struct ace_slice datagram, struct ace_coap_message *ret_msg)
{
	struct ace_slice rest = datagram, head;
	struct ace_coap_message msg;
	size_t token_len;
	enum ace_err err;

	if (datagram.len < ACE_COAP_HEADER_LEN)
		return ACE_ERR_TRUNCATED;
	head = slice_take(&rest, ACE_COAP_HEADER_LEN);
	token_len = head.ptr[0] & 0x0f;
	msg.type = head.ptr[0] >> 4 & 3;
	msg.code = head.ptr[1];
	msg.mid = (uint16_t)(head.ptr[2] << 8 | head.ptr[3]);
	/* RFC 7252 3: "Lengths 9-15 are reserved, MUST NOT be sent, and MUST be processed as a message
	 * format error." */
	if (head.ptr[0] >> 6 != VERSION || token_len > ACE_COAP_TOKEN_MAX)
		return ACE_ERR_MALFORMED;
	/* RFC 7252 4.1: an empty message's "Token Length field MUST be set to 0 and bytes of data MUST NOT
	 * be present after the Message ID field." */
	if (msg.code == ACE_COAP_EMPTY && (token_len || rest.len))
		return ACE_ERR_MALFORMED;
	if (rest.len < token_len)
		return ACE_ERR_TRUNCATED;
	msg.token = slice_take(&rest, token_len);
	err = ace_coap_read_body(rest, &msg.options, &msg.payload);
	if (err)
		return err;
	*ret_msg = msg;
	return ACE_OK;
}

bool ace_coap_options_next(struct ace_coap_options *it, struct ace_coap_option *ret_option)
{
	struct ace_slice value;

	/* ace_coap_read() accepted them; stopping at an error keeps misuse harmless. */
	if (!it->rest.len || option_take(&it->rest, &it->number, &value)) {
		it->rest.len = 0;
		return false;
	}
	ret_option->number = it->number;
	ret_option->value = value;
	return true;
}

bool ace_coap_option_find(struct ace_slice options, uint32_t number, struct ace_slice *ret_value)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option) && option.number <= number)
		if (option.number == number) {
			*ret_value = option.value;
			return true;
		}
	return false;
}

enum ace_err ace_coap_option_uint(struct ace_slice value, uint32_t *ret_value)
{
	uint32_t number = 0;

	if (value.len > sizeof number)
		return ACE_ERR_RANGE;
	for (size_t i = 0; i < value.len; i++)
		number = number << 8 | value.ptr[i];
	*ret_value = number;
	return ACE_OK;
}

void ace_coap_write_init(struct ace_coap_writer *w, uint8_t *ptr, size_t cap)
{
	*w = (struct ace_coap_writer){ .ptr = ptr, .cap = cap };
}

/* Moves, so that a message can be rewritten towards the front of its own buffer. */
static void put(struct ace_coap_writer *w, const uint8_t *bytes, size_t len)
{
	if (len && w->len <= w->cap && len <= w->cap - w->len)
		memmove(w->ptr + w->len, bytes, len);
	w->len += len;
}

void ace_coap_write_header(struct ace_coap_writer *w, const struct ace_coap_header *header)
{
	uint8_t head[ACE_COAP_HEADER_LEN] = {
		(uint8_t)(VERSION << 6 | (header->type & 3) << 4 | (header->token.len & 0x0f)),
		header->code,
		(uint8_t)(header->mid >> 8),
		(uint8_t)header->mid,
	};

	if (header->token.len > ACE_COAP_TOKEN_MAX)
		w->err = ACE_ERR_USAGE;
	if (w->err)
		return;
	put(w, head, sizeof head);
	put(w, header->token.ptr, header->token.len);
}

/* The bytes that go with a delta or length to *ret_end, which moves behind them; returns its nibble. */
__attribute__((noinline)) static unsigned extended_put(uint8_t **ret_end, uint32_t value)
{
	if (value < ONE_BYTE_BASE)
		return value;
	if (value < TWO_BYTES_BASE) {
		*(*ret_end)++ = (uint8_t)(value - ONE_BYTE_BASE);
		return NIBBLE_ONE_BYTE;
	}
	*(*ret_end)++ = (uint8_t)((value - TWO_BYTES_BASE) >> 8);
	*(*ret_end)++ = (uint8_t)(value - TWO_BYTES_BASE);
	return NIBBLE_TWO_BYTES;
}

void ace_coap_write_option(struct ace_coap_writer *w, uint32_t number, struct ace_slice value)
{
	uint8_t head[5], *end = head + 1;

	if (number < w->number || number > OPTION_NUMBER_MAX || value.len > OPTION_LEN_MAX)
		w->err = ACE_ERR_USAGE;
	if (w->err)
		return;
	head[0] = (uint8_t)(extended_put(&end, number - w->number) << 4);
	head[0] |= (uint8_t)extended_put(&end, (uint32_t)value.len);
	put(w, head, (size_t)(end - head));
	put(w, value.ptr, value.len);
	w->number = number;
}

void ace_coap_write_option_uint(struct ace_coap_writer *w, uint32_t number, uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };
	size_t skip = 0;

	while (skip < sizeof bytes && !bytes[skip])
		skip++;
	ace_coap_write_option(w, number, (struct ace_slice){ bytes + skip, sizeof bytes - skip });
}

void ace_coap_write_payload(struct ace_coap_writer *w, struct ace_slice payload)
{
	static const uint8_t marker[] = { PAYLOAD_MARKER };

	if (w->number == NUMBER_CLOSED)
		w->err = ACE_ERR_USAGE;
	if (w->err || !payload.len)
		return;
	put(w, marker, sizeof marker);
	put(w, payload.ptr, payload.len);
	w->number = NUMBER_CLOSED;
}

enum ace_err ace_coap_written(const struct ace_coap_writer *w, struct ace_slice *ret_bytes)
{
	if (w->err)
		return w->err;
	if (w->len > w->cap)
		return ACE_ERR_SPACE;
	*ret_bytes = (struct ace_slice){ w->ptr, w->len };
	return ACE_OK;
}
