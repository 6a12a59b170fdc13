/* SPDX-License-Identifier: Apache-2.0 */
/* Handing a token to a device: the authz-info post, and the context that comes of it (RFC 9203 4). */
#ifndef CLIENT_AUTHZ_H
#define CLIENT_AUTHZ_H

#include "ace_cbor.h"
#include "ace_oscore.h"

#define CLIENT_NONCE_LEN 8
#define CLIENT_NONCE_MAX 64 /* of the device's nonce (protocol.md 3.4) */

struct client_authz_post {
	struct ace_slice token;
	struct ace_slice nonce1;
	struct ace_slice id1; /* our Recipient ID */
};
void client_authz_post_write(struct ace_cbor_writer *w, const struct client_authz_post *post);

struct client_authz_reply {
	struct ace_slice nonce2; /* borrows from the payload */
	struct ace_slice id2;    /* the device's Recipient ID */
};
/* What makes ids acceptable: both of them differ and none is too long for the algorithm.
 * @return ACE_OK; ACE_ERR_MISSING a member; ACE_ERR_RANGE nonce or id too long, or an empty nonce; ACE_ERR_CNF both
 * ids are equal; others of the malformed band.  Source: RFC 9203 4.3. */
ACE_MUST_CHECK enum ace_err client_authz_reply_read(struct ace_slice payload, struct ace_slice id1, int32_t alg,
						    struct client_authz_reply *ret_reply);

#endif
