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
	ace_cbor_read_own(r, in);
	r->err = ace_cbor_whole_check(in);
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

/* Take the next item if it is of one of the major types; otherwise an error sticks and *ret_item is zero. */
static void take(struct ace_cbor_reader *r, unsigned majors, struct cbor_item *ret_item)
{
	enum ace_err err = r->err ? r->err : ace_cbor_value_take(&r->rest, majors, ret_item);

	if (!err)
		return;
	fail(r, err);
	*ret_item = (struct cbor_item){ 0 };
}

uint64_t ace_cbor_read_uint(struct ace_cbor_reader *r)
{
	struct cbor_item item;

	take(r, CBOR_MAJOR(ACE_CBOR_UINT), &item);
	return item.value;
}

static int64_t number_read(struct ace_cbor_reader *r, unsigned majors)
{
	struct cbor_item item;
	int64_t number = 0;
	enum ace_err err;

	take(r, majors, &item);
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

	take(r, CBOR_MAJOR(ACE_CBOR_BSTR), &item);
	return cbor_string(&item);
}

struct ace_slice ace_cbor_read_tstr(struct ace_cbor_reader *r)
{
	struct cbor_item item;

	take(r, CBOR_MAJOR(ACE_CBOR_TSTR), &item);
	return cbor_string(&item);
}

/* The value of false, true or null; another item is of the wrong type. */
static uint64_t simple_read(struct ace_cbor_reader *r, uint64_t least, uint64_t most)
{
	struct cbor_item item;

	take(r, CBOR_MAJOR(ACE_CBOR_SIMPLE), &item);
	if (cbor_info(&item) < CBOR_ONE_BYTE && item.value >= least && item.value <= most)
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

	take(r, CBOR_MAJOR(ACE_CBOR_TAG), &item);
	return item.value;
}

struct ace_slice ace_cbor_read_raw(struct ace_cbor_reader *r)
{
	struct ace_slice raw;
	enum ace_err err = r->err ? r->err : ace_cbor_raw_take(&r->rest, &raw);

	if (!err)
		return raw;
	fail(r, err);
	return (struct ace_slice){ NULL, 0 };
}

static void enter(struct ace_cbor_reader *r, enum ace_cbor_type type, struct ace_cbor_seq *ret_seq)
{
	struct cbor_item item;

	take(r, CBOR_MAJOR(type), &item);
	ret_seq->left = cbor_info(&item) == CBOR_INDEFINITE ? CBOR_UNTIL_BREAK : (size_t)item.value;
}

void ace_cbor_array_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq)
{
	enter(r, ACE_CBOR_ARRAY, ret_seq);
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
	enter(r, ACE_CBOR_MAP, ret_seq);
}

bool ace_cbor_map_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq, int64_t *ret_key)
{
	while (ace_cbor_array_next(r, seq)) {
		struct ace_slice rest = r->rest;
		struct cbor_item key;

		if (!ace_cbor_item_take(&rest, &key) && cbor_is_of(&key, CBOR_INTEGERS) && key.value <= INT64_MAX) {
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
