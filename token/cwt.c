/* SPDX-License-Identifier: Apache-2.0 */
/* Claims (RFC 8392 3, RFC 8747 3, RFC 9200 8.14) to and from a CBOR map. */
#include "ace_claims.h"
#include "ace_scope.h"

enum kind { TEXT, BYTES, TIME, UINT, INT, AUDIENCE, CNF, SCOPE };

#define ALWAYS 0xffff /* no has_ member: present when its pointer or kind is set */
#define AT(member) offsetof(struct ace_claims, member)

/* Each claim that is known, in the order of its encoded key; where it stands and where it says that it is there. */
static const struct claim {
	uint8_t key;
	uint8_t kind;
	uint16_t at;
	uint16_t has;
} claims_known[] = {
	{ ACE_CLAIM_ISS, TEXT, AT(iss), ALWAYS },
	{ ACE_CLAIM_SUB, TEXT, AT(sub), ALWAYS },
	{ ACE_CLAIM_AUD, AUDIENCE, AT(aud), ALWAYS },
	{ ACE_CLAIM_EXP, TIME, AT(exp), AT(has_exp) },
	{ ACE_CLAIM_NBF, TIME, AT(nbf), AT(has_nbf) },
	{ ACE_CLAIM_IAT, TIME, AT(iat), AT(has_iat) },
	{ ACE_CLAIM_CTI, BYTES, AT(cti), ALWAYS },
	{ ACE_CLAIM_CNF, CNF, AT(cnf), ALWAYS },
	{ ACE_CLAIM_SCOPE, SCOPE, AT(scope), ALWAYS },
	{ ACE_CLAIM_PROFILE, INT, AT(profile), AT(has_profile) },
	{ ACE_CLAIM_CNONCE, BYTES, AT(cnonce), ALWAYS },
	{ ACE_CLAIM_EXI, UINT, AT(exi), AT(has_exi) },
};

static const void *member_at(const struct ace_claims *claims, size_t at)
{
	return (const uint8_t *)claims + at;
}

/* --- writing --- */

