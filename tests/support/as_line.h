/* SPDX-License-Identifier: Apache-2.0 */
/* A client of an as_fixture on the other end of a socket: protects requests, and hears what comes back. Include after
 * cmocka.h and as_fixture.h. */
#ifndef TESTS_AS_LINE_H
#define TESTS_AS_LINE_H

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ace_oscore.h"

struct as_line {
	struct ace_oscore_ctx ctx;
	struct ace_oscore_exchange exchange; /* of the latest request */
	uint64_t seq;
	uint16_t mid;
	int fd;
	uint8_t echo[40];
	size_t echo_len; /* 0: none to send back */
};

/* An answer as the client sees it. */
struct as_heard {
	bool came, is_protected;
	uint8_t code;
	bool has_max_age;
	uint32_t max_age_s;
	struct ace_slice payload; /* borrows from bytes */
	uint8_t bytes[1400];
};

static inline void as_line_open(struct as_line *line, struct as_fixture *fx, const char *id)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct store_client client;
	struct store_txn *txn;
	uint8_t kid[STORE_KID_MAX];

	memset(line, 0, sizeof *line);
	assert_int_equal(store_begin_read(fx->as.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, id, &client), ACE_OK);
	store_abort(txn);
	assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = ACE_SLICE_OF(as_fixture_secret), .master_salt = ACE_SLICE_OF(as_fixture_salt),
		.sender_id = { kid, store_line_kid(client.line, kid) } }, &line->ctx), ACE_OK);
	to.sin_port = htons((uint16_t)strtoul(strrchr(ace_udp_address(fx->as.udp), ':') + 1, NULL, 10));
	line->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(line->fd >= 0);
	assert_int_equal(connect(line->fd, (const struct sockaddr *)(const void *)&to, sizeof to), 0);
}

static inline void as_line_close(struct as_line *line)
{
	close(line->fd);
}

/* The same datagram may be sent again by who keeps it. */
static inline struct ace_slice as_line_protect(struct as_line *line, const char *path, struct ace_slice body,
					       uint8_t *bytes, size_t cap)
{
	uint8_t plain[1024], token = (uint8_t)++line->mid;
	struct ace_coap_writer w;
	struct ace_coap_message message;
	struct ace_slice written;
	struct ace_buf out = { bytes, cap, 0 };

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, ACE_COAP_POST, line->mid, { &token, 1 } });
	ace_coap_write_option(&w, ACE_OPT_URI_PATH, (struct ace_slice){ (const uint8_t *)path, strlen(path) });
	ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	if (line->echo_len)
		ace_coap_write_option(&w, ACE_OPT_ECHO, (struct ace_slice){ line->echo, line->echo_len });
	ace_coap_write_payload(&w, body);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &message), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(&line->ctx, line->seq++, &message, &out, &line->exchange), ACE_OK);
	line->echo_len = 0;
	return ace_buf_slice(&out);
}

static inline void as_line_send(struct as_line *line, struct ace_slice datagram)
{
	assert_int_equal(send(line->fd, datagram.ptr, datagram.len, 0), (ssize_t)datagram.len);
}

static inline void as_line_ask(struct as_line *line, const char *path, struct ace_slice body)
{
	uint8_t bytes[1400];

	as_line_send(line, as_line_protect(line, path, body, bytes, sizeof bytes));
}

static inline void as_heard_read(struct as_line *line, const struct ace_coap_message *message, struct as_heard *heard)
{
	struct ace_slice value;

	heard->code = message->code;
	heard->payload = message->payload;
	heard->has_max_age = ace_coap_option_find(message->options, ACE_OPT_MAX_AGE, &value);
	if (heard->has_max_age)
		assert_int_equal(ace_coap_option_uint(value, &heard->max_age_s), ACE_OK);
	if (!ace_coap_option_find(message->options, ACE_OPT_ECHO, &value))
		return;
	assert_true(value.len <= sizeof line->echo);
	memcpy(line->echo, value.ptr, value.len);
	line->echo_len = value.len;
}

/* What came, if anything; an Echo value in it goes with the next request. */
static inline void as_line_hear(struct as_line *line, struct as_heard *ret_heard)
{
	uint8_t datagram[1400];
	ssize_t len = recv(line->fd, datagram, sizeof datagram, 0);
	struct ace_coap_message message;
	struct ace_buf plain = ACE_BUF_OF(ret_heard->bytes);
	struct ace_slice value;

	memset(ret_heard, 0, sizeof *ret_heard);
	if (len <= 0)
		return;
	ret_heard->came = true;
	assert_int_equal(ace_coap_read((struct ace_slice){ datagram, (size_t)len }, &message), ACE_OK);
	ret_heard->is_protected = ace_coap_option_find(message.options, ACE_OPT_OSCORE, &value);
	if (ret_heard->is_protected) {
		assert_int_equal(ace_oscore_unprotect_response(&line->ctx, &line->exchange, &message, &plain), ACE_OK);
		assert_int_equal(ace_coap_read(ace_buf_slice(&plain), &message), ACE_OK);
	}
	as_heard_read(line, &message, ret_heard);
}

#endif
