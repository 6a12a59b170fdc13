/* SPDX-License-Identifier: Apache-2.0 */
/* The COSE_Encrypt0 object of a message, and the options around it. Private to oscore/. */
#ifndef OSCORE_COSE_OBJECT_H
#define OSCORE_COSE_OBJECT_H

#include "ace_alg.h"
#include "ace_cbor.h"
#include "ace_oscore.h"

/* "nonce length minus 6" is what an id may be long at most, 5 bytes are left for the Partial IV. */
#define ACE_OSCORE_NONCE_OVER_ID 6

/* A constant, in firmware that is built for one algorithm. */
static inline int8_t oscore_alg(const struct ace_oscore_ctx *ctx)
{
	return ACE_ALG_ONLY ? ACE_ALG_ONLY : ctx->aead;
}

/* An algorithm, or another number of one or two digits, as CBOR in info and AAD. Returns the place after. */
static inline uint8_t *oscore_put_number(uint8_t *to, int32_t number)
{
	if (number >= 24)
		*to++ = 0x18;
	*to++ = (uint8_t)number;
	return to;
}

/* seq, which is at most ACE_OSCORE_SEQ_MAX, in its shortest form, at least one byte, into piv; returns the length. */
uint8_t ace_oscore_piv_write(uint64_t seq, uint8_t piv[ACE_OSCORE_PIV_MAX]);
uint64_t ace_oscore_piv_read(struct ace_slice piv);

/* nonce: Common IV combined with who numbered the message and the number.  Source: RFC 8613 5.2. */
void ace_oscore_nonce_make(const struct ace_oscore_ctx *ctx, const struct ace_oscore_id *id, struct ace_slice piv,
			   uint8_t ret_nonce[ACE_AEAD_NONCE_MAX]);

/* What is sealed or opened, and with what. */
struct ace_oscore_crypt {
	const struct ace_oscore_ctx *ctx;           /* this and all below is borrowed */
	const struct ace_oscore_exchange *exchange; /* the request that the AAD names, which may be this message */
	struct ace_slice piv; /* the sender's number of this message; empty: the nonce is that of the request */
	struct ace_slice text;
	bool is_sealed;       /* open it; otherwise seal */
};
/* The AAD is the Enc_structure over the request that the exchange belongs to. Errors of the port's AEAD.
 * Source: RFC 8613 5.4. */
ACE_MUST_CHECK enum ace_err ace_oscore_crypt(const struct ace_oscore_crypt *crypt, struct ace_buf *out);

/* Sets of options. Source: RFC 8613 4.1 Figure 5, RFC 9668 3.1. */
enum ace_oscore_class {
	ACE_OSCORE_CLASS_U = 1,       /* in plain sight of proxies */
	ACE_OSCORE_CLASS_E = 2,       /* everything else that is */
	ACE_OSCORE_OBSERVE = 4,       /* both ways */
	ACE_OSCORE_ITSELF = 8,
	ACE_OSCORE_EMPTY_OBSERVE = 16 /* of Observe, no value */
};
struct ace_oscore_list {
	struct ace_slice options;
	unsigned classes; /* those that count, a set of enum ace_oscore_class */
};
/* Write those options of both lists that count as one list. Of equal numbers the inner one comes first: it is the authentic one. */
void ace_oscore_options_merge(struct ace_coap_writer *w, const struct ace_oscore_list *outer,
			      const struct ace_oscore_list *inner);

/* What matters of a list of options. */
struct ace_oscore_marks {
	struct ace_slice value;   /* of the last OSCORE option; borrows */
	unsigned oscore, observe; /* how many there are */
};
void ace_oscore_marks_find(struct ace_slice options, struct ace_oscore_marks *ret_marks);

#endif
