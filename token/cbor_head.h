/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the CBOR reader share: cbor_check.c proves bytes well-formed, cbor_value.c says what an item is
 * worth, cbor_read.c and members.c hand items out. */
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
	const uint8_t *content; /* borrows from the input */
	uint8_t initial;
};

/* Major type 2 or 3. */
static inline bool cbor_is_string(const struct cbor_item *item)
{
	return item->initial >> 6 == 1;
}

static inline struct ace_slice cbor_string(const struct cbor_item *item)
{
	return (struct ace_slice){ item->content, (size_t)item->value };
}

static inline unsigned cbor_major(const struct cbor_item *item)
{
	return item->initial >> 5;
}

static inline unsigned cbor_info(const struct cbor_item *item)
{
	return item->initial & 31u;
}

/* Is the item of one of these major types (a set of CBOR_MAJOR bits)? */
static inline bool cbor_is_of(const struct cbor_item *item, unsigned majors)
{
	return majors >> cbor_major(item) & 1;
}

/* Take a string, or the head of anything else, off rest. ACE_ERR_TRUNCATED, ACE_ERR_MALFORMED; ACE_ERR_UNKNOWN for a
 * string of more than one chunk. */
ACE_MUST_CHECK enum ace_err ace_cbor_item_take(struct ace_slice *rest, struct cbor_item *ret_item);
/* Pass over one item of any kind, checking that it is well-formed, within the limits, and without duplicate keys. */
ACE_MUST_CHECK enum ace_err ace_cbor_item_skip(struct ace_slice *rest);
/* The same, and give it as it is encoded; on failure *ret_raw holds nothing of use. */
ACE_MUST_CHECK enum ace_err ace_cbor_raw_take(struct ace_slice *rest, struct ace_slice *ret_raw);
/* The same for bytes that are exactly one item. */
ACE_MUST_CHECK enum ace_err ace_cbor_whole_check(struct ace_slice in);

/* ace_cbor_item_take() of an item that is of one of the major types, else ACE_ERR_TYPE; ACE_ERR_MALFORMED also for text
 * that is not valid UTF-8. */
ACE_MUST_CHECK enum ace_err ace_cbor_value_take(struct ace_slice *rest, unsigned majors, struct cbor_item *ret_item);
/* The value of an integer that fits, or of a floating-point number, cut. ACE_ERR_RANGE; ACE_ERR_TYPE for true and the like. */
ACE_MUST_CHECK enum ace_err ace_cbor_number_of(const struct cbor_item *item, int64_t *ret_number);

#endif
