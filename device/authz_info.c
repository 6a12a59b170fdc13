/* SPDX-License-Identifier: Apache-2.0 */
/* POST /authz-info: what CoAP says about it. The token is the library's. */
#include "device/request.h"

#define BODY_MAX (DEVICE_TOKEN_MAX + ACE_RS_BODY_EXTRA)

/* Rows 0 to 3 of the order of checks, before anything is decoded. 0: go on. */
static uint8_t check(struct device *device, const struct device_request *request)
{
	/* RFC 9200 5.10.1.2: the RS "SHOULD" limit the rate of submitted tokens; the library counts those that come so far. */
	if (!request->ex && ace_rs_is_limited(&device->rs))
		return ACE_COAP_TOO_MANY_REQUESTS;
	if (request->msg.code != ACE_COAP_POST)
		return ACE_COAP_METHOD_NOT_ALLOWED;
	if (!request->has_format || request->format != ACE_FORMAT_ACE_CBOR)
		return ACE_COAP_UNSUPPORTED_FORMAT;
	if (request->has_accept && request->accept != ACE_FORMAT_ACE_CBOR)
		return ACE_COAP_NOT_ACCEPTABLE;
	if (request->msg.payload.len > BODY_MAX)
		return ACE_COAP_TOO_LARGE;
	return 0;
}

/* What goes with a refusal: nothing that tells the peer more than the code does. */
static void refuse(struct device_reply *reply, uint8_t code)
{
	reply->code = code;
	reply->has_size1 = code == ACE_COAP_TOO_LARGE;
	reply->size1 = BODY_MAX;
	reply->has_max_age = code == ACE_COAP_TOO_MANY_REQUESTS || code == ACE_COAP_UNAVAILABLE;
	reply->max_age_s = DEVICE_RETRY_S;
}

void device_authz_info_end(struct device *device, const struct device_request *request, struct device_reply *reply,
			   uint8_t code, struct device_outcome *outcome)
{
	/* A token whose sequence number is not on disk could be used again after a restart: the client must not learn
	 * what it needs to use it. */
	outcome->state = outcome->err ? ACE_OK : device_state_save(device);
	if (outcome->state) {
		reply->payload.len = 0;
		code = ACE_COAP_UNAVAILABLE;
	}
	reply->has_format = reply->payload.len != 0;
	refuse(reply, code);
	if (outcome->err || outcome->state || request->ex || !device->wireshark_path)
		return;
	outcome->trace = device_wireshark_append(device, request->msg.payload, ace_buf_slice(&reply->payload));
}

void device_authz_info(struct device *device, const struct device_request *request, struct device_reply *reply,
		       struct device_outcome *outcome)
{
	uint8_t code = check(device, request);

	if (code) {
		refuse(reply, code);
		return;
	}
	outcome->posted = true;
	if (device->posts) {
		device_post_begin(device, request, reply, outcome);
		return;
	}
	reply->has_format = true;
	reply->format = ACE_FORMAT_ACE_CBOR;
	device_reply_room(reply, request);
	outcome->err = ace_rs_authz_info(&device->rs, request->ex, request->msg.payload, &reply->payload, &code);
	device_authz_info_end(device, request, reply, code, outcome);
}
