/* SPDX-License-Identifier: Apache-2.0 */
/* Deterministic CBOR writer: shortest heads, definite lengths. */
#include "ace_cbor.h"
#include "token/mem.h"

#define ONE_BYTE 24 /* additional information that announces a 1-byte argument; 25, 26, 27: 2, 4, 8 bytes */
#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21
#define SIMPLE_NULL 22

void ace_cbor_write_init(struct ace_cbor_writer *w, uint8_t *ptr, size_t cap)
{
	*w = (struct ace_cbor_writer){ ptr, cap, 0 };
}

/* Once something did not fit, nothing later is written either: len has passed cap. */
void ace_cbor_write_raw(struct ace_cbor_writer *w, struct ace_slice encoded)
{
	if (encoded.len > 0 && w->len <= w->cap && encoded.len <= w->cap - w->len)
		memcpy(w->ptr + w->len, encoded.ptr, encoded.len);
	w->len += encoded.len;
}

/* Straight into place: heads are most of what is written. */
static void head_write(struct ace_cbor_writer *w, enum ace_cbor_type type, uint64_t value)
{
	uint8_t info = (uint8_t)value, *place;
	size_t extra = 0;

	if (value >= ONE_BYTE) {
		for (info = ONE_BYTE, extra = 1; extra < 8 && value >> (8 * extra) != 0; extra *= 2)
			info++;
	}
	w->len += extra + 1;
	if (w->len > w->cap)
		return;
	place = w->ptr + w->len - extra - 1;
	place[0] = (uint8_t)(type << 5 | info);
	for (; extra > 0; extra--, value >>= 8)
		place[extra] = (uint8_t)value;
}

void ace_cbor_write_uint(struct ace_cbor_writer *w, uint64_t value)
{
	head_write(w, ACE_CBOR_UINT, value);
}

void ace_cbor_write_int(struct ace_cbor_writer *w, int64_t value)
{
	if (value < 0)
		head_write(w, ACE_CBOR_NINT, (uint64_t)(-1 - value));
	else
		head_write(w, ACE_CBOR_UINT, (uint64_t)value);
}

void ace_cbor_write_bstr_head(struct ace_cbor_writer *w, size_t len)
{
	head_write(w, ACE_CBOR_BSTR, len);
}

void ace_cbor_write_bstr(struct ace_cbor_writer *w, struct ace_slice bytes)
{
	head_write(w, ACE_CBOR_BSTR, bytes.len);
	ace_cbor_write_raw(w, bytes);
}

void ace_cbor_write_tstr(struct ace_cbor_writer *w, struct ace_slice text)
{
	head_write(w, ACE_CBOR_TSTR, text.len);
	ace_cbor_write_raw(w, text);
}

void ace_cbor_write_array(struct ace_cbor_writer *w, size_t items)
{
	head_write(w, ACE_CBOR_ARRAY, items);
}

void ace_cbor_write_map(struct ace_cbor_writer *w, size_t pairs)
{
	head_write(w, ACE_CBOR_MAP, pairs);
}

void ace_cbor_write_tag(struct ace_cbor_writer *w, uint64_t tag)
{
	head_write(w, ACE_CBOR_TAG, tag);
}

void ace_cbor_write_bool(struct ace_cbor_writer *w, bool value)
{
	head_write(w, ACE_CBOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void ace_cbor_write_null(struct ace_cbor_writer *w)
{
	head_write(w, ACE_CBOR_SIMPLE, SIMPLE_NULL);
}

enum ace_err ace_cbor_written(const struct ace_cbor_writer *w, struct ace_slice *ret_bytes)
{
	if (w->len > w->cap)
		return ACE_ERR_SPACE;
	*ret_bytes = (struct ace_slice){ w->ptr, w->len };
	return ACE_OK;
}
