/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Encrypt0 (RFC 9052 5.2): sealed in place, taken apart without a key, opened. */
#include "ace_cose.h"
#include "token/mem.h"

#define TAG_SELF_DESCRIBED 55799 /* RFC 8949 3.4.6: says "this is CBOR" and nothing else */
#define LABEL_BIT(label) (UINT32_C(1) << (label))
#define UNDERSTOOD                                                                                                     \
	(LABEL_BIT(ACE_COSE_ALG) | LABEL_BIT(ACE_COSE_CRIT) | LABEL_BIT(ACE_COSE_KID) | LABEL_BIT(ACE_COSE_IV))
#define AAD_OVERHEAD 16 /* array, "Encrypt0", a head of up to three bytes, the empty external_aad */

static const struct {
	uint8_t alg, key_len, nonce_len, tag_len;
} algs[] = {
	{ ACE_ALG_CCM_16_64_128, 16, 13, 8 },
	{ ACE_ALG_A128GCM, 16, 12, 16 },
	{ ACE_ALG_CCM_16_128_128, 16, 13, 16 },
	{ ACE_ALG_CCM_16_128_256, 32, 13, 16 },
};

enum ace_err ace_cose_alg_lengths(int32_t alg, uint8_t *ret_key_len, uint8_t *ret_nonce_len, uint8_t *ret_tag_len)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++) {
		if (algs[i].alg != alg)
			continue;
		*ret_key_len = algs[i].key_len;
		*ret_nonce_len = algs[i].nonce_len;
		*ret_tag_len = algs[i].tag_len;
		return ACE_OK;
	}
	return ACE_ERR_UNSUPPORTED;
}

/* Enc_structure (RFC 9052 5.3): what the tag covers besides the ciphertext. external_aad is empty for a CWT. */
static enum ace_err aad_write(struct ace_slice protected_bytes, uint8_t *buf, size_t cap, struct ace_slice *ret_aad)
{
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, buf, cap);
	ace_cbor_write_array(&w, 3);
	ace_cbor_write_tstr(&w, ACE_LITERAL("Encrypt0"));
	ace_cbor_write_bstr(&w, protected_bytes);
	ace_cbor_write_bstr_head(&w, 0);
	return ace_cbor_written(&w, ret_aad);
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
	uint8_t header[ACE_COSE_PROTECTED_MAX], aad_bytes[ACE_COSE_PROTECTED_MAX + AAD_OVERHEAD], tag_len;
	struct ace_buf protected_bytes = ACE_BUF_OF(header), place;
	struct ace_cbor_writer w;
	struct ace_slice envelope, aad;
	enum ace_err err = protected_write(in, &protected_bytes, &tag_len);

	if (err)
		return err;
	err = aad_write(ace_buf_slice(&protected_bytes), aad_bytes, sizeof(aad_bytes), &aad);
	if (err)
		return err;
	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	envelope_write(&w, in, ace_buf_slice(&protected_bytes), in->plaintext.len + tag_len);
	err = ace_cbor_written(&w, &envelope);
	if (err)
		return err;
	place = (struct ace_buf){ out->ptr + out->len + envelope.len, out->cap - out->len - envelope.len, 0 };
	err = ace_port_aead_seal(&(struct ace_aead_input){
		.alg = in->alg, .key = in->key, .nonce = in->iv, .aad = aad, .text = in->plaintext }, &place);
	if (err)
		return err;
	out->len += envelope.len + place.len;
	return ACE_OK;
}

/* --- taking apart --- */

/* What the two header buckets say, while they are read. */
struct buckets {
	struct ace_cose_encrypt0 *cose;
	uint32_t seen;            /* bits of the labels met so far */
	uint32_t protected_seen;  /* those of them in the protected bucket */
	struct ace_slice crit;
};

static bool label_in(int64_t label, uint32_t set)
{
	return label >= 0 && label < 32 && set >> label & 1;
}

