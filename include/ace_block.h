/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise transfer (RFC 7959) of the messages inside OSCORE: pure functions over the verified inner
 * message, for servers of both kinds. Nothing here sends, waits or allocates.
 *
 * A body that comes in blocks is put together in one of the places of struct ace_bodies, which the caller
 * sizes: so many places of so many bytes, so many of them for one peer, for so long. Blocks come in order
 * or not at all: a gap, a step back or a change of options is 4.08, and block 0 starts anew. Who the peer is
 * says the caller, by the number of the security context that verified the message; so nobody touches the
 * transfer of another, from whatever address. Which request it is say its code and options, without those
 * that RFC 9175 1.1 excepts.
 *
 * An answer is cut where it is written: ace_block2_slice() is stateless, and enough for what can be made
 * again. What cannot, such as a token, is kept in a place for a while, for the requests for its later blocks.
 *
 * Blocks outside OSCORE, from a proxy, are refused: the longest message that is taken is one datagram.
 * Source: RFC 7959 2, RFC 8613 4.1.3.4, RFC 9175 3. */
#ifndef ACE_BLOCK_H
#define ACE_BLOCK_H

#include "ace_coap.h"

#define ACE_BLOCK_SZX_MAX 6 /* 1,024 bytes */

struct ace_block {
	uint32_t num;
	uint8_t szx; /* the size is 16 << szx bytes */
	bool more;
};

/* Read the Block1 or Block2 option among options.
 * @return 0: *ret_present says whether there is one, and *ret_block is written if so; else the code to answer
 * with: 4.00 for size exponent 7, 4.02 when it is longer than 3 bytes or there are two.  Source: RFC 7959 2.1, 2.2. */
uint8_t ace_block_find(struct ace_slice options, uint32_t number, bool *ret_present, struct ace_block *ret_block);
uint32_t ace_block_value(const struct ace_block *block);
/* May a protected message with those outer options be opened? 0: yes; else the code to answer with: 4.13 for a part
 * of a message, 4.02 for another block option.  Source: RFC 8613 4.1.3.4.2. */
uint8_t ace_block_outer(struct ace_slice options);
/* A number for bytes, the same whenever they are the same: an ETag for bodies that are cut. It is no proof of anything.
 * ETags are wanted for bodies that change (RFC 7959 2.4). */
uint64_t ace_block_tag(struct ace_slice bytes);

/* A slice of an answer. */
struct ace_block2 {
	struct ace_slice payload; /* borrows from the body */
	bool has_option;
	uint32_t option; /* the value of Block2 */
	bool has_size;   /* Size2 belongs to the first block: the length of the body */
};
/* Cut the body as the request's options want it, in blocks that leave room.
 * @param payload_max  bytes that fit beside the options of the answer; at least 16 if the body is longer.
 * @return 0; else the code to answer with: of ace_block_find(), 4.00 for a block behind the end, 5.00 payload_max
 * holds no block. *ret_slice is written when it is 0.  Source: RFC 7959 2.4. */
uint8_t ace_block2_slice(struct ace_slice options, struct ace_slice body, size_t payload_max,
			 struct ace_block2 *ret_slice);

enum ace_body_state { ACE_BODY_FREE = 0, ACE_BODY_COLLECTED, ACE_BODY_WHOLE, ACE_BODY_KEPT };
struct ace_body {
	uint64_t peer, key;
	uint64_t touched_ms;
	uint32_t len;
	uint32_t note;
	uint8_t state; /* enum ace_body_state */
};
/* Zero the places before first use, and call ace_bodies_fini() at the end. A handful: each call looks at all of them.
 */
struct ace_bodies {
	struct ace_body *places; /* borrows from the caller: count of them */
	uint8_t *bytes;          /* borrows from the caller: count times body_max */
	uint32_t body_max;       /* bytes of one body */
	uint32_t lifetime_ms;    /* after the last block; EXCHANGE_LIFETIME is enough for everybody */
	uint16_t count;
	uint16_t peer_max; /* places of one peer; a further transfer of it takes its oldest */
	uint8_t szx_max;   /* larger blocks are asked to become smaller */
};
/* Wipe and free what is over. Other calls do so as well. */
void ace_bodies_expire(struct ace_bodies *bodies, uint64_t now_ms);
void ace_bodies_fini(struct ace_bodies *bodies);

/* What a request with or without Block1 leads to. */
struct ace_block1 {
	uint8_t code;          /* 0: the body is whole, serve the request; else answer with this */
	struct ace_slice body; /* when code is 0; borrows from the message or, until the next call, from the places */
	bool has_option;
	uint32_t option;    /* the value of Block1 in the answer, also in the one to the whole body */
	uint32_t size1;     /* with 4.13: the longest body, for the option Size1; else 0 */
	uint32_t max_age_s; /* with 5.03; else 0 */
};
/* Take a block of a request.
 * @param peer    who sent it: the number of the verified security context.
 * @param now_ms  monotonic milliseconds.
 * @param msg     the inner message; borrowed for the call.
 * Codes: 2.31 go on; 4.00 or 4.02 malformed, or a method without a body; 4.08 not in order; 4.13 longer than body_max;
 * 5.03 no place.  Source: RFC 7959 2.3, 2.5, 2.9, RFC 9175 3.3. */
void ace_block1_take(struct ace_bodies *bodies, uint64_t peer, uint64_t now_ms, const struct ace_coap_message *msg,
		     struct ace_block1 *ret_result);

struct ace_block2_answer {
	struct ace_slice body;
	uint32_t note; /* the caller's: a Content-Format, say */
};
/* Keep the body of the answer to msg for requests for its later blocks; one that was kept for the same is replaced.
 * @return ACE_OK; ACE_ERR_SPACE longer than body_max; ACE_ERR_FULL no place. */
ACE_MUST_CHECK enum ace_err ace_block2_keep(struct ace_bodies *bodies, uint64_t peer, uint64_t now_ms,
					    const struct ace_coap_message *msg, const struct ace_block2_answer *answer);
/* Does msg ask for a later block of what was kept? The body borrows from the places until the next call. */
bool ace_block2_kept(struct ace_bodies *bodies, uint64_t peer, uint64_t now_ms, const struct ace_coap_message *msg,
		     struct ace_block2_answer *ret_answer);

#endif
