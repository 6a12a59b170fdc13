/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt0 (RFC 9052 5.2): sealed in place, taken apart without a key, opened. */
#include "ace_alg.h"
#include "ace_cose.h"
#include "token/cbor_head.h"
#include "token/mem.h"
#include "token/members.h"

#define TAG_SELF_DESCRIBED 55799 /* RFC 8949 3.4.6: says "this is CBOR" and nothing else */
#define AAD_START_LEN 10 /* array, "Encrypt0" */
/* Two tags, array, protected bucket, a map with kid and IV, and the head of the ciphertext. */
#define ENVELOPE_MAX (2 + 1 + 1 + 2 + ACE_COSE_PROTECTED_MAX + 1 + 2 + ACE_COSE_KID_MAX + 2 + ACE_AEAD_NONCE_MAX + 9)
#define AAD_MAX (AAD_START_LEN + 2 + ACE_COSE_PROTECTED_MAX + 1)

/* Enc_structure (RFC 9052 5.3): what the tag covers besides the ciphertext. external_aad is empty for a CWT. */
static struct ace_slice aad_write(struct ace_slice protected_bytes, uint8_t buf[AAD_MAX])
{
	static const uint8_t start[AAD_START_LEN] = { 0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0' };
	uint8_t *end;

	memcpy(buf, start, sizeof start);
	end = ace_cbor_put_bstr(buf + sizeof start, protected_bytes);
	*end++ = 0x40;
	return (struct ace_slice){ buf, (size_t)(end - buf) };
}

/* --- sealing --- */

/* A header map with the parameters asked for, in deterministic order. */
static void header_write(struct ace_cbor_writer *w, const struct ace_cose_seal_input *in, bool with_alg, bool with_rest)
{
	bool with_kid = with_rest && in->kid.ptr;

	ace_cbor_write_map(w, (size_t)with_alg + with_kid + with_rest);
	if (with_alg) {
		ace_cbor_write_uint(w, ACE_COSE_ALG);
		ace_cbor_write_int(w, in->alg);
	}
	if (with_kid) {
		ace_cbor_write_uint(w, ACE_COSE_KID);
		ace_cbor_write_bstr(w, in->kid);
	}
	if (with_rest) {
		ace_cbor_write_uint(w, ACE_COSE_IV);
		ace_cbor_write_bstr(w, in->iv);
	}
}

/* What stands in front of the ciphertext. */
struct envelope {
	uint8_t bucket[ACE_COSE_PROTECTED_MAX], front[ENVELOPE_MAX];
	struct ace_slice protected_bytes, bytes; /* in bucket; in front */
	uint8_t tag_len;
};

/* The protected bucket, its lengths checked; and how many bytes the tag adds. */
static enum ace_err bucket_write(const struct ace_cose_seal_input *in, struct envelope *ret)
{
	uint8_t key_len, nonce_len;
	struct ace_cbor_writer w;
	enum ace_err err = ace_cose_alg_lengths(in->alg, &key_len, &nonce_len, &ret->tag_len);

	if (err)
		return err;
	if (in->iv.len != nonce_len || in->kid.len > ACE_COSE_KID_MAX)
		return ACE_ERR_RANGE;
	ace_cbor_write_init(&w, ret->bucket, sizeof ret->bucket);
	header_write(&w, in, true, in->layout == ACE_COSE_PROTECTED);
	return ace_cbor_written(&w, &ret->protected_bytes);
}

static enum ace_err envelope_write(const struct ace_cose_seal_input *in, struct envelope *ret)
{
	struct ace_cbor_writer w;
	enum ace_err err = bucket_write(in, ret);

