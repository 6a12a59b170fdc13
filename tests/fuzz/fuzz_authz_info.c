/* SPDX-License-Identifier: Apache-2.0 */
/* One post to a fresh device, which it may believe: the body, the token in it, each check, the context. */
#include "fuzz.h"
#include "fuzz_device.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_device device;
	uint8_t answer_bytes[ACE_RS_ANSWER_MAX], code = 0;
	struct ace_buf answer = ACE_BUF_OF(answer_bytes);
	enum ace_err err;

	fuzz_device_start(&device);
	err = ace_rs_authz_info(&device.rs, NULL, (struct ace_slice){ bytes, len }, &answer, &code);
	fuzz_require((err == ACE_OK) == (code == ACE_COAP_CREATED) && code >> 5 >= 2);
	fuzz_require(ace_rs_invariants_hold(&device.rs));
	fuzz_accepted += !err;
	ace_rs_fini(&device.rs);
	return 0;
}
