/* SPDX-License-Identifier: Apache-2.0 */
/* The device as a client of its AS, which is a socket of the test. Include after cmocka.h. */
#ifndef SUPPORT_DEVICE_AS_CASE_H
#define SUPPORT_DEVICE_AS_CASE_H

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ace_block.h"
#include "device/trl.h"
#include "device_case.h"

#define PART 64 /* bytes of a block */
#define POLL_S 60

struct list {
	uint8_t bytes[512];
	struct ace_slice body;
	const char *etag;
};

static char dir[64], file[96], text[2048];
static struct device_as as;
static struct device_trl trl;
static struct ace_oscore_ctx as_ctx;
static struct ace_oscore_exchange exchange;
static int fd;
static uint64_t now_ms, last_number;
static uint8_t question_bytes[ACE_UDP_DATAGRAM_MAX];
static struct ace_coap_message question; /* as the AS has opened it */

static inline void line_start(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	struct cli_device_bundle bundle = { 0 };
	struct cli_error error = { 0 };

	if (cli_device_bundle_read((struct ace_slice) { (const uint8_t *)text, strlen(text) }, "test", &bundle, &error))
		fail_msg("%s", error.message);
	assert_int_equal(device_init(&device, &bundle, &(struct device_options) { .trl = true }), ACE_OK);
	assert_int_equal(device_state_open(&device, dir, &error), ACE_OK);
	if (device_as_open(&as, &device, &error))
		fail_msg("%s", error.message);
	assert_int_equal(getsockname(as.fd, (struct sockaddr *)(void *)&at, &len), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
	trl = (struct device_trl) { .poll_s = POLL_S };
}

static inline void line_stop(void)
{
	device_as_close(&as);
	device_fini(&device);
}

static inline void as_start(void)
{
	static const uint8_t secret[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, id[] = { 1 };

	assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input) {
		.master_secret = ACE_SLICE_OF(secret), .recipient_id = ACE_SLICE_OF(id), .aead = 10 }, &as_ctx), ACE_OK);
}

static inline int start(void **state)
{
	static const char uri[] = "coap://as.example.com/token";
	const char *found = strstr(bundle_text, uri);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	(void)state;
	now_ms = 1000;
	last_number = 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)(void *)&at, &len), 0);
	snprintf(dir, sizeof dir, "/tmp/ace-device-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/state.json", dir);
	snprintf(text, sizeof text, "%.*scoap://127.0.0.1:%u/token%.*s,\"as_oscore\":{\"master_secret_hex\":"
		 "\"000102030405060708090a0b0c0d0e0f\",\"master_salt_hex\":\"\",\"sender_id_hex\":\"01\","
		 "\"recipient_id_hex\":\"\",\"id_context_hex\":null,\"aead\":10,\"hkdf\":\"sha256\"},"
		 "\"revocation_list\":{\"path\":\"/revoke/trl\",\"max_n\":8,\"max_diff_batch\":4}}",
		 (int)(found - bundle_text), bundle_text, ntohs(at.sin_port),
		 (int)strlen(found + sizeof uri - 1) - 1, found + sizeof uri - 1);
	as_start();
	line_start();
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	line_stop();
	close(fd);
	(void)unlink(file);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static inline void step(void)
{
	device_trl_step(&trl, &as, now_ms);
}

/* Open the question that has come. Its number was never used before. */
static inline bool hear(void)
{
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_buf plain = ACE_BUF_OF(question_bytes);
	struct ace_coap_message msg;
	ssize_t len = recv(fd, bytes, sizeof bytes, 0);
	uint64_t number = 0;

	if (len < 0)
		return false;
	assert_int_equal(ace_coap_read((struct ace_slice) { bytes, (size_t)len }, &msg), ACE_OK);
	assert_int_equal(ace_oscore_unprotect_request(&as_ctx, &msg, &plain, &exchange), ACE_OK);
	assert_int_equal(ace_coap_read(ace_buf_slice(&plain), &question), ACE_OK);
	for (size_t i = 0; i < exchange.piv_len; i++)
		number = number << 8 | exchange.piv[i];
	assert_true(number > last_number);
	last_number = number;
	return true;
}

