/* SPDX-License-Identifier: Apache-2.0 */
/* Can this server issue tokens now, and who is told? */
#ifndef AS_HEALTH_H
#define AS_HEALTH_H

#include "ace_err.h"
#include "ace_slice.h"

#define AS_HEALTH_TEXT_MAX 128

struct as_server;

/* @param ret_reason  what hinders it, in words; "ready" when nothing does. */
bool as_health_ready(struct as_server *as, char ret_reason[AS_HEALTH_TEXT_MAX]);

/* A verified token request could not be served for a reason of ours: say so in the log, once a minute and reason at most. */
void as_health_failed(struct as_server *as, enum ace_err err);

/* Before the first of those below. */
void as_health_open(void);
/* Tell the service manager, if there is one, in the protocol of sd_notify(3): "READY=1\nSTATUS=...". What it does not take is
 * lost. */
void as_health_notify(const char *state);
/* Milliseconds between two calls of as_health_beat(), at most half of what the watchdog allows; 0: there is no service
 * manager. */
uint64_t as_health_beat_ms(void);
/* STATUS= and, when the last commit did not fail for good, WATCHDOG=1. */
void as_health_beat(struct as_server *as);

#endif
