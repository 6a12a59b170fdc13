/* SPDX-License-Identifier: Apache-2.0 */
/* A UDP server under test and one client, over the loopback interface. There a datagram has arrived when
 * the call that sends it returns, so nothing waits and nothing is left to chance. Include after cmocka.h. */
#ifndef SUPPORT_UDP_LINK_H
#define SUPPORT_UDP_LINK_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ace_udp_server.h"

struct udp_link {
	struct ace_udp_server *server;
	uint64_t now_ms;
	struct sockaddr_in to; /* the server */
	int client;
	const struct ace_udp_request *batch;
};

/* A client socket at 127.0.0.0/8: host_part makes up the address, port 0 takes a free one. */
static inline int udp_client_open(uint32_t host_part, uint16_t port)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(0x7f000000u | host_part) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&from, sizeof from), 0);
	return fd;
}

static inline void udp_link_open(struct udp_link *link, const struct ace_udp_config *limits)
{
	struct ace_udp_config config = { 0 };

	if (limits)
		config = *limits;
	config.listen = "127.0.0.1:0";
	*link = (struct udp_link) { .now_ms = 1000, .to = { .sin_family = AF_INET } };
	assert_int_equal(ace_udp_open(&config, &link->server), ACE_OK);
	link->to.sin_port = htons((uint16_t)strtoul(strrchr(ace_udp_address(link->server), ':') + 1, NULL, 10));
	link->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	link->client = udp_client_open(1, 0);
}

static inline void udp_link_close(struct udp_link *link)
{
	close(link->client);
	ace_udp_close(link->server);
}

static inline void udp_say_from(struct udp_link *link, int fd, struct ace_slice bytes)
{
	assert_int_equal(
		sendto(fd, bytes.ptr, bytes.len, 0, (const struct sockaddr *)(const void *)&link->to, sizeof link->to),
		(ssize_t)bytes.len);
}

static inline void udp_say(struct udp_link *link, struct ace_slice bytes)
{
	udp_say_from(link, link->client, bytes);
}

static inline size_t udp_read(struct udp_link *link)
{
	return ace_udp_read(link->server, link->now_ms, &link->batch);
}

/* What the client heard: 0 when nothing came. */
static inline size_t udp_hear_at(int fd, uint8_t *buffer, size_t cap)
{
	ssize_t len = recv(fd, buffer, cap, MSG_DONTWAIT);

	return len > 0 ? (size_t)len : 0;
}

static inline size_t udp_hear(struct udp_link *link, uint8_t *buffer, size_t cap)
{
	return udp_hear_at(link->client, buffer, cap);
}

struct udp_words {
	uint8_t type, code;
	uint16_t mid;
	const char *token;
	size_t payload_len;
};

/* A message with a payload of that many "x". */
static inline struct ace_slice udp_message(const struct udp_words *words, uint8_t *buffer, size_t cap)
{
	static uint8_t payload[ACE_UDP_DATAGRAM_MAX];
	struct ace_coap_writer w;
	struct ace_slice bytes;
	const struct ace_coap_header header = {
		.type = words->type,
		.code = words->code,
		.mid = words->mid,
		.token = { (const uint8_t *)words->token, words->token ? strlen(words->token) : 0 },
	};

	memset(payload, 'x', sizeof payload);
	ace_coap_write_init(&w, buffer, cap);
	ace_coap_write_header(&w, &header);
	ace_coap_write_payload(&w, (struct ace_slice) { payload, words->payload_len });
	assert_int_equal(ace_coap_written(&w, &bytes), ACE_OK);
	return bytes;
}

/* Say such a message. */
static inline void udp_ask(struct udp_link *link, struct udp_words words)
{
	uint8_t buffer[ACE_UDP_DATAGRAM_MAX + 16];

	udp_say(link, udp_message(&words, buffer, sizeof buffer));
}

/* An empty message: an acknowledgement, a rejection, a ping. */
static inline void udp_say_empty(struct udp_link *link, uint8_t type, uint16_t mid)
{
	udp_ask(link, (struct udp_words) { type, ACE_COAP_EMPTY, mid, NULL, 0 });
}

/* What the client hears next, with type 0xff when that is nothing. Borrows until the next call. */
static inline struct ace_coap_message udp_hear_message(struct udp_link *link)
{
	static uint8_t buffer[ACE_UDP_DATAGRAM_MAX];
	struct ace_coap_message msg = { .type = 0xff };
	size_t len = udp_hear(link, buffer, sizeof buffer);

	if (len)
		assert_int_equal(ace_coap_read((struct ace_slice) { buffer, len }, &msg), ACE_OK);
	return msg;
}

#define UDP_SILENCE 0xff

/* Let time pass, and nothing else come. */
static inline void udp_pass(struct udp_link *link, uint64_t ms)
{
	link->now_ms += ms;
	assert_int_equal(udp_read(link), 0);
}

/* A response with that token and a payload of one byte, which tells it from others. */
static inline struct ace_slice udp_response(const char *token, uint8_t payload, uint8_t code)
{
	static uint8_t buffer[64];
	struct ace_coap_writer w;
	struct ace_slice bytes;

	ace_coap_write_init(&w, buffer, sizeof buffer);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .code = code,
							       .token = { (const uint8_t *)token, strlen(token) } });
	ace_coap_write_payload(&w, (struct ace_slice) { &payload, 1 });
	assert_int_equal(ace_coap_written(&w, &bytes), ACE_OK);
	return bytes;
}

/* Answer a request with 2.05 and a payload of that many bytes. */
static inline enum ace_err udp_reply(struct udp_link *link, const struct ace_udp_request *request, size_t payload_len)
{
	static uint8_t buffer[ACE_UDP_DATAGRAM_MAX + 16], payload[ACE_UDP_DATAGRAM_MAX];
	struct ace_coap_writer w;
	struct ace_slice bytes;

	memset(payload, 'y', sizeof payload);
	ace_coap_write_init(&w, buffer, sizeof buffer);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .code = ACE_COAP_CONTENT, .token = request->msg.token });
	ace_coap_write_payload(&w, (struct ace_slice) { payload, payload_len });
	assert_int_equal(ace_coap_written(&w, &bytes), ACE_OK);
	return ace_udp_answer(link->server, request, bytes);
}

#endif
