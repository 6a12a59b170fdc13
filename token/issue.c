/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in, an access token out, and back again for its issuer. */
#include "ace_issue.h"

/* plaintext is where the claims stand, or only their length while measuring. */
static struct ace_cose_seal_input seal_input(const struct ace_issue_input *in, struct ace_slice plaintext)
{
	return (struct ace_cose_seal_input){ .layout = in->layout, .alg = in->alg, .key = in->key,
					     .kid = in->kid, .iv = in->iv, .plaintext = plaintext };
}

/* Lengths of the claims and of the token made of them. */
static enum ace_err measure(const struct ace_issue_input *in, size_t *ret_claims_len, size_t *ret_token_len)
{
	struct ace_cose_seal_input seal;
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, NULL, 0);
	ace_claims_write(&w, in->claims);
	*ret_claims_len = w.len;
	seal = seal_input(in, (struct ace_slice){ NULL, w.len });
	return ace_cose_sealed_len(&seal, ret_token_len);
}

enum ace_err ace_issue_len(const struct ace_issue_input *in, size_t *ret_len)
{
	size_t claims_len;

	return measure(in, &claims_len, ret_len);
}

enum ace_err ace_issue_token(const struct ace_issue_input *in, struct ace_buf *out)
{
	uint8_t key_len, nonce_len, tag_len;
	size_t claims_len, token_len;
	struct ace_cose_seal_input seal;
	struct ace_cbor_writer w;
	uint8_t *place;
	enum ace_err err = measure(in, &claims_len, &token_len);

	if (!err)
		err = ace_cose_alg_lengths(in->alg, &key_len, &nonce_len, &tag_len);
	if (err)
		return err;
	if (token_len > out->cap - out->len)
		return ACE_ERR_SPACE;
	/* The claims go where their ciphertext will be, which is the end of the token but for the tag. */
	place = out->ptr + out->len + token_len - tag_len - claims_len;
	ace_cbor_write_init(&w, place, claims_len);
	ace_claims_write(&w, in->claims);
	seal = seal_input(in, (struct ace_slice){ place, claims_len });
	err = ace_cose_seal(&seal, out);
	if (err)
		ace_wipe(place, claims_len);
	return err;
}

enum ace_err ace_issue_open(struct ace_slice token, struct ace_key key, struct ace_buf *plaintext,
			    struct ace_claims *ret_claims)
{
	struct ace_cose_encrypt0 cose;
	struct ace_claims claims;
	enum ace_err osc_err, err = ace_cose_read(token, &cose);

	if (!err)
		err = ace_cose_open(&cose, key, plaintext);
	if (err)
		return err;
	err = ace_claims_read(ace_buf_slice(plaintext), &claims, &osc_err);
	if (!err)
		err = osc_err;
	if (err) {
		ace_wipe(plaintext->ptr, plaintext->len);
		plaintext->len = 0;
		return err;
	}
	*ret_claims = claims;
	return ACE_OK;
}
