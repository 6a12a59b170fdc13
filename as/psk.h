/* SPDX-License-Identifier: Apache-2.0 */
/* What a PSK identity of DTLS means. It is the id of a client whose method is dtls-psk, or else of a device that has
 * such a line; alone, or with "/" and the version of the key that is meant. In a handshake the identity is all that tells which
 * key it is, so while one is being replaced the new one is had by its version, and the id alone is the old one's. Ids
 * hold letters, digits and ".", "_", "-" only, so no byte 0, at which libcoap ends an identity. */
#ifndef AS_PSK_H
#define AS_PSK_H

#include "storage/clients.h"

#define AS_PSK_BOOT_KEY_LEN 32
#define AS_PSK_DECOY_LEN 32
#define AS_PSK_IDENTITY_MAX (STORE_ID_MAX + 11) /* with "/4294967295" */

/* Whose key a handshake got. */
struct as_psk_owner {
	char id[STORE_ID_MAX + 1]; /* "": nobody's */
	char identity[AS_PSK_IDENTITY_MAX + 1]; /* as it was named */
	uint64_t line;
	uint32_t key_version;
};

/* The identity under which a key of that version is told: the first one's is the id alone. */
void as_psk_identity(const char *id, uint32_t key_version, char ret_identity[AS_PSK_IDENTITY_MAX + 1]);

/* The owner of an identity, and the key, which the caller wipes. Disabled ones as well: they hear a decision.
 * @param now  seconds since 1970. @return ACE_OK; ACE_ERR_NOT_FOUND nobody has it; what reading can say. */
ACE_MUST_CHECK enum ace_err as_psk_find(struct store_txn *txn, struct ace_slice identity, int64_t now,
					struct as_psk_owner *ret_owner, struct store_secret *ret_secret);

/* A key for an identity that nobody has: the handshake goes on and fails as one with a wrong key does, so that
 * nobody learns which identities there are. The same one for the same identity as long as boot_key stays. */
ACE_MUST_CHECK enum ace_err as_psk_decoy(const uint8_t boot_key[AS_PSK_BOOT_KEY_LEN], struct ace_slice identity,
					 struct store_secret *ret_secret);

#endif
