/* SPDX-License-Identifier: Apache-2.0 */
/* Four places for bodies of 200 bytes, and requests in blocks. Include after cmocka.h. */
#ifndef SUPPORT_BLOCK_CASE_H
#define SUPPORT_BLOCK_CASE_H

#include <string.h>

#include "ace_block.h"

#define BODY_MAX 200
#define COUNT 4

static struct ace_body places[COUNT];
static uint8_t bytes[COUNT * BODY_MAX];
static struct ace_bodies bodies;
static uint64_t now_ms;
static struct ace_block1 result;

static inline int setup(void **state)
{
	(void)state;
	memset(places, 0, sizeof places);
	memset(bytes, 0, sizeof bytes);
	bodies = (struct ace_bodies) { .places = places,
				       .bytes = bytes,
				       .body_max = BODY_MAX,
				       .lifetime_ms = 10000,
				       .count = COUNT,
				       .peer_max = 2,
				       .szx_max = 6 };
	now_ms = 5000;
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	ace_bodies_fini(&bodies);
	for (size_t i = 0; i < sizeof bytes; i++)
		assert_int_equal(bytes[i], 0);
	return 0;
}

/* A request with a block, and what makes it differ from others. */
struct asked {
	uint64_t peer;
	uint8_t code; /* 0: POST */
	const char *path, *query, *tag;
	uint32_t number; /* of the block option; 0: Block1; 1: none */
	struct ace_block block;
	size_t len; /* of the payload, which says where in the body it belongs */
	size_t start;
	uint32_t size1, echo;
	uint8_t format;
};

static inline uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 3 + 1);
}

static inline const struct ace_coap_message *message(const struct asked *asked)
{
	static struct ace_coap_message msg;
	static uint8_t datagram[2048], payload[1100];
	struct ace_coap_writer w;
	struct ace_slice written;
	const char *path = asked->path ? asked->path : "/x";
	uint32_t value = ace_block_value(&asked->block);

	for (size_t i = 0; i < asked->len; i++)
		payload[i] = pattern(asked->start + i);
	ace_coap_write_init(&w, datagram, sizeof datagram);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .code = asked->code ? asked->code : ACE_COAP_POST });
	ace_coap_write_path(&w, (struct ace_slice) { (const uint8_t *)path, strlen(path) });
	ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, asked->format);
	if (asked->query)
		ace_coap_write_option(&w, ACE_OPT_URI_QUERY,
				      (struct ace_slice) { (const uint8_t *)asked->query, strlen(asked->query) });
	if (asked->number == ACE_OPT_BLOCK2)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK2, value);
	if (!asked->number)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK1, value);
	if (asked->size1)
		ace_coap_write_option_uint(&w, ACE_OPT_SIZE1, asked->size1);
	if (asked->echo)
		ace_coap_write_option_uint(&w, ACE_OPT_ECHO, asked->echo);
	if (asked->tag)
		ace_coap_write_option(&w, ACE_OPT_REQUEST_TAG,
				      (struct ace_slice) { (const uint8_t *)asked->tag, strlen(asked->tag) });
	ace_coap_write_payload(&w, (struct ace_slice) { payload, asked->len });
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &msg), ACE_OK);
	return &msg;
}

/* @return the code of the answer; result has the rest. */
static inline uint8_t take(struct asked asked)
{
	asked.start = (size_t)asked.block.num << (asked.block.szx + 4);
	ace_block1_take(&bodies, asked.peer, now_ms, message(&asked), &result);
	if (result.code)
		assert_int_equal(result.body.len, 0);
	return result.code;
}

/* The nth block of 32 bytes, with more to come. */
static inline struct asked nth(uint32_t num)
{
	return (struct asked) { .block = { num, 1, true }, .len = 32 };
}

static inline struct asked last(uint32_t num, size_t len)
{
	return (struct asked) { .block = { num, 1, false }, .len = len };
}

static inline void assert_body(size_t len)
{
	assert_int_equal(result.code, 0);
	assert_int_equal(result.body.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(result.body.ptr[i], pattern(i));
}

static inline void assert_place_count(uint32_t held)
{
	ace_bodies_expire(&bodies, now_ms);
	for (size_t i = 0; i < COUNT; i++)
		held -= places[i].state != ACE_BODY_FREE;
	assert_int_equal(held, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
