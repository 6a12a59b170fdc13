/* SPDX-License-Identifier: Apache-2.0 */
#include "port_conformance.h"

#include "ace_port.h"
#include "ace_registry.h"
#include "token/mem.h"

struct vector {
	int32_t alg;
	struct ace_slice key, nonce, aad, text, sealed;
};

#include "port_vectors.h"

#define TEXT_MAX 64
#define GUARD 0xa5

/* The first failure sticks. */
static void check(struct port_conformance *result, bool holds, const char *what)
{
	if (holds && !result->failed)
		result->checks++;
	else if (!result->failed)
		result->failed = what;
}

/* A buffer with bytes around it that nobody may touch. */
struct guarded {
	uint8_t bytes[8 + TEXT_MAX + ACE_AEAD_TAG_MAX + 8];
	struct ace_buf buf;
};

static void guarded_start(struct guarded *g, size_t cap, struct ace_slice content)
{
	memset(g->bytes, GUARD, sizeof g->bytes);
	g->buf = (struct ace_buf){ g->bytes + 8, cap, 0 };
	if (content.len)
		memcpy(g->buf.ptr, content.ptr, content.len);
}

static bool guards_hold(const struct guarded *g)
{
	for (size_t i = 0; i < sizeof g->bytes; i++)
		if ((i < 8 || i >= 8 + g->buf.cap) && g->bytes[i] != GUARD)
			return false;
	return true;
}

static bool holds_exactly(const struct guarded *g, struct ace_slice want)
{
	return g->buf.len == want.len && (!want.len || !memcmp(g->buf.ptr, want.ptr, want.len)) && guards_hold(g);
}

static struct ace_aead_input input_of(const struct vector *v, struct ace_slice text)
{
	return (struct ace_aead_input){ v->alg, { v->key, 0 }, v->nonce, v->aad, text };
}

/* What is empty comes without an address, as the library has it. */
static struct ace_slice or_null(struct ace_slice slice)
{
	return slice.len ? slice : (struct ace_slice){ NULL, 0 };
}

static void seal_and_open(struct port_conformance *result, const struct vector *v)
{
	struct ace_aead_input in = input_of(v, or_null(v->text));
	struct guarded g;

	in.aad = or_null(in.aad);
	guarded_start(&g, v->sealed.len, (struct ace_slice){ NULL, 0 });
	check(result, ace_port_aead_seal(&in, &g.buf) == ACE_OK, "seal fails");
	check(result, holds_exactly(&g, v->sealed), "seal gives other bytes, or writes beside them");
	in.text = v->sealed;
	guarded_start(&g, v->text.len, (struct ace_slice){ NULL, 0 });
	check(result, ace_port_aead_open(&in, &g.buf) == ACE_OK, "open fails");
	check(result, holds_exactly(&g, v->text), "open gives other bytes, or writes beside them");
}

static void in_place(struct port_conformance *result, const struct vector *v)
{
	struct ace_aead_input in = input_of(v, (struct ace_slice){ NULL, 0 });
	struct guarded g;

	guarded_start(&g, v->sealed.len, v->text);
	in.text = (struct ace_slice){ g.buf.ptr, v->text.len };
	check(result, ace_port_aead_seal(&in, &g.buf) == ACE_OK && holds_exactly(&g, v->sealed), "seal in place");
	in.text = (struct ace_slice){ g.buf.ptr, v->sealed.len };
	check(result, ace_port_aead_open(&in, &g.buf) == ACE_OK && g.buf.len == v->text.len &&
		      !memcmp(g.buf.ptr, v->text.len ? v->text.ptr : g.buf.ptr, v->text.len) && guards_hold(&g),
	      "open in place");
}

/* A refusal for the reason wanted that leaves nothing of the text. */
static void refuses(struct port_conformance *result, const struct vector *v, const struct ace_aead_input *in,
		    const char *what)
{
	struct guarded g;

	guarded_start(&g, v->text.len, (struct ace_slice){ NULL, 0 });
	check(result, ace_port_aead_open(in, &g.buf) == ACE_ERR_TAG, what);
	check(result, g.buf.len == 0 && guards_hold(&g), "a refusal sets a length, or writes beside its buffer");
	check(result, v->text.len < 8 || memcmp(g.buf.ptr, v->text.ptr, v->text.len), "a refusal leaves the plaintext");
}