static inline bool asks_for(const char *query)
{
	uint8_t bytes[64];
	struct ace_buf got = ACE_BUF_OF(bytes);

	assert_int_equal(ace_coap_uri_query(question.options, &got), ACE_OK);
	return ace_slice_equal(ace_buf_slice(&got), (struct ace_slice) { (const uint8_t *)query, strlen(query) });
}

struct said {
	uint8_t code;
	uint32_t format;
	const char *etag; /* NULL: none */
	const struct ace_block *block;
	struct ace_slice payload;
};

/* The protected answer to the question. */
static inline struct ace_slice sealed(const struct said *said, struct ace_buf *out)
{
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_coap_writer w;
	struct ace_coap_message msg;
	struct ace_slice plain;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header) { ACE_COAP_ACK, said->code, question.mid, question.token });
	if (said->etag)
		ace_coap_write_option(&w, ACE_OPT_ETAG, (struct ace_slice) { (const uint8_t *)said->etag, strlen(said->etag) });
	ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, said->format);
	if (said->block)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK2, ace_block_value(said->block));
	ace_coap_write_payload(&w, said->payload);
	assert_int_equal(ace_coap_written(&w, &plain), ACE_OK);
	assert_int_equal(ace_coap_read(plain, &msg), ACE_OK);
	assert_int_equal(ace_oscore_protect_response(&as_ctx, &exchange, NULL, &msg, out), ACE_OK);
	return ace_buf_slice(out);
}

static inline void send_bytes(struct ace_slice bytes)
{
	assert_int_equal(send(fd, bytes.ptr, bytes.len, 0), bytes.len);
}

static inline void say(const struct said *said)
{
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);

	send_bytes(sealed(said, &out));
}

/* The whole list of so many hashes, the first of which begins so. */
static inline void list_make(struct list *list, uint8_t first, size_t len, const char *etag)
{
	struct ace_cbor_writer w;
	uint8_t hash[33] = { 1 };

	ace_cbor_write_init(&w, list->bytes, sizeof list->bytes);
	ace_cbor_write_map(&w, 2);
	ace_cbor_write_int(&w, ACE_TRL_FULL_SET);
	ace_cbor_write_array(&w, len);
	for (size_t i = 0; i < len; i++) {
		hash[1] = (uint8_t)(first + i);
		ace_cbor_write_bstr(&w, ACE_SLICE_OF(hash));
	}
	ace_cbor_write_int(&w, ACE_TRL_CURSOR);
	ace_cbor_write_uint(&w, 7);
	assert_int_equal(ace_cbor_written(&w, &list->body), ACE_OK);
	list->etag = etag;
}

/* The block of the list that the question asks for. */
static inline void say_block(const struct list *list)
{
	struct ace_block block = { .szx = 2 };
	struct ace_slice part = list->body;
	bool present;

	assert_int_equal(ace_block_find(question.options, ACE_OPT_BLOCK2, &present, &block), 0);
	assert_true((size_t)block.num * PART < part.len);
	part.ptr += block.num * PART;
	part.len -= block.num * PART;
	block.more = part.len > PART;
	if (block.more)
		part.len = PART;
	say(&(struct said) { ACE_COAP_CONTENT, ACE_FORMAT_TRL, list->etag, &block, part });
}

/* Answer what is asked until nothing is; how many questions there were. */
static inline size_t serve_all(const struct list *list)
{
	size_t questions = 0;

	for (step(); hear(); step(), questions++)
		say_block(list);
	return questions;
}

static inline bool is_known(uint8_t first)
{
	for (size_t i = 0; i < device.rs.revoked_used; i++)
		if (device.revoked[i].hash[0] == first)
			return true;
	return false;
}

#endif
