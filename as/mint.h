/* SPDX-License-Identifier: Apache-2.0 */
/* Make a token: claims, OSCORE input material that is fresh or, for an update of access rights, named by its id, sealed
 * under the device's token key. */
#ifndef AS_MINT_H
#define AS_MINT_H

#include "as/batch.h"
#include "as/update.h"
#include "storage/tokens.h"

/* Who gets what. Borrowed for the call. */
struct as_mint_input {
	const char *client_id;
	const struct as_device *device;
	const struct policy_decision *decision;
	struct ace_slice cnonce; /* of the request; NULL ptr: none */
	struct store_decision_id decision_id;
	const struct as_update *update; /* NULL: a first token */
};

/* A token and what is recorded about it. Holds a master secret: as_minted_fini() wipes it. */
struct as_minted {
	struct store_token record;
	struct ace_osc osc; /* borrows from this struct; of no use after an update */
	size_t len;
	uint8_t token[AS_PAYLOAD_MAX];
	uint8_t id[ACE_OSC_ID_MAX], ms[16], salt[8];
};

/* Needs the batch's write transaction for devices without a clock (their exi numbers are counted in it).
 * @return ACE_OK; ACE_ERR_SPACE longer than the model's token_bytes or one message; ACE_ERR_BUSY, ACE_ERR_CLOCK,
 * ACE_ERR_EXHAUSTED no number to be had; ACE_ERR_CRYPTO, ACE_ERR_RANDOM; what the store returns.
 * Source: RFC 9200 5.10, RFC 9203 3.2. */
/* *ret_minted need not be cleared before; after a failure only as_minted_fini() may have it. */
ACE_MUST_CHECK enum ace_err as_mint(struct as_server *as, const struct as_mint_input *in, struct as_minted *ret_minted);
void as_minted_fini(struct as_minted *minted);

#endif
