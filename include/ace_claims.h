/* SPDX-License-Identifier: Apache-2.0 */
/* What a token says: the struct that the issuer fills and the verifier returns. */
#ifndef ACE_CLAIMS_H
#define ACE_CLAIMS_H

#include "ace_cbor.h"
#include "ace_registry.h"

#define ACE_OSC_ID_MAX 8        /* longest osc.id that is issued or taken */
#define ACE_MASTER_SECRET_MIN 16

/* OSCORE_Input_Material (RFC 9203 3.2.1): what both sides derive their context from. Slices borrow. */
struct ace_osc {
	struct ace_slice id;
	struct ace_slice ms;
	struct ace_slice salt;       /* empty when absent: both mean the same */
	struct ace_slice context_id;
	bool has_salt, has_context_id;
	int32_t alg;     /* 0: absent, the default 10 */
	int32_t hkdf;    /* 0: absent, the default HKDF SHA-256 */
	int32_t version; /* 0: absent, the default 1 */
};

enum ace_cnf_kind { ACE_CNF_ABSENT = 0, ACE_CNF_IS_OSC, ACE_CNF_IS_KID, ACE_CNF_IS_OTHER };

enum ace_scope_kind { ACE_SCOPE_ABSENT = 0, ACE_SCOPE_AIF, ACE_SCOPE_TEXT };

/* A scope as it travels: AIF as the contents of a byte string, or space-separated names. */
struct ace_scope {
	enum ace_scope_kind kind;
	struct ace_slice bytes;
};

/* Absent numbers: has_x is false. Absent strings: ptr is NULL. Slices borrow from whom the struct was filled from. */
struct ace_claims {
	bool has_exp, has_nbf, has_iat, has_exi, has_profile;
	bool aud_is_array;
	enum ace_cnf_kind cnf;
	struct ace_slice iss, sub;
	struct ace_slice aud; /* one text; with several (aud_is_array set) the encoded array */
	int64_t exp, nbf, iat; /* seconds since 1970 */
	uint64_t exi;          /* seconds from first sight */
	int64_t profile;       /* ACE_PROFILE_COAP_OSCORE */
	struct ace_slice cti;
	struct ace_slice cnonce;
	struct ace_slice kid; /* when cnf is ACE_CNF_IS_KID: the osc.id that is meant */
	struct ace_scope scope;
	struct ace_osc osc;   /* when cnf is ACE_CNF_IS_OSC */
};

/* Write the claims as one deterministic CBOR map; absent ones are left out. */
void ace_claims_write(struct ace_cbor_writer *w, const struct ace_claims *claims);
/* Read one; unknown claims and unknown cnf members are passed over.
 * Errors stick in the reader: malformed band; ACE_ERR_TYPE also for a tagged date; ACE_ERR_CNF stays the caller's to judge.
 * A bad osc map does not fail here: it leaves cnf at ACE_CNF_IS_OTHER with the reason in *ret_osc_err,
 * because its place in the order of checks is later (token_check). After an error *ret_claims holds nothing of use. */
ACE_MUST_CHECK enum ace_err ace_claims_read(struct ace_slice in, struct ace_claims *ret_claims, enum ace_err *ret_osc_err);

/* Is audience among those of an array of texts, as ace_claims_read() left it? *ret_found counts on ACE_OK only; malformed-band errors otherwise. */
ACE_MUST_CHECK enum ace_err ace_audience_find(const struct ace_slice *array, struct ace_slice audience, bool *ret_found);

/* The osc map alone, for cnf of the token response. encoded was checked with what it stood in: ace_cbor_read_raw() gives such.
 * read: ACE_ERR_MISSING id or ms, ACE_ERR_UNKNOWN an unknown member, ACE_ERR_RANGE a short ms or a long id,
 * ACE_ERR_UNSUPPORTED version, alg or hkdf, ACE_ERR_TYPE; *ret_osc holds nothing of use then.  Source: RFC 9203 3.2.1, 4.2. */
void ace_osc_write(struct ace_cbor_writer *w, const struct ace_osc *osc);
ACE_MUST_CHECK enum ace_err ace_osc_read(struct ace_slice encoded, struct ace_osc *ret_osc);

/* Master Salt = CBOR(salt) CBOR(N1) CBOR(N2), appended to out; none of them longer than 255 bytes.
 * ACE_ERR_SPACE also for one that is; out has room for six bytes more than they have.  Source: RFC 9203 4.3. */
ACE_MUST_CHECK enum ace_err ace_master_salt_append(const struct ace_slice *salt, const struct ace_slice *nonce1,
						   const struct ace_slice *nonce2, struct ace_buf *out);
ACE_MUST_CHECK static inline enum ace_err ace_master_salt(struct ace_slice salt, struct ace_slice nonce1,
							  struct ace_slice nonce2, struct ace_buf *out)
{
	return ace_master_salt_append(&salt, &nonce1, &nonce2, out);
}

#endif
