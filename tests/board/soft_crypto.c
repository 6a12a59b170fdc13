/* SPDX-License-Identifier: Apache-2.0 */
/* AES-CCM, SHA-256 and HMAC for boards under emulation, since there is no library for them in Debian. For tests only: it
 * looks tables up by secret bytes, which real hardware tells by its timing. Bears the names that port_fake.c calls. */
#include "ace_alg.h"
#include "ace_port.h"
#include "token/mem.h"

#define CCM_TEXT_MAX 65535

enum ace_err port_fake_real_seal(const struct ace_aead_input *in, struct ace_buf *out);
enum ace_err port_fake_real_open(const struct ace_aead_input *in, struct ace_buf *out);

static uint8_t sbox[256];
static uint32_t columns[256]; /* of S(x) times (2, 1, 1, 3) */

static uint8_t twice(uint8_t x)
{
	return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

static uint32_t rotate(uint32_t x, unsigned int right)
{
	return x >> right | x << (32 - right);
}

/* The S-box is the inverse in GF(2^8), then an affine map (FIPS 197 5.1.1): p runs through powers of 3, q of its inverse. */
static void tables_make(void)
{
	uint8_t p = 1, q = 1;

	do {
		p = (uint8_t)(p ^ twice(p));
		q = (uint8_t)(q ^ q << 1);
		q = (uint8_t)(q ^ q << 2);
		q = (uint8_t)(q ^ q << 4);
		q = (uint8_t)(q & 0x80 ? q ^ 0x09 : q);
		sbox[p] = (uint8_t)(q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4) ^ 0x63);
	} while (p != 1);
	sbox[0] = 0x63;
	for (unsigned int i = 0; i < 256; i++) {
		uint32_t s = sbox[i], s2 = twice(sbox[i]);

		columns[i] = s2 << 24 | s << 16 | s << 8 | (s2 ^ s);
	}
}

struct aes {
	uint32_t keys[60];
	unsigned int rounds;
};

