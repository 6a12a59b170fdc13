/* SPDX-License-Identifier: Apache-2.0 */
/* Internal to the port for hosts. */
#ifndef PORT_SECRET_H
#define PORT_SECRET_H

#include <stdbool.h>

/* What OpenSSL allocates for this thread between true and false lies in memory for keys. */
void port_secret_scope(bool is_entered);

#endif
