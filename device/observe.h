/* SPDX-License-Identifier: Apache-2.0 */
/* Observers of resources (RFC 7641), over OSCORE only: they are told of each new value, and when their token ends. */
#ifndef DEVICE_OBSERVE_H
#define DEVICE_OBSERVE_H

#include "ace_udp_later.h"
#include "device/request.h"

#define DEVICE_OBSERVATIONS_MAX 64

struct device_observation {
	bool is_used, is_stale; /* stale: the observer does not know the latest value */
	size_t index;           /* of the resource */
	uint64_t handle;        /* of the message layer */
	struct ace_rs_exchange ex;
};

struct device_observers {
	struct device *device;         /* borrows, and is device->observers there */
	struct ace_udp_server *server; /* borrows */
	const struct ace_udp_request *request; /* borrows; the one that device_answer() is called for */
	struct device_observation list[DEVICE_OBSERVATIONS_MAX];
};

/* A verified GET of a resource: what its Observe option asks for. A registration sets reply->has_observe; one that there is no
 * room for, or that has a query, is answered without.  Source: RFC 7641 4.1, RFC 8613 4.1.3.5. */
void device_observe(struct device *device, const struct device_request *request, size_t index, struct device_reply *reply);
/* The resource has a new value: its observers are told at the next step. */
void device_observe_changed(struct device *device, size_t index);
/* Tell observers what they do not know, and those whose token ends. A few times in a second; the caller flushes.
 * Source: RFC 7641 4.2, RFC 9200 5.10.3. */
void device_observe_step(struct device_observers *observers);

#endif
