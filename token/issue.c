/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in, an access token out, and back again for its issuer. */
#include "ace_issue.h"
#include "token/mem.h"

/* plaintext is where the claims stand, or only their length while measuring. */
static struct ace_cose_seal_input seal_input(const struct ace_issue_input *in, struct ace_slice plaintext)
{
	return (struct ace_cose_seal_input){ .layout = in->layout, .alg = in->alg, .key = in->key,
					     .kid = in->kid, .iv = in->iv, .plaintext = plaintext };
}

enum ace_err ace_issue_len(const struct ace_issue_input *in, size_t *ret_len)
{
	struct ace_cose_seal_input seal;
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, NULL, 0);
	ace_claims_write(&w, in->claims);
	seal = seal_input(in, (struct ace_slice){ NULL, w.len });
	return ace_cose_sealed_len(&seal, ret_len);
}

/* The claims are written once and never measured before: a token is longer than its claims, so there is room for them
 * wherever there is room for it. */
enum ace_err ace_issue_token(const struct ace_issue_input *in, struct ace_buf *out)
{
	struct ace_cose_seal_input seal;
	struct ace_cbor_writer w;
	struct ace_slice claims;
	enum ace_err err;

	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_claims_write(&w, in->claims);
	err = ace_cbor_written(&w, &claims);
	if (!err) {
		seal = seal_input(in, claims);
		err = ace_cose_seal(&seal, out);
	}
	if (err)
		ace_wipe(out->ptr + out->len, w.len < w.cap ? w.len : w.cap);
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
