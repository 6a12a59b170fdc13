/* SPDX-License-Identifier: Apache-2.0 */
/* What token/ and oscore/ both need, whichever of them is linked. */
#include "ace_cbor.h"
#include "token/mem.h"

bool ace_bytes_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

uint8_t *ace_cbor_put_bytes(uint8_t *to, const uint8_t *bytes, size_t len)
{
	*to = 0x58;
	if (len < 24)
		*to = (uint8_t)(0x40 | len);
	else
		*++to = (uint8_t)len;
	to++;
	if (len > 0)
		memcpy(to, bytes, len);
	return to + len;
}
