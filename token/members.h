/* SPDX-License-Identifier: Apache-2.0 */
/* Maps with known integer keys, read by a table of what goes where. */
#ifndef TOKEN_MEMBERS_H
#define TOKEN_MEMBERS_H

#include "ace_claims.h"

enum member_kind {
	MEMBER_RAW,    /* struct ace_slice: the item as it is encoded */
	MEMBER_BYTES,  /* struct ace_slice */
	MEMBER_TEXT,   /* struct ace_slice */
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

/* In the set of keys that a map had. Bit 63 stands for all that are 63 or more, negative, or no numbers. */
#define MEMBER_BIT(key) (UINT64_C(1) << (key))
#define MEMBER_BIT_OTHER MEMBER_BIT(63)

/* Read the map at the reader's place into the struct at ret_values, or the array, whose items are numbered from 0; keys
 * that the table has not are passed over. Errors stick in the reader. Returns the set of keys. */
uint64_t ace_members_read(struct ace_cbor_reader *r, enum ace_cbor_type type, const struct member *table, size_t len,
			  void *ret_values);

#endif
