/* SPDX-License-Identifier: Apache-2.0 */
/* An access token: the envelope, what is in it, and whether its form is the strict one. */
#include "ace_claims.h"
#include "ace_cose.h"
#include "fuzz.h"
#include "port_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t key[ACE_AEAD_KEY_MAX];
	uint8_t plain[1024], key_len, nonce_len, tag_len;
	struct ace_buf out = ACE_BUF_OF(plain);
	struct ace_slice in = { bytes, len };
	struct ace_cose_encrypt0 cose;
	struct ace_claims claims;
	enum ace_err osc_err;

	port_fuzz_reset();
	if (ace_cose_read(in, &cose))
		return 0;
	fuzz_require(ace_cose_alg_lengths(cose.alg, &key_len, &nonce_len, &tag_len) == ACE_OK);
	fuzz_require(cose.iv.len == nonce_len && cose.protected_bytes.len <= ACE_COSE_PROTECTED_MAX);
	fuzz_require(!ace_cose_is_strict(in, &cose) || cose.layout != ACE_COSE_BARE);
	if (ace_cose_open(&cose, (struct ace_key){ .bytes = { key, key_len } }, &out))
		return 0;
	fuzz_accepted++;
	(void)!ace_claims_read(ace_buf_slice(&out), &claims, &osc_err);
	return 0;
}
