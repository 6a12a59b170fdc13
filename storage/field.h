/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a record, one call each. Internal to storage/record*.c. */
#ifndef STORAGE_FIELD_H
#define STORAGE_FIELD_H

#include "ace_cbor.h"
#include "storage/types.h"

/* Reading: field_open(), then while (field_next()) one getter for each known key and field_unknown() for the
 * others, then field_finish(). The first failure sticks, as in the CBOR reader. */
struct field_reader {
	struct ace_cbor_reader cbor;
	struct ace_cbor_seq seq;
	uint64_t seen; /* bit n: key n was there */
	enum ace_err err;
};

void field_open(struct field_reader *f, struct ace_slice in, uint64_t version);
bool field_next(struct field_reader *f, int *ret_key);
void field_unknown(struct field_reader *f);
/* required: bit n: key n must have been there. ACE_ERR_MISSING; ACE_ERR_VERSION; the malformed band. */
ACE_MUST_CHECK enum ace_err field_finish(const struct field_reader *f, uint64_t required);

uint64_t field_uint(struct field_reader *f, uint64_t max);
int64_t field_int(struct field_reader *f, int64_t min, int64_t max);
bool field_bool(struct field_reader *f);
/* cap is the size of the array; a NUL inside is an error. */
void field_text(struct field_reader *f, char *ret_text, size_t cap);
size_t field_bytes(struct field_reader *f, uint8_t *ret_bytes, size_t cap);
/* Exactly len bytes. */
void field_array(struct field_reader *f, uint8_t *ret_bytes, size_t len);
void field_tags(struct field_reader *f, struct store_tags *ret_tags);
void field_scope(struct field_reader *f, struct store_scope *ret_scope);

/* Writing: members are counted while they are written, so that a record lists each just once. */
struct field_writer {
	struct ace_cbor_writer cbor;
	size_t count;
	struct ace_buf *out; /* borrowed */
};

void field_begin(struct field_writer *f, struct ace_buf *out, uint64_t version);
void field_put_uint(struct field_writer *f, int key, uint64_t value);
void field_put_int(struct field_writer *f, int key, int64_t value);
void field_put_bool(struct field_writer *f, int key, bool value);
/* An empty text, no bytes, no tags, an absent scope are left out. */
void field_put_text(struct field_writer *f, int key, const char *text);
void field_put_bytes(struct field_writer *f, int key, struct ace_slice bytes);
void field_put_tags(struct field_writer *f, int key, const struct store_tags *tags);
void field_put_scope(struct field_writer *f, int key, const struct store_scope *scope);
ACE_MUST_CHECK enum ace_err field_end(struct field_writer *f);

#endif
