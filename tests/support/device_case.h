/* SPDX-License-Identifier: Apache-2.0 */
/* The device of the specification's vectors, asked without a network. Include after cmocka.h. */
#ifndef SUPPORT_DEVICE_CASE_H
#define SUPPORT_DEVICE_CASE_H

#include <stdlib.h>
#include <string.h>

#include "ace_port_host.h"
#include "device/device.h"
#include "vectors.h"

#define NOW 1767225610 /* within T1's life */

static json_t *vectors;
static struct device device;
static uint8_t answer_bytes[ACE_UDP_ANSWER_MAX];
static struct ace_coap_message answer;
static struct device_outcome outcome;

/* sensor-17 of the vectors: hosts what their tokens grant. */
static const char bundle_text[] =
	"{\"format\":\"ace-device/1\",\"device\":\"sensor-17\",\"audience\":\"sensor-17\","
	"\"issuer\":\"coap://as.example.com\",\"as_uri\":\"coap://as.example.com/token\","
	"\"token_keys\":[{\"kid_hex\":\"6b31\",\"alg\":10,\"key_hex\":\"e0e1e2e3e4e5e6e7e8e9eaebecedeeef\"}],"
	"\"resources\":{\"/temp\":[\"GET\",\"PUT\"],\"/s/temp\":[\"GET\"],\"/a/led\":[\"GET\",\"PUT\"],\"/"
	"dtls\":[\"POST\"]},"
	"\"clock\":\"rtc\"}";

static inline void device_start(const char *text)
{
	struct cli_device_bundle bundle = { 0 };
	struct cli_error error = { 0 };

	if (cli_device_bundle_read((struct ace_slice) { (const uint8_t *)text, strlen(text) }, "test", &bundle, &error))
		fail_msg("%s", error.message);
	assert_int_equal(device_init(&device, &bundle, &(struct device_options) { 0 }), ACE_OK);
	assert_int_equal(device_value_set(&device, ACE_LITERAL("/s/temp"), ACE_LITERAL("21.5")), ACE_OK);
}

static inline int setup(void **state)
{
	(void)state;
	ace_port_openssl_fix_clock(NOW);
	vectors = vectors_load("ace-oscore-profile");
	device_start(bundle_text);
	return 0;
}

static inline int teardown(void **state)
{
	device_fini(&device);
	json_decref(vectors);
	return vectors_free_all(state);
}

/* Ask from an address that may get that many bytes while nobody has confirmed it; the answer is taken apart. */
static inline void ask_within(struct ace_slice datagram, size_t limit)
{
	struct ace_buf out = ACE_BUF_OF(answer_bytes);

	assert_int_equal(device_answer(&device, datagram, limit, &out, &outcome), ACE_OK);
	assert_true(outcome.verified || out.len <= limit);
	assert_int_equal(ace_coap_read(ace_buf_slice(&out), &answer), ACE_OK);
	assert_int_equal(answer.code & 0xe0 ? 1 : 0, 1);
}

static inline void ask(struct ace_slice datagram)
{
	ask_within(datagram, ACE_UDP_ANSWER_MAX);
}

struct plain {
	uint8_t code;
	const char *path;
	int format, accept; /* -1: none */
	uint32_t extra;     /* one more option with that number, empty; 0: none */
	struct ace_slice payload;
};

static inline struct ace_slice plain_bytes(const struct plain *plain)
{
	static uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_coap_writer w;
	struct ace_slice out;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w,
			      &(struct ace_coap_header) { .code = plain->code, .mid = 9, .token = ACE_LITERAL("tk") });
	ace_coap_write_path(&w, (struct ace_slice) { (const uint8_t *)plain->path, strlen(plain->path) });
	if (plain->format >= 0)
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, (uint32_t)plain->format);
	if (plain->accept >= 0)
		ace_coap_write_option_uint(&w, ACE_OPT_ACCEPT, (uint32_t)plain->accept);
	if (plain->extra)
		ace_coap_write_option(&w, plain->extra, (struct ace_slice) { 0 });
	ace_coap_write_payload(&w, plain->payload);
	assert_int_equal(ace_coap_written(&w, &out), ACE_OK);
	return out;
}

static inline void ask_plain(struct plain plain)
{
	ask(plain_bytes(&plain));
}

static inline struct ace_slice message(const char *name, const char *member)
{
	return vectors_hex(vectors_named(json_object_get(vectors, "messages"), name), member);
}

static inline void assert_option_uint(uint32_t number, uint32_t want)
{
	struct ace_slice value;
	uint32_t got;

	assert_true(ace_coap_option_find(answer.options, number, &value));
	assert_int_equal(ace_coap_option_uint(value, &got), ACE_OK);
	assert_int_equal(got, want);
}

/* The hint with that key: its bytes (scope of AIF) or text. */
static inline struct ace_slice hint(int64_t wanted)
{
	struct ace_slice found = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	assert_option_uint(ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	ace_cbor_read_init(&r, answer.payload);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		bool is_text = ace_cbor_peek(&r) == ACE_CBOR_TSTR;
		struct ace_slice value = is_text ? ace_cbor_read_tstr(&r) : ace_cbor_read_bstr(&r);

		if (key == wanted)
			found = value;
	}
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
	return found;
}

static inline void assert_text(struct ace_slice got, const char *want)
{
	assert_slice_equal(got, (struct ace_slice) { (const uint8_t *)want, strlen(want) });
}

#endif
