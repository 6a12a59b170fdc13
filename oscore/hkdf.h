/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF (RFC 5869) over the port's HMAC. Extract and expand are apart, since a context takes one extract
 * and three expands, of which none needs more than the first block. */
#ifndef OSCORE_HKDF_H
#define OSCORE_HKDF_H

#include "ace_port.h"
#include "token/mem.h"

static inline enum ace_err hkdf_extract(struct ace_slice salt, struct ace_slice secret, uint8_t ret_prk[ACE_SHA256_LEN])
{
	/* RFC 5869 2.2: an absent salt is as many zeros as the hash is long; HMAC pads an empty key to the same. */
	return ace_port_hmac_sha256(salt, secret, ret_prk);
}

/* len at most ACE_SHA256_LEN; else ACE_ERR_USAGE. A byte behind info is written. ACE_ERR_CRYPTO leaves nothing in ret_key. */
static inline enum ace_err hkdf_expand(const uint8_t prk[ACE_SHA256_LEN], uint8_t *info, size_t info_len, uint8_t *ret_key,
				       size_t len)
{
	uint8_t block[ACE_SHA256_LEN];
	enum ace_err err;

	if (len > sizeof block)
		return ACE_ERR_USAGE;
	info[info_len++] = 1; /* the number of the first block */
	err = ace_port_hmac_sha256((struct ace_slice){ prk, ACE_SHA256_LEN }, (struct ace_slice){ info, info_len }, block);
	if (!err)
		memcpy(ret_key, block, len);
	ace_wipe(block, sizeof block);
	return err;
}

#endif
