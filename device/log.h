/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to a request, as a line of the log. */
#ifndef DEVICE_LOG_H
#define DEVICE_LOG_H

#include "device/device.h"

/* peer is the sender's address as text. */
void device_log(const char *peer, const struct device_outcome *outcome);

#endif
