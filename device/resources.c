/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of the model, and the list of them. Whoever gets here may. */
#include "device/observe.h"

#include <string.h>

#define AUTHZ_INFO_LINK "</authz-info>;rt=\"ace.ai\";ct=19"

static void get(struct device *device, size_t index, const struct device_request *request, struct device_reply *reply)
{
	const struct device_value *value = &device->values[index];

	if (request->has_accept && request->accept != ACE_FORMAT_TEXT) {
		reply->code = ACE_COAP_NOT_ACCEPTABLE;
		return;
	}
	device_observe(device, request, index, reply); /* RFC 7641 4.1: only what succeeds is observed */
	reply->has_format = true;
	reply->format = ACE_FORMAT_TEXT;
	device_reply_room(reply, request);
	if (value->len > reply->payload.cap) {
		reply->has_format = false;
		return; /* 5.00: cannot happen to a confirmed address */
	}
	memcpy(reply->payload.ptr, value->bytes, value->len);
	reply->payload.len = value->len;
	reply->code = ACE_COAP_CONTENT;
}

static void put(struct device_value *value, const struct device_request *request, struct device_reply *reply)
{
	struct ace_slice payload = request->msg.payload;

	if (request->has_format && request->format != ACE_FORMAT_TEXT) {
		reply->code = ACE_COAP_UNSUPPORTED_FORMAT;
		return;
	}
	if (payload.len > DEVICE_VALUE_MAX) {
		reply->code = ACE_COAP_TOO_LARGE;
		reply->has_size1 = true;
		reply->size1 = DEVICE_VALUE_MAX;
		return;
	}
	if (payload.len)
		memcpy(value->bytes, payload.ptr, payload.len);
	value->len = payload.len;
	reply->code = ACE_COAP_CHANGED;
}

void device_resource(struct device *device, const struct device_request *request, struct device_reply *reply)
{
	uint8_t method = request->msg.code;
	size_t index;

	if (!device_resource_find(device, ace_buf_slice(&request->path), &index)) {
		reply->code = ACE_COAP_NOT_FOUND;
		return;
	}
	if (method > ACE_COAP_IPATCH || !(device->bundle.resources.entries[index].methods & ACE_AIF_BIT(method))) {
		reply->code = ACE_COAP_METHOD_NOT_ALLOWED;
		return;
	}
	switch (method) {
	case ACE_COAP_GET:
		get(device, index, request, reply);
		break;
	case ACE_COAP_PUT:
	case ACE_COAP_POST:
		put(&device->values[index], request, reply);
		break;
	case ACE_COAP_DELETE:
		device->values[index].len = 0;
		reply->code = ACE_COAP_DELETED;
		break;
	default:
		reply->code = ACE_COAP_METHOD_NOT_ALLOWED; /* a simulated value has no parts to fetch or patch */
		break;
	}
	if (reply->code == ACE_COAP_CHANGED || reply->code == ACE_COAP_DELETED)
		device_observe_changed(device, index);
}

/* Append a link if all of it fits. */
static void link_add(struct ace_buf *links, struct ace_slice path)
{
	if (links->cap - links->len < path.len + 3)
		return;
	memcpy(links->ptr + links->len, ",<", 2);
	memcpy(links->ptr + links->len + 2, path.ptr, path.len);
	links->ptr[links->len + 2 + path.len] = '>';
	links->len += path.len + 3;
}

void device_well_known(const struct device *device, const struct device_request *request, struct device_reply *reply)
{
	const struct ace_resources *resources = &device->bundle.resources;

	if (request->msg.code != ACE_COAP_GET) {
		reply->code = ACE_COAP_METHOD_NOT_ALLOWED;
		return;
	}
	if (request->has_accept && request->accept != ACE_FORMAT_LINK) {
		reply->code = ACE_COAP_NOT_ACCEPTABLE;
		return;
	}
	reply->has_format = true;
	reply->format = ACE_FORMAT_LINK;
	device_reply_room(reply, request);
	if (reply->payload.cap < sizeof AUTHZ_INFO_LINK - 1) {
		reply->has_format = false;
		return; /* 5.00: the message layer grants more than this */
	}
	reply->code = ACE_COAP_CONTENT;
	/* An address that nobody has confirmed gets as many more links as its limit allows.
	 * Source: RFC 9200 8.2 for the resource type, RFC 6690 for the format. */
	memcpy(reply->payload.ptr, AUTHZ_INFO_LINK, sizeof AUTHZ_INFO_LINK - 1);
	reply->payload.len = sizeof AUTHZ_INFO_LINK - 1;
	for (size_t i = 0; i < resources->entries_len; i++)
		link_add(&reply->payload, resources->entries[i].path);
}
