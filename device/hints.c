/* SPDX-License-Identifier: Apache-2.0 */
/* AS Request Creation Hints: what a client that is refused should ask the AS for. */
#include "device/request.h"

#include <string.h>

static bool scope_covers(const struct ace_text_scope *scope, struct ace_slice path, uint64_t method)
{
	for (size_t i = 0; i < scope->grants_len; i++)
		if (ace_slice_equal(scope->grants[i].path, path) && (scope->grants[i].methods & method))
			return true;
	return false;
}

/* The first text scope that covers path and method, else hint_scope, else AIF of the path. AIF goes into bytes. */
static bool scope_choose(const struct device *device, const struct device_request *request, struct ace_buf *bytes,
			 struct ace_scope *ret_scope)
{
	const struct ace_resources *resources = &device->bundle.resources;
	struct ace_slice path = ace_buf_slice(&request->path), aif;
	uint64_t method;
	struct ace_cbor_writer w;

	if (!path.len || request->msg.code > ACE_COAP_IPATCH)
		return false;
	method = ACE_AIF_BIT(request->msg.code);
	for (size_t i = 0; i < resources->text_scopes_len; i++) {
		if (!scope_covers(&resources->text_scopes[i], path, method))
			continue;
		*ret_scope = (struct ace_scope) { ACE_SCOPE_TEXT, resources->text_scopes[i].name };
		return true;
	}
	if (device->bundle.hint_scope) {
		*ret_scope = (struct ace_scope) { ACE_SCOPE_TEXT,
						  { (const uint8_t *)device->bundle.hint_scope,
						    strlen(device->bundle.hint_scope) } };
		return true;
	}
	ace_cbor_write_init(&w, bytes->ptr, bytes->cap);
	ace_aif_write(&w, &(struct ace_aif_entry) { path, method }, 1);
	if (ace_cbor_written(&w, &aif))
		return false;
	*ret_scope = (struct ace_scope) { ACE_SCOPE_AIF, aif };
	return true;
}

void device_refuse(struct device *device, const struct device_request *request, struct device_reply *reply,
		   uint8_t code)
{
	uint8_t aif_bytes[DEVICE_PATH_MAX + 16];
	struct ace_buf aif = ACE_BUF_OF(aif_bytes);
	struct ace_scope scope;
	bool has_scope = scope_choose(device, request, &aif, &scope);

	reply->code = code;
	/* No cache may hand out this refusal to somebody who asks later. */
	reply->has_max_age = code == ACE_COAP_UNAUTHORIZED;
	reply->max_age_s = 0;
	reply->has_format = true;
	reply->format = ACE_FORMAT_ACE_CBOR;
	device_reply_room(reply, request);
	if (!ace_rs_hints(&device->rs, request->ex, has_scope ? &scope : NULL, &reply->payload))
		return;
	reply->has_format = false; /* hints are a SHOULD; without room for them the code stands alone */
	reply->payload.len = 0;
}