static bool claim_is_there(const struct ace_claims *claims, const struct claim *claim)
{
	if (claim->has != ALWAYS)
		return *(const bool *)member_at(claims, claim->has);
	if (claim->kind == CNF)
		return claims->cnf == ACE_CNF_IS_OSC || claims->cnf == ACE_CNF_IS_KID;
	if (claim->kind == SCOPE)
		return claims->scope.kind != ACE_SCOPE_ABSENT;
	return ((const struct ace_slice *)member_at(claims, claim->at))->ptr;
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

static void claim_write(struct ace_cbor_writer *w, const struct ace_claims *claims, const struct claim *claim)
{
	const void *member = member_at(claims, claim->at);

	switch ((enum kind)claim->kind) {
	case AUDIENCE:
		if (claims->aud_is_array)
			ace_cbor_write_raw(w, claims->aud);
		else
			ace_cbor_write_tstr(w, claims->aud);
		break;
	case TEXT:
		ace_cbor_write_tstr(w, *(const struct ace_slice *)member);
		break;
	case BYTES:
		ace_cbor_write_bstr(w, *(const struct ace_slice *)member);
		break;
	case TIME:
	case INT:
		ace_cbor_write_int(w, *(const int64_t *)member);
		break;
	case UINT:
		ace_cbor_write_uint(w, *(const uint64_t *)member);
		break;
	case CNF:
		cnf_write(w, claims);
		break;
	case SCOPE:
		ace_scope_write(w, &claims->scope);
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
static void audience_read(struct ace_cbor_reader *r, struct ace_claims *claims)
{
	struct ace_cbor_reader start = *r;
	struct ace_cbor_seq seq;

	claims->aud_is_array = ace_cbor_peek(r) == ACE_CBOR_ARRAY;
	if (!claims->aud_is_array) {
		claims->aud = ace_cbor_read_tstr(r);
		return;
	}
	claims->aud = ace_cbor_read_raw(&start);
	ace_cbor_array_enter(r, &seq);
	while (ace_cbor_array_next(r, &seq))
		ace_cbor_read_tstr(r);
}

/* The osc map is read by a reader of its own: what is wrong in it is told later in the order of checks. */
static void osc_read(struct ace_cbor_reader *r, struct ace_claims *claims, enum ace_err *ret_osc_err)
{
	struct ace_cbor_reader sub;

	ace_cbor_read_init(&sub, ace_cbor_read_raw(r));
	*ret_osc_err = ace_osc_read(&sub, &claims->osc);
}

static void cnf_read(struct ace_cbor_reader *r, struct ace_claims *claims, enum ace_err *ret_osc_err)
{
	struct ace_cbor_seq seq;
	bool other_key = false, has_osc = false;
	int64_t member;

	ace_cbor_map_enter(r, &seq);
	while (ace_cbor_map_next(r, &seq, &member)) {
		if (member == ACE_CNF_KID) {
			claims->kid = ace_cbor_read_bstr(r);
			continue;
		}
		if (member == ACE_CNF_OSC) {
			has_osc = true;
			osc_read(r, claims, ret_osc_err);
			continue;
		}
		other_key |= member == ACE_CNF_COSE_KEY || member == ACE_CNF_ENCRYPTED_KEY;
		ace_cbor_read_raw(r);
	}
	/* RFC 8747 3.1: "The 'cnf' claim value MUST represent only a single proof-of-possession key." */
	claims->cnf = ACE_CNF_IS_OTHER;
	if (has_osc && !other_key && !*ret_osc_err)
		claims->cnf = ACE_CNF_IS_OSC;
	else if (claims->kid.ptr && !has_osc && !other_key)
		claims->cnf = ACE_CNF_IS_KID;
}

static void claim_read(struct ace_cbor_reader *r, const struct claim *claim, struct ace_claims *claims,
		       enum ace_err *ret_osc_err)
{
	void *member = (uint8_t *)claims + claim->at;
	enum ace_err err;

	switch ((enum kind)claim->kind) {
	case TEXT:
		*(struct ace_slice *)member = ace_cbor_read_tstr(r);
		break;
	case BYTES:
		*(struct ace_slice *)member = ace_cbor_read_bstr(r);
		break;
	case TIME: /* RFC 8392 2: "the leading tag 1 [...] MUST be omitted": a tagged date is of the wrong type */
		*(int64_t *)member = ace_cbor_read_time(r);
		break;
	case INT:
		*(int64_t *)member = ace_cbor_read_int(r);
		break;
	case UINT:
		*(uint64_t *)member = ace_cbor_read_uint(r);
		break;
	case AUDIENCE:
		audience_read(r, claims);
		break;
	case CNF:
		cnf_read(r, claims, ret_osc_err);
		break;
	case SCOPE:
		err = ace_scope_read(r, &claims->scope);
		if (err && !r->err)
			r->err = err;
		break;
	}
	if (claim->has != ALWAYS)
		*(bool *)((uint8_t *)claims + claim->has) = true;
}

static const struct claim *claim_find(int64_t key)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(claims_known); i++)
		if (claims_known[i].key == key)
			return &claims_known[i];
	return NULL;
}

enum ace_err ace_claims_read(struct ace_slice in, struct ace_claims *ret_claims, enum ace_err *ret_osc_err)
{
	struct ace_claims claims = { 0 };
	enum ace_err err, osc_err = ACE_OK;
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	ace_cbor_read_init(&r, in);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		const struct claim *claim = claim_find(key);

		if (claim)
			claim_read(&r, claim, &claims, &osc_err);
		else /* RFC 8392 3: claims "that are not understood [...] MUST be ignored" */
			ace_cbor_read_raw(&r);
	}
	err = ace_cbor_read_finish(&r);
	if (err)
		return err;
	*ret_claims = claims;
	*ret_osc_err = osc_err;
	return ACE_OK;
}
