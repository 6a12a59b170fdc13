/* SPDX-License-Identifier: Apache-2.0 */
/* The COSE_Encrypt0 object of a message, as far as the AEAD needs it: lengths, nonce, AAD. Private to oscore/. */
#ifndef OSCORE_COSE_OBJECT_H
#define OSCORE_COSE_OBJECT_H

#include "ace_alg.h"
#include "ace_cbor.h"
#include "ace_oscore.h"

/* The array behind an AAD: version, algorithm (2 bytes at most), request kid and Partial IV, no options. */
#define ACE_OSCORE_AAD_ARRAY_MAX (1 + 1 + 1 + 2 + 1 + ACE_OSCORE_ID_MAX + 1 + ACE_OSCORE_PIV_MAX + 1)
#define ACE_OSCORE_AAD_MAX (11 + 1 + ACE_OSCORE_AAD_ARRAY_MAX)
/* "nonce length minus 6" is what an id may be long at most, 5 bytes are left for the Partial IV. */
#define ACE_OSCORE_NONCE_OVER_ID 6

/* An algorithm, or another number of one or two digits, as CBOR in info and AAD. Returns the place after. */
uint8_t *ace_oscore_put_alg(uint8_t *to, int32_t aead);

struct ace_slice ace_oscore_id_slice(const struct ace_oscore_id *id);
/* seq, which is at most ACE_OSCORE_SEQ_MAX, in its shortest form, at least one byte, into piv; returns the length. */
uint8_t ace_oscore_piv_write(uint64_t seq, uint8_t piv[ACE_OSCORE_PIV_MAX]);
uint64_t ace_oscore_piv_read(struct ace_slice piv);

/* nonce: Common IV combined with who numbered the message and the number.  Source: RFC 8613 5.2. */
void ace_oscore_nonce_make(const struct ace_oscore_ctx *ctx, const struct ace_oscore_id *id, struct ace_slice piv,
			   uint8_t ret_nonce[ACE_AEAD_NONCE_MAX]);
/* All that the AEAD needs but key, nonce and text, whose lengths are set where they are known. The AAD is the
 * Enc_structure over the request that the exchange belongs to.  Source: RFC 8613 5.4. */
void ace_oscore_aead_prepare(const struct ace_oscore_ctx *ctx, const struct ace_oscore_exchange *exchange,
			     struct ace_aead_input *ret_in, uint8_t ret_aad[ACE_OSCORE_AAD_MAX]);

/* Does an option of that number stay outside, in plain sight of proxies? All others go inside, Observe
 * both ways.  Source: RFC 8613 4.1 Figure 5, RFC 9668 3.1. */
bool ace_oscore_option_is_outer(uint32_t number);

enum ace_oscore_outer { ACE_OSCORE_CLASS_U /* without the OSCORE option */, ACE_OSCORE_CLASS_U_AND_OBSERVE };
/* Those of the outer options that are named, and all inner ones, into one list. Of equal numbers the inner one comes
 * first: it is the authentic one. */
void ace_oscore_options_merge(struct ace_coap_writer *w, struct ace_slice outer, enum ace_oscore_outer which,
			      struct ace_slice inner);

#endif
