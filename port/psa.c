/* SPDX-License-Identifier: Apache-2.0 */
/* The port for devices with the PSA Crypto API. A key whose struct ace_key has a port_id is the PSA key of that id: it
 * never leaves the key store, and its policy need allow no more than PSA_KEY_USAGE_DECRYPT with the one algorithm. Keys
 * that are bytes (those of OSCORE contexts) become volatile keys for one call.
 *
 * PSA has no clocks: ace_port_wall_clock() and ace_port_monotonic_ms() are the firmware's. */
#include "ace_port.h"
#include "ace_registry.h"

#include <psa/crypto.h>

/* CCM with 13-byte nonces has a 2-byte length field (RFC 3610 2). */
#define CCM_TEXT_MAX 65535

struct aead {
	int32_t alg;
	psa_algorithm_t psa;
	uint8_t key_len, nonce_len, tag_len;
};

static const struct aead aeads[] = {
	{ ACE_ALG_CCM_16_64_128, PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 8), 16, 13, 8 },
	{ ACE_ALG_CCM_16_128_128, PSA_ALG_CCM, 16, 13, 16 },
	{ ACE_ALG_CCM_16_128_256, PSA_ALG_CCM, 32, 13, 16 },
	{ ACE_ALG_A128GCM, PSA_ALG_GCM, 16, 12, 16 },
};

/* What a failure other than a wrong tag means to the caller. The first four are the fault of who set the key up. */
static enum ace_err from_status(psa_status_t status)
{
	switch (status) {
	case PSA_SUCCESS:
		return ACE_OK;
	case PSA_ERROR_INVALID_HANDLE: /* no such key */
	case PSA_ERROR_DOES_NOT_EXIST:
	case PSA_ERROR_NOT_PERMITTED:
	case PSA_ERROR_INVALID_ARGUMENT:
		return ACE_ERR_USAGE;
	case PSA_ERROR_NOT_SUPPORTED:
		return ACE_ERR_UNSUPPORTED;
	default:
		return ACE_ERR_CRYPTO;
	}
}

/* A volatile key of these bytes. The caller destroys it. */
static psa_status_t key_import(struct ace_slice bytes, psa_key_type_t type, psa_key_usage_t usage,
			       psa_algorithm_t alg, psa_key_id_t *ret_id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

	psa_set_key_type(&attributes, type);
	psa_set_key_usage_flags(&attributes, usage);
	psa_set_key_algorithm(&attributes, alg);
	return psa_import_key(&attributes, bytes.ptr, bytes.len, ret_id);
}

/* Does the key store hold an AES key of that length under this id? */
static psa_status_t key_check(psa_key_id_t id, const struct aead *aead)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status = psa_get_key_attributes(id, &attributes);

	if (!status && (psa_get_key_type(&attributes) != PSA_KEY_TYPE_AES ||
			psa_get_key_bits(&attributes) != (size_t)aead->key_len * 8))
		status = PSA_ERROR_INVALID_ARGUMENT;
	psa_reset_key_attributes(&attributes);
	return status;
}

/* Lengths first, then the key: *ret_id is one of the store, or a volatile one that key_done() takes away. */
static enum ace_err key_get(const struct ace_aead_input *in, const struct aead *aead, psa_key_usage_t usage,
			    psa_key_id_t *ret_id)
{
	/* Firmware has done it, as a rule; then this is nothing but a look. */
	psa_status_t status = psa_crypto_init();

	if (status)
		return ACE_ERR_CRYPTO;
	*ret_id = in->key.port_id;
	if (in->key.port_id)
		return from_status(key_check(in->key.port_id, aead));
	return from_status(key_import(in->key.bytes, PSA_KEY_TYPE_AES, usage, aead->psa, ret_id));
}

static enum ace_err key_done(const struct ace_aead_input *in, psa_key_id_t id)
{
	return in->key.port_id ? ACE_OK : from_status(psa_destroy_key(id));
}

static enum ace_err input_check(const struct ace_aead_input *in, const struct aead **ret_aead)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(aeads); i++) {
		const struct aead *aead = &aeads[i];

		if (aead->alg != in->alg)
			continue;
		if ((!in->key.port_id && in->key.bytes.len != aead->key_len) || in->nonce.len != aead->nonce_len)
			return ACE_ERR_USAGE;
		*ret_aead = aead;
		return ACE_OK;
	}
	return ACE_ERR_UNSUPPORTED;
}

