/* SPDX-License-Identifier: Apache-2.0 */
#include "token/members.h"

#include "token/cbor_head.h"

/* Apart from what passes items over, so that their stack does not add up. */
__attribute__((noinline)) static void value_read(struct ace_cbor_reader *r, enum member_kind kind, void *ret_value)
{
	static const uint8_t majors[] = {
		[MEMBER_BYTES] = CBOR_MAJOR(ACE_CBOR_BSTR),
		[MEMBER_TEXT] = CBOR_MAJOR(ACE_CBOR_TSTR),
		[MEMBER_SCOPE] = CBOR_STRINGS,
		[MEMBER_UINT] = CBOR_MAJOR(ACE_CBOR_UINT),
		[MEMBER_INT] = CBOR_INTEGERS,
		/* RFC 8392 2: "the leading tag 1 [...] MUST be omitted": a tagged date is of the wrong type. */
		[MEMBER_TIME] = CBOR_INTEGERS | CBOR_MAJOR(ACE_CBOR_SIMPLE),
		[MEMBER_ALG] = CBOR_INTEGERS | CBOR_MAJOR(ACE_CBOR_TSTR),
	};
	struct cbor_item item;
	int64_t number = 0;

	ace_cbor_take(r, majors[kind], &item);
	if (r->err)
		return;
	if (kind <= MEMBER_TEXT) {
		*(struct ace_slice *)ret_value = item.content;
	} else if (kind == MEMBER_SCOPE) {
		*(struct ace_scope *)ret_value = (struct ace_scope){
			item.major == ACE_CBOR_BSTR ? ACE_SCOPE_AIF : ACE_SCOPE_TEXT, item.content };
	} else if (kind == MEMBER_UINT) {
		*(uint64_t *)ret_value = item.value;
	} else {
		r->err = item.major == ACE_CBOR_TSTR ? ACE_OK : ace_cbor_number_of(&item, &number);
		if (kind == MEMBER_ALG) /* one with a text for a name, or one of no use to us, is not built in */
			*(int32_t *)ret_value = number && number == (int8_t)number ? (int32_t)number : MEMBER_ALG_OTHER;
		else
			*(int64_t *)ret_value = number;
	}
}

/* A key that the set has a bit for, else 63. */
__attribute__((noinline)) static unsigned key_read(struct ace_cbor_reader *r)
{
	struct cbor_item key;

	/* An integer or a string, as far as the walk over all of it has seen. */
	r->err = ace_cbor_item_take(&r->rest, &key);
	return !r->err && key.major == ACE_CBOR_UINT && key.value < 63 ? (unsigned)key.value : 63;
}

uint64_t ace_members_read(struct ace_cbor_reader *r, enum ace_cbor_type type, const struct member *table, size_t len,
			  void *ret_values)
{
	struct ace_cbor_seq seq;
	uint64_t keys = 0;
	unsigned key = 0;

	for (ace_cbor_enter(r, type, &seq); ace_cbor_array_next(r, &seq); key++) {
		struct ace_slice raw;
		size_t i = 0;

		if (type == ACE_CBOR_MAP)
			key = key_read(r);
		keys |= MEMBER_BIT(key & 63);
		while (i < len && table[i].key != key)
			i++;
		if (i < len && table[i].kind != MEMBER_RAW) {
			value_read(r, table[i].kind, (uint8_t *)ret_values + table[i].at);
			continue;
		}
		raw = ace_cbor_read_raw(r);
		if (i < len)
			*(struct ace_slice *)((uint8_t *)ret_values + table[i].at) = raw;
	}
	return keys;
}
