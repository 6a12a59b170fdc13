/* SPDX-License-Identifier: Apache-2.0 */
/* CCM (RFC 3610) on x86-64. No table is looked up and no branch is taken that depends on a secret. */
#include "port/ccm.h"

#ifndef __x86_64__

/* No instructions that we know: OpenSSL does it all. */
#include <stdlib.h>

bool ace_ccm_is_there(void)
{
	return false;
}

void ace_ccm_seal(const struct ace_aead_input *in, size_t tag_len, uint8_t *ret_bytes)
{
	(void)in;
	(void)tag_len;
	(void)ret_bytes;
	abort();
}

bool ace_ccm_open(const struct ace_aead_input *in, size_t tag_len, uint8_t *ret_bytes)
{
	(void)in;
	(void)tag_len;
	(void)ret_bytes;
	abort();
}

#else

#include <string.h>

#include <immintrin.h>

#define AES __attribute__((target("aes,sse4.1")))
#define ROUNDS 10
#define BLOCK 16
#define LENGTH_BYTES 2 /* of the text's length, in B_0, and of the counter */

/* One message under way. Secret as a whole. */
struct ccm {
	__m128i keys[ROUNDS + 1];
	__m128i counter_block; /* A_0 */
	__m128i mac;
	__m128i stream; /* what the next block of text is XORed with; in the end, the tag */
	uint8_t bytes[BLOCK]; /* a block that is not whole, zeros behind it */
};

bool ace_ccm_is_there(void)
{
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1");
}

/* FIPS 197 5.2. RotWord, SubWord and Rcon are one round of encryption, since ShiftRows changes nothing in four equal words. */
AES static void keys_expand(const uint8_t *bytes, __m128i keys[ROUNDS + 1])
{
	static const uint8_t constants[ROUNDS] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36 };
	const __m128i rotate_last = _mm_set1_epi32(0x0c0f0e0d);
	__m128i key = _mm_loadu_si128((const __m128i *)bytes);

	keys[0] = key;
	for (size_t i = 0; i < ROUNDS; i++) {
		__m128i word = _mm_aesenclast_si128(_mm_shuffle_epi8(key, rotate_last), _mm_set1_epi32(constants[i]));

		key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
		key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
		key = _mm_xor_si128(key, word);
		keys[i + 1] = key;
	}
}

AES static inline void both_enciphered(__m128i *a, __m128i *b, __m128i key)
{
	*a = _mm_aesenc_si128(*a, key);
	*b = _mm_aesenc_si128(*b, key);
}

/* The next block of the MAC, and in the same time the key stream of A_counter: each round of the one waits for the round
 * before, which leaves room for the other. */
AES static void step(struct ccm *ccm, __m128i block, unsigned int counter)
{
	const __m128i *keys = ccm->keys;
	__m128i a = _mm_xor_si128(_mm_xor_si128(ccm->mac, block), keys[0]);
	__m128i b = _mm_insert_epi16(ccm->counter_block, (int)__builtin_bswap16((uint16_t)counter), 7);

	b = _mm_xor_si128(b, keys[0]);
	for (size_t i = 1; i < ROUNDS; i += 3) {
		both_enciphered(&a, &b, keys[i]);
		both_enciphered(&a, &b, keys[i + 1]);
		both_enciphered(&a, &b, keys[i + 2]);
	}
	ccm->mac = _mm_aesenclast_si128(a, keys[ROUNDS]);
	ccm->stream = _mm_aesenclast_si128(b, keys[ROUNDS]);
}

/* len bytes, at most a block, and zeros. */
AES static __m128i block_read(struct ccm *ccm, const uint8_t *bytes, size_t len)
{
	if (len == BLOCK)
		return _mm_loadu_si128((const __m128i *)bytes);
	memset(ccm->bytes, 0, BLOCK);
	memcpy(ccm->bytes, bytes, len);
	return _mm_loadu_si128((const __m128i *)ccm->bytes);
}

AES static void block_write(struct ccm *ccm, __m128i block, uint8_t *bytes, size_t len)
{
	if (len == BLOCK) {
		_mm_storeu_si128((__m128i *)bytes, block);
		return;
	}
	_mm_storeu_si128((__m128i *)ccm->bytes, block);
	memcpy(bytes, ccm->bytes, len);
}

