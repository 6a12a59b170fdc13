/* SPDX-License-Identifier: Apache-2.0 */
#include "ace_cose.h"

static const struct {
	uint8_t alg, key_len, nonce_len, tag_len;
} algs[] = {
	{ ACE_ALG_CCM_16_64_128, 16, 13, 8 },
	{ ACE_ALG_A128GCM, 16, 12, 16 },
	{ ACE_ALG_CCM_16_128_128, 16, 13, 16 },
	{ ACE_ALG_CCM_16_128_256, 32, 13, 16 },
};

enum ace_err ace_cose_alg_lengths(int32_t alg, uint8_t *ret_key_len, uint8_t *ret_nonce_len, uint8_t *ret_tag_len)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++) {
		if (algs[i].alg != alg)
			continue;
		*ret_key_len = algs[i].key_len;
		*ret_nonce_len = algs[i].nonce_len;
		*ret_tag_len = algs[i].tag_len;
		return ACE_OK;
	}
	return ACE_ERR_UNSUPPORTED;
}
