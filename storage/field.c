/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/field.h"

#include <string.h>

#define KEY_LAST 23 /* keys are one byte, and the map's head too, so it can be written last */

static void fail(struct field_reader *f, enum ace_err err)
{
	if (!f->err)
		f->err = f->cbor.err ? f->cbor.err : err; /* the reader's own complaint is the cause */
}

void field_open(struct field_reader *f, struct ace_slice in, uint64_t version)
{
	int64_t key = -1;

	*f = (struct field_reader){ .err = ACE_OK };
	ace_cbor_read_own(&f->cbor, in); /* the row's checksum or seal was checked; field_next() sees members twice */
	ace_cbor_map_enter(&f->cbor, &f->seq);
	/* The version is the first member, so that nothing else is judged before it. */
	if (!ace_cbor_map_next(&f->cbor, &f->seq, &key) || key != 0) {
		fail(f, ACE_ERR_MISSING);
		return;
	}
	if (ace_cbor_read_uint(&f->cbor) != version)
		fail(f, ACE_ERR_VERSION);
	f->seen = 1;
}

bool field_next(struct field_reader *f, int *ret_key)
{
	int64_t key;

	if (f->err || !ace_cbor_map_next(&f->cbor, &f->seq, &key))
		return false;
	if (key < 0 || key > KEY_LAST) {
		fail(f, ACE_ERR_UNKNOWN);
		return false;
	}
	if (f->seen & UINT64_C(1) << key) {
		fail(f, ACE_ERR_DUPLICATE);
		return false;
	}
	f->seen |= UINT64_C(1) << key;
	*ret_key = (int)key;
	return true;
}

void field_unknown(struct field_reader *f)
{
	fail(f, ACE_ERR_UNKNOWN);
}

enum ace_err field_finish(const struct field_reader *f, uint64_t required)
{
	if (f->err)
		return f->err;
	if (f->cbor.err)
		return f->cbor.err;
	if ((f->seen & required) != required)
		return ACE_ERR_MISSING;
	return ace_cbor_read_finish(&f->cbor);
}

uint64_t field_uint(struct field_reader *f, uint64_t max)
{
	uint64_t value = ace_cbor_read_uint(&f->cbor);

	if (value <= max)
		return value;
	fail(f, ACE_ERR_RANGE);
	return 0;
}

int64_t field_int(struct field_reader *f, int64_t min, int64_t max)
{
	int64_t value = ace_cbor_read_int(&f->cbor);

	if (value >= min && value <= max)
		return value;
	fail(f, ACE_ERR_RANGE);
	return 0;
}

bool field_bool(struct field_reader *f)
{
	return ace_cbor_read_bool(&f->cbor);
}

void field_text(struct field_reader *f, char *ret_text, size_t cap)
{
	struct ace_slice text = ace_cbor_read_tstr(&f->cbor);

	if (text.len >= cap || (text.len && memchr(text.ptr, '\0', text.len))) {
		fail(f, ACE_ERR_RANGE);
		return;
	}
	if (text.len)
		memcpy(ret_text, text.ptr, text.len);
	ret_text[text.len] = '\0';
}

size_t field_bytes(struct field_reader *f, uint8_t *ret_bytes, size_t cap)
{
	struct ace_slice bytes = ace_cbor_read_bstr(&f->cbor);

	if (bytes.len > cap) {
		fail(f, ACE_ERR_RANGE);
		return 0;
	}
	if (bytes.len)
		memcpy(ret_bytes, bytes.ptr, bytes.len);
	return bytes.len;
}

void field_array(struct field_reader *f, uint8_t *ret_bytes, size_t len)
{
	if (field_bytes(f, ret_bytes, len) != len)
		fail(f, ACE_ERR_RANGE);
}

/* key NUL value NUL ..., keys ascending and not empty. */
static bool tags_valid(struct store_tags *tags)
{
	const char *before = "";
	size_t pos = 0;

	for (tags->count = 0; pos < tags->len; tags->count++) {
		const char *key = tags->text + pos;

		if (tags->count == STORE_TAGS_MAX || strcmp(before, key) >= 0)
			return false;
		pos += strlen(key) + 1;
		if (pos >= tags->len)
			return false;
		pos += strlen(tags->text + pos) + 1;
		before = key;
	}
	return true;
}

