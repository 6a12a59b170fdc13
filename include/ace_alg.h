/* SPDX-License-Identifier: Apache-2.0 */
/* The AEAD algorithms that are built in, and how long their keys and nonces are, in bytes. */
#ifndef ACE_ALG_H
#define ACE_ALG_H

#include <stdbool.h>
#include <stdint.h>

#include "ace_registry.h"

/* Firmware whose tokens and contexts all have one algorithm sets this to its number (enum ace_alg). 0: all of them. */
#ifndef ACE_ALG_ONLY
#define ACE_ALG_ONLY 0
#endif

static inline bool ace_alg_is_known(int32_t alg)
{
	if (ACE_ALG_ONLY)
		return alg == ACE_ALG_ONLY;
	return alg == ACE_ALG_CCM_16_64_128 || alg == ACE_ALG_CCM_16_128_128 || alg == ACE_ALG_CCM_16_128_256 ||
	       alg == ACE_ALG_A128GCM;
}

/* Of an algorithm that is known. */
static inline uint8_t ace_alg_key_len(int32_t alg)
{
	return (ACE_ALG_ONLY ? ACE_ALG_ONLY : alg) == ACE_ALG_CCM_16_128_256 ? 32 : 16;
}

static inline uint8_t ace_alg_nonce_len(int32_t alg)
{
	return (ACE_ALG_ONLY ? ACE_ALG_ONLY : alg) == ACE_ALG_A128GCM ? 12 : 13;
}

static inline uint8_t ace_alg_tag_len(int32_t alg)
{
	return (ACE_ALG_ONLY ? ACE_ALG_ONLY : alg) == ACE_ALG_CCM_16_64_128 ? 8 : 16;
}

#endif
