/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of ace-device: from the socket to device_answer() and back, until a signal ends it. */
#ifndef DEVICE_SERVE_H
#define DEVICE_SERVE_H

#include "device/asking.h"
#include "device/commands.h"
#include "device/observe.h"
#include "device/trl.h"

struct device_loop {
	struct device *device;         /* all borrow */
	struct ace_udp_server *server;
	struct device_as *as;          /* closed: the device asks its AS for nothing */
	struct device_trl *trl;
	struct device_asking *asking;
	struct device_observers *observers;
	struct device_commands *commands;
	uint32_t requests_max;         /* serving ends after so many; 0: never */
};

/* Serve until SIGTERM or SIGINT, which the caller has blocked before. ACE_OK after a signal; ACE_ERR_EXHAUSTED after
 * requests_max, with the last of them answered; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err device_serve(const struct device_loop *run);

#endif
