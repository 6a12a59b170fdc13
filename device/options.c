/* SPDX-License-Identifier: Apache-2.0 */
/* Options in, options out. */
#include "device/request.h"

#include <string.h>

/* A response has a header, a token, and at most one option of each kind; measured with an empty payload. */
static void reply_put(struct ace_coap_writer *w, const struct device_reply *reply, const struct device_request *request,
		      struct ace_slice payload)
{
	ace_coap_write_header(w, &(struct ace_coap_header) {
					 .type = request->msg.type,
					 .code = reply->code,
					 .mid = request->msg.mid,
					 .token = request->msg.token,
				 });
	if (reply->has_observe)
		ace_coap_write_option_uint(w, ACE_OPT_OBSERVE, reply->observe);
	if (reply->has_format)
		ace_coap_write_option_uint(w, ACE_OPT_CONTENT_FORMAT, reply->format);
	if (reply->has_max_age)
		ace_coap_write_option_uint(w, ACE_OPT_MAX_AGE, reply->max_age_s);
	if (reply->has_size1)
		ace_coap_write_option_uint(w, ACE_OPT_SIZE1, reply->size1);
	ace_coap_write_payload(w, payload);
}

void device_reply_room(struct device_reply *reply, const struct device_request *request)
{
	struct ace_coap_writer w;
	size_t room = 0;

	ace_coap_write_init(&w, NULL, 0);
	reply_put(&w, reply, request, (struct ace_slice) { 0 });
	if (w.len + 1 < reply->len_max) /* 1 for the payload marker */
		room = reply->len_max - w.len - 1;
	if (room > sizeof reply->payload_bytes)
		room = sizeof reply->payload_bytes;
	reply->payload = (struct ace_buf) { reply->payload_bytes, room, 0 };
}

enum ace_err device_reply_write(const struct device_reply *reply, const struct device_request *request,
				struct ace_buf *out)
{
	struct ace_coap_writer w;
	struct ace_slice bytes;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	reply_put(&w, reply, request, ace_buf_slice(&reply->payload));
	err = ace_coap_written(&w, &bytes);
	if (err)
		return err;
	if (bytes.len > reply->len_max)
		return ACE_ERR_SPACE;
	out->len = bytes.len;
	return ACE_OK;
}

static bool is_known_critical(uint32_t number)
{
	return number == ACE_OPT_URI_HOST || number == ACE_OPT_URI_PORT || number == ACE_OPT_OSCORE ||
	       number == ACE_OPT_URI_PATH || number == ACE_OPT_URI_QUERY || number == ACE_OPT_ACCEPT;
}

static bool is_repeatable(uint32_t number)
{
	return number == ACE_OPT_URI_PATH || number == ACE_OPT_URI_QUERY;
}

/* A Content-Format or Accept of more than two bytes counts as not recognised (RFC 7252 5.4.3). */
static bool format_read(struct ace_slice value, bool *has, uint32_t *format)
{
	uint32_t number;

	if (value.len > 2 || ace_coap_option_uint(value, &number))
		return false;
	*has = true;
	*format = number;
	return true;
}

static uint8_t critical_read(struct device_request *request, const struct ace_coap_option *option, bool again)
{
	if (option->number == ACE_OPT_PROXY_URI || option->number == ACE_OPT_PROXY_SCHEME)
		return ACE_COAP_PROXYING_NOT_SUPPORTED;
	/* RFC 7252 5.4.1: unrecognized critical options in a request "MUST cause the return of a 4.02 (Bad Option)
	 * response"; 5.4.5: a supernumerary one is treated like an unrecognized one. */
	if (!is_known_critical(option->number) || (again && !is_repeatable(option->number)))
		return ACE_COAP_BAD_OPTION;
	if (option->number == ACE_OPT_ACCEPT && !format_read(option->value, &request->has_accept, &request->accept))
		return ACE_COAP_BAD_OPTION;
	return 0;
}

uint8_t device_options_read(struct device_request *request)
{
	struct ace_coap_options it;
	struct ace_coap_option option;
	uint32_t before = 0;
	uint8_t code;

	ace_coap_options_init(&it, request->msg.options);
	while (ace_coap_options_next(&it, &option)) {
		bool again = option.number == before;

		before = option.number;
		if (ace_coap_option_is_critical(option.number)) {
			code = critical_read(request, &option, again);
			if (code)
				return code;
		} else if (option.number == ACE_OPT_CONTENT_FORMAT && !again) {
			(void)format_read(option.value, &request->has_format, &request->format);
		}
	}
	request->path = (struct ace_buf)ACE_BUF_OF(request->path_bytes);
	if (ace_coap_uri_path(request->msg.options, &request->path))
		request->path.len = 0;
	return 0;
}
