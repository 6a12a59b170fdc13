/* SPDX-License-Identifier: Apache-2.0 */
/* OSCORE_Input_Material (RFC 9203 3.2.1) and the Master Salt that is made with it. */
#include "ace_claims.h"

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

/* A registered number; a text stands for an algorithm that is not built in, since none is registered with a text. */
static int32_t number_read(struct ace_cbor_reader *r)
{
	int64_t number = 0;

	if (ace_cbor_peek(r) == ACE_CBOR_TSTR)
		ace_cbor_read_raw(r);
	else
		number = ace_cbor_read_int(r);
	return number == (int8_t)number ? (int32_t)number : 0;
}

static enum ace_err member_read(struct ace_cbor_reader *r, int64_t member, struct ace_osc *osc)
{
	bool supported = true;

	switch (member) {
	case ACE_OSC_ID:
		osc->id = ace_cbor_read_bstr(r);
		break;
	case ACE_OSC_MS:
		osc->ms = ace_cbor_read_bstr(r);
		break;
	case ACE_OSC_SALT:
		osc->salt = ace_cbor_read_bstr(r);
		osc->has_salt = true;
		break;
	case ACE_OSC_CONTEXT_ID:
		osc->context_id = ace_cbor_read_bstr(r);
		osc->has_context_id = true;
		break;
	case ACE_OSC_VERSION:
		osc->version = (uint8_t)number_read(r);
		supported = osc->version == 1;
		break;
	case ACE_OSC_HKDF:
		osc->hkdf = number_read(r);
		supported = osc->hkdf == ACE_ALG_HMAC_256 || osc->hkdf == ACE_ALG_DIRECT_HKDF_SHA_256;
		break;
	case ACE_OSC_ALG:
		osc->alg = number_read(r);
		supported = osc->alg == ACE_ALG_CCM_16_64_128 || osc->alg == ACE_ALG_A128GCM ||
			    osc->alg == ACE_ALG_CCM_16_128_128 || osc->alg == ACE_ALG_CCM_16_128_256;
		break;
	default:
		/* RFC 9203 4.2: when parameters "received in the osc field are unrecognized", the token is refused. */
		return ACE_ERR_UNKNOWN;
	}
	if (r->err)
		return r->err;
	return supported ? ACE_OK : ACE_ERR_UNSUPPORTED;
}

enum ace_err ace_osc_read(struct ace_cbor_reader *r, struct ace_osc *ret_osc)
{
	struct ace_osc osc = { 0 };
	struct ace_cbor_seq seq;
	enum ace_err err;

	/* As an array of keys and values: map_next would pass over a member whose label is a text. */
	ace_cbor_map_enter(r, &seq);
	while (ace_cbor_array_next(r, &seq)) {
		if (ace_cbor_peek(r) != ACE_CBOR_UINT)
			return ACE_ERR_UNKNOWN;
		err = member_read(r, (int64_t)ace_cbor_read_uint(r), &osc);
		if (err)
			return err;
	}
	if (r->err)
		return r->err;
	if (!osc.id.ptr || !osc.ms.ptr)
		return ACE_ERR_MISSING;
	if (osc.id.len > ACE_OSC_ID_MAX || osc.ms.len < ACE_MASTER_SECRET_MIN)
		return ACE_ERR_RANGE;
	*ret_osc = osc;
	return ACE_OK;
}

enum ace_err ace_master_salt(struct ace_slice salt, struct ace_slice nonce1, struct ace_slice nonce2,
			     struct ace_buf *out)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_cbor_write_bstr(&w, salt);
	ace_cbor_write_bstr(&w, nonce1);
	ace_cbor_write_bstr(&w, nonce2);
	err = ace_cbor_written(&w, &written);
	if (err)
		return err;
	out->len += written.len;
	return ACE_OK;
}