static uint32_t load(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(uint32_t word, uint8_t *ret_bytes)
{
	for (unsigned int i = 0; i < 4; i++)
		ret_bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static uint32_t substitute(uint32_t word)
{
	return (uint32_t)sbox[word >> 24] << 24 | (uint32_t)sbox[word >> 16 & 255] << 16 |
	       (uint32_t)sbox[word >> 8 & 255] << 8 | sbox[word & 255];
}

static void aes_start(struct aes *aes, struct ace_slice key)
{
	unsigned int words = (unsigned int)key.len / 4;
	uint8_t constant = 1;

	if (!sbox[0])
		tables_make();
	aes->rounds = words + 6;
	for (unsigned int i = 0; i < words; i++)
		aes->keys[i] = load(key.ptr + 4 * i);
	for (unsigned int i = words; i < 4 * (aes->rounds + 1); i++) {
		uint32_t word = aes->keys[i - 1];

		if (i % words == 0) {
			word = substitute(rotate(word, 24)) ^ (uint32_t)constant << 24;
			constant = twice(constant);
		} else if (words > 6 && i % words == 4) {
			word = substitute(word);
		}
		aes->keys[i] = aes->keys[i - words] ^ word;
	}
}

static void aes_block(const struct aes *aes, const uint8_t in[16], uint8_t ret_out[16])
{
	const uint32_t *key = aes->keys;
	uint32_t s[4], t[4];

	for (unsigned int i = 0; i < 4; i++)
		s[i] = load(in + 4 * i) ^ *key++;
	for (unsigned int round = 1; round < aes->rounds; round++) {
		for (unsigned int i = 0; i < 4; i++)
			t[i] = columns[s[i] >> 24] ^ rotate(columns[s[(i + 1) % 4] >> 16 & 255], 8) ^
			       rotate(columns[s[(i + 2) % 4] >> 8 & 255], 16) ^ rotate(columns[s[(i + 3) % 4] & 255], 24) ^ *key++;
		memcpy(s, t, sizeof s);
	}
	for (unsigned int i = 0; i < 4; i++)
		store((substitute((s[i] & 0xff000000) | (s[(i + 1) % 4] & 0xff0000) | (s[(i + 2) % 4] & 0xff00) |
				  (s[(i + 3) % 4] & 0xff))) ^ *key++, ret_out + 4 * i);
}

/* RFC 3610 with a length field of 2 bytes: the authentication half. */
struct ccm {
	struct aes aes;
	uint8_t mac[16], counter[16];
	unsigned int at; /* bytes of the block so far */
};

static void mac_block(struct ccm *ccm)
{
	aes_block(&ccm->aes, ccm->mac, ccm->mac);
	ccm->at = 0;
}

static void mac_add(struct ccm *ccm, struct ace_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		ccm->mac[ccm->at++] ^= bytes.ptr[i];
		if (ccm->at == 16)
			mac_block(ccm);
	}
}

static void mac_pad(struct ccm *ccm)
{
	if (ccm->at)
		mac_block(ccm);
}

static void ccm_start(struct ccm *ccm, const struct ace_aead_input *in, size_t text_len)
{
	uint8_t aad_len[2] = { (uint8_t)(in->aad.len >> 8), (uint8_t)in->aad.len };

	aes_start(&ccm->aes, in->key.bytes);
	memset(ccm->counter, 0, sizeof ccm->counter);
	ccm->counter[0] = 1;
	memcpy(ccm->counter + 1, in->nonce.ptr, 13);
	memcpy(ccm->mac, ccm->counter, 14);
	ccm->mac[0] = (uint8_t)((in->aad.len ? 0x40 : 0) | (ace_alg_tag_len(in->alg) - 2) / 2 << 3 | 1);
	ccm->mac[14] = (uint8_t)(text_len >> 8);
	ccm->mac[15] = (uint8_t)text_len;
	mac_block(ccm);
	if (!in->aad.len)
		return;
	mac_add(ccm, (struct ace_slice)ACE_SLICE_OF(aad_len));
	mac_add(ccm, in->aad);
	mac_pad(ccm);
}

static void ccm_count(struct ccm *ccm, unsigned int number, uint8_t ret_stream[16])
{
	ccm->counter[14] = (uint8_t)(number >> 8);
	ccm->counter[15] = (uint8_t)number;
	aes_block(&ccm->aes, ccm->counter, ret_stream);
}

static void ccm_crypt(struct ccm *ccm, struct ace_slice text, uint8_t *ret_text)
{
	uint8_t stream[16];

	for (size_t i = 0; i < text.len; i++) {
		if (i % 16 == 0)
			ccm_count(ccm, (unsigned int)(i / 16) + 1, stream);
		ret_text[i] = text.ptr[i] ^ stream[i % 16];
	}
}

static void ccm_tag(struct ccm *ccm, size_t len, uint8_t *ret_tag)
{
	uint8_t stream[16];

	mac_pad(ccm);
	ccm_count(ccm, 0, stream);
	for (size_t i = 0; i < len; i++)
		ret_tag[i] = ccm->mac[i] ^ stream[i];
}

static enum ace_err input_check(const struct ace_aead_input *in)
{
	if (!ace_alg_is_known(in->alg) || in->alg == ACE_ALG_A128GCM)
		return ACE_ERR_UNSUPPORTED;
	if (in->key.port_id || in->key.bytes.len != ace_alg_key_len(in->alg) || in->nonce.len != 13 || in->aad.len >= 0xff00)
		return ACE_ERR_USAGE;
	return ACE_OK;
}

enum ace_err port_fake_real_seal(const struct ace_aead_input *in, struct ace_buf *out)
{
	struct ccm ccm = { .at = 0 };
	size_t len = in->text.len;
	enum ace_err err = input_check(in);

	if (err)
		return err;
	if (len > CCM_TEXT_MAX)
		return ACE_ERR_USAGE;
	if (out->cap < len + ace_alg_tag_len(in->alg))
		return ACE_ERR_SPACE;
	ccm_start(&ccm, in, len);
	mac_add(&ccm, in->text);
	ccm_crypt(&ccm, in->text, out->ptr);
	ccm_tag(&ccm, ace_alg_tag_len(in->alg), out->ptr + len);
	out->len = len + ace_alg_tag_len(in->alg);
	ace_wipe(&ccm, sizeof ccm);
	return ACE_OK;
}

enum ace_err port_fake_real_open(const struct ace_aead_input *in, struct ace_buf *out)
{
	struct ccm ccm = { .at = 0 };
	uint8_t tag[ACE_AEAD_TAG_MAX], tag_len = ace_alg_tag_len(in->alg);
	struct ace_slice text = in->text;
	enum ace_err err = input_check(in);

	if (err)
		return err;
	if (text.len < tag_len)
		return ACE_ERR_TAG;
	text.len -= tag_len;
	if (text.len > CCM_TEXT_MAX)
		return ACE_ERR_USAGE;
	if (out->cap < text.len)
		return ACE_ERR_SPACE;
	ccm_start(&ccm, in, text.len);
	ccm_crypt(&ccm, text, out->ptr);
	mac_add(&ccm, (struct ace_slice){ out->ptr, text.len });
	ccm_tag(&ccm, tag_len, tag);
	ace_wipe(&ccm, sizeof ccm);
	if (!ace_equal_ct(tag, in->text.ptr + text.len, tag_len)) {
		ace_wipe(out->ptr, text.len);
		return ACE_ERR_TAG;
	}
	out->len = text.len;
	return ACE_OK;
}

bool ace_equal_ct(const uint8_t *a, const uint8_t *b, size_t len)
{
	volatile uint8_t differ = 0;

	for (size_t i = 0; i < len; i++)
		differ = (uint8_t)(differ | (a[i] ^ b[i]));
	return differ == 0;
}

void ace_wipe(void *bytes, size_t len)
{
	memset(bytes, 0, len);
	__asm__ volatile("" : : "r"(bytes) : "memory"); /* somebody may look */
}
