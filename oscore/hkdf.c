/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF (RFC 5869) over the port's HMAC. Extract and expand are apart, since a context takes one extract
 * and three expands, of which none needs more than the first block. */
#include "ace_oscore.h"

#include "token/mem.h"

enum ace_err ace_hkdf_extract(struct ace_slice salt, struct ace_slice secret, uint8_t ret_prk[ACE_SHA256_LEN])
{
	/* RFC 5869 2.2: an absent salt is as many zeros as the hash is long; HMAC pads an empty key to the same. */
	return ace_port_hmac_sha256(salt, secret, ret_prk);
}

enum ace_err ace_hkdf_expand(const uint8_t prk[ACE_SHA256_LEN], struct ace_buf info, uint8_t *ret_key, size_t len)
{
	uint8_t block[ACE_SHA256_LEN];
	enum ace_err err;

	if (info.len >= info.cap || len > sizeof block)
		return ACE_ERR_USAGE;
	info.ptr[info.len++] = 1; /* the number of the first block */
	err = ace_port_hmac_sha256((struct ace_slice){ prk, ACE_SHA256_LEN }, ace_buf_slice(&info), block);
	if (!err)
		memcpy(ret_key, block, len);
	ace_wipe(block, sizeof block);
	return err;
}
