/* SPDX-License-Identifier: Apache-2.0 */
/* What the port for hosts offers beyond ace_port.h. Firmware has no part in it. */
#ifndef ACE_PORT_HOST_H
#define ACE_PORT_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "ace_err.h"
#include "ace_slice.h"

#define ACE_HOST_SEAL_KEY_LEN 32
#define ACE_HOST_SEAL_NONCE_LEN 12
#define ACE_HOST_SEAL_EXTRA (ACE_HOST_SEAL_NONCE_LEN + 16) /* bytes by which sealed text is longer */

/* Sealing for storage: AES-256-GCM. Sealed text is a random nonce, the ciphertext, and the 16-byte tag.
 * All slices are borrowed for the call and must not overlap out. */
struct ace_host_seal_input {
	struct ace_slice key; /* 32 bytes; good for 2^32 random nonces */
	struct ace_slice aad; /* where the text belongs: opening it elsewhere fails */
	struct ace_slice text;
};

/* Append to out. ACE_OK; ACE_ERR_USAGE a key of another length; ACE_ERR_SPACE; ACE_ERR_RANDOM; ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_port_host_seal(const struct ace_host_seal_input *in, struct ace_buf *out);
/* Append to out; on failure nothing of the plaintext is left there. As above, and ACE_ERR_TAG: not authentic. */
ACE_MUST_CHECK enum ace_err ace_port_host_open(const struct ace_host_seal_input *in, struct ace_buf *out);

/* Memory for keys: locked, so that it is never swapped; left out of core dumps; wiped when it is given back. Without
 * ace_port_host_secret_open(), as in programs that end soon, it is ordinary memory that is wiped.
 *
 * First of all that a program does: false, something in OpenSSL has been used before. */
ACE_MUST_CHECK bool ace_port_host_secret_prepare(void);
/* Once, with room for len bytes in blocks: see ace_port_host_secret_block(). *ret_is_locked: false when RLIMIT_MEMLOCK is below
 * that; the rest holds all the same. ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ace_port_host_secret_open(size_t len, bool *ret_is_locked);
/* What len bytes take: the next power of two. */
size_t ace_port_host_secret_block(size_t len);
/* Zeroed; NULL: no memory. */
ACE_MUST_CHECK void *ace_port_host_secret_new(size_t len);
/* NULL is fine. */
void ace_port_host_secret_free(void *secret, size_t len);

/* Let ace_port_wall_clock() answer that second from now on, in all threads: for reproducible tests
 * (--fixed-time). The monotonic clock goes on. */
void ace_port_openssl_fix_clock(int64_t seconds);

#endif
