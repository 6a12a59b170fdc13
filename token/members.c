/* SPDX-License-Identifier: Apache-2.0 */
#include "token/members.h"

#include "token/cbor_head.h"

/* An algorithm that has a text for a name, or one of no use to us, is one that is not built in. */
static int32_t alg_read(struct ace_cbor_reader *r)
{
	int64_t alg = 0;

	if (ace_cbor_peek(r) == ACE_CBOR_TSTR)
		(void)ace_cbor_read_raw(r);
	else
		alg = ace_cbor_read_int(r);
	return alg && alg == (int8_t)alg ? (int32_t)alg : MEMBER_ALG_OTHER;
}

static void value_read(struct ace_cbor_reader *r, enum member_kind kind, void *ret_value)
{
	struct ace_slice slice = { NULL, 0 };
	int64_t number = 0;

	switch (kind) {
	case MEMBER_BYTES:
		slice = ace_cbor_read_bstr(r);
		break;
	case MEMBER_TEXT:
		slice = ace_cbor_read_tstr(r);
		break;
	case MEMBER_RAW:
		slice = ace_cbor_read_raw(r);
		break;
	case MEMBER_ALG:
		*(int32_t *)ret_value = alg_read(r);
		return;
	case MEMBER_INT:
		number = ace_cbor_read_int(r);
		break;
	case MEMBER_UINT:
		number = (int64_t)ace_cbor_read_uint(r);
		break;
	case MEMBER_TIME: /* RFC 8392 2: "the leading tag 1 [...] MUST be omitted": a tagged date is of the wrong type */
		number = ace_cbor_read_time(r);
		break;
	}
	if (kind <= MEMBER_RAW)
		*(struct ace_slice *)ret_value = slice;
	else
		*(int64_t *)ret_value = number;
}

/* A key that the set has a bit for, else 63. */
static unsigned key_read(struct ace_cbor_reader *r)
{
	uint64_t key = 63;

	if (ace_cbor_peek(r) == ACE_CBOR_UINT)
		key = ace_cbor_read_uint(r);
	else
		(void)ace_cbor_read_raw(r);
	return key < 63 ? (unsigned)key : 63;
}

uint64_t ace_members_read(struct ace_cbor_reader *r, enum ace_cbor_type type, const struct member *table, size_t len,
			  void *ret_values)
{
	struct ace_cbor_seq seq;
	uint64_t keys = 0;
	unsigned key = 0;

	for (ace_cbor_enter(r, type, &seq); ace_cbor_array_next(r, &seq); key++) {
		size_t i = 0;

		if (type == ACE_CBOR_MAP)
			key = key_read(r);
		keys |= MEMBER_BIT(key & 63);
		while (i < len && table[i].key != key)
			i++;
		if (i < len)
			value_read(r, table[i].kind, (uint8_t *)ret_values + table[i].at);
		else
			(void)ace_cbor_read_raw(r);
	}
	return keys;
}
