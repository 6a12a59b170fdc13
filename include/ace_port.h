/* SPDX-License-Identifier: Apache-2.0 */
/* What token/ and oscore/ need from a platform. A port implements exactly these functions and is
 * chosen when linking; there are no function pointers, so that stack depth stays computable.
 * port/README.md tells how to write one. No function keeps a pointer that it was given. */
#ifndef ACE_PORT_H
#define ACE_PORT_H

#include "ace_err.h"
#include "ace_slice.h"

#define ACE_AEAD_KEY_MAX 32
#define ACE_AEAD_NONCE_MAX 13
#define ACE_AEAD_TAG_MAX 16
#define ACE_SHA256_LEN 32

/* A secret key: its bytes, or the number under which the platform's key store holds it. */
struct ace_key {
	struct ace_slice bytes; /* borrowed; used when port_id is 0 */
	uint32_t port_id;       /* 0: none. Ports without a key store refuse others with ACE_ERR_USAGE. */
};

/* One AEAD operation. All slices are borrowed for the call. */
struct ace_aead_input {
	int32_t alg;            /* enum ace_alg: 1, 10, 30 or 31 */
	struct ace_key key;     /* as long as alg wants */
	struct ace_slice nonce; /* as long as alg wants */
	struct ace_slice aad;
	struct ace_slice text;  /* seal: plaintext; open: ciphertext followed by the tag */
};

/* Seal or open one message into out (out->len is set on success; cap must hold the result).
 * out->ptr may be text.ptr itself (in place), but must not overlap it otherwise.
 * open: on failure nothing of the plaintext is left in out.
 * @return ACE_OK; ACE_ERR_UNSUPPORTED an algorithm the port lacks; ACE_ERR_USAGE a length that does
 * not fit alg; ACE_ERR_SPACE; ACE_ERR_TAG (open only) not authentic, or shorter than the tag;
 * ACE_ERR_CRYPTO the library failed.  Source: RFC 9053 4. */
ACE_MUST_CHECK enum ace_err ace_port_aead_seal(const struct ace_aead_input *in, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err ace_port_aead_open(const struct ace_aead_input *in, struct ace_buf *out);

/* HMAC-SHA-256 of one message, 32 bytes into ret_mac. ACE_OK or ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_port_hmac_sha256(struct ace_slice key, struct ace_slice message,
						 uint8_t ret_mac[ACE_SHA256_LEN]);

/* SHA-256 of one message. ACE_OK or ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_port_sha256(struct ace_slice message, uint8_t ret_hash[ACE_SHA256_LEN]);

/* len random bytes, unpredictable and seeded before the first call. ACE_OK or ACE_ERR_RANDOM. */
ACE_MUST_CHECK enum ace_err ace_port_random(uint8_t *ret_bytes, size_t len);

/* Seconds since 1970, UTC. ACE_ERR_CLOCK while the clock cannot be trusted or there is none. */
ACE_MUST_CHECK enum ace_err ace_port_wall_clock(int64_t *ret_seconds);

/* Milliseconds since some fixed moment of this run; never goes back, never fails. */
uint64_t ace_port_monotonic_ms(void);

/* Compare len secret bytes in time that depends on len only. */
ACE_MUST_CHECK bool ace_equal_ct(const uint8_t *a, const uint8_t *b, size_t len);

/* Overwrite len bytes so that no compiler leaves it out. */
void ace_wipe(void *bytes, size_t len);

#endif