static void tampering(struct port_conformance *result, const struct vector *v)
{
	uint8_t bytes[TEXT_MAX + ACE_AEAD_TAG_MAX], nonce[ACE_AEAD_NONCE_MAX];
	struct ace_aead_input in = input_of(v, (struct ace_slice){ bytes, v->sealed.len });

	memcpy(bytes, v->sealed.ptr, v->sealed.len);
	for (size_t bit = 0; bit < 8 * v->sealed.len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		refuses(result, v, &in, "a flipped bit is not noticed");
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (in.text.len = 0; in.text.len < v->sealed.len; in.text.len++)
		refuses(result, v, &in, "a message cut short is not noticed");
	in = input_of(v, v->sealed);
	memcpy(nonce, v->nonce.ptr, v->nonce.len);
	nonce[v->nonce.len - 1] ^= 1;
	in.nonce.ptr = nonce;
	refuses(result, v, &in, "another nonce is not noticed");
	in = input_of(v, v->sealed);
	in.aad = v->aad.len ? (struct ace_slice){ v->aad.ptr, v->aad.len - 1 } : ACE_LITERAL("x");
	refuses(result, v, &in, "other additional data is not noticed");
}

static void limits(struct port_conformance *result, const struct vector *v)
{
	struct ace_aead_input in = input_of(v, v->text);
	struct guarded g;

	guarded_start(&g, v->sealed.len - 1, (struct ace_slice){ NULL, 0 });
	check(result, ace_port_aead_seal(&in, &g.buf) == ACE_ERR_SPACE && guards_hold(&g), "seal without room");
	in.nonce.len--;
	guarded_start(&g, v->sealed.len, (struct ace_slice){ NULL, 0 });
	check(result, ace_port_aead_seal(&in, &g.buf) == ACE_ERR_USAGE, "seal with a short nonce");
	in.nonce.len++;
	in.key.bytes.len--;
	check(result, ace_port_aead_seal(&in, &g.buf) == ACE_ERR_USAGE, "seal with a short key");
	in.text = v->sealed;
	check(result, ace_port_aead_open(&in, &g.buf) == ACE_ERR_USAGE, "open with a short key");
	in = input_of(v, v->text);
	in.alg = 11;
	check(result, ace_port_aead_seal(&in, &g.buf) == ACE_ERR_UNSUPPORTED, "an algorithm that nobody has");
	if (!v->text.len)
		return;
	in = input_of(v, v->sealed);
	guarded_start(&g, v->text.len - 1, (struct ace_slice){ NULL, 0 });
	check(result, ace_port_aead_open(&in, &g.buf) == ACE_ERR_SPACE && guards_hold(&g), "open without room");
}

static bool is_missing(const struct vector *v)
{
	struct ace_aead_input in = input_of(v, v->text);
	struct guarded g;

	guarded_start(&g, v->sealed.len, (struct ace_slice){ NULL, 0 });
	return v->alg != ACE_ALG_CCM_16_64_128 && ace_port_aead_seal(&in, &g.buf) == ACE_ERR_UNSUPPORTED;
}

static void aead(struct port_conformance *result)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(vectors); i++) {
		if (is_missing(&vectors[i])) {
			result->missing += !i || vectors[i].alg != vectors[i - 1].alg;
			continue;
		}
		seal_and_open(result, &vectors[i]);
		in_place(result, &vectors[i]);
		tampering(result, &vectors[i]);
		limits(result, &vectors[i]);
	}
}

static bool sha_is(const uint8_t got[ACE_SHA256_LEN], const char *want)
{
	return !memcmp(got, want, ACE_SHA256_LEN);
}

