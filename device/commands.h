/* SPDX-License-Identifier: Apache-2.0 */
/* --commands: lines of standard input that change the simulated world: "set PATH VALUE". */
#ifndef DEVICE_COMMANDS_H
#define DEVICE_COMMANDS_H

#include "device/device.h"

struct device_commands {
	int fd;     /* -1: none are read */
	size_t len; /* of the line so far; above the room: it is too long, and passed over */
	char line[DEVICE_PATH_MAX + DEVICE_VALUE_MAX + 8];
};

/* Take what there is to read without waiting, and do what whole lines say; a line that makes no sense is logged. fd becomes
 * -1 at the end of the input. */
void device_commands_read(struct device_commands *commands, struct device *device);

#endif
