/* SPDX-License-Identifier: Apache-2.0 */
/* --trl: the device asks its AS for the list of revoked tokens (RFC 9770), the whole of it first, then for changes. */
#ifndef DEVICE_TRL_H
#define DEVICE_TRL_H

#include "cli/log.h"
#include "device/as_line.h"

#define DEVICE_SAVE_WAIT_MIN_MS 1000 /* until a state that could not be written is tried again; doubled each time */
#define DEVICE_SAVE_WAIT_MAX_MS 60000

struct device_trl {
	uint32_t poll_s; /* 0: the list is not asked for */
	uint64_t due_ms; /* monotonic */
	bool has_cursor; /* false: the whole list is asked for */
	uint32_t cursor;
	uint64_t save_due_ms;  /* monotonic; before it a write that failed is not tried again */
	uint32_t save_wait_ms; /* 0: the last one did not fail */
	struct cli_log_pace unread, unwritten;
};

/* Ask when it is time, and take what was answered. */
void device_trl_step(struct device_trl *trl, struct device_as *as, uint64_t now_ms);

#endif