	if (err)
		return err;
	ace_cbor_write_init(&w, ret->front, sizeof ret->front);
	if (in->layout == ACE_COSE_PROTECTED)
		ace_cbor_write_tag(&w, ACE_TAG_CWT);
	if (in->layout != ACE_COSE_BARE)
		ace_cbor_write_tag(&w, ACE_TAG_ENCRYPT0);
	ace_cbor_write_array(&w, 3);
	ace_cbor_write_bstr(&w, ret->protected_bytes);
	header_write(&w, in, false, in->layout != ACE_COSE_PROTECTED);
	ace_cbor_write_bstr_head(&w, in->plaintext.len + ret->tag_len);
	return ace_cbor_written(&w, &ret->bytes);
}

enum ace_err ace_cose_sealed_len(const struct ace_cose_seal_input *in, size_t *ret_len)
{
	struct envelope envelope;
	enum ace_err err = envelope_write(in, &envelope);

	if (!err)
		*ret_len = envelope.bytes.len + in->plaintext.len + envelope.tag_len;
	return err;
}

/* The plaintext moves to where its ciphertext will be, before the envelope is written over what it may leave. */
enum ace_err ace_cose_seal(const struct ace_cose_seal_input *in, struct ace_buf *out)
{
	uint8_t aad[AAD_MAX], *to = out->ptr + out->len;
	size_t room = out->cap - out->len;
	struct ace_slice plaintext = in->plaintext;
	struct envelope envelope;
	struct ace_buf place;
	enum ace_err err = envelope_write(in, &envelope);

	if (err)
		return err;
	if (room < envelope.bytes.len || room - envelope.bytes.len < plaintext.len)
		return ACE_ERR_SPACE;
	place = (struct ace_buf){ to + envelope.bytes.len, room - envelope.bytes.len, 0 };
	if (plaintext.len > 0)
		memmove(place.ptr, plaintext.ptr, plaintext.len);
	plaintext.ptr = place.ptr;
	memcpy(to, envelope.bytes.ptr, envelope.bytes.len);
	err = ace_port_aead_seal(&(struct ace_aead_input){
		.alg = in->alg, .key = in->key, .nonce = in->iv,
		.aad = aad_write(envelope.protected_bytes, aad), .text = plaintext }, &place);
	if (err)
		ace_wipe(place.ptr, plaintext.len);
	else
		out->len += envelope.bytes.len + place.len;
	return err;
}

/* --- reading --- */

#define AT(member) offsetof(struct ace_cose_encrypt0, member)

/* The three items of the array. The unprotected bucket is kept where its IV will stand. */
static const struct member item_members[] = {
	{ 0, MEMBER_BYTES, AT(protected_bytes) },
	{ 1, MEMBER_RAW, AT(iv) },
	{ 2, MEMBER_BYTES, AT(ciphertext) },
};

static const struct member header_members[] = {
	{ ACE_COSE_ALG, MEMBER_ALG, AT(alg) },
	{ ACE_COSE_KID, MEMBER_BYTES, AT(kid) },
	{ ACE_COSE_IV, MEMBER_BYTES, AT(iv) },
};
static const struct member_table items = { ACE_CBOR_ARRAY, ACE_ARRAY_LEN(item_members), false, item_members };
static const struct member_table headers = { ACE_CBOR_MAP, ACE_ARRAY_LEN(header_members), false, header_members };

static enum ace_err headers_check(const struct ace_cose_encrypt0 *cose, const struct member_keys *labels)
{
	/* RFC 9052 3.1: a label in crit that is not understood "is a fatal error in processing the message". What is
	 * understood here are labels that "SHOULD be omitted" from it, so whatever crit brings is something else. */
	if (member_is_there(labels, ACE_COSE_CRIT))
		return ACE_ERR_UNKNOWN;
	/* RFC 9052 3.1: IV and Partial IV "MUST NOT both be present in the same security layer". */
	if (member_is_there(labels, ACE_COSE_PARTIAL_IV) && cose->iv.ptr)
		return ACE_ERR_MALFORMED;
	if (!ace_alg_is_known(cose->alg))
		return ACE_ERR_UNSUPPORTED;
	if (cose->iv.len != ace_alg_nonce_len(cose->alg) || cose->protected_bytes.len > ACE_COSE_PROTECTED_MAX)
		return ACE_ERR_RANGE;
	return ACE_OK;
}

/* Each tag at most once and in this order; any other one contradicts what was asked for. */
static struct ace_slice tags_drop(struct ace_slice in)
{
	static const uint16_t tags[] = { TAG_SELF_DESCRIBED, ACE_TAG_CWT, ACE_TAG_ENCRYPT0 };
	struct cbor_item head;

