/* SPDX-License-Identifier: Apache-2.0 */
/* OSCORE (RFC 8613) on bytes: a CoAP message in, a CoAP message out. The caller finds the context by
 * (kid context, kid), so a context can live in any table, and learns with each request which context
 * verified it. */
#ifndef ACE_OSCORE_H
#define ACE_OSCORE_H

#include "ace_coap.h"
#include "ace_port.h"

/* Firmware that uses 16-byte keys only may set this to 16 and save 32 bytes a context. */
#ifndef ACE_OSCORE_KEY_MAX
#define ACE_OSCORE_KEY_MAX 32
#endif
#ifndef ACE_OSCORE_ID_CONTEXT_MAX
#define ACE_OSCORE_ID_CONTEXT_MAX 8
#endif
#define ACE_OSCORE_ID_MAX 7
#define ACE_OSCORE_PIV_MAX 5
#define ACE_OSCORE_WINDOW 32
/* Partial IVs run from 0 to 2^40 - 1 (RFC 8613 7.2.1). */
#define ACE_OSCORE_SEQ_MAX ((UINT64_C(1) << 40) - 1)
/* A protected message is at most this much longer than the plain one. */
#define ACE_OSCORE_OVERHEAD_MAX 48

/* A Sender ID, Recipient ID or kid: 0 to 7 bytes. */
struct ace_oscore_id {
	uint8_t len;
	uint8_t bytes[ACE_OSCORE_ID_MAX];
};

/* Which Partial IVs of the peer were seen: the highest, and the 32 numbers up to it. */
struct ace_oscore_window {
	uint64_t highest; /* meaningful once seen is not 0 */
	uint32_t seen;    /* bit i: highest - i was seen */
	bool known;       /* false: RFC 8613 B.1.2, nothing can be told to be fresh before an Echo */
};

/* One security context. Its owner wipes it when it ends. */
struct ace_oscore_ctx {
	int8_t aead; /* enum ace_alg */
	bool has_id_context; /* sent as kid context with requests */
	uint8_t id_context_len;
	uint8_t common_iv[ACE_AEAD_NONCE_MAX];
	uint8_t id_context[ACE_OSCORE_ID_CONTEXT_MAX];
	struct ace_oscore_id sender_id, recipient_id;
	uint64_t sender_seq; /* the next own Partial IV */
	struct ace_oscore_window window;
	uint8_t sender_key[ACE_OSCORE_KEY_MAX], recipient_key[ACE_OSCORE_KEY_MAX];
};

/* What a context is derived from. Named fields, so that two secrets cannot be swapped by position. */
struct ace_oscore_input {
	struct ace_slice master_secret; /* not empty */
	struct ace_slice master_salt;   /* may be empty */
	struct ace_slice id_context;    /* looked at when has_id_context */
	bool has_id_context;            /* absent and empty differ (RFC 8613 3.2.1) */
	struct ace_slice sender_id, recipient_id;
	int32_t aead; /* 0 means the default, ACE_ALG_CCM_16_64_128 */
	int32_t hkdf; /* 0 means the default; ACE_ALG_HMAC_256 and ACE_ALG_DIRECT_HKDF_SHA_256 are the same */
};

/* Derive keys and Common IV. Sequence number 0, an empty and known replay window.
 * @return ACE_OK; ACE_ERR_RANGE an id longer than nonce length minus 6, an ID Context longer than
 * supported, an empty secret; ACE_ERR_UNSUPPORTED algorithm; ACE_ERR_CNF both ids are equal; ACE_ERR_CRYPTO.
 * A failure leaves *ret_ctx empty.  Source: RFC 8613 3.2.1, 3.3. */
ACE_MUST_CHECK enum ace_err ace_oscore_derive(const struct ace_oscore_input *in, struct ace_oscore_ctx *ret_ctx);

/* The same for a context, empty otherwise, whose ids, ID Context and algorithm are set already and known to be as
 * ace_oscore_derive() wants them. ACE_ERR_CRYPTO leaves *ctx empty. */
ACE_MUST_CHECK enum ace_err ace_oscore_keys_derive(const struct ace_slice *master_secret,
						   const struct ace_slice *master_salt, struct ace_oscore_ctx *ctx);

/* The value of the OSCORE option. Slices borrow from it.  Source: RFC 8613 6.1. */
struct ace_oscore_option {
	struct ace_slice piv; /* empty: none */
	struct ace_slice kid, kid_context;
	bool has_kid, has_kid_context;
};
/* ACE_ERR_MALFORMED: reserved bits, a Partial IV of 6 or 7 bytes or with a leading zero byte, bytes that belong to
 * nothing, a flag byte of zero (an option without fields is empty); ACE_ERR_TRUNCATED. *ret_option holds nothing of use
 * then. */
ACE_MUST_CHECK enum ace_err ace_oscore_option_read(struct ace_slice value, struct ace_oscore_option *ret_option);
/* Append the value to out. ACE_ERR_SPACE; ACE_ERR_USAGE. */
ACE_MUST_CHECK enum ace_err ace_oscore_option_write(const struct ace_oscore_option *option, struct ace_buf *out);

/* Is the message protected, and for whom? ACE_ERR_UNPROTECTED without an OSCORE option;
 * ACE_ERR_MALFORMED or ACE_ERR_TRUNCATED when the option does not decode, occurs twice, or there is no payload
 * (answer 4.02). */
ACE_MUST_CHECK enum ace_err ace_oscore_peek(const struct ace_coap_message *msg, struct ace_oscore_option *ret_option);

