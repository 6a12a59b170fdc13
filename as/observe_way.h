/* SPDX-License-Identifier: Apache-2.0 */
/* Observations by either way: those of ace_udp_later.h and of as/coaps_observe.h, told apart by their handles. */
#ifndef AS_OBSERVE_WAY_H
#define AS_OBSERVE_WAY_H

#include "ace_udp_later.h"
#include "as/batch.h"

/* As the functions of those names there. */
ACE_MUST_CHECK enum ace_err as_watch_add(struct as_server *as, const struct as_way *way, uint64_t cookie, uint64_t *ret_handle);
ACE_MUST_CHECK enum ace_err as_watch_find(struct as_server *as, const struct as_way *way, uint64_t *ret_handle,
					  uint64_t *ret_cookie);
void as_watch_end(struct as_server *as, uint64_t handle);
uint32_t as_watch_number(struct as_server *as, uint64_t handle);
struct ace_slice as_watch_token(struct as_server *as, uint64_t handle);
ACE_MUST_CHECK enum ace_err as_watch_notify(struct as_server *as, uint64_t handle,
					    const struct ace_udp_notification *notification);
ACE_MUST_CHECK bool as_watch_event(struct as_server *as, struct ace_udp_observe_event *ret_event);

/* By which secret the observer was verified. */
enum store_auth as_watch_method(uint64_t handle);

#endif
