/* SPDX-License-Identifier: Apache-2.0 */
/* Getters over CBOR that cbor_check.c has accepted. The first failure sticks. */
#include "token/cbor_head.h"

#define CBOR_FALSE 20
#define CBOR_TRUE 21
#define CBOR_NULL 22

static void fail(struct ace_cbor_reader *r, enum ace_err err)
{
	r->err = err;
	r->rest.len = 0;
}

void ace_cbor_read_init(struct ace_cbor_reader *r, struct ace_slice in)
{
	struct ace_slice rest = in;

	r->rest = in;
	r->err = ace_cbor_item_skip(&rest);
	if (!r->err && rest.len > 0)
		r->err = ACE_ERR_TRAILING;
	if (r->err)
		r->rest.len = 0;
}

void ace_cbor_read_own(struct ace_cbor_reader *r, struct ace_slice in)
{
	*r = (struct ace_cbor_reader){ in, ACE_OK };
}

enum ace_cbor_type ace_cbor_peek(const struct ace_cbor_reader *r)
{
	uint8_t first = r->rest.len > 0 ? r->rest.ptr[0] : CBOR_BREAK;

	if (first == CBOR_BREAK)
		return ACE_CBOR_NONE;
	if (first > (ACE_CBOR_SIMPLE << 5 | CBOR_ONE_BYTE))
		return ACE_CBOR_FLOAT;
	return (enum ace_cbor_type)(first >> 5);
}

static bool text_is_valid(struct ace_slice text)
{
	uint8_t more = 0, least = 0x80, most = 0xbf; /* bytes of the character that are to come, and limits of the next */

	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.ptr[i];

		if (more) {
			if (byte < least || byte > most)
				return false;
			more--;
			least = 0x80;
			most = 0xbf;
		} else if (byte >= 0x80) {
			if (byte < 0xc2 || byte > 0xf4)
				return false;
			more = (uint8_t)(1 + (byte >= 0xe0) + (byte >= 0xf0));
			/* RFC 3629 4: no longer form than needed, no surrogates, nothing past 10ffff. */
			if (byte == 0xe0)
				least = 0xa0;
			if (byte == 0xf0)
				least = 0x90;
			if (byte == 0xed)
				most = 0x9f;
			if (byte == 0xf4)
				most = 0x8f;
		}
	}
	return !more;
}

void ace_cbor_take(struct ace_cbor_reader *r, unsigned majors, struct cbor_item *ret_item)
{
	enum ace_err err = r->err ? r->err : ace_cbor_item_take(&r->rest, ret_item);

	if (!err && !(majors & CBOR_MAJOR(ret_item->major)))
		err = ACE_ERR_TYPE;
	/* RFC 8949 3.1: a string with "an invalid UTF-8 sequence is well-formed but invalid" */
	if (!err && ret_item->major == ACE_CBOR_TSTR && !text_is_valid(ret_item->content))
		err = ACE_ERR_MALFORMED;
	if (!err)
		return;
	fail(r, err);
	*ret_item = (struct cbor_item){ 0 };
}

uint64_t ace_cbor_read_uint(struct ace_cbor_reader *r)
{
	struct cbor_item item;

	ace_cbor_take(r, CBOR_MAJOR(ACE_CBOR_UINT), &item);
	return item.value;
}

/* IEEE 754 in 16, 32 or 64 bits, cut to an integer with shifts: firmware need not carry soft float for one date. What is
 * taken off bits stands at their high end. */
static enum ace_err float_cut(uint64_t bits, int exponent_bits, int64_t *ret_value)
{
	bool negative = bits >> 63;
	int most = (1 << exponent_bits) - 1, exponent = 0;

	for (int i = 0; i < exponent_bits; i++) {
		bits <<= 1;
		exponent = exponent << 1 | (int)(bits >> 63);
	}
	if (exponent == most || exponent - most / 2 > 62) /* infinite, not a number, or at least 2^63 */
		return ACE_ERR_RANGE;
	bits |= UINT64_C(1) << 63; /* the digit before the point, which is not written */
	for (; exponent < most / 2 + 63; exponent++)
		bits >>= 1;
	*ret_value = (int64_t)(negative ? -bits : bits);
	return ACE_OK;
}

enum ace_err ace_cbor_number_of(const struct cbor_item *item, int64_t *ret_number)
{
	static const uint8_t exponent_bits[] = { 5, 8, 11 }; /* half, single, double */
	unsigned width = item->info - CBOR_ONE_BYTE - 1u;

