/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the CBOR reader share: cbor_check.c proves bytes well-formed, cbor_read.c hands them out. */
#ifndef TOKEN_CBOR_HEAD_H
#define TOKEN_CBOR_HEAD_H

#include "ace_cbor.h"

#define CBOR_ONE_BYTE 24    /* the argument follows in 1, 2, 4 or 8 bytes for 24 to 27 */
#define CBOR_EIGHT_BYTES 27
#define CBOR_INDEFINITE 31  /* or, with major type 7, the break that ends such an item */
#define CBOR_BREAK 0xff
/* Counted down from here; real counts never exceed half of it. Even, so that of a map with this many items left the
 * next one is a key, as with a real count. */
#define CBOR_UNTIL_BREAK (SIZE_MAX - 1)
#define CBOR_IS_UNTIL_BREAK(left) ((left) > SIZE_MAX / 2)
#define CBOR_MAJOR(type) (1u << (type)) /* for sets of major types; 7 is ACE_CBOR_SIMPLE there */
#define CBOR_INTEGERS (CBOR_MAJOR(ACE_CBOR_UINT) | CBOR_MAJOR(ACE_CBOR_NINT))
#define CBOR_STRINGS (CBOR_MAJOR(ACE_CBOR_BSTR) | CBOR_MAJOR(ACE_CBOR_TSTR))

/* Initial byte and argument of an item (RFC 8949 3), and the content when it is a string: value is its length then. */
struct cbor_item {
	uint64_t value;
	struct ace_slice content; /* borrows from the input */
	uint8_t major;
	uint8_t info;
};

/* Take a string, or the head of anything else, off rest. ACE_ERR_TRUNCATED, ACE_ERR_MALFORMED; ACE_ERR_UNKNOWN for a
 * string of more than one chunk. */
ACE_MUST_CHECK enum ace_err ace_cbor_item_take(struct ace_slice *rest, struct cbor_item *ret_item);
/* Pass over one item of any kind, checking that it is well-formed, within the limits, and without duplicate keys. */
ACE_MUST_CHECK enum ace_err ace_cbor_item_skip(struct ace_slice *rest);
/* Take the next item off the reader if it is of one of the major types (a set of CBOR_MAJOR bits), text being valid
 * UTF-8; otherwise an error sticks and *ret_item is zero. */
void ace_cbor_take(struct ace_cbor_reader *r, unsigned majors, struct cbor_item *ret_item);
/* The value of an integer that fits, or of a floating-point number, cut. ACE_ERR_RANGE; ACE_ERR_TYPE for true and the like. */
ACE_MUST_CHECK enum ace_err ace_cbor_number_of(const struct cbor_item *item, int64_t *ret_number);
/* Enter the next item, which must be an array or map, as said. */
void ace_cbor_enter(struct ace_cbor_reader *r, enum ace_cbor_type type, struct ace_cbor_seq *ret_seq);

#endif
