/* SPDX-License-Identifier: Apache-2.0 */
/* What an item is worth once its bytes are known to be well-formed: its type, its text, its number. */
#include "token/cbor_head.h"

/* RFC 3629 4: no longer form than needed, no surrogates, nothing past 10ffff. */
static bool text_is_valid(struct ace_slice text)
{
	uint32_t point = 0;
	unsigned more = 0, to_come = 0; /* bytes after the first of a character */

	for (; text.len > 0; text.len--) {
		uint32_t byte = *text.ptr++;

		if (to_come > 0) {
			if (byte >> 6 != 2)
				return false;
			point = point << 6 | (byte & 0x3f);
			/* 11 and 16 bits are the least that three and four bytes are needed for. */
			if (--to_come == 0 && (!(point >> (5 * more + 1)) || point >> 11 == 0xd800 >> 11 || point > 0x10ffff))
				return false;
		} else if (byte >= 0x80) {
			if (byte < 0xc2 || byte > 0xf4)
				return false;
			to_come = more = 1 + (byte >= 0xe0) + (byte >= 0xf0);
			point = byte & (0x3f >> more);
		}
	}
	return to_come == 0;
}

enum ace_err ace_cbor_value_take(struct ace_slice *rest, unsigned majors, struct cbor_item *ret_item)
{
	enum ace_err err = ace_cbor_item_take(rest, ret_item);

	if (err)
		return err;
	if (!cbor_is_of(ret_item, majors))
		return ACE_ERR_TYPE;
	/* RFC 8949 3.1: a string with "an invalid UTF-8 sequence is well-formed but invalid" */
	if (cbor_major(ret_item) == ACE_CBOR_TSTR && !text_is_valid(cbor_string(ret_item)))
		return ACE_ERR_MALFORMED;
	return ACE_OK;
}

/* IEEE 754 in 16, 32 or 64 bits, cut to an integer with shifts: firmware need not carry soft float for one date. */
static enum ace_err float_cut(uint64_t bits, unsigned exponent_bits, int64_t *ret_value)
{
	bool negative = bits >> 63;
	unsigned most = (1u << exponent_bits) - 1, exponent = (uint32_t)(bits >> 31) >> (32 - exponent_bits);

	if (exponent == most || exponent > most / 2 + 62) /* infinite, not a number, or at least 2^63 */
		return ACE_ERR_RANGE;
	for (; exponent_bits > 0; exponent_bits--)
		bits <<= 1;
	bits |= UINT64_C(1) << 63; /* the digit before the point, which is not written */
	for (; exponent < most / 2 + 63; exponent++)
		bits >>= 1;
	*ret_value = (int64_t)(negative ? -bits : bits);
	return ACE_OK;
}

enum ace_err ace_cbor_number_of(const struct cbor_item *item, int64_t *ret_number)
{
	uint64_t value = item->value;

	if (cbor_major(item) == ACE_CBOR_SIMPLE) {
		if (!ACE_CBOR_FLOATS)
			return ACE_ERR_TYPE;
		switch (cbor_info(item)) {
		case CBOR_ONE_BYTE + 1: return float_cut(value << 48, 5, ret_number);
		case CBOR_ONE_BYTE + 2: return float_cut(value << 32, 8, ret_number);
		case CBOR_ONE_BYTE + 3: return float_cut(value, 11, ret_number);
		default: return ACE_ERR_TYPE;
		}
	}
	if (item->value > INT64_MAX)
		return ACE_ERR_RANGE;
	*ret_number = (int64_t)(cbor_major(item) == ACE_CBOR_NINT ? ~item->value : item->value);
	return ACE_OK;
}
