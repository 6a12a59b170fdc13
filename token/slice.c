/* SPDX-License-Identifier: Apache-2.0 */
/* What token/ and oscore/ both need, whichever of them is linked. */
#include "ace_cbor.h"
#include "token/mem.h"

bool ace_slice_equal(struct ace_slice a, struct ace_slice b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

uint8_t *ace_cbor_put_bstr(uint8_t *to, struct ace_slice bytes)
{
	bool is_short = bytes.len < 24;

	*to++ = (uint8_t)(is_short ? 0x40 | bytes.len : 0x58);
	if (!is_short)
		*to++ = (uint8_t)bytes.len;
	if (bytes.len)
		memcpy(to, bytes.ptr, bytes.len);
	return to + bytes.len;
}
