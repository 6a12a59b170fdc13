/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of client/transport.c, which the linker leaves out then: datagrams go to the scripted peers as calls, one
 * after the other, and what no peer says does not come however long it is waited for. Include scripted_peer.h. */
#ifndef SUPPORT_SCRIPTED_LINK_H
#define SUPPORT_SCRIPTED_LINK_H

#include <netinet/in.h>
#include <stdlib.h>

#include "client/transport.h"

#define LINK_PEERS_MAX 2
#define LINK_FIRST_PORT 5683

struct client_transport {
	uint16_t mid;
};

static unsigned int link_waits; /* exchanges that waited for a better answer in vain */
static struct peer *link_peers[LINK_PEERS_MAX]; /* NULL: nobody at LINK_FIRST_PORT + i */

static inline void link_attach(struct peer *peer)
{
	size_t i = 0;

	while (link_peers[i])
		assert_true(++i < LINK_PEERS_MAX);
	link_peers[i] = peer;
	peer->port = (uint16_t)(LINK_FIRST_PORT + i);
}

static inline void link_detach(const struct peer *peer)
{
	link_peers[peer->port - LINK_FIRST_PORT] = NULL;
}

static inline struct peer *link_peer(const struct client_peer *at)
{
	struct sockaddr_in addr;
	size_t number;

	assert_int_equal(at->addr_len, sizeof addr);
	memcpy(&addr, &at->addr, sizeof addr);
	number = (size_t)ntohs(addr.sin_port) - LINK_FIRST_PORT;
	return number < LINK_PEERS_MAX ? link_peers[number] : NULL;
}

enum ace_err client_transport_new(struct client_transport **ret_transport, struct cli_error *ret_error)
{
	static uint16_t starts; /* another process does not go on with the Message IDs of the one before */

	(void)ret_error;
	*ret_transport = calloc(1, sizeof **ret_transport);
	assert_non_null(*ret_transport);
	(*ret_transport)->mid = (uint16_t)(++starts << 8);
	return ACE_OK;
}

void client_transport_free(struct client_transport *transport)
{
	free(transport);
}

static inline struct ace_slice link_write(const struct ace_coap_message *request, uint16_t mid, uint8_t *bytes, size_t cap)
{
	struct ace_coap_writer w;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){ request->type, request->code, mid, ACE_LITERAL("toke") });
	ace_coap_options_init(&it, request->options);
	while (ace_coap_options_next(&it, &option))
		ace_coap_write_option(&w, option.number, option.value);
	ace_coap_write_payload(&w, request->payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	return written;
}

static inline enum client_verdict link_deliver(struct peer *peer, struct ace_slice datagram, const struct client_wait *wait)
{
	enum client_verdict verdict;
	struct ace_coap_message answer;

	peer_receive(peer, datagram);
	for (size_t i = 0; i < peer->answers_len; i++) {
		assert_int_equal(ace_coap_read((struct ace_slice){ peer->answers[i].bytes, peer->answers[i].len },
					       &answer), ACE_OK);
		verdict = wait->take(wait->arg, &answer);
		if (verdict != CLIENT_PASS_OVER)
			return verdict;
	}
	return CLIENT_PASS_OVER;
}

/* As the real one: after a worthless answer the same message once more, then the end of the wait. */
enum ace_err client_transport_exchange(struct client_transport *transport, const struct client_peer *peer,
				       const struct ace_coap_message *request, const struct client_wait *wait,
				       struct cli_error *ret_error)
{
	struct peer *there = link_peer(peer);
	uint8_t bytes[CLIENT_MESSAGE_MAX];
	struct ace_slice datagram = link_write(request, ++transport->mid, bytes, sizeof bytes);
	enum client_verdict verdict = CLIENT_PASS_OVER;
	enum ace_err err;

	for (int again = 0; there && verdict == CLIENT_PASS_OVER && again < 2; again++)
		verdict = link_deliver(there, datagram, wait);
	if (verdict == CLIENT_TAKE)
		return ACE_OK;
	link_waits += there && verdict == CLIENT_PASS_OVER;
	err = cli_error_set(ret_error, there ? ACE_ERR_BUSY : ACE_ERR_IO, "%s does not answer", peer->name);
	if (ret_error)
		ret_error->exit = CLI_EXIT_UNREACHABLE;
	return err;
}

#endif
