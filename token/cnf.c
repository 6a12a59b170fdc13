/* SPDX-License-Identifier: Apache-2.0 */
/* OSCORE_Input_Material (RFC 9203 3.2.1) and the Master Salt that is made with it. */
#include "ace_alg.h"
#include "ace_claims.h"
#include "token/mem.h"
#include "token/members.h"

static void optional_int_write(struct ace_cbor_writer *w, enum ace_osc_member member, int32_t value)
{
	if (value == 0)
		return;
	ace_cbor_write_uint(w, member);
	ace_cbor_write_int(w, value);
}

static void bytes_write(struct ace_cbor_writer *w, enum ace_osc_member member, struct ace_slice bytes)
{
	ace_cbor_write_uint(w, member);
	ace_cbor_write_bstr(w, bytes);
}

void ace_osc_write(struct ace_cbor_writer *w, const struct ace_osc *osc)
{
	size_t optional = (size_t)(osc->version != 0) + (osc->hkdf != 0) + (osc->alg != 0) + osc->has_salt +
			  osc->has_context_id;

	ace_cbor_write_map(w, 2 + optional);
	bytes_write(w, ACE_OSC_ID, osc->id);
	optional_int_write(w, ACE_OSC_VERSION, osc->version);
	bytes_write(w, ACE_OSC_MS, osc->ms);
	optional_int_write(w, ACE_OSC_HKDF, osc->hkdf);
	optional_int_write(w, ACE_OSC_ALG, osc->alg);
	if (osc->has_salt)
		bytes_write(w, ACE_OSC_SALT, osc->salt);
	if (osc->has_context_id)
		bytes_write(w, ACE_OSC_CONTEXT_ID, osc->context_id);
}

#define AT(member) offsetof(struct ace_osc, member)
static const struct member members[] = {
	{ ACE_OSC_ID, MEMBER_BYTES, AT(id) },
	{ ACE_OSC_VERSION, MEMBER_ALG, AT(version) },
	{ ACE_OSC_MS, MEMBER_BYTES, AT(ms) },
	{ ACE_OSC_HKDF, MEMBER_ALG, AT(hkdf) },
	{ ACE_OSC_ALG, MEMBER_ALG, AT(alg) },
	{ ACE_OSC_SALT, MEMBER_BYTES, AT(salt) },
	{ ACE_OSC_CONTEXT_ID, MEMBER_BYTES, AT(context_id) },
};
static const struct member_table osc_members = { ACE_CBOR_MAP, ACE_ARRAY_LEN(members), true, members };

/* Of each number 0 means that it is absent. */
static bool numbers_are_supported(const struct ace_osc *osc)
{
	if (osc->version && osc->version != 1)
		return false;
	if (osc->hkdf && osc->hkdf != ACE_ALG_HMAC_256 && osc->hkdf != ACE_ALG_DIRECT_HKDF_SHA_256)
		return false;
	return !osc->alg || ace_alg_is_known(osc->alg);
}

enum ace_err ace_osc_read(struct ace_slice encoded, struct ace_osc *ret_osc)
{
	struct member_keys keys;
	enum ace_err err;

	memset(ret_osc, 0, sizeof *ret_osc);
	err = ace_members_read(&encoded, &osc_members, ret_osc, &keys);
	if (err)
		return err;
	/* RFC 9203 4.2: when parameters "received in the osc field are unrecognized", the token is refused. */
	if (keys.bits[0] >> (ACE_OSC_CONTEXT_ID + 1) || keys.bits[1])
		return ACE_ERR_UNKNOWN;
	if (!numbers_are_supported(ret_osc))
		return ACE_ERR_UNSUPPORTED;
	if (!ret_osc->id.ptr || !ret_osc->ms.ptr)
		return ACE_ERR_MISSING;
	if (ret_osc->id.len > ACE_OSC_ID_MAX || ret_osc->ms.len < ACE_MASTER_SECRET_MIN)
		return ACE_ERR_RANGE;
	ret_osc->has_salt = ret_osc->salt.ptr;
	ret_osc->has_context_id = ret_osc->context_id.ptr;
	return ACE_OK;
}

enum ace_err ace_master_salt_append(const struct ace_slice *salt, const struct ace_slice *nonce1,
				    const struct ace_slice *nonce2, struct ace_buf *out)
{
	uint8_t *end = out->ptr + out->len;

	if ((salt->len | nonce1->len | nonce2->len) > UINT8_MAX ||
	    salt->len + nonce1->len + nonce2->len + 3 * 2 > out->cap - out->len)
		return ACE_ERR_SPACE;
	end = ace_cbor_put_bstr(end, *salt);
	end = ace_cbor_put_bstr(end, *nonce1);
	end = ace_cbor_put_bstr(end, *nonce2);
	out->len = (size_t)(end - out->ptr);
	return ACE_OK;
}