/* An algorithm that no int32_t names, or that has a text for a name, is one that is not built in. */
static int32_t alg_read(struct ace_cbor_reader *r)
{
	int64_t alg = 0;

	if (ace_cbor_peek(r) == ACE_CBOR_TSTR)
		ace_cbor_read_raw(r);
	else
		alg = ace_cbor_read_int(r);
	return alg == (int32_t)alg ? (int32_t)alg : 0;
}

static enum ace_err bucket_read(struct buckets *b, struct ace_slice map)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t label;

	ace_cbor_read_init(&r, map);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &label)) {
		/* RFC 9052 3: "Applications SHOULD verify that the same label does not occur in both the protected and
		 * unprotected header parameters." Within one map the reader sees to it. */
		if (label_in(label, b->seen))
			return ACE_ERR_DUPLICATE;
		if (label >= 0 && label < 32)
			b->seen |= LABEL_BIT(label);
		if (label == ACE_COSE_ALG)
			b->cose->alg = alg_read(&r);
		else if (label == ACE_COSE_KID)
			b->cose->kid = ace_cbor_read_bstr(&r);
		else if (label == ACE_COSE_IV)
			b->cose->iv = ace_cbor_read_bstr(&r);
		else if (label == ACE_COSE_CRIT)
			b->crit = ace_cbor_read_raw(&r);
		else
			ace_cbor_read_raw(&r);
	}
	return ace_cbor_read_finish(&r);
}

/* RFC 9052 3.1: crit "MUST be placed in the protected-header-parameters bucket. The array MUST have at least one value",
 * and a label in it whose parameter is not in that bucket "is a fatal error in processing the message". */
static enum ace_err crit_check(const struct buckets *b)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	size_t labels;

	if (!label_in(ACE_COSE_CRIT, b->seen))
		return ACE_OK;
	if (!label_in(ACE_COSE_CRIT, b->protected_seen))
		return ACE_ERR_UNKNOWN;
	ace_cbor_read_init(&r, b->crit);
	ace_cbor_array_enter(&r, &seq);
	for (labels = 0; ace_cbor_array_next(&r, &seq); labels++) {
		if (ace_cbor_peek(&r) == ACE_CBOR_TSTR || !label_in(ace_cbor_read_int(&r), b->protected_seen & UNDERSTOOD))
			return r.err ? r.err : ACE_ERR_UNKNOWN;
	}
	return !r.err && labels == 0 ? ACE_ERR_MALFORMED : ace_cbor_read_finish(&r);
}

static enum ace_err buckets_check(const struct buckets *b)
{
	uint8_t key_len, nonce_len, tag_len;
	enum ace_err err = crit_check(b);

	if (err)
		return err;
	/* RFC 9052 3.1: IV and Partial IV "MUST NOT both be present in the same security layer". */
	if (label_in(ACE_COSE_IV, b->seen) && label_in(ACE_COSE_PARTIAL_IV, b->seen))
		return ACE_ERR_MALFORMED;
	if (!label_in(ACE_COSE_ALG, b->protected_seen))
		return ACE_ERR_UNSUPPORTED;
	err = ace_cose_alg_lengths(b->cose->alg, &key_len, &nonce_len, &tag_len);
	if (err)
		return err;
	if (b->cose->iv.len != nonce_len || b->cose->protected_bytes.len > ACE_COSE_PROTECTED_MAX)
		return ACE_ERR_RANGE;
	return ACE_OK;
}

/* Each tag at most once and in this order; any other one contradicts what was asked for. */
static enum ace_err tags_read(struct ace_cbor_reader *r, enum ace_cose_layout *ret_layout)
{
	static const uint16_t order[] = { TAG_SELF_DESCRIBED, ACE_TAG_CWT, ACE_TAG_ENCRYPT0 };
	size_t next = 0;

