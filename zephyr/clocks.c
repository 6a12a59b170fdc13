/* SPDX-License-Identifier: Apache-2.0 */
/* What Zephyr adds to port/psa.c. */
#include <zephyr/kernel.h>

#include "ace_port.h"

/* Zephyr cannot tell whether its clock was set. An application that has the time (SNTP, a battery) defines this
 * function itself; until then tokens count from first sight, and config.clock is ACE_CLOCK_NONE. */
__weak enum ace_err ace_port_wall_clock(int64_t *ret_seconds)
{
	ARG_UNUSED(ret_seconds);
	return ACE_ERR_CLOCK;
}

uint64_t ace_port_monotonic_ms(void)
{
	return (uint64_t)k_uptime_get();
}
