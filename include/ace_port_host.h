/* SPDX-License-Identifier: Apache-2.0 */
/* What the port for hosts offers beyond ace_port.h. Firmware has no part in it. */
#ifndef ACE_PORT_HOST_H
#define ACE_PORT_HOST_H

#include <stdint.h>

/* Let ace_port_wall_clock() answer that second from now on, in all threads: for reproducible tests
 * (--fixed-time). The monotonic clock goes on. */
void ace_port_openssl_fix_clock(int64_t seconds);

#endif