	*ret_layout = ACE_COSE_BARE;
	while (ace_cbor_peek(r) == ACE_CBOR_TAG) {
		uint64_t tag = ace_cbor_read_tag(r);

		while (next < ACE_ARRAY_LEN(order) && order[next] != tag)
			next++;
		if (next == ACE_ARRAY_LEN(order))
			return ACE_ERR_MALFORMED;
		next++;
		*ret_layout = ACE_COSE_RFC8392;
	}
	return ACE_OK;
}

/* The three items of the array. unprotected is the map as it is encoded. */
static enum ace_err array_read(struct ace_cbor_reader *r, struct ace_cose_encrypt0 *cose,
			       struct ace_slice *ret_unprotected)
{
	struct ace_cbor_seq seq;
	size_t items;
	enum ace_err err;

	ace_cbor_array_enter(r, &seq);
	for (items = 0; ace_cbor_array_next(r, &seq); items++) {
		if (items == 0)
			cose->protected_bytes = ace_cbor_read_bstr(r);
		else if (items == 1)
			*ret_unprotected = ace_cbor_read_raw(r);
		else
			cose->ciphertext = ace_cbor_read_bstr(r);
	}
	err = ace_cbor_read_finish(r);
	if (!err && items != 3)
		err = ACE_ERR_MALFORMED;
	return err;
}

/* RFC 9770 3 leaves one encoding: no bytes may be altered without changing what the tag covers. What is as
 * short as can be has shortest heads everywhere and an empty unprotected map. */
static bool layout_is_strict(struct ace_slice in, const struct ace_cose_encrypt0 *cose)
{
	static const uint8_t start[] = { 0xd8, ACE_TAG_CWT, 0xc0 | ACE_TAG_ENCRYPT0, 0x83 };
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, NULL, 0);
	ace_cbor_write_raw(&w, ACE_SLICE_OF(start));
	ace_cbor_write_bstr(&w, cose->protected_bytes);
	ace_cbor_write_map(&w, 0);
	ace_cbor_write_bstr(&w, cose->ciphertext);
	return w.len == in.len &&
	       ace_slice_equal((struct ace_slice){ in.ptr, sizeof(start) }, ACE_SLICE_OF(start));
}

enum ace_err ace_cose_read(struct ace_slice in, struct ace_cose_encrypt0 *ret_cose)
{
	struct ace_slice unprotected = { NULL, 0 };
	struct ace_cose_encrypt0 cose = { 0 };
	struct buckets b = { .cose = &cose };
	struct ace_cbor_reader r;
	enum ace_err err;

	ace_cbor_read_init(&r, in);
	err = tags_read(&r, &cose.layout);
	if (!err)
		err = array_read(&r, &cose, &unprotected);
	if (!err && cose.protected_bytes.len > 0) /* RFC 9052 3: an empty protected map is a string of no bytes */
		err = bucket_read(&b, cose.protected_bytes);
	b.protected_seen = b.seen;
	if (!err)
		err = bucket_read(&b, unprotected);
	if (!err)
		err = buckets_check(&b);
	if (err)
		return err;
	cose.has_kid = label_in(ACE_COSE_KID, b.seen);
	if (layout_is_strict(in, &cose))
		cose.layout = ACE_COSE_PROTECTED;
	*ret_cose = cose;
	return ACE_OK;
}

enum ace_err ace_cose_open(const struct ace_cose_encrypt0 *cose, struct ace_key key, struct ace_buf *out)
{
	uint8_t aad_bytes[ACE_COSE_PROTECTED_MAX + AAD_OVERHEAD];
	struct ace_slice aad;
	enum ace_err err = aad_write(cose->protected_bytes, aad_bytes, sizeof(aad_bytes), &aad);

	if (err)
		return err;
	return ace_port_aead_open(&(struct ace_aead_input){
		.alg = cose->alg, .key = key, .nonce = cose->iv, .aad = aad, .text = cose->ciphertext }, out);
}