/* FIPS 180-4 and RFC 4231 4.2, 4.3 and 4.7: short keys, one of 131 bytes; and an empty one. */
static void hashes(struct port_conformance *result)
{
	struct ace_slice none = { NULL, 0 };
	uint8_t key[131], got[ACE_SHA256_LEN];

	memset(key, 0x0b, 20);
	check(result, ace_port_hmac_sha256((struct ace_slice){ key, 20 }, ACE_LITERAL("Hi There"), got) == ACE_OK &&
	      sha_is(got, "\xb0\x34\x4c\x61\xd8\xdb\x38\x53\x5c\xa8\xaf\xce\xaf\x0b\xf1\x2b"
			  "\x88\x1d\xc2\x00\xc9\x83\x3d\xa7\x26\xe9\x37\x6c\x2e\x32\xcf\xf7"), "HMAC of a short message");
	memset(key, 0xaa, sizeof key);
	check(result, ace_port_hmac_sha256((struct ace_slice)ACE_SLICE_OF(key),
					   ACE_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First"), got) == ACE_OK &&
	      sha_is(got, "\x60\xe4\x31\x59\x1e\xe0\xb6\x7f\x0d\x8a\x26\xaa\xcb\xf5\xb7\x7f"
			  "\x8e\x0b\xc6\x21\x37\x28\xc5\x14\x05\x46\x04\x0f\x0e\xe3\x7f\x54"), "HMAC with a long key");
	check(result, ace_port_hmac_sha256(none, none, got) == ACE_OK &&
	      sha_is(got, "\xb6\x13\x67\x9a\x08\x14\xd9\xec\x77\x2f\x95\xd7\x78\xc3\x5f\xc5"
			  "\xff\x16\x97\xc4\x93\x71\x56\x53\xc6\xc7\x12\x14\x42\x92\xc5\xad"), "HMAC of nothing with no key");
	check(result, ace_port_sha256(ACE_LITERAL("abc"), got) == ACE_OK &&
	      sha_is(got, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
			  "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad"), "SHA-256");
	check(result, ace_port_sha256(none, got) == ACE_OK &&
	      sha_is(got, "\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24"
			  "\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55"), "SHA-256 of nothing");
}

/* Not a proof of randomness: a generator that is not there, stands still, or writes too much. */
static void randomness(struct port_conformance *result)
{
	uint8_t bytes[2][34];
	unsigned int ones = 0;

	memset(bytes, GUARD, sizeof bytes);
	check(result, ace_port_random(bytes[0], 32) == ACE_OK && ace_port_random(bytes[1], 32) == ACE_OK, "no random bytes");
	check(result, bytes[0][32] == GUARD && bytes[1][33] == GUARD, "too many random bytes");
	check(result, memcmp(bytes[0], bytes[1], 32), "the same random bytes twice");
	for (size_t bit = 0; bit < 512; bit++)
		ones += bytes[bit / 256][bit % 256 / 8] >> bit % 8 & 1;
	/* 256 +- 90, eight standard deviations: once in 10^15 runs by accident. */
	check(result, ones > 166 && ones < 346, "random bytes of mostly the same bits");
}

static void clocks(struct port_conformance *result)
{
	uint64_t before = ace_port_monotonic_ms();
	int64_t now = -1;
	enum ace_err err = ace_port_wall_clock(&now);

	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t next = ace_port_monotonic_ms();

		if (next < before)
			check(result, false, "the monotonic clock goes back");
		before = next;
	}
	/* 2020 has passed: a clock that begins at 1970 or at its build must say that it is not set. */
	check(result, err == ACE_OK ? now > 1577836800 : err == ACE_ERR_CLOCK && now == -1, "a wall clock that was never set");
}

static void comparing_and_wiping(struct port_conformance *result)
{
	uint8_t a[40], b[40];

	memset(a, 7, sizeof a);
	memcpy(b, a, sizeof b);
	check(result, ace_equal_ct(a, b, sizeof a) && ace_equal_ct(a, b, 0), "equal bytes are not equal");
	for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		check(result, !ace_equal_ct(a, b, sizeof a), "different bytes are equal");
		check(result, ace_equal_ct(a, b, bit / 8), "bytes beyond the length are compared");
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ace_wipe(a + 1, sizeof a - 2);
	ace_wipe(NULL, 0);
	memset(b, 0, sizeof b);
	check(result, a[0] == 7 && a[39] == 7 && !memcmp(a + 1, b, 38), "wiping");
}

struct port_conformance port_conformance_run(void)
{
	struct port_conformance result = { 0 };

	aead(&result);
	hashes(&result);
	randomness(&result);
	clocks(&result);
	comparing_and_wiping(&result);
	return result;
}
