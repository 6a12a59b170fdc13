/* SPDX-License-Identifier: Apache-2.0 */
/* HKDF (RFC 5869) over the port's HMAC. Extract and expand are apart, since a context takes one extract
 * and three expands. */
#include "ace_oscore.h"

#include "token/mem.h"

enum ace_err ace_hkdf_extract(struct ace_slice salt, struct ace_slice secret, uint8_t ret_prk[ACE_SHA256_LEN])
{
	/* RFC 5869 2.2: an absent salt is as many zeros as the hash is long; HMAC pads an empty key to the same. */
	return ace_port_hmac_sha256(salt, secret, ret_prk);
}

enum ace_err ace_hkdf_expand(const uint8_t prk[ACE_SHA256_LEN], struct ace_slice info, uint8_t *ret_key, size_t len)
{
	/* The block before, info, and the number of this block: what one HMAC is taken over. */
	uint8_t bytes[ACE_SHA256_LEN + ACE_HKDF_INFO_MAX + 1];
	uint8_t *const rest = bytes + ACE_SHA256_LEN;
	struct ace_slice input = { rest, info.len + 1 };
	enum ace_err err = ACE_OK;
	size_t done = 0;

	if (info.len > ACE_HKDF_INFO_MAX || len > 255 * ACE_SHA256_LEN)
		return ACE_ERR_USAGE;
	if (info.len)
		memcpy(rest, info.ptr, info.len);
	rest[info.len] = 0;
	while (done < len) {
		size_t part = len - done < ACE_SHA256_LEN ? len - done : ACE_SHA256_LEN;

		rest[info.len]++;
		err = ace_port_hmac_sha256((struct ace_slice){ prk, ACE_SHA256_LEN }, input, bytes);
		if (err) {
			ace_wipe(ret_key, done);
			break;
		}
		memcpy(ret_key + done, bytes, part);
		done += part;
		input = (struct ace_slice){ bytes, ACE_SHA256_LEN + info.len + 1 };
	}
	ace_wipe(bytes, sizeof bytes);
	return err;
}
