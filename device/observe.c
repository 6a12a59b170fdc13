/* SPDX-License-Identifier: Apache-2.0 */
#include "device/observe.h"

#include <string.h>

#define REGISTER 0 /* RFC 7641 2 */
#define DEREGISTER 1

static void forget(struct device_observation *observation)
{
	ace_rs_observe_end(&observation->ex);
	ace_wipe(observation, sizeof *observation);
}

/* --- registrations --- */

static struct device_observation *free_place(struct device_observers *observers)
{
	for (size_t i = 0; i < DEVICE_OBSERVATIONS_MAX; i++)
		if (!observers->list[i].is_used)
			return &observers->list[i];
	return NULL;
}

/* Events of observations that have ended, or that there is something to be told to. */
static void take_events(struct device_observers *observers)
{
	struct ace_udp_observe_event event;

	while (ace_udp_observe_event(observers->server, &event)) {
		struct device_observation *observation = &observers->list[event.cookie];

		if (!observation->is_used || observation->handle != event.handle)
			continue;
		if (event.kind == ACE_UDP_OBSERVE_DUE)
			observation->is_stale = true;
		else
			forget(observation);
	}
}

static void add(struct device_observers *observers, const struct device_request *request, size_t index,
		struct device_reply *reply)
{
	struct device_observation *observation = free_place(observers), *old = NULL;
	uint64_t handle, cookie;

	if (!ace_udp_observe_find(observers->server, observers->request, &handle, &cookie))
		old = &observers->list[cookie];
	/* Whoever writes another's address and token has another context. */
	if (old && old->is_used && old->ex.grant != request->ex->grant)
		return;
	if (!observation && old) { /* a renewal needs no other place */
		forget(old);
		observation = old;
	}
	if (!observation || ace_rs_observe_begin(request->ex))
		return;
	cookie = (uint64_t)(observation - observers->list);
	/* It verified, so its sender is there. */
	ace_udp_confirm(observers->server, observers->request);
	if (ace_udp_observe(observers->server, observers->request, cookie, &observation->handle)) {
		ace_rs_observe_end(request->ex);
		return;
	}
	observation->is_used = true;
	observation->index = index;
	observation->ex = *request->ex;
	/* The answer to the registration goes under the request's nonce: what comes after never may. */
	observation->ex.oscore.nonce_spent = true;
	reply->has_observe = true;
	reply->observe = ace_udp_observe_number(observers->server, observation->handle);
}

static void end(struct device_observers *observers, const struct device_request *request)
{
	struct device_observation *observation;
	uint64_t handle, cookie;

	if (ace_udp_observe_find(observers->server, observers->request, &handle, &cookie))
		return;
	observation = &observers->list[cookie];
	/* Whoever writes another's address and token has another context. */
	if (!observation->is_used || observation->handle != handle || observation->ex.grant != request->ex->grant)
		return;
	ace_udp_observe_end(observers->server, handle);
	forget(observation);
}

void device_observe(struct device *device, const struct device_request *request, size_t index, struct device_reply *reply)
{
	struct device_observers *observers = device->observers;
	struct ace_slice value;
	uint32_t wish;

	if (!observers || !request->ex || !ace_coap_option_find(request->msg.options, ACE_OPT_OBSERVE, &value) ||
	    ace_coap_option_uint(value, &wish))
		return;
	take_events(observers);
	if (wish == REGISTER && !ace_coap_option_find(request->msg.options, ACE_OPT_URI_QUERY, &value))
		add(observers, request, index, reply);
	else if (wish == DEREGISTER)
		end(observers, request);
}

void device_observe_changed(struct device *device, size_t index)
{
	for (size_t i = 0; device->observers && i < DEVICE_OBSERVATIONS_MAX; i++)
		if (device->observers->list[i].is_used && device->observers->list[i].index == index)
			device->observers->list[i].is_stale = true;
}

/* --- notifications --- */

/* 0: the value; otherwise why the observation ends. */
static uint8_t refusal(const struct device_observers *observers, const struct device_observation *observation)
{
	struct ace_slice path = observers->device->bundle.resources.entries[observation->index].path;

	if (ace_rs_observation(&observation->ex) == ACE_RS_OBSERVATION_ENDS)
		return ACE_COAP_UNAUTHORIZED;
	/* The token may have been replaced by one with other rights. */
	switch (ace_rs_access(&observation->ex, ACE_COAP_GET, path, (struct ace_slice) { 0 })) {
	case ACE_ACCESS_ALLOWED:
		return 0;
	case ACE_ACCESS_NO_METHOD:
		return ACE_COAP_METHOD_NOT_ALLOWED;
	case ACE_ACCESS_NO_RESOURCE:
	default:
		return ACE_COAP_FORBIDDEN;
	}
}

static enum ace_err write(struct device_observers *observers, struct device_observation *observation, uint8_t code,
			  struct ace_buf *out)
{
	const struct device_value *value = &observers->device->values[observation->index];
	struct device_request request = { .msg = { .token = ace_udp_observe_token(observers->server, observation->handle) },
					  .ex = &observation->ex, .stranger_max = ACE_UDP_ANSWER_MAX };
	struct device_reply reply = { .code = code ? code : ACE_COAP_CONTENT, .len_max = ACE_UDP_ANSWER_MAX - ACE_OSCORE_OVERHEAD_MAX,
				      .has_observe = !code, .has_format = !code, .format = ACE_FORMAT_TEXT };
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf plain = ACE_BUF_OF(bytes);
	enum ace_err err;

	reply.observe = ace_udp_observe_number(observers->server, observation->handle);
	device_reply_room(&reply, &request);
	if (!code) {
		memcpy(reply.payload.ptr, value->bytes, value->len);
		reply.payload.len = value->len;
	}
	err = device_reply_write(&reply, &request, &plain);
	if (!err)
		err = ace_rs_protect(&observation->ex, ace_buf_slice(&plain), out);
	ace_wipe(bytes, sizeof bytes);
	ace_wipe(reply.payload_bytes, sizeof reply.payload_bytes);
	return err;
}

/* RFC 7641 4.2: after a notification that is not 2.xx the server "MUST remove the associated entry". */
static void tell(struct device_observers *observers, struct device_observation *observation, uint8_t code)
{
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = write(observers, observation, code, &out);

	if (!err)
		err = ace_udp_notify(observers->server, observation->handle,
				     &(struct ace_udp_notification) { .message = ace_buf_slice(&out), .confirmable = true,
								      .last = code != 0 });
	observation->is_stale = false;
	if (err == ACE_ERR_FULL)
		return; /* an event tells when there is room; what ends is tried again at the next step */
	if (!err && !code)
		return;
	ace_udp_observe_end(observers->server, observation->handle);
	forget(observation);
}

void device_observe_step(struct device_observers *observers)
{
	take_events(observers);
	for (size_t i = 0; i < DEVICE_OBSERVATIONS_MAX; i++) {
		struct device_observation *observation = &observers->list[i];
		uint8_t code;

		if (!observation->is_used)
			continue;
		if (ace_rs_observation(&observation->ex) == ACE_RS_OBSERVATION_GONE) {
			ace_udp_observe_end(observers->server, observation->handle);
			forget(observation);
			continue;
		}
		code = refusal(observers, observation);
		if (code || observation->is_stale)
			tell(observers, observation, code);
	}
}
