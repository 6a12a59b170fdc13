/* SPDX-License-Identifier: Apache-2.0 */
/* One post to two fresh devices, which they may believe: the body, the token in it, each check, the context. */
#include "fuzz.h"
#include "fuzz_device.h"

static void post(struct ace_slice body, bool is_second)
{
	struct fuzz_device device;
	uint8_t answer_bytes[ACE_RS_ANSWER_MAX], code = 0;
	struct ace_buf answer = ACE_BUF_OF(answer_bytes);
	enum ace_err err;

	fuzz_device_start(&device, is_second);
	err = ace_rs_authz_info(&device.rs, NULL, body, &answer, &code);
	fuzz_require((err == ACE_OK) == (code == ACE_COAP_CREATED) && code >> 5 >= 2);
	fuzz_require(ace_rs_invariants_hold(&device.rs));
	fuzz_accepted += !err;
	ace_rs_fini(&device.rs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	post((struct ace_slice){ bytes, len }, false);
	post((struct ace_slice){ bytes, len }, true);
	return 0;
}
