/* SPDX-License-Identifier: Apache-2.0 */
/* Claims (RFC 8392 3, RFC 8747 3, RFC 9200 8.14) to and from a CBOR map. */
#include "ace_claims.h"
#include "ace_scope.h"
#include "token/mem.h"
#include "token/members.h"

#define AT(member) offsetof(struct ace_claims, member)

/* Each claim that is known, in the order of its encoded key, and where it stands. Of those that are more than a value
 * aud is read as it is encoded, and cnf to where its kid will stand; then they are taken apart. */
static const struct member claims_known[] = {
	{ ACE_CLAIM_ISS, MEMBER_TEXT, AT(iss) },
	{ ACE_CLAIM_SUB, MEMBER_TEXT, AT(sub) },
	{ ACE_CLAIM_AUD, MEMBER_RAW, AT(aud) },
	{ ACE_CLAIM_EXP, MEMBER_TIME, AT(exp) },
	{ ACE_CLAIM_NBF, MEMBER_TIME, AT(nbf) },
	{ ACE_CLAIM_IAT, MEMBER_TIME, AT(iat) },
	{ ACE_CLAIM_CTI, MEMBER_BYTES, AT(cti) },
	{ ACE_CLAIM_CNF, MEMBER_RAW, AT(kid) },
	{ ACE_CLAIM_SCOPE, MEMBER_SCOPE, AT(scope) },
	{ ACE_CLAIM_PROFILE, MEMBER_INT, AT(profile) },
	{ ACE_CLAIM_CNONCE, MEMBER_BYTES, AT(cnonce) },
	{ ACE_CLAIM_EXI, MEMBER_UINT, AT(exi) },
};

static const void *member_at(const struct ace_claims *claims, size_t at)
{
	return (const uint8_t *)claims + at;
}

/* --- writing --- */

static bool claim_is_there(const struct ace_claims *claims, const struct member *claim)
{
	switch (claim->key) {
	case ACE_CLAIM_EXP: return claims->has_exp;
	case ACE_CLAIM_NBF: return claims->has_nbf;
	case ACE_CLAIM_IAT: return claims->has_iat;
	case ACE_CLAIM_PROFILE: return claims->has_profile;
	case ACE_CLAIM_EXI: return claims->has_exi;
	case ACE_CLAIM_CNF: return claims->cnf == ACE_CNF_IS_OSC || claims->cnf == ACE_CNF_IS_KID;
	case ACE_CLAIM_SCOPE: return claims->scope.kind != ACE_SCOPE_ABSENT;
	default: return ((const struct ace_slice *)member_at(claims, claim->at))->ptr;
	}
}

static void cnf_write(struct ace_cbor_writer *w, const struct ace_claims *claims)
{
	ace_cbor_write_map(w, 1);
	if (claims->cnf == ACE_CNF_IS_OSC) {
		ace_cbor_write_uint(w, ACE_CNF_OSC);
		ace_osc_write(w, &claims->osc);
	} else {
		ace_cbor_write_uint(w, ACE_CNF_KID);
		ace_cbor_write_bstr(w, claims->kid);
	}
}

static void raw_write(struct ace_cbor_writer *w, const struct ace_claims *claims, enum ace_claim key)
{
	if (key == ACE_CLAIM_CNF)
		cnf_write(w, claims);
	else if (claims->aud_is_array)
		ace_cbor_write_raw(w, claims->aud);
	else
		ace_cbor_write_tstr(w, claims->aud);
}

static void claim_write(struct ace_cbor_writer *w, const struct ace_claims *claims, const struct member *claim)
{
	const void *member = member_at(claims, claim->at);

	switch ((enum member_kind)claim->kind) {
	case MEMBER_TEXT:
		ace_cbor_write_tstr(w, *(const struct ace_slice *)member);
		break;
	case MEMBER_BYTES:
		ace_cbor_write_bstr(w, *(const struct ace_slice *)member);
		break;
	case MEMBER_TIME:
	case MEMBER_INT:
		ace_cbor_write_int(w, *(const int64_t *)member);
		break;
	case MEMBER_UINT:
		ace_cbor_write_uint(w, *(const uint64_t *)member);
		break;
	case MEMBER_SCOPE:
		ace_scope_write(w, member);
		break;
	case MEMBER_RAW:
	case MEMBER_ALG: /* no claim is one */
		raw_write(w, claims, claim->key);
		break;
	}
}

