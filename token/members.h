/* SPDX-License-Identifier: Apache-2.0 */
/* Maps with known integer keys, and arrays with known items, read by a table of what goes where. */
#ifndef TOKEN_MEMBERS_H
#define TOKEN_MEMBERS_H

#include "ace_claims.h"

enum member_kind {
	MEMBER_RAW,    /* struct ace_slice: the item as it is encoded */
	MEMBER_BYTES,  /* struct ace_slice */
	MEMBER_TEXT,   /* struct ace_slice */
	MEMBER_TEXTS,  /* struct ace_slice: one text, or an array as it is encoded; no text begins with such a byte */
	MEMBER_SCOPE,  /* struct ace_scope */
	MEMBER_ALG,    /* int32_t, never 0: a registered number. Text and what is not in use reads as MEMBER_ALG_OTHER. */
	MEMBER_INT,    /* int64_t */
	MEMBER_UINT,   /* uint64_t */
	MEMBER_TIME,   /* int64_t */
};
#define MEMBER_ALG_OTHER INT32_MAX

struct member {
	uint8_t key;
	uint8_t kind; /* enum member_kind */
	uint16_t at;  /* offset in the struct that is filled */
};

struct member_table {
	uint8_t type; /* ACE_CBOR_MAP or ACE_CBOR_ARRAY, whose items have the keys 0, 1, ... */
	uint8_t len;
	bool is_inner; /* it stands in an item that has been checked, and was with it */
	const struct member *members;
};

/* The set of keys that a map had. 63 stands for all that are 63 or more, negative, or no numbers. */
struct member_keys {
	uint32_t bits[2];
};
#define MEMBER_KEY_OTHER 63

static inline bool member_is_there(const struct member_keys *keys, unsigned key)
{
	return keys->bits[key / 32] >> key % 32 & 1;
}

/* Of the one item that *in is, which has been checked and must be a map or array, give the items in their encodings, one
 * after the other: there is another one while *ret_items is not empty. */
ACE_MUST_CHECK enum ace_err ace_items_open(const struct ace_slice *in, enum ace_cbor_type type, struct ace_slice *ret_items);

/* Read the map or array that *in is into the struct at ret_values; keys that the table has not are passed over. On
 * failure some of it may be filled. */
ACE_MUST_CHECK enum ace_err ace_members_read(const struct ace_slice *in, const struct member_table *table, void *ret_values,
					     struct member_keys *ret_keys);

#endif
