/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the CBOR reader share: cbor_check.c proves bytes well-formed, cbor_read.c hands them out. */
#ifndef TOKEN_CBOR_HEAD_H
#define TOKEN_CBOR_HEAD_H

#include "ace_cbor.h"

#define CBOR_ONE_BYTE 24    /* the argument follows in 1, 2, 4 or 8 bytes for 24 to 27 */
#define CBOR_EIGHT_BYTES 27
#define CBOR_INDEFINITE 31  /* or, with major type 7, the break that ends such an item */
#define CBOR_BREAK 0xff
#define CBOR_UNTIL_BREAK SIZE_MAX /* counted down from here; real counts never exceed half of it */
#define CBOR_IS_UNTIL_BREAK(left) ((left) > SIZE_MAX / 2)
#define CBOR_MAJOR(type) (1u << (type)) /* for sets of major types; 7 is ACE_CBOR_SIMPLE there */

/* Initial byte and argument of an item (RFC 8949 3). */
struct cbor_head {
	uint8_t major;
	uint8_t info;
	uint64_t value;
};

/* Take a head off rest. ACE_ERR_TRUNCATED, ACE_ERR_MALFORMED. */
ACE_MUST_CHECK enum ace_err ace_cbor_head_take(struct ace_slice *rest, struct cbor_head *ret_head);
/* Take the content of a string, whose head was taken, off rest. ACE_ERR_UNKNOWN for more than one chunk. */
ACE_MUST_CHECK enum ace_err ace_cbor_string_take(struct ace_slice *rest, const struct cbor_head *head,
						 struct ace_slice *ret_content);
/* Pass over one item of any kind, checking that it is well-formed and within the limits, but not its map keys. */
ACE_MUST_CHECK enum ace_err ace_cbor_item_skip(struct ace_slice *rest);
/* For each map of a well-formed item: are its keys numbers or strings, none of them twice?
 * ACE_ERR_DUPLICATE, ACE_ERR_UNKNOWN. */
ACE_MUST_CHECK enum ace_err ace_cbor_keys_check(struct ace_slice rest);
/* Does another item (or pair, in a map) follow? Takes a break off rest. */
bool ace_cbor_seq_next(struct ace_slice *rest, struct ace_cbor_seq *seq);

#endif
