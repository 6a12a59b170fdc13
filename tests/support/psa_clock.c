/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks that firmware adds to port/psa.c, for hosts. */
#include <time.h>

#include "ace_port.h"

enum ace_err ace_port_wall_clock(int64_t *ret_seconds)
{
	*ret_seconds = time(NULL);
	return ACE_OK;
}

uint64_t ace_port_monotonic_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
