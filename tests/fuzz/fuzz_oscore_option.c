/* SPDX-License-Identifier: Apache-2.0 */
/* The value of the OSCORE option has one encoding only: what was read is written as it was. */
#include "ace_oscore.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len };
	struct ace_oscore_option option;
	uint8_t again[512];
	struct ace_buf out = ACE_BUF_OF(again);

	if (ace_oscore_option_read(in, &option))
		return 0;
	fuzz_accepted++;
	fuzz_require(option.piv.len <= ACE_OSCORE_PIV_MAX);
	if (!ace_oscore_option_write(&option, &out))
		fuzz_require(ace_slice_equal(ace_buf_slice(&out), in));
	return 0;
}
