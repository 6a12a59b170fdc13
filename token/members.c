/* SPDX-License-Identifier: Apache-2.0 */
#include "token/members.h"

#include "token/cbor_head.h"

enum ace_err ace_items_open(const struct ace_slice *in, enum ace_cbor_type type, struct ace_slice *ret_items)
{
	struct cbor_item head;
	enum ace_err err;

	*ret_items = *in;
	err = ace_cbor_value_take(ret_items, CBOR_MAJOR(type), &head);
	if (!err && cbor_info(&head) == CBOR_INDEFINITE)
		ret_items->len--; /* nothing follows its break */
	return err;
}

static const uint8_t majors[] = {
	[MEMBER_BYTES] = CBOR_MAJOR(ACE_CBOR_BSTR),
	[MEMBER_TEXT] = CBOR_MAJOR(ACE_CBOR_TSTR),
	[MEMBER_TEXTS] = CBOR_MAJOR(ACE_CBOR_TSTR),
	[MEMBER_SCOPE] = CBOR_STRINGS,
	[MEMBER_UINT] = CBOR_MAJOR(ACE_CBOR_UINT),
	[MEMBER_INT] = CBOR_INTEGERS,
	/* RFC 8392 2: "the leading tag 1 [...] MUST be omitted": a tagged date is of the wrong type. */
	[MEMBER_TIME] = CBOR_INTEGERS | CBOR_MAJOR(ACE_CBOR_SIMPLE),
	[MEMBER_ALG] = CBOR_INTEGERS | CBOR_MAJOR(ACE_CBOR_TSTR),
};

/* One with a text for a name, or one that is of no use to us, is not built in. */
static int32_t alg_of(const struct cbor_item *item)
{
	int32_t number = (int32_t)item->value;

	if (item->value > INT8_MAX || cbor_is_string(item))
		return MEMBER_ALG_OTHER;
	if (cbor_major(item) == ACE_CBOR_NINT)
		return ~number;
	return number ? number : MEMBER_ALG_OTHER;
}

static enum ace_err value_read(const struct cbor_item *item, enum member_kind kind, void *ret_value)
{
	switch (kind) {
	case MEMBER_SCOPE:
		*(enum ace_scope_kind *)ret_value = cbor_major(item) == ACE_CBOR_BSTR ? ACE_SCOPE_AIF : ACE_SCOPE_TEXT;
		((struct ace_scope *)ret_value)->bytes = cbor_string(item);
		return ACE_OK;
	case MEMBER_ALG:
		*(int32_t *)ret_value = alg_of(item);
		return ACE_OK;
	case MEMBER_UINT:
		*(uint64_t *)ret_value = item->value;
		return ACE_OK;
	case MEMBER_INT:
	case MEMBER_TIME:
		return ace_cbor_number_of(item, ret_value);
	case MEMBER_RAW: /* not read here */
	case MEMBER_BYTES:
	case MEMBER_TEXT:
	case MEMBER_TEXTS:
		break;
	}
	*(struct ace_slice *)ret_value = cbor_string(item);
	return ACE_OK;
}

static bool starts_array(struct ace_slice items)
{
	return items.len > 0 && *items.ptr >> 5 == ACE_CBOR_ARRAY;
}

enum ace_err ace_members_read(const struct ace_slice *in, const struct member_table *table, void *ret_values,
			      struct member_keys *ret_keys)
{
	struct ace_slice items;
	struct cbor_item item;
	enum ace_err err = table->is_inner ? ACE_OK : ace_cbor_whole_check(*in);

	ret_keys->bits[0] = ret_keys->bits[1] = 0;
	if (!err)
		err = ace_items_open(in, table->type, &items);
	for (unsigned key = 0; !err && items.len > 0; key++) {
		const struct member *member = table->members, *end = member + table->len;
		struct ace_slice passed_over;
		void *value;

		if (table->type == ACE_CBOR_MAP) {
			err = ace_cbor_item_take(&items, &item);
			key = cbor_major(&item) == ACE_CBOR_UINT && item.value < MEMBER_KEY_OTHER ? (unsigned)item.value :
												   MEMBER_KEY_OTHER;
		}
		ret_keys->bits[key / 32 & 1] |= UINT32_C(1) << key % 32;
		while (member != end && member->key != key)
			member++;
		value = member == end ? &passed_over : (void *)((uint8_t *)ret_values + member->at);
		if (member == end || member->kind == MEMBER_RAW || (member->kind == MEMBER_TEXTS && starts_array(items))) {
			err = ace_cbor_raw_take(&items, value);
			continue;
		}
		err = ace_cbor_value_take(&items, majors[member->kind], &item);
		if (!err)
			err = value_read(&item, member->kind, value);
	}
	return err;
}
