/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes and buffers to fill: the two ways in which bytes travel between functions. */
#ifndef ACE_SLICE_H
#define ACE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result of such a function must be looked at: an ignored refusal is a hole. */
#define ACE_MUST_CHECK __attribute__((warn_unused_result))

#define ACE_ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes that somebody else owns. Passed by value; ptr may be NULL only when len is 0. */
struct ace_slice {
	const uint8_t *ptr;
	size_t len;
};

/* A buffer to fill: cap bytes at ptr belong to the caller, the first len of them are used. */
struct ace_buf {
	uint8_t *ptr;
	size_t cap;
	size_t len;
};

/* A slice of a string literal, without its terminating NUL. */
#define ACE_LITERAL(text) ((struct ace_slice){ (const uint8_t *)(text), sizeof(text) - 1 })
/* A slice of a whole array of bytes. */
#define ACE_SLICE_OF(array) ((struct ace_slice){ (array), sizeof(array) })
/* An empty buffer over a whole array of bytes. */
#define ACE_BUF_OF(array) ((struct ace_buf){ (array), sizeof(array), 0 })

/* Compare public bytes. Secrets and tags are compared with ace_equal_ct() of ace_port.h only. */
bool ace_bytes_equal(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);
/* Inlined, and the like below, because compilers pass pairs of registers better than structs. */
static inline bool ace_slice_equal(struct ace_slice a, struct ace_slice b)
{
	return ace_bytes_equal(a.ptr, a.len, b.ptr, b.len);
}

/* What has been written into a buffer so far, as borrowed bytes. */
static inline struct ace_slice ace_buf_slice(const struct ace_buf *buf)
{
	return (struct ace_slice){ buf->ptr, buf->len };
}

#endif
