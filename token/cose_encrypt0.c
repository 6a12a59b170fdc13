/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt0 (RFC 9052 5.2): sealed in place, taken apart without a key, opened. */
#include "ace_alg.h"
#include "ace_cose.h"
#include "token/cbor_head.h"
#include "token/mem.h"
#include "token/members.h"

#define TAG_SELF_DESCRIBED 55799 /* RFC 8949 3.4.6: says "this is CBOR" and nothing else */
#define AAD_START_LEN 10 /* array, "Encrypt0" */
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

/* Everything in front of the ciphertext. protected_bytes is what protected_write() wrote. */
static void envelope_write(struct ace_cbor_writer *w, const struct ace_cose_seal_input *in,
			   struct ace_slice protected_bytes, size_t ciphertext_len)
{
	if (in->layout == ACE_COSE_PROTECTED)
		ace_cbor_write_tag(w, ACE_TAG_CWT);
	if (in->layout != ACE_COSE_BARE)
		ace_cbor_write_tag(w, ACE_TAG_ENCRYPT0);
	ace_cbor_write_array(w, 3);
	ace_cbor_write_bstr(w, protected_bytes);
	header_write(w, in, false, in->layout != ACE_COSE_PROTECTED);
	ace_cbor_write_bstr_head(w, ciphertext_len);
}

/* The protected bucket, its lengths checked; and how many bytes the tag adds. */
static enum ace_err protected_write(const struct ace_cose_seal_input *in, struct ace_buf *ret_bytes,
				    uint8_t *ret_tag_len)
{
	uint8_t key_len, nonce_len;
	struct ace_cbor_writer w;
	struct ace_slice bytes;
	enum ace_err err = ace_cose_alg_lengths(in->alg, &key_len, &nonce_len, ret_tag_len);

	if (err)
		return err;
	if (in->iv.len != nonce_len || in->kid.len > ACE_COSE_KID_MAX)
		return ACE_ERR_RANGE;
	ace_cbor_write_init(&w, ret_bytes->ptr, ret_bytes->cap);
	header_write(&w, in, true, in->layout == ACE_COSE_PROTECTED);
	err = ace_cbor_written(&w, &bytes);
	ret_bytes->len = bytes.len;
	return err;
}

enum ace_err ace_cose_sealed_len(const struct ace_cose_seal_input *in, size_t *ret_len)
{
	uint8_t header[ACE_COSE_PROTECTED_MAX], tag_len;
	struct ace_buf protected_bytes = ACE_BUF_OF(header);
	struct ace_cbor_writer w;
	enum ace_err err = protected_write(in, &protected_bytes, &tag_len);

	if (err)
		return err;
	ace_cbor_write_init(&w, NULL, 0);
	envelope_write(&w, in, ace_buf_slice(&protected_bytes), in->plaintext.len + tag_len);
	*ret_len = w.len + in->plaintext.len + tag_len;
	return ACE_OK;
}

enum ace_err ace_cose_seal(const struct ace_cose_seal_input *in, struct ace_buf *out)
{
	uint8_t header[ACE_COSE_PROTECTED_MAX], aad[AAD_MAX], tag_len;
	struct ace_buf protected_bytes = ACE_BUF_OF(header), place;
	struct ace_cbor_writer w;
	struct ace_slice envelope;
	enum ace_err err = protected_write(in, &protected_bytes, &tag_len);

	if (err)
		return err;
	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	envelope_write(&w, in, ace_buf_slice(&protected_bytes), in->plaintext.len + tag_len);
	err = ace_cbor_written(&w, &envelope);
	if (err)
		return err;
	place = (struct ace_buf){ out->ptr + out->len + envelope.len, out->cap - out->len - envelope.len, 0 };
	err = ace_port_aead_seal(&(struct ace_aead_input){
		.alg = in->alg, .key = in->key, .nonce = in->iv,
		.aad = aad_write(ace_buf_slice(&protected_bytes), aad), .text = in->plaintext }, &place);
	if (err)
		return err;
	out->len += envelope.len + place.len;
	return ACE_OK;
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
static const struct member_table items = { ACE_CBOR_ARRAY, ACE_ARRAY_LEN(item_members), item_members };
static const struct member_table headers = { ACE_CBOR_MAP, ACE_ARRAY_LEN(header_members), header_members };

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
	err = ace_members_read(array, &items, cose, &found);
	if (err || found.bits[0] != 7)
		return err ? err : ACE_ERR_MALFORMED;
	buckets[0] = cose->protected_bytes;
	buckets[1] = cose->iv;
	cose->iv = (struct ace_slice){ NULL, 0 };
	for (size_t i = 0; !err && i < ACE_ARRAY_LEN(buckets); i++) {
		if (buckets[i].len > 0) /* RFC 9052 3: an empty protected map is a string of no bytes */
			err = ace_members_read(buckets[i], &headers, cose, &found);
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
