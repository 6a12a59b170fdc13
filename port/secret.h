/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to the port for hosts. */
#ifndef PORT_SECRET_H
#define PORT_SECRET_H

#include <stdbool.h>

/* What OpenSSL allocates for this thread between true and false lies in memory for keys. Programs that have none, such as a device
 * that is built from openssl.c and random.c, do without this file: then it is NULL. */
__attribute__((weak)) void port_secret_scope(bool is_entered);

static inline void port_secret_scope_set(bool is_entered)
{
	if (port_secret_scope)
		port_secret_scope(is_entered);
}

#endif