	if (item->major == ACE_CBOR_SIMPLE)
		return width < sizeof exponent_bits ?
			float_cut(item->value << (64 - (16 << width)), exponent_bits[width], ret_number) : ACE_ERR_TYPE;
	if (item->value > INT64_MAX)
		return ACE_ERR_RANGE;
	*ret_number = (int64_t)(item->major == ACE_CBOR_NINT ? ~item->value : item->value);
	return ACE_OK;
}

static int64_t number_read(struct ace_cbor_reader *r, unsigned majors)
{
	struct cbor_item item;
	int64_t number = 0;
	enum ace_err err;

	ace_cbor_take(r, majors, &item);
	err = ace_cbor_number_of(&item, &number);
	if (err)
		fail(r, err);
	return number;
}

int64_t ace_cbor_read_int(struct ace_cbor_reader *r)
{
	return number_read(r, CBOR_INTEGERS);
}

int64_t ace_cbor_read_time(struct ace_cbor_reader *r)
{
	return number_read(r, CBOR_INTEGERS | CBOR_MAJOR(ACE_CBOR_SIMPLE));
}

struct ace_slice ace_cbor_read_bstr(struct ace_cbor_reader *r)
{
	struct cbor_item item;

	ace_cbor_take(r, CBOR_MAJOR(ACE_CBOR_BSTR), &item);
	return item.content;
}

struct ace_slice ace_cbor_read_tstr(struct ace_cbor_reader *r)
{
	struct cbor_item item;

	ace_cbor_take(r, CBOR_MAJOR(ACE_CBOR_TSTR), &item);
	return item.content;
}

/* The value of false, true or null; another item is of the wrong type. */
static uint64_t simple_read(struct ace_cbor_reader *r, uint64_t least, uint64_t most)
{
	struct cbor_item item;

	ace_cbor_take(r, CBOR_MAJOR(ACE_CBOR_SIMPLE), &item);
	if (item.info < CBOR_ONE_BYTE && item.value >= least && item.value <= most)
		return item.value;
	if (!r->err)
		fail(r, ACE_ERR_TYPE);
	return 0;
}

bool ace_cbor_read_bool(struct ace_cbor_reader *r)
{
	return simple_read(r, CBOR_FALSE, CBOR_TRUE) == CBOR_TRUE;
}

void ace_cbor_read_null(struct ace_cbor_reader *r)
{
	simple_read(r, CBOR_NULL, CBOR_NULL);
}

uint64_t ace_cbor_read_tag(struct ace_cbor_reader *r)
{
	struct cbor_item item;

	ace_cbor_take(r, CBOR_MAJOR(ACE_CBOR_TAG), &item);
	return item.value;
}

struct ace_slice ace_cbor_read_raw(struct ace_cbor_reader *r)
{
	struct ace_slice item = r->rest;
	enum ace_err err = r->err ? r->err : ace_cbor_item_skip(&r->rest);

	if (err) {
		fail(r, err);
		return (struct ace_slice){ NULL, 0 };
	}
	item.len -= r->rest.len;
	return item;
}

void ace_cbor_enter(struct ace_cbor_reader *r, enum ace_cbor_type type, struct ace_cbor_seq *ret_seq)
{
	struct cbor_item item;

	ace_cbor_take(r, CBOR_MAJOR(type), &item);
	ret_seq->left = item.info == CBOR_INDEFINITE ? CBOR_UNTIL_BREAK : (size_t)item.value;
}

void ace_cbor_array_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq)
{
	ace_cbor_enter(r, ACE_CBOR_ARRAY, ret_seq);
}

bool ace_cbor_array_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq)
{
	if (r->err || seq->left == 0)
		return false;
	if (!CBOR_IS_UNTIL_BREAK(seq->left)) {
		seq->left--;
	} else if (r->rest.len == 0 || r->rest.ptr[0] == CBOR_BREAK) {
		r->rest.ptr += r->rest.len > 0;
		r->rest.len -= r->rest.len > 0;
		seq->left = 0;
		return false;
	}
	return true;
}

void ace_cbor_map_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq)
{
	ace_cbor_enter(r, ACE_CBOR_MAP, ret_seq);
}

bool ace_cbor_map_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq, int64_t *ret_key)
{
	while (ace_cbor_array_next(r, seq)) {
		struct ace_slice rest = r->rest;
		struct cbor_item key;

		if (!ace_cbor_item_take(&rest, &key) && key.major <= ACE_CBOR_NINT && key.value <= INT64_MAX) {
			*ret_key = ace_cbor_read_int(r);
			return true;
		}
		ace_cbor_read_raw(r);
		ace_cbor_read_raw(r);
	}
	return false;
}

enum ace_err ace_cbor_read_finish(const struct ace_cbor_reader *r)
{
	if (r->err)
		return r->err;
	return r->rest.len > 0 ? ACE_ERR_TRAILING : ACE_OK;
}
