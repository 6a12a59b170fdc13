/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/token_form.h"

#include <string.h>

#include "ace_issue.h"

#define AUDIENCE_MAX 128
#define MS_LEN 16
#define SALT_LEN 8

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

const char *policy_layout_name(enum ace_cose_layout layout)
{
	static const char *const names[] = { [ACE_COSE_PROTECTED] = "protected", [ACE_COSE_RFC8392] = "rfc8392",
					     [ACE_COSE_BARE] = "bare" };

	return names[layout];
}

void policy_token_claims(const struct policy_token_input *in, struct ace_claims *ret_claims)
{
	const struct policy_model *model = in->model;

	*ret_claims = (struct ace_claims){
		.iss = model->omit_iss ? (struct ace_slice){ 0 } : text_slice(in->issuer),
		.sub = model->omit_sub ? (struct ace_slice){ 0 } : text_slice(in->client),
		.aud = text_slice(in->audience),
		.has_exp = model->has_clock,
		.exp = in->now + in->lifetime_s,
		.has_exi = !model->has_clock,
		.exi = in->lifetime_s,
		.has_iat = !model->omit_iat,
		.iat = in->now,
		.cti = in->cti,
		.cnonce = in->cnonce,
		.scope = in->scope,
		.has_profile = true,
		.profile = ACE_PROFILE_COAP_OSCORE,
	};
}

enum ace_err policy_token_len(const struct policy_token_size *in, size_t *ret_len)
{
	/* Only lengths count: the encoder looks at none of these bytes. */
	static const uint8_t bytes[AUDIENCE_MAX + POLICY_EXI_NUMBER_LEN];
	const struct policy_model *model = in->token.model;
	size_t id_len = in->number_len > model->token_id_bytes ? in->number_len : model->token_id_bytes;
	struct policy_token_input token = in->token;
	uint8_t key_len, nonce_len, tag_len;
	struct ace_claims claims;
	enum ace_err err = ace_cose_alg_lengths(in->alg, &key_len, &nonce_len, &tag_len);

	if (err)
		return err;
	if (id_len > ACE_OSC_ID_MAX || in->kid_len > ACE_COSE_KID_MAX || strlen(token.audience) > AUDIENCE_MAX)
		return ACE_ERR_RANGE;
	token.cti = (struct ace_slice){ bytes, model->has_clock ? in->number_len :
								  strlen(token.audience) + POLICY_EXI_NUMBER_LEN };
	policy_token_claims(&token, &claims);
	claims.cnf = ACE_CNF_IS_OSC;
	claims.osc = (struct ace_osc){ .id = { bytes, id_len }, .ms = { bytes, MS_LEN }, .salt = { bytes, SALT_LEN },
				       .has_salt = model->token_salt };
	return ace_issue_len(&(struct ace_issue_input){ .claims = &claims, .layout = model->token_layout, .alg = in->alg,
							.kid = { bytes, in->kid_len }, .iv = { bytes, nonce_len } },
			     ret_len);
}
