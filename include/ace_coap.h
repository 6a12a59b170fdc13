/* SPDX-License-Identifier: Apache-2.0 */
/* CoAP messages over UDP from and to bytes (RFC 7252 3). The reader borrows and checks every option
 * before it returns; the writer counts past the end, so that the same code measures and encodes. */
#ifndef ACE_COAP_H
#define ACE_COAP_H

#include "ace_err.h"
#include "ace_registry.h"
#include "ace_slice.h"

#define ACE_COAP_TOKEN_MAX 8
#define ACE_COAP_HEADER_LEN 4

struct ace_coap_message {
	uint8_t type; /* enum ace_coap_type */
	uint8_t code; /* enum ace_coap_code, or any other */
	uint16_t mid;
	struct ace_slice token;   /* 0 to 8 bytes */
	struct ace_slice options; /* as encoded, without the payload marker */
	struct ace_slice payload; /* empty when there is none */
};

/* Take a datagram apart. All slices of *ret_msg borrow from it.
 * @return ACE_OK; ACE_ERR_TRUNCATED, ACE_ERR_MALFORMED (version, token length above 8, a reserved
 * option nibble, a payload marker without payload, an empty message with content, an option number
 * above 65535).  Source: RFC 7252 3, 3.1, 4.1. */
ACE_MUST_CHECK enum ace_err ace_coap_read(struct ace_slice datagram, struct ace_coap_message *ret_msg);

/* 0.01 to 0.31, and 2.00 to 5.31. All other codes are empty, reserved, or signalling. Source: RFC 7252 12.1. */
static inline bool ace_coap_code_is_request(uint8_t code)
{
	return code && code >> 5 == 0;
}
static inline bool ace_coap_code_is_response(uint8_t code)
{
	return code >> 5 >= 2 && code >> 5 <= 5;
}

/* The part after the token: options, then marker and payload. In OSCORE the plaintext is a code and such a body.
 * Fails as ace_coap_read().  Source: RFC 7252 3, RFC 8613 5.3. */
ACE_MUST_CHECK enum ace_err ace_coap_read_body(struct ace_slice body, struct ace_slice *ret_options,
					       struct ace_slice *ret_payload);

struct ace_coap_option {
	uint32_t number;
	struct ace_slice value;
};

/* Walks the options of a message that ace_coap_read() accepted. */
struct ace_coap_options {
	struct ace_slice rest; /* borrows from the message */
	uint32_t number;
};

static inline void ace_coap_options_init(struct ace_coap_options *it, struct ace_slice options)
{
	it->rest = options;
	it->number = 0;
}
bool ace_coap_options_next(struct ace_coap_options *it, struct ace_coap_option *ret_option);
/* The first option with that number; false when there is none. */
bool ace_coap_option_find(struct ace_slice options, uint32_t number, struct ace_slice *ret_value);
/* The value of an option of format uint. ACE_ERR_RANGE when longer than 4 bytes. */
ACE_MUST_CHECK enum ace_err ace_coap_option_uint(struct ace_slice value, uint32_t *ret_value);
/* A critical option must be understood or the message refused (RFC 7252 5.4.1). */
static inline bool ace_coap_option_is_critical(uint32_t number)
{
	return number & 1;
}

/* Append the path as "/a/b", "/" when there are no Uri-Path options, or the query as "x&y", to text (not
 * NUL-terminated; untouched on failure). ACE_ERR_SPACE; ACE_ERR_MALFORMED when a segment holds a slash or a zero
 * byte or a query argument an ampersand or zero byte, which could be read in two ways, and for the segments "."
 * and "..".  Source: RFC 7252 5.10.1, 6.5. */
ACE_MUST_CHECK enum ace_err ace_coap_uri_path(struct ace_slice options, struct ace_buf *text);
ACE_MUST_CHECK enum ace_err ace_coap_uri_query(struct ace_slice options, struct ace_buf *text);

/* Header, then options with ascending numbers, then the payload. The first misuse sticks.
 * Values may lie in the same buffer, behind what has been written so far. */
struct ace_coap_writer {
	uint8_t *ptr; /* borrows the caller's buffer; may be NULL when cap is 0 */
	size_t cap;
	size_t len; /* may exceed cap: that many bytes were wanted */
	uint32_t number;
	enum ace_err err;
};

struct ace_coap_header {
	uint8_t type;
	uint8_t code;
	uint16_t mid;
	struct ace_slice token;
};

void ace_coap_write_init(struct ace_coap_writer *w, uint8_t *ptr, size_t cap);
void ace_coap_write_header(struct ace_coap_writer *w, const struct ace_coap_header *header);
void ace_coap_write_option(struct ace_coap_writer *w, uint32_t number, struct ace_slice value);
/* In the shortest form: zero is an empty value. */
void ace_coap_write_option_uint(struct ace_coap_writer *w, uint32_t number, uint32_t value);
/* "/a/b" as Uri-Path options; "/" and "" give none. */
void ace_coap_write_path(struct ace_coap_writer *w, struct ace_slice path);
/* Marker and payload; an empty payload writes nothing. */
void ace_coap_write_payload(struct ace_coap_writer *w, struct ace_slice payload);
/* ACE_ERR_SPACE when it did not fit; ACE_ERR_USAGE options out of order, token too long. */
ACE_MUST_CHECK enum ace_err ace_coap_written(const struct ace_coap_writer *w, struct ace_slice *ret_bytes);

#endif
