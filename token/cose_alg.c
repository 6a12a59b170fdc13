/* SPDX-License-Identifier: Apache-2.0 */
#include "ace_alg.h"
#include "ace_cose.h"

enum ace_err ace_cose_alg_lengths(int32_t alg, uint8_t *ret_key_len, uint8_t *ret_nonce_len, uint8_t *ret_tag_len)
{
	if (!ace_alg_is_known(alg))
		return ACE_ERR_UNSUPPORTED;
	*ret_key_len = ace_alg_key_len(alg);
	*ret_nonce_len = ace_alg_nonce_len(alg);
	*ret_tag_len = ace_alg_tag_len(alg);
	return ACE_OK;
}