/* What ties a response to its request. Both sides keep it until the exchange ends. */
struct ace_oscore_exchange {
	uint8_t piv[ACE_OSCORE_PIV_MAX]; /* of the request, without leading zeros, at least one byte */
	uint8_t piv_len;
	struct ace_oscore_id kid;
	bool nonce_spent;          /* server: the request's nonce has protected an answer already */
	bool observe;              /* the request registers or cancels an observation */
	bool unproven;             /* server: the window was not known; only an Echo makes the request fresh */
	bool answered;             /* client: an answer without Partial IV was taken */
	uint64_t answer_seq;       /* client: 1 + the highest Partial IV of an answer so far */
};

/* Take the next own Partial IV out of the context. ACE_ERR_EXHAUSTED at the end of the space. */
ACE_MUST_CHECK enum ace_err ace_oscore_seq_take(struct ace_oscore_ctx *ctx, uint64_t *ret_seq);

/* Was seq seen, or is it older than the window, or is the window unknown? Does not change the window. */
bool ace_oscore_window_is_replay(const struct ace_oscore_window *window, uint64_t seq);
/* Mark seq as seen; only after it verified. */
void ace_oscore_window_mark(struct ace_oscore_window *window, uint64_t seq);
/* After an Echo came back: everything up to the request of that exchange counts as seen, and the exchange is no longer
 * unproven. ACE_ERR_REPLAY when the window became known in the meantime and says that the request is none to serve.
 * Source: RFC 8613 B.1.2. */
ACE_MUST_CHECK enum ace_err ace_oscore_window_start(struct ace_oscore_window *window,
						    struct ace_oscore_exchange *exchange);

/* Protect a request. seq must come from ace_oscore_seq_take() or another counter that never repeats
 * under this key. Class E options and the payload go inside, class U stay outside, Observe does both;
 * the outer code is POST, or FETCH with Observe. out must not overlap msg; a failure leaves no plaintext in it.
 * @return ACE_OK; ACE_ERR_USAGE the message has an OSCORE option already, carries Proxy-Uri (the caller splits it) or
 * is no request; ACE_ERR_SPACE; ACE_ERR_EXHAUSTED; ACE_ERR_CRYPTO.  Source: RFC 8613 8.1. */
ACE_MUST_CHECK enum ace_err ace_oscore_protect_request(const struct ace_oscore_ctx *ctx, uint64_t seq,
						       const struct ace_coap_message *msg, struct ace_buf *out,
						       struct ace_oscore_exchange *ret_exchange);

/* Verify and open a request. The window is checked before and marked after decryption; when it is not
 * known, nothing is checked or marked and exchange->unproven is set. Outer options of class E are
 * dropped. Type, Message ID and token of the outer message are kept, so out is a complete message. It must not
 * overlap msg, and is large enough when it holds as much as the protected message; a failure leaves no plaintext in it.
 * @return ACE_OK; ACE_ERR_UNPROTECTED; ACE_ERR_MALFORMED or ACE_ERR_TRUNCATED (answer 4.02 when the option or COSE
 * object does not decode); ACE_ERR_NO_CONTEXT (4.01) the kid or kid context is not this context's;
 * ACE_ERR_REPLAY (4.01); ACE_ERR_TAG (4.00), also when the plaintext is no CoAP;
 * ACE_ERR_SPACE; ACE_ERR_CRYPTO.  Source: RFC 8613 8.2. */
ACE_MUST_CHECK enum ace_err ace_oscore_unprotect_request(struct ace_oscore_ctx *ctx,
							 const struct ace_coap_message *msg, struct ace_buf *out,
							 struct ace_oscore_exchange *ret_exchange);

/* Protect a response. With seq NULL the request's nonce is used, once per exchange; otherwise *seq is
 * this side's own fresh Partial IV. A response to an observation that carries Observe has outer code 2.05,
 * others 2.04. A notification after the first needs its own number, and so does any answer to an unproven
 * request: a copy of that one may have been answered under its nonce before.
 * @return as protect_request; ACE_ERR_USAGE the request's nonce is spent or the request unproven, the message is
 * no response, or it carries Observe and the request did not.  Source: RFC 8613 8.3, 4.1.3.5, B.1.2. */
ACE_MUST_CHECK enum ace_err ace_oscore_protect_response(const struct ace_oscore_ctx *ctx,
							struct ace_oscore_exchange *exchange, const uint64_t *seq,
							const struct ace_coap_message *msg, struct ace_buf *out);

/* Verify and open a response to that exchange; out as for requests. A failure leaves context and exchange as they
 * were. Each answer must be newer than those before it: one without Partial IV is the oldest and comes once. Of a
 * notification the Observe value is empty: order follows the Partial IVs.
 * @return ACE_OK; ACE_ERR_UNPROTECTED a plaintext answer, which proves nothing; ACE_ERR_REPLAY an answer that is
 * not newer; ACE_ERR_TAG; ACE_ERR_MALFORMED also when it carries Observe and the request did not;
 * ACE_ERR_TRUNCATED; ACE_ERR_NO_CONTEXT; ACE_ERR_SPACE; ACE_ERR_CRYPTO.  Source: RFC 8613 8.4, 7.4.1. */
ACE_MUST_CHECK enum ace_err ace_oscore_unprotect_response(const struct ace_oscore_ctx *ctx,
							  struct ace_oscore_exchange *exchange,
							  const struct ace_coap_message *msg, struct ace_buf *out);

#endif
