/* SPDX-License-Identifier: Apache-2.0 */
/* What the tokens of a model look like: their claims, and how many bytes they are. The issuer fills its claims from here,
 * so that what is said beforehand about a token is true of it. */
#ifndef POLICY_TOKEN_FORM_H
#define POLICY_TOKEN_FORM_H

#include "ace_claims.h"
#include "policy/policy.h"

#define POLICY_EXI_NUMBER_LEN 4 /* bytes that count tokens with exi, behind the audience in cti */
/* Bytes of a token's number (osc.id, and cti of tokens with exp) in shortest form: 6 until 2032, 7 for long after. */
#define POLICY_TOKEN_NUMBER_LEN 7

/* All borrowed; so are the slices of the claims. */
struct policy_token_input {
	const struct policy_model *model;
	const char *issuer, *client, *audience;
	struct ace_scope scope;
	int64_t now; /* seconds since 1970 */
	uint32_t lifetime_s;
	struct ace_slice cti;
	struct ace_slice cnonce; /* NULL ptr: none */
};

/* Every claim but cnf.  Source: RFC 9200 5.10, RFC 8392 3.1. */
void policy_token_claims(const struct policy_token_input *in, struct ace_claims *ret_claims);

struct policy_token_size {
	struct policy_token_input token; /* cti is made up here */
	size_t number_len;               /* bytes of the token's number in shortest form, at most 8 */
	int32_t alg;                     /* what seals it, COSE number */
	size_t kid_len;                  /* of the token key */
};

/* How long such a first token is, by the encoder that makes it. ACE_ERR_RANGE number_len, kid_len or the audience is too
 * long; ACE_ERR_UNSUPPORTED alg. */
ACE_MUST_CHECK enum ace_err policy_token_len(const struct policy_token_size *in, size_t *ret_len);

#endif