void ace_claims_write(struct ace_cbor_writer *w, const struct ace_claims *claims)
{
	size_t present = 0;

	for (size_t i = 0; i < ACE_ARRAY_LEN(claims_known); i++)
		present += claim_is_there(claims, &claims_known[i]);
	ace_cbor_write_map(w, present);
	for (size_t i = 0; i < ACE_ARRAY_LEN(claims_known); i++) {
		if (!claim_is_there(claims, &claims_known[i]))
			continue;
		ace_cbor_write_uint(w, claims_known[i].key);
		claim_write(w, claims, &claims_known[i]);
	}
}

/* --- reading --- */

/* One text, or an array of them, which is kept as it is encoded (RFC 8392 3.1.3, RFC 7519 4.1.3). */
static enum ace_err audience_read(struct ace_claims *claims)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;

	ace_cbor_read_init(&r, claims->aud);
	claims->aud_is_array = ace_cbor_peek(&r) == ACE_CBOR_ARRAY;
	if (claims->aud_is_array) {
		ace_cbor_array_enter(&r, &seq);
		while (ace_cbor_array_next(&r, &seq))
			(void)ace_cbor_read_tstr(&r);
	} else {
		claims->aud = ace_cbor_read_tstr(&r);
	}
	return r.err;
}

struct confirmation {
	struct ace_slice kid, osc;
};

/* encoded is the value of cnf. What is wrong in the osc map is told later, in the order of checks. */
static enum ace_err cnf_read(struct ace_slice encoded, struct ace_claims *claims, enum ace_err *ret_osc_err)
{
	static const struct member members[] = {
		{ ACE_CNF_KID, MEMBER_BYTES, offsetof(struct confirmation, kid) },
		{ ACE_CNF_OSC, MEMBER_RAW, offsetof(struct confirmation, osc) },
	};
	struct confirmation cnf = { .kid.ptr = NULL };
	struct ace_cbor_reader r;
	uint64_t keys;

	ace_cbor_read_init(&r, encoded);
	keys = ace_members_read(&r, ACE_CBOR_MAP, members, ACE_ARRAY_LEN(members), &cnf);
	if (r.err)
		return r.err;
	claims->kid = cnf.kid;
	claims->cnf = ACE_CNF_IS_OTHER;
	if (cnf.osc.ptr) {
		ace_cbor_read_init(&r, cnf.osc);
		*ret_osc_err = ace_osc_read(&r, &claims->osc);
	}
	/* RFC 8747 3.1: "The 'cnf' claim value MUST represent only a single proof-of-possession key." */
	if (keys & (MEMBER_BIT(ACE_CNF_COSE_KEY) | MEMBER_BIT(ACE_CNF_ENCRYPTED_KEY)))
		return ACE_OK;
	if (!cnf.osc.ptr && cnf.kid.ptr)
		claims->cnf = ACE_CNF_IS_KID;
	else if (cnf.osc.ptr && !*ret_osc_err)
		claims->cnf = ACE_CNF_IS_OSC;
	return ACE_OK;
}

/* RFC 8392 3: claims "that are not understood [...] MUST be ignored". */
enum ace_err ace_claims_read(struct ace_slice in, struct ace_claims *ret_claims, enum ace_err *ret_osc_err)
{
	struct ace_cbor_reader r;
	enum ace_err err;
	uint64_t keys;

	memset(ret_claims, 0, sizeof *ret_claims);
	*ret_osc_err = ACE_OK;
	ace_cbor_read_init(&r, in);
	keys = ace_members_read(&r, ACE_CBOR_MAP, claims_known, ACE_ARRAY_LEN(claims_known), ret_claims);
	err = r.err;
	ret_claims->has_exp = keys & MEMBER_BIT(ACE_CLAIM_EXP);
	ret_claims->has_nbf = keys & MEMBER_BIT(ACE_CLAIM_NBF);
	ret_claims->has_iat = keys & MEMBER_BIT(ACE_CLAIM_IAT);
	ret_claims->has_profile = keys & MEMBER_BIT(ACE_CLAIM_PROFILE);
	ret_claims->has_exi = keys & MEMBER_BIT(ACE_CLAIM_EXI);
	if (!err && ret_claims->aud.ptr)
		err = audience_read(ret_claims);
	if (!err && ret_claims->kid.ptr)
		err = cnf_read(ret_claims->kid, ret_claims, ret_osc_err);
	return err;
}
