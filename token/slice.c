/* SPDX-License-Identifier: Apache-2.0 */
#include "ace_slice.h"
#include "token/mem.h"

bool ace_slice_equal(struct ace_slice a, struct ace_slice b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}
