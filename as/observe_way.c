/* SPDX-License-Identifier: Apache-2.0 */
#include "as/observe_way.h"

#include "as/coaps_observe.h"

enum ace_err as_watch_add(struct as_server *as, const struct as_way *way, uint64_t cookie, uint64_t *ret_handle)
{
	if (way->kind == AS_WAY_DTLS)
		return as_coaps_observe(as->coaps, way->from.dtls, cookie, ret_handle);
	return ace_udp_observe(as->udp, way->from.udp, cookie, ret_handle);
}

enum ace_err as_watch_find(struct as_server *as, const struct as_way *way, uint64_t *ret_handle, uint64_t *ret_cookie)
{
	if (way->kind == AS_WAY_DTLS)
		return as_coaps_observe_find(as->coaps, way->from.dtls, ret_handle, ret_cookie);
	return ace_udp_observe_find(as->udp, way->from.udp, ret_handle, ret_cookie);
}

void as_watch_end(struct as_server *as, uint64_t handle)
{
	if (as_coaps_is_observed(handle))
		as_coaps_observe_end(as->coaps, handle);
	else
		ace_udp_observe_end(as->udp, handle);
}

uint32_t as_watch_number(struct as_server *as, uint64_t handle)
{
	return as_coaps_is_observed(handle) ? as_coaps_observe_number(as->coaps, handle) : ace_udp_observe_number(as->udp, handle);
}

struct ace_slice as_watch_token(struct as_server *as, uint64_t handle)
{
	return as_coaps_is_observed(handle) ? as_coaps_observe_token(as->coaps, handle) : ace_udp_observe_token(as->udp, handle);
}

enum ace_err as_watch_notify(struct as_server *as, uint64_t handle, const struct ace_udp_notification *notification)
{
	if (as_coaps_is_observed(handle))
		return as_coaps_notify(as->coaps, handle, notification);
	return ace_udp_notify(as->udp, handle, notification);
}

bool as_watch_event(struct as_server *as, struct ace_udp_observe_event *ret_event)
{
	return ace_udp_observe_event(as->udp, ret_event) || as_coaps_observe_event(as->coaps, ret_event);
}

enum store_auth as_watch_method(uint64_t handle)
{
	return as_coaps_is_observed(handle) ? STORE_AUTH_DTLS_PSK : STORE_AUTH_OSCORE;
}
