/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rs.h"

static enum ace_err read_envelope(const struct ace_rs *rs, struct ace_slice token, struct ace_cose_encrypt0 *ret_cose)
{
	enum ace_err err = ace_cose_read(token, ret_cose);

	/* RFC 9770 11.1: whatever is not exactly 61(16(...)) with an empty unprotected bucket "MUST" be refused, since
	 * an attacker could change its hash. What has a tag, but not these, counts as an attempt at that. */
	if (ACE_RS_TRL && rs->config.strict_layout &&
	    (err ? token.len && token.ptr[0] >> 5 == ACE_CBOR_TAG : !ace_cose_is_strict(token, ret_cose)))
		return ACE_ERR_LAYOUT;
	return err;
}

static enum ace_err open_with(struct ace_rs *rs, const struct ace_cose_encrypt0 *cose, size_t key,
			      struct rs_token *token)
{
	struct ace_buf plain = { rs->scratch, rs_scratch_len(rs), 0 };
	enum ace_err err = ace_cose_open(cose, rs->config.keys[key].key, &plain);

	token->plain = ace_buf_slice(&plain);
	token->key = (uint8_t)key;
	token->issuer = ace_rs_issuer_of(&rs->config, key);
	return err;
}

enum ace_err ace_rs_token_open(struct ace_rs *rs, struct ace_slice token, struct rs_token *ret_token)
{
	const struct ace_rs_as_key *key = rs->config.keys;
	struct ace_cose_encrypt0 cose;
	enum ace_err err = read_envelope(rs, token, &cose), opened;

	if (err)
		return err;
	err = ACE_ERR_NO_KEY;
	/* RFC 9052 3.1: several keys may have one kid: "all of the keys associated with the kid may need to be checked". */
	for (size_t left = rs_keys_len(&rs->config); left > 0; left--, key++) {
		bool is_named = ace_slice_equal(key->kid, cose.kid);

		/* An unknown kid takes as long as a wrong tag, so time does not tell which kids are known: the last key is
		 * tried, and does not count. */
		if (!is_named && (left > 1 || err != ACE_ERR_NO_KEY))
			continue;
		if (is_named && cose.alg != (key->alg ? key->alg : ACE_ALG_CCM_16_64_128)) {
			err = ACE_ERR_UNSUPPORTED;
			continue;
		}
		opened = open_with(rs, &cose, (size_t)(key - rs->config.keys), ret_token);
		if (is_named || opened == ACE_ERR_CRYPTO)
			err = opened;
		if (!err)
			break;
		if (err == ACE_ERR_TAG && rs->as[ret_token->key].failures < UINT32_MAX)
			rs->as[ret_token->key].failures++;
	}
	return err;
}

enum ace_err ace_rs_token_decode(struct rs_token *token)
{
	return ace_claims_read(token->plain, &token->claims, &token->osc_err);
}
