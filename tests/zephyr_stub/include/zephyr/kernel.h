/* SPDX-License-Identifier: Apache-2.0 */
/* What the module uses of Zephyr's header, by the same names, for hosts. */
#ifndef ZEPHYR_STUB_KERNEL_H
#define ZEPHYR_STUB_KERNEL_H

#include <stdint.h>

#define __weak __attribute__((weak))
#define ARG_UNUSED(x) (void)(x)

static inline int64_t k_uptime_get(void)
{
	return 1000;
}

#endif
