/* SPDX-License-Identifier: Apache-2.0 */
/* Claims (RFC 8392 3, RFC 8747 3, RFC 9200 8.14) to and from a CBOR map. */
#include "ace_claims.h"
#include "ace_scope.h"
#include "token/cbor_head.h"
#include "token/mem.h"
#include "token/members.h"

#define AT(member) offsetof(struct ace_claims, member)

/* Each claim that is known, in the order of its encoded key, and where it stands. cnf is read as it is encoded to where
 * its kid will stand, and then taken apart. */
static const struct member claims_known[] = {
	{ ACE_CLAIM_ISS, MEMBER_TEXT, AT(iss) },
	{ ACE_CLAIM_SUB, MEMBER_TEXT, AT(sub) },
	{ ACE_CLAIM_AUD, MEMBER_TEXTS, AT(aud) },
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
static const struct member_table claims_table = { ACE_CBOR_MAP, ACE_ARRAY_LEN(claims_known), false, claims_known };

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
	case MEMBER_TEXTS:
		if (claims->aud_is_array)
			ace_cbor_write_raw(w, claims->aud);
		else
			ace_cbor_write_tstr(w, claims->aud);
		break;
	case MEMBER_RAW:
	case MEMBER_ALG: /* no claim is one */
		cnf_write(w, claims);
		break;
	}
}

void ace_claims_write(struct ace_cbor_writer *w, const struct ace_claims *claims)
{
	size_t head = w->len;
	uint8_t present = 0;

	_Static_assert(ACE_ARRAY_LEN(claims_known) < 24, "the head of the map is one byte");
	ace_cbor_write_map(w, 0);
	for (size_t i = 0; i < ACE_ARRAY_LEN(claims_known); i++) {
		if (!claim_is_there(claims, &claims_known[i]))
			continue;
		ace_cbor_write_uint(w, claims_known[i].key);
		claim_write(w, claims, &claims_known[i]);
		present++;
	}
	if (head < w->cap)
		w->ptr[head] |= present;
}

/* --- reading --- */

enum ace_err ace_audience_find(const struct ace_slice *array, struct ace_slice audience, bool *ret_found)
{
	struct ace_slice items;
	struct cbor_item item;
	enum ace_err err = ace_items_open(array, ACE_CBOR_ARRAY, &items);

	*ret_found = false;
	while (!err && items.len > 0) {
		err = ace_cbor_value_take(&items, CBOR_MAJOR(ACE_CBOR_TSTR), &item);
		if (!err)
			*ret_found |= ace_slice_equal(cbor_string(&item), audience);
	}
	return err;
}

struct confirmation {
	struct ace_slice kid, osc;
};

static const struct member cnf_members[] = {
	{ ACE_CNF_KID, MEMBER_BYTES, offsetof(struct confirmation, kid) },
	{ ACE_CNF_OSC, MEMBER_RAW, offsetof(struct confirmation, osc) },
};
static const struct member_table cnf_table = { ACE_CBOR_MAP, ACE_ARRAY_LEN(cnf_members), true, cnf_members };

/* encoded is the value of cnf. What is wrong in the osc map is told later, in the order of checks. */
static enum ace_err cnf_read(struct ace_slice encoded, struct ace_claims *claims, enum ace_err *ret_osc_err)
{
	struct confirmation cnf = { .kid.ptr = NULL };
	struct member_keys keys;
	enum ace_err err = ace_members_read(&encoded, &cnf_table, &cnf, &keys);

	if (err)
		return err;
	claims->kid = cnf.kid;
	claims->cnf = ACE_CNF_IS_OTHER;
	if (cnf.osc.ptr)
		*ret_osc_err = ace_osc_read(cnf.osc, &claims->osc);
	/* RFC 8747 3.1: "The 'cnf' claim value MUST represent only a single proof-of-possession key." */
	if (member_is_there(&keys, ACE_CNF_COSE_KEY) || member_is_there(&keys, ACE_CNF_ENCRYPTED_KEY))
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
	struct member_keys keys;
	enum ace_err err;
	bool found;

	memset(ret_claims, 0, sizeof *ret_claims);
	*ret_osc_err = ACE_OK;
	err = ace_members_read(&in, &claims_table, ret_claims, &keys);
	ret_claims->has_exp = member_is_there(&keys, ACE_CLAIM_EXP);
	ret_claims->has_nbf = member_is_there(&keys, ACE_CLAIM_NBF);
	ret_claims->has_iat = member_is_there(&keys, ACE_CLAIM_IAT);
	ret_claims->has_profile = member_is_there(&keys, ACE_CLAIM_PROFILE);
	ret_claims->has_exi = member_is_there(&keys, ACE_CLAIM_EXI);
	ret_claims->aud_is_array = ret_claims->aud.len > 0 && *ret_claims->aud.ptr >> 5 == ACE_CBOR_ARRAY;
	if (!err && ret_claims->aud_is_array)
		err = ace_audience_find(&ret_claims->aud, (struct ace_slice){ NULL, 0 }, &found);
	if (!err && ret_claims->kid.ptr)
		err = cnf_read(ret_claims->kid, ret_claims, ret_osc_err);
	return err;
}
