/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt0 (RFC 9052 5.2), the envelope of access tokens. */
#ifndef ACE_COSE_H
#define ACE_COSE_H

#include "ace_cbor.h"
#include "ace_port.h"
#include "ace_registry.h"

#define ACE_COSE_KID_MAX 16
#define ACE_COSE_PROTECTED_MAX 64 /* longest protected bucket that is taken */

/* Where headers and tags stand. Firmware that is not ours may know only the older forms. */
enum ace_cose_layout {
	ACE_COSE_PROTECTED = 0, /* 61(16([<< alg, kid, IV >>, {}, ct])): what the revocation list needs (RFC 9770 3) */
	ACE_COSE_RFC8392 = 1,   /* 16([<< alg >>, {kid, IV}, ct]) as in RFC 8392 A.5 */
	ACE_COSE_BARE = 2,      /* [<< alg >>, {kid, IV}, ct] */
};

/* A COSE_Encrypt0 taken apart. Slices borrow from the input. */
struct ace_cose_encrypt0 {
	enum ace_cose_layout layout; /* ACE_COSE_BARE, or ACE_COSE_RFC8392 when there was a tag; see ace_cose_is_strict() */
	int32_t alg;
	struct ace_slice kid; /* ptr is NULL when there is none */
	struct ace_slice iv;
	struct ace_slice protected_bytes; /* contents of the protected bucket, for the AAD */
	struct ace_slice ciphertext;
};

struct ace_cose_seal_input {
	enum ace_cose_layout layout;
	int32_t alg;
	struct ace_key key;
	struct ace_slice kid;       /* at most ACE_COSE_KID_MAX bytes; left out when ptr is NULL */
	struct ace_slice iv;        /* as long as alg wants; never used twice under key */
	struct ace_slice plaintext;
};

/* Key, nonce and tag length of an algorithm in bytes. ACE_ERR_UNSUPPORTED for others than 1, 10, 30, 31. */
ACE_MUST_CHECK enum ace_err ace_cose_alg_lengths(int32_t alg, uint8_t *ret_key_len, uint8_t *ret_nonce_len,
						 uint8_t *ret_tag_len);

/* The exact length of what ace_cose_seal() writes. */
ACE_MUST_CHECK enum ace_err ace_cose_sealed_len(const struct ace_cose_seal_input *in, size_t *ret_len);
/* Append the envelope to out. The plaintext may stand anywhere, also where the envelope will. On failure out->len stays, and what
 * is behind it is unspecified, but for the plaintext: of that there is no other copy than the one handed in.
 * @return ACE_OK; ACE_ERR_UNSUPPORTED; ACE_ERR_RANGE kid or iv length; ACE_ERR_SPACE; ACE_ERR_USAGE key length;
 * ACE_ERR_CRYPTO.  Source: RFC 9052 5.2, 5.3. */
ACE_MUST_CHECK enum ace_err ace_cose_seal(const struct ace_cose_seal_input *in, struct ace_buf *out);

/* Take it apart and check what can be checked without a key. Tags may be 55799, 61 and 16, in this order, each or none.
 * @return ACE_OK; a malformed-band error when it is no COSE_Encrypt0 at all. Of that band, three speak of headers, and
 * are refused like a wrong key: ACE_ERR_DUPLICATE a label twice in one bucket or in both (of two that differ the
 * protected one would win; none is taken); ACE_ERR_UNKNOWN there is a crit, which can only name what is not understood;
 * ACE_ERR_RANGE an IV that is absent or of the wrong length, or a protected bucket that is too long.
 * ACE_ERR_UNSUPPORTED no protected alg, or one that is not built in. *ret_cose holds nothing of use then.  Source: RFC 9052 3, 3.1, 5.2. */
ACE_MUST_CHECK enum ace_err ace_cose_read(struct ace_slice in, struct ace_cose_encrypt0 *ret_cose);
/* Is in, of which cose was read, exactly 61(16([protected, {}, ciphertext])) with shortest heads? Of no other form can
 * bytes be altered without changing what the tag covers.  Source: RFC 9770 3. */
bool ace_cose_is_strict(struct ace_slice in, const struct ace_cose_encrypt0 *cose);
/* Decrypt to the start of out. On failure nothing of the plaintext is left there. ACE_ERR_TAG; ACE_ERR_SPACE;
 * ACE_ERR_USAGE key length; ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_cose_open(const struct ace_cose_encrypt0 *cose, struct ace_key key, struct ace_buf *out);

#endif
