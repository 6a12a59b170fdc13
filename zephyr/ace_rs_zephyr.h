/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the device library, OSCORE of Zephyr's CoAP server (4.5): contexts go into its pool, and leave it when their tokens
 * end. ace_rs_foreign.h tells what the application does with requests. */
#ifndef ACE_RS_ZEPHYR_H
#define ACE_RS_ZEPHYR_H

#include <zephyr/net/coap_oscore.h>

#include "ace_rs_foreign.h"

/* A context in Zephyr's pool, by our Recipient ID. All zero: free. As many as CONFIG_COAP_OSCORE_MAX_CONTEXTS. */
struct ace_rs_zephyr_context {
	uint8_t kid[ACE_RS_ID_LEN];
	uint32_t serial; /* as ace_rs_foreign_serial() */
	struct coap_oscore_context *ctx; /* Zephyr's */
};

/* ace_rs_authz_info() took that unprotected post, with that answer: make Zephyr's context for it. A post that came again finds
 * the one that is there. 0, or an errno as of coap_oscore_context_add(): then answer 5.03, and the token has left the table unless it
 * was -EINVAL, for what is no accepted post. -ENOMEM also when contexts has no free place; -ENOTSUP another algorithm than AES-CCM-16-64-128;
 * -EAGAIN the stack still uses an older context with that Recipient ID. */
int ace_rs_zephyr_add(struct ace_rs *rs, struct ace_slice body, struct ace_slice answer,
		      struct ace_rs_zephyr_context *contexts, size_t len);
/* Remove those whose tokens are over. Once a second; what Zephyr still uses goes the next time. */
void ace_rs_zephyr_sweep(struct ace_rs *rs, struct ace_rs_zephyr_context *contexts, size_t len);

#endif
