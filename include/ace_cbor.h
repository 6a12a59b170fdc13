/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR from and to bytes (RFC 8949), strict on input and deterministic on output.
 *
 * Reading: ace_cbor_read_init() walks the whole input once and accepts exactly one well-formed item
 * without duplicate map keys, at most ACE_CBOR_DEPTH_MAX deep, with at most ACE_CBOR_KEYS_MAX keys in the maps
 * around any place; any length form is taken. The getters after it therefore fail for two reasons only: the wrong
 * type, or a number outside the range asked for. The first failure sticks, every later getter
 * returns zero or an empty slice, and ace_cbor_read_finish() tells. Slices borrow from the input.
 *
 * Writing: the writer counts past the end of its buffer, so the same code measures (cap 0) and
 * encodes. Map keys are written in the order of the calls: callers sort (bytewise, RFC 8949 4.2.1). */
#ifndef ACE_CBOR_H
#define ACE_CBOR_H

#include "ace_err.h"
#include "ace_slice.h"

#define ACE_CBOR_DEPTH_MAX 8
/* Eight bytes of stack each on a host, four on a microcontroller, where 32 are plenty. */
#ifndef ACE_CBOR_KEYS_MAX
#define ACE_CBOR_KEYS_MAX 96
#endif

/* Firmware whose AS writes dates as integers, as ours does, sets this to 0: others are of the wrong type then. */
#ifndef ACE_CBOR_FLOATS
#define ACE_CBOR_FLOATS 1
#endif

enum ace_cbor_type {
	ACE_CBOR_UINT = 0,
	ACE_CBOR_NINT = 1,
	ACE_CBOR_BSTR = 2,
	ACE_CBOR_TSTR = 3,
	ACE_CBOR_ARRAY = 4,
	ACE_CBOR_MAP = 5,
	ACE_CBOR_TAG = 6,
	ACE_CBOR_SIMPLE = 7, /* false, true, null, undefined, other simple values */
	ACE_CBOR_FLOAT = 8,
	ACE_CBOR_NONE = 9,   /* nothing left, or an error stuck */
};

/* Fields are private to token/cbor_read.c, except that err may be looked at. */
struct ace_cbor_reader {
	struct ace_slice rest; /* borrows from the input */
	enum ace_err err;
};

/* Where an array or map that is being read ends. Private. */
struct ace_cbor_seq {
	size_t left; /* items or pairs still to come; SIZE_MAX for an indefinite length */
};

/* Check all of in and stand at its one item. A failure sticks in r->err:
 * ACE_ERR_TRUNCATED, ACE_ERR_MALFORMED, ACE_ERR_TRAILING, ACE_ERR_DUPLICATE, ACE_ERR_DEPTH, or
 * ACE_ERR_UNKNOWN for a string in several chunks (it could not be borrowed) and for a map key that is neither
 * an integer nor a string (two such keys could be equal in more ways than bytes show). Arrays, maps and tags
 * count as depth. The work is bounded by a small multiple of in.len. */
void ace_cbor_read_init(struct ace_cbor_reader *r, struct ace_slice in);
/* For bytes that this program wrote itself and that carry a checksum or a seal: without the walk, which costs more than
 * reading. Getters keep within the input all the same; members that come twice are the caller's to notice. */
void ace_cbor_read_own(struct ace_cbor_reader *r, struct ace_slice in);
enum ace_cbor_type ace_cbor_peek(const struct ace_cbor_reader *r);

uint64_t ace_cbor_read_uint(struct ace_cbor_reader *r);
/* An integer of either sign that fits int64_t. */
int64_t ace_cbor_read_int(struct ace_cbor_reader *r);
/* A point in time: an integer, or a floating-point number cut to whole seconds, both untagged. */
int64_t ace_cbor_read_time(struct ace_cbor_reader *r);
struct ace_slice ace_cbor_read_bstr(struct ace_cbor_reader *r);
/* Text is checked for valid UTF-8 (RFC 8949 3.1). */
struct ace_slice ace_cbor_read_tstr(struct ace_cbor_reader *r);
bool ace_cbor_read_bool(struct ace_cbor_reader *r);
void ace_cbor_read_null(struct ace_cbor_reader *r);
uint64_t ace_cbor_read_tag(struct ace_cbor_reader *r);
/* The encoding of the next item, whatever it is, which is thereby passed over. */
struct ace_slice ace_cbor_read_raw(struct ace_cbor_reader *r);

/* Enter the next item, which must be an array (map). Then, until it returns false:
 *     while (ace_cbor_array_next(r, &seq)) read one item
 *     while (ace_cbor_map_next(r, &seq, &key)) read the value of key, or pass it over with read_raw
 * map_next hands out integer keys; members with any other key are passed over. */
void ace_cbor_array_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq);
bool ace_cbor_array_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq);
void ace_cbor_map_enter(struct ace_cbor_reader *r, struct ace_cbor_seq *ret_seq);
bool ace_cbor_map_next(struct ace_cbor_reader *r, struct ace_cbor_seq *seq, int64_t *ret_key);

/* The sticky error, or ACE_ERR_TRAILING when the item was not read to its end. */
ACE_MUST_CHECK enum ace_err ace_cbor_read_finish(const struct ace_cbor_reader *r);

/* len may exceed cap: that many bytes were wanted. */
struct ace_cbor_writer {
	uint8_t *ptr; /* borrows the caller's buffer; may be NULL when cap is 0 */
	size_t cap;
	size_t len;
};

void ace_cbor_write_init(struct ace_cbor_writer *w, uint8_t *ptr, size_t cap);
void ace_cbor_write_uint(struct ace_cbor_writer *w, uint64_t value);
void ace_cbor_write_int(struct ace_cbor_writer *w, int64_t value);
void ace_cbor_write_bstr(struct ace_cbor_writer *w, struct ace_slice bytes);
void ace_cbor_write_tstr(struct ace_cbor_writer *w, struct ace_slice text);
void ace_cbor_write_array(struct ace_cbor_writer *w, size_t items);
void ace_cbor_write_map(struct ace_cbor_writer *w, size_t pairs);
void ace_cbor_write_tag(struct ace_cbor_writer *w, uint64_t tag);
void ace_cbor_write_bool(struct ace_cbor_writer *w, bool value);
void ace_cbor_write_null(struct ace_cbor_writer *w);
/* Only the head of a byte string whose len bytes are written in another way, for example sealed in place. */
void ace_cbor_write_bstr_head(struct ace_cbor_writer *w, size_t len);
/* Bytes that are CBOR already (or the contents announced by write_bstr_head). */
void ace_cbor_write_raw(struct ace_cbor_writer *w, struct ace_slice encoded);
/* Short byte strings without a writer, for firmware: at most 255 bytes, at a place with room for two bytes more than
 * that. Returns the place after. */
uint8_t *ace_cbor_put_bytes(uint8_t *to, const uint8_t *bytes, size_t len);
static inline uint8_t *ace_cbor_put_bstr(uint8_t *to, struct ace_slice bytes)
{
	return ace_cbor_put_bytes(to, bytes.ptr, bytes.len);
}
/* What was written, or ACE_ERR_SPACE when it did not fit. */
ACE_MUST_CHECK enum ace_err ace_cbor_written(const struct ace_cbor_writer *w, struct ace_slice *ret_bytes);

#endif