	for (size_t i = 0; i < ACE_ARRAY_LEN(tags); i++) {
		struct ace_slice rest = in;

		if (!ace_cbor_item_take(&rest, &head) && cbor_major(&head) == ACE_CBOR_TAG && head.value == tags[i])
			in = rest;
	}
	return in;
}

bool ace_cose_is_strict(struct ace_slice in, const struct ace_cose_encrypt0 *cose)
{
	static const uint8_t start[] = { 0xd8, ACE_TAG_CWT, 0xc0 | ACE_TAG_ENCRYPT0, 0x83 };
	struct ace_cbor_writer w;

	/* What is as short as can be has shortest heads everywhere and an empty unprotected map. */
	ace_cbor_write_init(&w, NULL, 0);
	ace_cbor_write_raw(&w, ACE_SLICE_OF(start));
	ace_cbor_write_bstr(&w, cose->protected_bytes);
	ace_cbor_write_map(&w, 0);
	ace_cbor_write_bstr(&w, cose->ciphertext);
	return w.len == in.len && ace_slice_equal((struct ace_slice){ in.ptr, sizeof(start) }, ACE_SLICE_OF(start));
}

enum ace_err ace_cose_read(struct ace_slice in, struct ace_cose_encrypt0 *ret_cose)
{
	struct ace_cose_encrypt0 *cose = ret_cose;
	struct ace_slice array = tags_drop(in), buckets[2];
	struct member_keys found, labels = { { 0, 0 } };
	enum ace_err err;

	memset(cose, 0, sizeof *cose);
	cose->layout = array.len < in.len ? ACE_COSE_RFC8392 : ACE_COSE_BARE;
	err = ace_members_read(&array, &items, cose, &found);
	if (err || found.bits[0] != 7)
		return err ? err : ACE_ERR_MALFORMED;
	buckets[0] = cose->protected_bytes;
	buckets[1] = cose->iv;
	cose->iv = (struct ace_slice){ NULL, 0 };
	for (size_t i = 0; !err && i < ACE_ARRAY_LEN(buckets); i++) {
		if (buckets[i].len > 0) /* RFC 9052 3: an empty protected map is a string of no bytes */
			err = ace_members_read(&buckets[i], &headers, cose, &found);
		else
			found.bits[0] = 0;
		/* RFC 9052 3: "Applications SHOULD verify that the same label does not occur in both the protected
		 * and unprotected header parameters." Within one map the reader sees to it. */
		if (!err && (found.bits[0] & labels.bits[0] || (found.bits[1] & labels.bits[1]) << 1))
			err = ACE_ERR_DUPLICATE;
		labels.bits[0] |= found.bits[0];
		labels.bits[1] |= found.bits[1];
		/* alg is in the protected bucket, the first one, or nowhere. */
		if (!err && !member_is_there(&labels, ACE_COSE_ALG))
			err = ACE_ERR_UNSUPPORTED;
	}
	return err ? err : headers_check(cose, &labels);
}

enum ace_err ace_cose_open(const struct ace_cose_encrypt0 *cose, struct ace_key key, struct ace_buf *out)
{
	uint8_t aad[AAD_MAX];

	if (cose->protected_bytes.len > ACE_COSE_PROTECTED_MAX)
		return ACE_ERR_SPACE;
	return ace_port_aead_open(&(struct ace_aead_input){ .alg = cose->alg, .key = key, .nonce = cose->iv,
		.aad = aad_write(cose->protected_bytes, aad), .text = cose->ciphertext }, out);
}
