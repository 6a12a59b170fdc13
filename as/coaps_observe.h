/* SPDX-License-Identifier: Apache-2.0 */
/* Observations over coaps://, in the shape of those of ace_udp_later.h. libcoap acknowledges, retransmits and gives up, and
 * lets one confirmable message be under way in a session; who observes and what is told is ours. Memory only. */
#ifndef AS_COAPS_OBSERVE_H
#define AS_COAPS_OBSERVE_H

#include "ace_udp_later.h"
#include "as/coaps.h"

#define AS_COAPS_OBSERVED_MAX 4096     /* observations; those of one client or device: see as/observers.h */
#define AS_COAPS_NOTIFY_GAP_MS 3000    /* libcoap does not tell of acknowledgements.  Source: RFC 7641 4.5.1 */
#define AS_COAPS_NOTIFY_MAX_MS UINT64_C(86400000) /* RFC 7641 4.5: is the client there still? */

/* Is it a handle of this file? Those of ace_udp_observe() are not. */
static inline bool as_coaps_is_observed(uint64_t handle)
{
	return handle >> 63;
}

/* The sender of a request becomes an observer under its token, which none of its observations has. Its session stays as long
 * as it observes. cookie is the caller's. ACE_ERR_FULL; ACE_ERR_BUSY the session has ended; ACE_ERR_USAGE answered or dropped
 * before. */
ACE_MUST_CHECK enum ace_err as_coaps_observe(struct as_coaps *coaps, const struct as_coaps_request *request, uint64_t cookie,
					     uint64_t *ret_handle);
/* The observation of that session and token. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err as_coaps_observe_find(const struct as_coaps *coaps, const struct as_coaps_request *request,
						  uint64_t *ret_handle, uint64_t *ret_cookie);
/* One that has ended already is fine. */
void as_coaps_observe_end(struct as_coaps *coaps, uint64_t handle);
/* A number for the Observe option, larger than those before it; and the token, which borrows. It must be there. */
uint32_t as_coaps_observe_number(struct as_coaps *coaps, uint64_t handle);
struct ace_slice as_coaps_observe_token(const struct as_coaps *coaps, uint64_t handle);
/* Send a whole response with the token as a confirmable message of its own; with last the observation ends.
 * @return ACE_OK; ACE_ERR_FULL too soon after the one before: an event says when it may be; ACE_ERR_NOT_FOUND it has ended;
 * what sending can say. */
ACE_MUST_CHECK enum ace_err as_coaps_notify(struct as_coaps *coaps, uint64_t handle,
					    const struct ace_udp_notification *notification);
/* What happened to observations: due for a notification, or ended by the other side. false: no more. coaps may be NULL. */
ACE_MUST_CHECK bool as_coaps_observe_event(struct as_coaps *coaps, struct ace_udp_observe_event *ret_event);

#endif
