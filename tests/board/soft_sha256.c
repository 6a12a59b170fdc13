/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) and HMAC (RFC 2104) for boards under emulation. */
#include "ace_port.h"
#include "token/mem.h"

#define BLOCK 64

enum ace_err port_fake_real_hmac(struct ace_slice key, struct ace_slice message, uint8_t *ret_mac);
enum ace_err port_fake_real_sha256(struct ace_slice message, uint8_t *ret_hash);

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

struct sha {
	uint32_t state[8];
	uint8_t block[BLOCK];
	size_t len;
};

static uint32_t rotate(uint32_t x, unsigned int right)
{
	return x >> right | x << (32 - right);
}

static void schedule(const uint8_t block[BLOCK], uint32_t w[64])
{
	for (unsigned int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
		       block[4 * i + 3];
	for (unsigned int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

static void compress(struct sha *sha)
{
	uint32_t w[64], s[8];

	schedule(sha->block, w);
	memcpy(s, sha->state, sizeof s);
	for (unsigned int i = 0; i < 64; i++) {
		uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
		uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		memmove(s + 1, s, 7 * sizeof s[0]);
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (unsigned int i = 0; i < 8; i++)
		sha->state[i] += s[i];
}

static void sha_start(struct sha *sha)
{
	static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, first, sizeof first);
	sha->len = 0;
}

static void sha_add(struct sha *sha, struct ace_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		sha->block[sha->len++ % BLOCK] = bytes.ptr[i];
		if (sha->len % BLOCK == 0)
			compress(sha);
	}
}

static void sha_end(struct sha *sha, uint8_t ret_hash[ACE_SHA256_LEN])
{
	uint64_t bits = (uint64_t)sha->len * 8;
	uint8_t byte = 0x80;

	do {
		sha_add(sha, (struct ace_slice){ &byte, 1 });
		byte = 0;
	} while (sha->len % BLOCK != BLOCK - 8);
	for (unsigned int i = 0; i < 8; i++) {
		byte = (uint8_t)(bits >> (56 - 8 * i));
		sha_add(sha, (struct ace_slice){ &byte, 1 });
	}
	for (unsigned int i = 0; i < ACE_SHA256_LEN; i++)
		ret_hash[i] = (uint8_t)(sha->state[i / 4] >> (24 - i % 4 * 8));
}

enum ace_err port_fake_real_sha256(struct ace_slice message, uint8_t *ret_hash)
{
	struct sha sha;

	sha_start(&sha);
	sha_add(&sha, message);
	sha_end(&sha, ret_hash);
	return ACE_OK;
}

static void pad_add(struct sha *sha, const uint8_t pad[BLOCK], uint8_t mask)
{
	uint8_t block[BLOCK];

	for (unsigned int i = 0; i < BLOCK; i++)
		block[i] = pad[i] ^ mask;
	sha_start(sha);
	sha_add(sha, (struct ace_slice)ACE_SLICE_OF(block));
}

enum ace_err port_fake_real_hmac(struct ace_slice key, struct ace_slice message, uint8_t *ret_mac)
{
	uint8_t pad[BLOCK] = { 0 };
	struct sha sha;

	if (key.len > BLOCK)
		(void)port_fake_real_sha256(key, pad);
	else if (key.len)
		memcpy(pad, key.ptr, key.len);
	pad_add(&sha, pad, 0x36);
	sha_add(&sha, message);
	sha_end(&sha, ret_mac);
	pad_add(&sha, pad, 0x5c);
	sha_add(&sha, (struct ace_slice){ ret_mac, ACE_SHA256_LEN });
	sha_end(&sha, ret_mac);
	ace_wipe(pad, sizeof pad);
	return ACE_OK;
}
