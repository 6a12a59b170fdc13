/* SPDX-License-Identifier: Apache-2.0 */
#include "client/request.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define BLOCK_OPTIONS_MAX 4 /* what a transfer in blocks adds */

static const char *const methods[] = { "", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH" };

const char *client_method_name(uint8_t code)
{
	return code < ACE_ARRAY_LEN(methods) ? methods[code] : "?";
}

uint8_t client_method_code(const char *name)
{
	for (uint8_t code = 1; code < ACE_ARRAY_LEN(methods); code++)
		if (!strcasecmp(name, methods[code]))
			return code;
	return 0;
}

/* Room at the end of the store; NULL when there is none. */
static uint8_t *store_take(struct client_request *request, size_t len)
{
	uint8_t *room = request->store + request->bytes.len;

	if (len > sizeof request->store - request->bytes.len)
		return NULL;
	request->bytes.len += len;
	return room;
}

enum ace_err client_request_option(struct client_request *request, uint32_t number, struct ace_slice value)
{
	uint8_t *room;

	if (request->options_len == CLIENT_OPTIONS_MAX)
		return ACE_ERR_SPACE;
	room = store_take(request, value.len);
	if (!room)
		return ACE_ERR_SPACE;
	if (value.len)
		memcpy(room, value.ptr, value.len);
	request->options[request->options_len++] =
		(struct ace_coap_option){ .number = number, .value = { room, value.len } };
	return ACE_OK;
}

/* In as few bytes as it takes: zero is none. */
static struct ace_slice uint_slice(uint32_t value, uint8_t bytes[4])
{
	size_t len = 0;

	for (unsigned int shift = 32; shift; shift -= 8)
		if (len || value >> (shift - 8))
			bytes[len++] = (uint8_t)(value >> (shift - 8));
	return (struct ace_slice){ bytes, len };
}

enum ace_err client_request_uint(struct client_request *request, uint32_t number, uint32_t value)
{
	uint8_t bytes[4];

	return client_request_option(request, number, uint_slice(value, bytes));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* %XX -> byte. ACE_ERR_MALFORMED a bad escape; ACE_ERR_SPACE. */
static enum ace_err unescape(const char *text, size_t len, struct ace_buf *out)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)text[i];

		if (text[i] == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return ACE_ERR_MALFORMED;
			byte = (uint8_t)(high << 4 | low);
			i += 2;
		}
		if (out->len == out->cap)
			return ACE_ERR_SPACE;
		out->ptr[out->len++] = byte;
	}
	return ACE_OK;
}

/* One option for each piece between separators. */
static enum ace_err pieces_add(struct client_request *request, uint32_t number, const char *text, char separator)
{
	for (const char *start = text;; start++) {
		size_t len = strchrnul(start, separator) - start;
		uint8_t bytes[255]; /* the longest Uri-Path and Uri-Query, RFC 7252 5.10 */
		struct ace_buf piece = ACE_BUF_OF(bytes);
		enum ace_err err = unescape(start, len, &piece);

		if (!err)
			err = client_request_option(request, number, ace_buf_slice(&piece));
		start += len;
		if (err || !*start)
			return err;
	}
}

static bool is_literal(const char *host)
{
	uint8_t addr[16];

	return inet_pton(AF_INET, host, addr) == 1 || strchr(host, ':');
}

enum ace_err client_request_init(struct client_request *request, uint8_t code, const struct cli_address *address)
{
	enum ace_err err = ACE_OK;

	memset(request, 0, sizeof *request);
	request->code = code;
	request->bytes.ptr = request->store;
	request->bytes.cap = sizeof request->store;
	if (!is_literal(address->host))
		err = client_request_option(request, ACE_OPT_URI_HOST,
					    (struct ace_slice){ (const uint8_t *)address->host,
								strlen(address->host) });
	if (!err && address->path[0] == '/' && address->path[1])
		err = pieces_add(request, ACE_OPT_URI_PATH, address->path + 1, '/');
	if (!err && address->query[0])
		err = pieces_add(request, ACE_OPT_URI_QUERY, address->query, '&');
	return err;
}

size_t client_message_size(const struct ace_coap_message *message, size_t token_len)
{
	return ACE_COAP_HEADER_LEN + token_len + message->options.len +
	       (message->payload.len ? 1 + message->payload.len : 0);
}

/* Those of the user, and behind them those of a transfer in blocks. */
static size_t options_all(const struct client_request *request, struct ace_coap_option *ret_options,
			  uint8_t values[BLOCK_OPTIONS_MAX][4])
{
	const struct {
		bool is_set;
		uint32_t number, value;
	} more[] = { { request->block2.is_set, ACE_OPT_BLOCK2, request->block2.value },
		     { request->block1.is_set, ACE_OPT_BLOCK1, request->block1.value },
		     { request->size1 != 0, ACE_OPT_SIZE1, request->size1 } };
	size_t len = request->options_len;

	for (size_t i = 0; i < len; i++)
		ret_options[i] = request->options[i];
	for (size_t i = 0; i < ACE_ARRAY_LEN(more); i++)
		if (more[i].is_set)
			ret_options[len++] = (struct ace_coap_option){ more[i].number, uint_slice(more[i].value, values[i]) };
	if (request->has_tag)
		ret_options[len++] = (struct ace_coap_option){ ACE_OPT_REQUEST_TAG, ACE_SLICE_OF(request->tag) };
	return len;
}

enum ace_err client_request_message(const struct client_request *request, struct ace_buf *out,
				    struct ace_coap_message *ret_msg)
{
	struct ace_coap_option options[CLIENT_OPTIONS_MAX + BLOCK_OPTIONS_MAX];
	uint8_t values[BLOCK_OPTIONS_MAX][4];
	const size_t options_len = options_all(request, options, values);
	struct ace_coap_writer w;
	struct ace_slice written;
	uint32_t number = 0, next = UINT32_MAX;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){
		.type = request->non ? ACE_COAP_NON : ACE_COAP_CON, .code = request->code });
	/* By number: so few options need no sorting. */
	for (; number != UINT32_MAX; number = next, next = UINT32_MAX)
		for (size_t i = 0; i < options_len; i++) {
			const struct ace_coap_option *option = &options[i];

			if (option->number == number)
				ace_coap_write_option(&w, number, option->value);
			else if (option->number > number && option->number < next)
				next = option->number;
		}
	ace_coap_write_payload(&w, request->payload);
	err = ace_coap_written(&w, &written);
	if (err)
		return err;
	out->len = written.len;
	return ace_coap_read(written, ret_msg);
}