/* RFC 3610 2.2: B_0 says what comes; the length of the AAD, in two bytes, is the beginning of the AAD. next is the counter
 * of what follows it. */
AES static void begin(struct ccm *ccm, const struct ace_aead_input *in, size_t text_len, size_t tag_len)
{
	uint8_t first[BLOCK] = { 0 };
	struct ace_slice aad = in->aad;
	unsigned int next = text_len ? 1 : 0;
	size_t taken;

	keys_expand(in->key.bytes.ptr, ccm->keys);
	first[0] = LENGTH_BYTES - 1;
	memcpy(first + 1, in->nonce.ptr, BLOCK - 1 - LENGTH_BYTES);
	ccm->counter_block = _mm_loadu_si128((const __m128i *)first);
	first[0] = (uint8_t)((aad.len ? 0x40 : 0) | (tag_len - 2) / 2 << 3 | (LENGTH_BYTES - 1));
	first[BLOCK - 2] = (uint8_t)(text_len >> 8);
	first[BLOCK - 1] = (uint8_t)text_len;
	ccm->mac = _mm_setzero_si128();
	step(ccm, _mm_loadu_si128((const __m128i *)first), next);
	if (!aad.len)
		return;
	memset(first, 0, sizeof first);
	first[0] = (uint8_t)(aad.len >> 8);
	first[1] = (uint8_t)aad.len;
	taken = aad.len < BLOCK - 2 ? aad.len : BLOCK - 2;
	memcpy(first + 2, aad.ptr, taken);
	step(ccm, _mm_loadu_si128((const __m128i *)first), next);
	for (size_t at = taken; at < aad.len; at += taken) {
		taken = aad.len - at < BLOCK ? aad.len - at : BLOCK;
		step(ccm, block_read(ccm, aad.ptr + at, taken), next);
	}
}

/* Text to the other side of the cipher. What is plain goes into the MAC; behind the last block comes A_0, which the tag needs. */
AES static void run(struct ccm *ccm, struct ace_slice text, bool is_opening, uint8_t *ret_bytes)
{
	static const uint8_t ones[2 * BLOCK] = { 255, 255, 255, 255, 255, 255, 255, 255,
						 255, 255, 255, 255, 255, 255, 255, 255 };
	unsigned int counter = 1;

	for (size_t at = 0, taken; at < text.len; at += taken) {
		__m128i block, mask, other;

		taken = text.len - at < BLOCK ? text.len - at : BLOCK;
		block = block_read(ccm, text.ptr + at, taken);
		mask = _mm_loadu_si128((const __m128i *)(ones + BLOCK - taken));
		other = _mm_xor_si128(block, _mm_and_si128(ccm->stream, mask));
		block_write(ccm, other, ret_bytes + at, taken);
		counter = at + taken < text.len ? counter + 1 : 0;
		step(ccm, is_opening ? other : block, counter);
	}
	ccm->stream = _mm_xor_si128(ccm->stream, ccm->mac);
}

AES void ace_ccm_seal(const struct ace_aead_input *in, size_t tag_len, uint8_t *ret_bytes)
{
	struct ccm ccm;

	begin(&ccm, in, in->text.len, tag_len);
	run(&ccm, in->text, false, ret_bytes);
	memcpy(ret_bytes + in->text.len, &ccm.stream, tag_len);
	ace_wipe(&ccm, sizeof ccm);
}

AES bool ace_ccm_open(const struct ace_aead_input *in, size_t tag_len, uint8_t *ret_bytes)
{
	struct ace_slice text = { in->text.ptr, in->text.len - tag_len };
	uint8_t tag[BLOCK];
	struct ccm ccm;
	bool is_authentic;

	memcpy(tag, text.ptr + text.len, tag_len);
	begin(&ccm, in, text.len, tag_len);
	run(&ccm, text, true, ret_bytes);
	is_authentic = ace_equal_ct((const uint8_t *)&ccm.stream, tag, tag_len);
	if (!is_authentic)
		ace_wipe(ret_bytes, text.len);
	ace_wipe(&ccm, sizeof ccm);
	return is_authentic;
}

#endif
