/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of a token key: how many tokens were sealed under it, an alarm before it is worn, and none after that. */
#ifndef AS_KEY_USE_H
#define AS_KEY_USE_H

#include "as/batch.h"

/* One more token is about to be sealed under key number index of a device of the cache.
 * @return ACE_OK; ACE_ERR_EXHAUSTED the key is worn: nothing may be sealed under it; ACE_ERR_RANDOM; what the store returns.
 * Source: RFC 9053 4.2.1. */
ACE_MUST_CHECK enum ace_err as_key_use(struct as_server *as, const struct as_device *device, size_t index);

#endif
