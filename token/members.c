/* SPDX-License-Identifier: Apache-2.0 */
#include "token/members.h"

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
	struct ace_slice *slice = ret_value;
	int64_t *number = ret_value;

	switch (kind) {
	case MEMBER_BYTES:
		*slice = ace_cbor_read_bstr(r);
		break;
	case MEMBER_TEXT:
		*slice = ace_cbor_read_tstr(r);
		break;
	case MEMBER_RAW:
		*slice = ace_cbor_read_raw(r);
		break;
	case MEMBER_ALG:
		*(int32_t *)ret_value = alg_read(r);
		break;
	case MEMBER_INT:
		*number = ace_cbor_read_int(r);
		break;
	case MEMBER_UINT:
		*(uint64_t *)ret_value = ace_cbor_read_uint(r);
		break;
	case MEMBER_TIME: /* RFC 8392 2: "the leading tag 1 [...] MUST be omitted": a tagged date is of the wrong type */
		*number = ace_cbor_read_time(r);
		break;
	}
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

/* For each key of a map, or number of an item in an array: read what the table has, pass over the rest. */
static uint64_t table_read(struct ace_cbor_reader *r, bool is_map, const struct member *table, size_t len, void *ret_values)
{
	struct ace_cbor_seq seq;
	uint64_t keys = 0;
	unsigned key = 0;

	if (is_map)
		ace_cbor_map_enter(r, &seq);
	else
		ace_cbor_array_enter(r, &seq);
	for (; ace_cbor_array_next(r, &seq); key++) {
		size_t i = 0;

		if (is_map)
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

uint64_t ace_members_read(struct ace_cbor_reader *r, const struct member *table, size_t len, void *ret_values)
{
	return table_read(r, true, table, len, ret_values);
}

uint64_t ace_items_read(struct ace_cbor_reader *r, const struct member *table, size_t len, void *ret_values)
{
	return table_read(r, false, table, len, ret_values);
}
