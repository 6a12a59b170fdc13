/* SPDX-License-Identifier: Apache-2.0 */
/* What the port for hosts offers beyond ace_port.h. Firmware has no part in it. */
#ifndef ACE_PORT_HOST_H
#define ACE_PORT_HOST_H

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

/* Let ace_port_wall_clock() answer that second from now on, in all threads: for reproducible tests
 * (--fixed-time). The monotonic clock goes on. */
void ace_port_openssl_fix_clock(int64_t seconds);

#endif
