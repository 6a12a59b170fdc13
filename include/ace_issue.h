/* SPDX-License-Identifier: Apache-2.0 */
/* The issuing half of token/: claims and a device's token key in, an access token out. */
#ifndef ACE_ISSUE_H
#define ACE_ISSUE_H

#include "ace_claims.h"
#include "ace_cose.h"

#define ACE_TOKEN_HASH_LEN 33

struct ace_issue_input {
	const struct ace_claims *claims;
	enum ace_cose_layout layout;
	int32_t alg;
	struct ace_key key;
	struct ace_slice kid;
	struct ace_slice iv; /* never used twice under key */
};

/* The exact number of bytes that ace_issue_token() will write. */
ACE_MUST_CHECK enum ace_err ace_issue_len(const struct ace_issue_input *in, size_t *ret_len);
/* Append the token to out. The claims stand in out for a moment and are sealed in place there, so no
 * second copy of the master secret exists; on failure they are wiped.
 * @return ACE_OK; ACE_ERR_UNSUPPORTED; ACE_ERR_RANGE; ACE_ERR_SPACE; ACE_ERR_CRYPTO.  Source: RFC 8392 7.1. */
ACE_MUST_CHECK enum ace_err ace_issue_token(const struct ace_issue_input *in, struct ace_buf *out);
/* Open a token as its issuer (introspection, inspection): claims borrow from plaintext, which the caller wipes;
 * on failure nothing is left in it. Errors are those of ace_cose_read(), ace_cose_open(), ace_claims_read() and ace_osc_read(). */
ACE_MUST_CHECK enum ace_err ace_issue_open(struct ace_slice token, struct ace_key key, struct ace_buf *plaintext,
					   struct ace_claims *ret_claims);

/* How much room the base64url text of a token of len bytes takes. */
#define ACE_TOKEN_HASH_SCRATCH(len) (((len) * 4 + 2) / 3)

/* 0x01 and the SHA-256 of the token's base64url text, which is put together in scratch (a port hashes one piece of
 * memory, and a device has no room for it on its stack); what scratch holds afterwards is of no use.
 * @return ACE_OK; ACE_ERR_SPACE scratch is smaller than ACE_TOKEN_HASH_SCRATCH(token.len); ACE_ERR_CRYPTO.
 * Source: RFC 9770 4, RFC 6920 2. */
ACE_MUST_CHECK enum ace_err ace_token_hash(struct ace_slice token, struct ace_buf scratch,
					   uint8_t ret_hash[ACE_TOKEN_HASH_LEN]);

#endif
