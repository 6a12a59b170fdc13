/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory for keys this server needs. */
#ifndef AS_SECRET_H
#define AS_SECRET_H

#include "as/config.h"

/* Before as_server_open(): let keys lie in memory that is neither swapped nor dumped. Where RLIMIT_MEMLOCK does not allow the first, the
 * log says so and the server goes on. @return ACE_OK; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err as_secret_open(const struct as_config *config);

#endif
