/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of an OSCORE context, and messages for them. Include after cmocka.h. Functions are static,
 * because each test links its own port. */
#ifndef TESTS_OSCORE_PAIR_H
#define TESTS_OSCORE_PAIR_H

#include <string.h>

#include "ace_oscore.h"
#include "vectors.h"

struct oscore_pair {
	struct ace_oscore_ctx client, server;
};

/* A message with the buffer that it lies in. */
struct oscore_message {
	uint8_t bytes[1152];
	struct ace_buf buf;
	struct ace_coap_message msg; /* borrows from bytes */
};

/* The C.1 input of RFC 8613, or the same secret with other ids when aead or ID Context vary. */
static inline void oscore_pair_init(struct oscore_pair *pair, int32_t aead, const char *id_context)
{
	static const uint8_t secret[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t salt[8] = { 0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40 };
	static const uint8_t server_id[1] = { 1 };
	struct ace_oscore_input in = {
		.master_secret = ACE_SLICE_OF(secret),
		.master_salt = ACE_SLICE_OF(salt),
		.recipient_id = ACE_SLICE_OF(server_id),
		.aead = aead,
		.has_id_context = id_context != NULL,
	};

	if (id_context)
		in.id_context = vectors_unhex(id_context);
	assert_int_equal(ace_oscore_derive(&in, &pair->client), ACE_OK);
	in.sender_id = in.recipient_id;
	in.recipient_id = (struct ace_slice){ NULL, 0 };
	assert_int_equal(ace_oscore_derive(&in, &pair->server), ACE_OK);
}

static inline void oscore_message_init(struct oscore_message *message)
{
	memset(message, 0xa5, sizeof *message);
	message->buf = (struct ace_buf)ACE_BUF_OF(message->bytes);
}

/* Read what stands in the buffer. */
static inline void oscore_message_read(struct oscore_message *message)
{
	assert_int_equal(ace_coap_read(ace_buf_slice(&message->buf), &message->msg), ACE_OK);
}

static inline void oscore_message_set(struct oscore_message *message, struct ace_slice bytes)
{
	oscore_message_init(message);
	assert_true(bytes.len <= sizeof message->bytes);
	memcpy(message->bytes, bytes.ptr, bytes.len);
	message->buf.len = bytes.len;
	oscore_message_read(message);
}

/* Is any len bytes long part of needle found in haystack? For "no plaintext is left". */
static inline bool oscore_bytes_found(struct ace_slice haystack, struct ace_slice needle, size_t len)
{
	for (size_t i = 0; needle.len >= len && i + len <= needle.len; i++)
		for (size_t k = 0; k + len <= haystack.len; k++)
			if (!memcmp(haystack.ptr + k, needle.ptr + i, len))
				return true;
	return false;
}

/* Protect a plain request in hex under that number. */
static inline void oscore_request_make(const struct ace_oscore_ctx *ctx, uint64_t seq, const char *plain_hex,
				       struct oscore_message *ret_protected, struct ace_oscore_exchange *ret_exchange)
{
	struct oscore_message plain;

	oscore_message_set(&plain, vectors_unhex(plain_hex));
	oscore_message_init(ret_protected);
	assert_int_equal(ace_oscore_protect_request(ctx, seq, &plain.msg, &ret_protected->buf, ret_exchange), ACE_OK);
	oscore_message_read(ret_protected);
}

/* Protect a plain response in hex. */
static inline void oscore_response_make(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
					const uint64_t *seq, const char *plain_hex,
					struct oscore_message *ret_protected)
{
	struct oscore_message plain;

	oscore_message_set(&plain, vectors_unhex(plain_hex));
	oscore_message_init(ret_protected);
	assert_int_equal(ace_oscore_protect_response(ctx, exchange, seq, &plain.msg, &ret_protected->buf), ACE_OK);
	oscore_message_read(ret_protected);
}

#endif