void field_tags(struct field_reader *f, struct store_tags *ret_tags)
{
	uint8_t *text = (uint8_t *)ret_tags->text;

	ret_tags->len = (uint16_t)field_bytes(f, text, sizeof(ret_tags->text));
	if (ret_tags->len && ret_tags->text[ret_tags->len - 1]) {
		fail(f, ACE_ERR_MALFORMED);
		ret_tags->len = 0;
	}
	if (!tags_valid(ret_tags)) {
		fail(f, ACE_ERR_MALFORMED);
		ret_tags->len = 0;
		ret_tags->count = 0;
	}
}

void field_scope(struct field_reader *f, struct store_scope *ret_scope)
{
	struct ace_cbor_seq seq;

	ace_cbor_array_enter(&f->cbor, &seq);
	if (ace_cbor_array_next(&f->cbor, &seq))
		ret_scope->kind = (uint8_t)field_uint(f, 2);
	if (ace_cbor_array_next(&f->cbor, &seq))
		ret_scope->len = (uint16_t)field_bytes(f, ret_scope->bytes, sizeof(ret_scope->bytes));
	else
		fail(f, ACE_ERR_MISSING);
	if (ace_cbor_array_next(&f->cbor, &seq))
		fail(f, ACE_ERR_UNKNOWN);
}

void field_begin(struct field_writer *f, struct ace_buf *out, uint64_t version)
{
	*f = (struct field_writer){ .out = out };
	ace_cbor_write_init(&f->cbor, out->ptr + out->len, out->cap - out->len);
	ace_cbor_write_map(&f->cbor, 0); /* field_end() puts the count in */
	field_put_uint(f, 0, version);
}

static void key_put(struct field_writer *f, int key)
{
	struct ace_cbor_writer *w = &f->cbor;

	/* Each is its own encoding. */
	if (w->len < w->cap)
		w->ptr[w->len] = (uint8_t)key;
	w->len++;
	f->count++;
}

void field_put_uint(struct field_writer *f, int key, uint64_t value)
{
	key_put(f, key);
	ace_cbor_write_uint(&f->cbor, value);
}

void field_put_int(struct field_writer *f, int key, int64_t value)
{
	key_put(f, key);
	ace_cbor_write_int(&f->cbor, value);
}

void field_put_bool(struct field_writer *f, int key, bool value)
{
	key_put(f, key);
	ace_cbor_write_bool(&f->cbor, value);
}

void field_put_text(struct field_writer *f, int key, const char *text)
{
	struct ace_slice bytes = { (const uint8_t *)text, strlen(text) };

	if (!bytes.len)
		return;
	key_put(f, key);
	ace_cbor_write_tstr(&f->cbor, bytes);
}

void field_put_bytes(struct field_writer *f, int key, struct ace_slice bytes)
{
	if (!bytes.len)
		return;
	key_put(f, key);
	ace_cbor_write_bstr(&f->cbor, bytes);
}

void field_put_tags(struct field_writer *f, int key, const struct store_tags *tags)
{
	field_put_bytes(f, key, (struct ace_slice){ (const uint8_t *)tags->text, tags->len });
}

void field_put_scope(struct field_writer *f, int key, const struct store_scope *scope)
{
	if (!scope->kind)
		return;
	key_put(f, key);
	ace_cbor_write_array(&f->cbor, 2);
	ace_cbor_write_uint(&f->cbor, scope->kind);
	ace_cbor_write_bstr(&f->cbor, store_scope_slice(scope));
}

enum ace_err field_end(struct field_writer *f)
{
	struct ace_slice bytes;
	enum ace_err err = ace_cbor_written(&f->cbor, &bytes);

	if (err)
		return err;
	if (f->count > KEY_LAST)
		return ACE_ERR_USAGE;
	f->out->ptr[f->out->len] |= (uint8_t)f->count;
	f->out->len += bytes.len;
	return ACE_OK;
}
