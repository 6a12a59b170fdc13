/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a request through the device, in the order in which a reader asks:
 *     is it protected, and by whom?   no OSCORE option: authz-info and the list of resources, nothing else
 *                                     it does not verify: a bare, unprotected error
 *     may its sender do that?         4.03 or 4.05, protected
 *     serve, protect. */
#include "device/request.h"

#include <string.h>

static bool path_is(const struct device_request *request, struct ace_slice path)
{
	return ace_slice_equal(ace_buf_slice(&request->path), path);
}

/* The resources that need no token. False: it is none of them. */
static bool serve_public(struct device *device, const struct device_request *request, struct device_reply *reply,
			 struct device_outcome *outcome)
{
	if (path_is(request, ACE_LITERAL("/authz-info")))
		device_authz_info(device, request, reply, outcome);
	else if (path_is(request, ACE_LITERAL("/.well-known/core")))
		device_well_known(device, request, reply);
	else
		return false;
	return true;
}

/* RFC 9200 5.10.2: 4.03 when the token does not cover the resource, 4.05 when only the method is missing. */
static uint8_t access_code(const struct device_request *request)
{
	switch (ace_rs_access_options(request->ex, request->msg.code, request->msg.options)) {
	case ACE_ACCESS_ALLOWED:
		return 0;
	case ACE_ACCESS_NO_METHOD:
		return ACE_COAP_METHOD_NOT_ALLOWED;
	case ACE_ACCESS_NO_RESOURCE:
	default:
		return ACE_COAP_FORBIDDEN;
	}
}

static void serve(struct device *device, struct device_request *request, struct device_reply *reply,
		  struct device_outcome *outcome)
{
	uint8_t code = device_options_read(request);

	outcome->method = request->msg.code;
	outcome->path_len = request->path.len;
	memcpy(outcome->path, request->path_bytes, request->path.len);
	if (code) {
		reply->code = code;
		return;
	}
	if (serve_public(device, request, reply, outcome))
		return;
	/* RFC 9200 5.10.2: "the RS MUST respond with 4.01" to a request without proof of possession, whatever the
	 * path: strangers learn nothing from codes. */
	code = request->ex ? access_code(request) : ACE_COAP_UNAUTHORIZED;
	if (code)
		device_refuse(device, request, reply, code);
	else
		device_resource(device, request, reply);
}

/* It could not be opened. RFC 8613 8.2: such errors are sent without protection; Max-Age 0 keeps caches off. */
static enum ace_err answer_unverified(struct device *device, const struct device_request *request,
				      struct ace_buf *answer, struct device_outcome *outcome)
{
	struct device_reply reply = { .len_max = request->stranger_max };

	outcome->code = ace_rs_oscore_code(outcome->err);
	if (outcome->code == ACE_COAP_UNAUTHORIZED) {
		device_refuse(device, request, &reply, outcome->code);
	} else {
		reply.code = outcome->code;
		reply.has_max_age = true;
	}
	return device_reply_write(&reply, request, answer);
}

enum ace_err device_reply_end(struct device *device, const struct device_request *request, struct device_reply *reply,
			      struct ace_buf *answer, struct device_outcome *outcome)
{
	const struct device_request bare = { .msg = request->msg, .stranger_max = request->stranger_max };
	uint8_t inner_bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf inner = ACE_BUF_OF(inner_bytes);
	enum ace_err err;

	outcome->code = reply->code;
	if (!request->ex)
		return device_reply_write(reply, request, answer);
	err = device_reply_write(reply, request, &inner);
	if (!err)
		err = ace_rs_protect(request->ex, ace_buf_slice(&inner), answer);
	ace_wipe(inner_bytes, sizeof inner_bytes);
	ace_wipe(reply->payload_bytes, sizeof reply->payload_bytes);
	if (!err)
		return ACE_OK;
	answer->len = 0;
	outcome->err = err;
	return answer_unverified(device, &bare, answer, outcome);
}

/* It has no OSCORE option. */
static enum ace_err answer_plain(struct device *device, struct device_request *request, struct ace_buf *answer,
				 struct device_outcome *outcome)
{
	struct device_reply reply = { .code = ACE_COAP_INTERNAL_ERROR, .len_max = request->stranger_max };

	serve(device, request, &reply, outcome);
	return outcome->post ? ACE_OK : device_reply_end(device, request, &reply, answer, outcome);
}

static enum ace_err answer_verified(struct device *device, const struct device_request *outer, struct ace_slice plain,
				    struct ace_rs_exchange *ex, struct ace_buf *answer, struct device_outcome *outcome)
{
	struct device_request request = { .ex = ex, .stranger_max = outer->stranger_max };
	struct device_reply reply = { .code = ACE_COAP_INTERNAL_ERROR,
				      .len_max = ACE_UDP_ANSWER_MAX - ACE_OSCORE_OVERHEAD_MAX };

	outcome->err = ace_coap_read(plain, &request.msg);
	if (outcome->err)
		return answer_unverified(device, outer, answer, outcome);
	serve(device, &request, &reply, outcome);
	return outcome->post ? ACE_OK : device_reply_end(device, &request, &reply, answer, outcome);
}

enum ace_err device_answer(struct device *device, struct ace_slice datagram, size_t stranger_max,
			   struct ace_buf *answer, struct device_outcome *ret_outcome)
{
	uint8_t plain_bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes);
	struct device_request request = { .stranger_max = stranger_max };
	struct device_outcome outcome = { 0 };
	struct ace_rs_exchange ex;
	enum ace_err err = ace_coap_read(datagram, &request.msg);

	if (err)
		return err;
	outcome.method = request.msg.code;
	outcome.err = ace_rs_unprotect(&device->rs, datagram, &plain, &ex);
	outcome.verified = !outcome.err;
	if (outcome.err == ACE_ERR_UNPROTECTED) {
		outcome.err = ACE_OK;
		err = answer_plain(device, &request, answer, &outcome);
	} else if (outcome.err) {
		err = answer_unverified(device, &request, answer, &outcome);
	} else {
		err = answer_verified(device, &request, ace_buf_slice(&plain), &ex, answer, &outcome);
	}
	ace_wipe(plain_bytes, sizeof plain_bytes);
	*ret_outcome = outcome;
	return err;
}