static bool text_fits(const struct aead *aead, size_t len)
{
	return aead->alg == ACE_ALG_A128GCM || len <= CCM_TEXT_MAX;
}

enum ace_err ace_port_aead_seal(const struct ace_aead_input *in, struct ace_buf *out)
{
	const struct aead *aead;
	psa_key_id_t id;
	size_t len;
	enum ace_err err = input_check(in, &aead), err_done;

	if (err)
		return err;
	if (!text_fits(aead, in->text.len))
		return ACE_ERR_USAGE;
	if (out->cap < aead->tag_len || out->cap - aead->tag_len < in->text.len)
		return ACE_ERR_SPACE;
	err = key_get(in, aead, PSA_KEY_USAGE_ENCRYPT, &id);
	if (err)
		return err;
	err = from_status(psa_aead_encrypt(id, aead->psa, in->nonce.ptr, in->nonce.len, in->aad.ptr, in->aad.len,
					   in->text.ptr, in->text.len, out->ptr, out->cap, &len));
	err_done = key_done(in, id);
	if (err || err_done) {
		ace_wipe(out->ptr, in->text.len);
		return err ? err : err_done;
	}
	out->len = len;
	return ACE_OK;
}

enum ace_err ace_port_aead_open(const struct ace_aead_input *in, struct ace_buf *out)
{
	const struct aead *aead;
	psa_key_id_t id;
	size_t len, text_len;
	psa_status_t status;
	enum ace_err err = input_check(in, &aead), err_done;

	if (err)
		return err;
	if (in->text.len < aead->tag_len)
		return ACE_ERR_TAG;
	text_len = in->text.len - aead->tag_len;
	if (!text_fits(aead, text_len))
		return ACE_ERR_USAGE;
	if (out->cap < text_len)
		return ACE_ERR_SPACE;
	err = key_get(in, aead, PSA_KEY_USAGE_DECRYPT, &id);
	if (err)
		return err;
	status = psa_aead_decrypt(id, aead->psa, in->nonce.ptr, in->nonce.len, in->aad.ptr, in->aad.len, in->text.ptr,
				  in->text.len, out->ptr, out->cap, &len);
	err = status == PSA_ERROR_INVALID_SIGNATURE ? ACE_ERR_TAG : from_status(status);
	err_done = key_done(in, id);
	if (err || err_done) {
		ace_wipe(out->ptr, text_len); /* whatever the engine left there */
		return err ? err : err_done;
	}
	out->len = len;
	return ACE_OK;
}

enum ace_err ace_port_hmac_sha256(struct ace_slice key, struct ace_slice message, uint8_t ret_mac[ACE_SHA256_LEN])
{
	static const uint8_t zero[1] = { 0 }; /* PSA has no empty key. RFC 2104 2 fills keys up with zeros: the same key */
	const psa_algorithm_t alg = PSA_ALG_HMAC(PSA_ALG_SHA_256);
	psa_key_id_t id;
	psa_status_t status, status_done;
	size_t len;

	if (!key.len)
		key = (struct ace_slice)ACE_SLICE_OF(zero);
	if (psa_crypto_init() || key_import(key, PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE, alg, &id))
		return ACE_ERR_CRYPTO;
	status = psa_mac_compute(id, alg, message.ptr, message.len, ret_mac, ACE_SHA256_LEN, &len);
	status_done = psa_destroy_key(id);
	return status || status_done ? ACE_ERR_CRYPTO : ACE_OK;
}

enum ace_err ace_port_sha256(struct ace_slice message, uint8_t ret_hash[ACE_SHA256_LEN])
{
	size_t len;

	if (psa_crypto_init() ||
	    psa_hash_compute(PSA_ALG_SHA_256, message.ptr, message.len, ret_hash, ACE_SHA256_LEN, &len))
		return ACE_ERR_CRYPTO;
	return ACE_OK;
}

enum ace_err ace_port_random(uint8_t *ret_bytes, size_t len)
{
	return psa_crypto_init() || psa_generate_random(ret_bytes, len) ? ACE_ERR_RANDOM : ACE_OK;
}

bool ace_equal_ct(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t differ = 0; /* volatile: or the compiler may stop at the first difference */

	for (size_t i = 0; i < len; i++)
		differ = (uint8_t)(differ | (a[i] ^ b[i]));
	return differ == 0;
}

void ace_wipe(void *bytes, size_t len)
{
	volatile uint8_t *at = bytes;

	while (len--)
		*at++ = 0;
}
