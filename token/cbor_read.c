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
	enum ace_err err = ace_cbor_item_skip(&rest);

	if (!err && rest.len > 0)
		err = ACE_ERR_TRAILING;
	if (!err)
		err = ace_cbor_keys_check(in);
	*r = (struct ace_cbor_reader){ in, ACE_OK };
	if (err)
		fail(r, err);
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

/* The next head, if it is of one of the major types (a set of CBOR_MAJOR bits); otherwise an error sticks and *ret_head is
 * zero. */
static bool take(struct ace_cbor_reader *r, unsigned majors, struct cbor_head *ret_head)
{
	enum ace_err err = r->err ? r->err : ace_cbor_head_take(&r->rest, ret_head);

	if (!err && !(majors & CBOR_MAJOR(ret_head->major)))
		err = ACE_ERR_TYPE;
	if (!err)
		return true;
	fail(r, err);
	*ret_head = (struct cbor_head){ 0 };
	return false;
}

uint64_t ace_cbor_read_uint(struct ace_cbor_reader *r)
{
	struct cbor_head head;

	take(r, CBOR_MAJOR(ACE_CBOR_UINT), &head);
	return head.value;
}

int64_t ace_cbor_read_int(struct ace_cbor_reader *r)
{
	struct cbor_head head;

	take(r, CBOR_MAJOR(ACE_CBOR_UINT) | CBOR_MAJOR(ACE_CBOR_NINT), &head);
	if (head.value > INT64_MAX) {
		fail(r, ACE_ERR_RANGE);
		return 0;
	}
	return head.major == ACE_CBOR_NINT ? -1 - (int64_t)head.value : (int64_t)head.value;
}

/* Cut a floating-point number to an integer with shifts: firmware need not carry soft float for one date.
 * fraction_bits and exponent_bits are those of IEEE 754. */
static enum ace_err float_cut(uint64_t bits, unsigned exponent_bits, unsigned fraction_bits, int64_t *ret_value)
{
	uint64_t fraction = bits & ((UINT64_C(1) << fraction_bits) - 1);
	int exponent_max = (1 << exponent_bits) - 1;
	int exponent = (int)(bits >> fraction_bits) & exponent_max;
	int shift = exponent - exponent_max / 2 - (int)fraction_bits;

	if (exponent == exponent_max || shift > 62 - (int)fraction_bits) /* infinite, not a number, or above 2^63 */
		return ACE_ERR_RANGE;
	fraction |= UINT64_C(1) << fraction_bits;
	if (exponent == 0 || shift < -(int)fraction_bits) /* smaller than one */
		fraction = 0;
	else
		fraction = shift < 0 ? fraction >> -shift : fraction << shift;
	*ret_value = bits >> (exponent_bits + fraction_bits) ? -(int64_t)fraction : (int64_t)fraction;
	return ACE_OK;
}

int64_t ace_cbor_read_time(struct ace_cbor_reader *r)
{
	static const uint8_t widths[3][2] = { { 5, 10 }, { 8, 23 }, { 11, 52 } }; /* half, single, double */
	const uint8_t *width;
	struct cbor_head head;
	int64_t value = 0;
	enum ace_err err;

	if (ace_cbor_peek(r) != ACE_CBOR_FLOAT)
		return ace_cbor_read_int(r);
	if (!take(r, CBOR_MAJOR(ACE_CBOR_SIMPLE), &head))
		return 0;
	width = widths[head.info - CBOR_ONE_BYTE - 1];
	err = float_cut(head.value, width[0], width[1], &value);
	if (err)
		fail(r, err);
	return value;
}

static struct ace_slice string_read(struct ace_cbor_reader *r, enum ace_cbor_type type)
{
	struct ace_slice content = { NULL, 0 };
	struct cbor_head head;
	enum ace_err err;

	if (!take(r, CBOR_MAJOR(type), &head))
		return content;
	err = ace_cbor_string_take(&r->rest, &head, &content);
	if (err)
		fail(r, err);
	return content;
}

struct ace_slice ace_cbor_read_bstr(struct ace_cbor_reader *r)
{
	return string_read(r, ACE_CBOR_BSTR);
}

/* Length of the UTF-8 sequence at the start of text; 0 when there is none (RFC 3629 3 and 4). */
static size_t utf8_sequence(struct ace_slice text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point = text.ptr[0];
	size_t len = 2;

	if (point < 0x80)
		return 1;
	if (point < 0xc0 || point > 0xf7)
		return 0;
	len += (point >= 0xe0) + (point >= 0xf0);
	if (len > text.len)
		return 0;
	point &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++) {
		if ((text.ptr[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text.ptr[i] & 0x3f);
	}
	if (point < least[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return len;
}

struct ace_slice ace_cbor_read_tstr(struct ace_cbor_reader *r)
{
	struct ace_slice text = string_read(r, ACE_CBOR_TSTR), rest = text;

	while (rest.len > 0) {
		size_t len = utf8_sequence(rest);

		if (len == 0) {
			/* RFC 8949 3.1: a string with "an invalid UTF-8 sequence is well-formed but invalid" */
			fail(r, ACE_ERR_MALFORMED);
			return (struct ace_slice){ NULL, 0 };
		}
		rest.ptr += len;
		rest.len -= len;
	}
	return text;
}

/* The value of false, true or null; another item is of the wrong type. */
static uint64_t simple_read(struct ace_cbor_reader *r, uint64_t least, uint64_t most)
{
	struct cbor_head head;

	if (!take(r, CBOR_MAJOR(ACE_CBOR_SIMPLE), &head))
		return 0;
	if (head.info < CBOR_ONE_BYTE && head.value >= least && head.value <= most)
		return head.value;
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
	struct cbor_head head;

	take(r, CBOR_MAJOR(ACE_CBOR_TAG), &head);
	return head.value;
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

static void enter(struct ace_cbor_reader *r, enum ace_cbor_type type, struct ace_cbor_seq *ret_seq)
{
	struct cbor_head head;

	take(r, CBOR_MAJOR(type), &head);
	ret_seq->left = head.info == CBOR_INDEFINITE ? CBOR_UNTIL_BREAK : (size_t)head.value;
}

void ace_cbor_array_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq)
{
	enter(r, ACE_CBOR_ARRAY, ret_seq);
}

bool ace_cbor_array_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq)
{
	return !r->err && ace_cbor_seq_next(&r->rest, seq);
}

void ace_cbor_map_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq)
{
	enter(r, ACE_CBOR_MAP, ret_seq);
}

bool ace_cbor_map_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq, int64_t *ret_key)
{
	while (ace_cbor_array_next(r, seq)) {
		struct ace_slice rest = r->rest;
		struct cbor_head head;

		if (!ace_cbor_head_take(&rest, &head) && head.major <= ACE_CBOR_NINT && head.value <= INT64_MAX) {
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
