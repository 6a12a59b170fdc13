/* SPDX-License-Identifier: Apache-2.0 */
/* The message layer: what a datagram is, and what it is answered with. */
#include "coap/udp_core.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Datagrams of one ace_udp_read(), requests or not: a flood of pings must not keep the caller waiting. */
#define READS_MAX 2048
#define PEERS_MIN 4096
/* More than READS_MAX and a call of the system, so that a peer of the batch in hand is never evicted. */
#define PEERS_UNPINNED_MIN 2560
#define EXCHANGES_MIN 1024
#define ANSWER_BYTES_MIN (2u << 20) /* more than a batch of answers, which wait there to be sent */

struct limits {
	struct ace_udp_table_limits table;
	uint32_t observers_max, messages_max;
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t limit_of(uint32_t wanted, uint32_t otherwise)
{
	return wanted ? wanted : otherwise;
}

/* Pinned peers leave room for those of a batch, and deferred requests for its exchanges. */
static bool limits_hold(const struct limits *limits)
{
	const struct ace_udp_table_limits *table = &limits->table;

	return table->peers_max >= PEERS_MIN && table->peers_max <= UINT32_MAX / 2 &&
	       table->exchanges_max >= EXCHANGES_MIN && table->exchanges_max <= UINT32_MAX / 2 &&
	       table->answer_bytes_max >= ANSWER_BYTES_MIN && limits->observers_max <= table->peers_max / 2 &&
	       limits->messages_max <= table->peers_max / 4 && limits->messages_max <= table->exchanges_max / 2 - 1 &&
	       table->peers_max - limits->observers_max - limits->messages_max >= PEERS_UNPINNED_MIN;
}

static enum ace_err server_init(struct ace_udp_server *server, const struct ace_udp_config *config)
{
	struct limits limits = {
		.table.peers_max = limit_of(config->peers_max, 65536),
		.table.exchanges_max = limit_of(config->exchanges_max, 131072),
		.table.answer_bytes_max = limit_of(config->answer_bytes_max, 16u << 20),
	};
	enum ace_err err;

	limits.observers_max = limit_of(config->observers_max, limits.table.peers_max / 4);
	limits.messages_max =
		limit_of(config->messages_max, smaller(limits.table.peers_max / 8, limits.table.exchanges_max / 4));
	if (!limits_hold(&limits))
		return ACE_ERR_RANGE;
	err = ace_udp_table_init(&server->table, &limits.table);
	if (!err)
		err = ace_udp_sources_init(&server->sources);
	if (!err)
		err = ace_udp_outbox_init(&server->outbox, limits.messages_max);
	if (!err)
		err = ace_udp_observers_init(&server->observers, limits.observers_max);
	if (!err)
		err = ace_udp_input_init(&server->input);
	if (!err)
		err = ace_udp_output_init(&server->output);
	return err ? err : ace_udp_socket_open(config->listen, &server->fd, server->address);
}

enum ace_err ace_udp_open(const struct ace_udp_config *config, struct ace_udp_server **ret_server)
{
	struct ace_udp_server *server = calloc(1, sizeof *server);
	enum ace_err err;

	if (!server)
		return ACE_ERR_MEMORY;
	server->fd = -1;
	err = server_init(server, config);
	if (err) {
		ace_udp_close(server);
		return err;
	}
	/* Who watches which places are drawn learns of this number, but not of the seed that it comes from. */
	server->lot = ace_udp_hash(server->table.seed, (const uint64_t[]){ 0, 0 }, 2) | 1;
	*ret_server = server;
	return ACE_OK;
}

void ace_udp_close(struct ace_udp_server *server)
{
	if (!server)
		return;
	if (server->fd >= 0)
		close(server->fd);
	ace_udp_table_fini(&server->table);
	ace_udp_sources_fini(&server->sources);
	ace_udp_outbox_fini(&server->outbox);
	ace_udp_observers_fini(&server->observers);
	ace_udp_input_fini(&server->input);
	ace_udp_output_fini(&server->output);
	free(server);
}

int ace_udp_fd(const struct ace_udp_server *server)
{
	return server->fd;
}

const char *ace_udp_address(const struct ace_udp_server *server)
{
	return server->address;
}

/* What the message layer says by itself: a header without token, or with the one that was sent. */
static void reply(struct ace_udp_server *server, const struct ace_udp_datagram *datagram, uint8_t type, uint8_t code)
{
	const uint8_t *in = datagram->bytes.ptr;
	size_t token_len = code ? in[0] & ACE_UDP_TOKEN_LEN_MASK : 0;
	uint8_t *copy = ace_udp_output_copy(&server->output, &datagram->endpoint,
					    (struct ace_slice) { in, ACE_COAP_HEADER_LEN + token_len });

	copy[0] = (uint8_t)(ACE_UDP_VERSION_1 | type << 4 | token_len);
	copy[1] = code;
}

/* RFC 7252 4.2: "Rejecting a Confirmable message is effected by sending a matching Reset message"; 4.3: others
 * "MUST be silently ignored". */
static void reject(struct ace_udp_server *server, const struct ace_udp_datagram *datagram, uint8_t type)
{
	if (type != ACE_COAP_CON) {
		server->stats.ignored++;
		return;
	}
	/* A ping is no fault, and its answer is as long as it. */
	if (datagram->bytes.len > ACE_COAP_HEADER_LEN && ace_udp_is_over_budget(server, &datagram->endpoint))
		return;
	server->strangers++;
	server->stats.resets++;
	reply(server, datagram, ACE_COAP_RST, ACE_COAP_EMPTY);
}

static void reject_long(struct ace_udp_server *server, const struct ace_udp_datagram *datagram, uint8_t type)
{
	const uint8_t *in = datagram->bytes.ptr;

	if (type != ACE_COAP_CON || !in[1] || in[1] >> 5 || (in[0] & ACE_UDP_TOKEN_LEN_MASK) > ACE_COAP_TOKEN_MAX) {
		reject(server, datagram, type);
		return;
	}
	if (ace_udp_is_over_budget(server, &datagram->endpoint))
		return;
	server->stats.too_long++;
	reply(server, datagram, ACE_COAP_ACK, ACE_COAP_TOO_LARGE);
}

/* RFC 7252 4.5: "The recipient SHOULD acknowledge each duplicate copy of a Confirmable message using the same
 * Acknowledgement". While there is none yet, and for non-confirmable requests, copies get silence. A forged copy has
 * no more than the Message ID in common with its request: a short one must not fetch what a long one was granted. */
static void receive_copy(struct ace_udp_server *server, uint32_t peer, const struct ace_udp_datagram *datagram,
			 const struct ace_coap_message *msg, uint32_t exchange)
{
	struct ace_slice answer = ace_udp_exchange_answer(&server->table, exchange);

	server->stats.copies++;
	if (!answer.len)
		return;
	if (answer.len > ace_udp_answer_max(server, peer, datagram->bytes.len, msg->token.len)) {
		server->stats.over_limit++;
		return;
	}
	server->stats.resent++;
	ace_udp_output_add(&server->output, &datagram->endpoint, answer);
}

/* Places of strangers are drawn by lot among as many as came last time. Who answers what was sent to it (a challenge) comes behind
 * all that came while a batch was written to disk, and would never be among the first. */
static bool is_drawn(struct ace_udp_server *server)
{
	server->crowd++;
	server->lot ^= server->lot << 13;
	server->lot ^= server->lot >> 7;
	server->lot ^= server->lot << 17;
	return server->crowd_before <= ACE_UDP_STRANGERS_MAX || server->lot % server->crowd_before < ACE_UDP_STRANGERS_MAX;
}

/* While more arrives than is handled, half of a batch is kept for those who have proven that they are there, so that no number
 * of made-up addresses takes it all; and nobody who was at fault too often takes a place of the other half. This comes
 * before any table is touched. What is turned away unread loses nothing: its sender asks again. */
static bool is_turned_away(struct ace_udp_server *server, const struct ace_udp_endpoint *endpoint)
{
	uint32_t peer;

	if (!server->is_pressed)
		return false;
	peer = ace_udp_peer_of(&server->table, endpoint);
	if (peer && (ace_udp_peer_is_confirmed(&server->table, peer) || server->table.peers[peer].expected))
		return false;
	return !is_drawn(server) || server->strangers >= ACE_UDP_STRANGERS_MAX ||
	       ace_udp_source_is_spent(&server->sources, &server->table, endpoint);
}

static void receive_request(struct ace_udp_server *server, size_t nth, const struct ace_udp_datagram *datagram,
			    const struct ace_coap_message *msg)
{
	uint32_t peer = ace_udp_peer_touch(&server->table, &datagram->endpoint);
	struct ace_udp_request *request = &server->batch[server->batch_len];
	bool is_new;
	uint32_t exchange = ace_udp_exchange_touch(&server->table, peer, msg->mid, &is_new);

	if (!is_new) {
		receive_copy(server, peer, datagram, msg, exchange);
		return;
	}
	server->table.peers[peer].expected = false;
	ace_udp_input_keep(&server->input, nth);
	*request = (struct ace_udp_request) {
		.datagram = datagram->bytes,
		.msg = *msg,
		.confirmed = ace_udp_peer_is_confirmed(&server->table, peer),
		.answer_max = ace_udp_answer_max(server, peer, datagram->bytes.len, msg->token.len),
		.received_ms = server->table.now_ms,
	};
	server->peers[server->batch_len] = peer;
	server->exchanges[server->batch_len++] = exchange;
	server->strangers += !request->confirmed;
	server->stats.requests++;
}

/* RFC 7252 4.2: "recipients of Acknowledgement and Reset messages MUST NOT respond with either". This server sends no
 * requests, so both must be empty: nothing but a header, without token. */
static void receive_verdict(struct ace_udp_server *server, const struct ace_udp_datagram *datagram, uint8_t type)
{
	const uint8_t *in = datagram->bytes.ptr;
	bool is_empty = datagram->bytes.len == ACE_COAP_HEADER_LEN && !in[1] && !(in[0] & ACE_UDP_TOKEN_LEN_MASK);
	uint16_t mid = (uint16_t)(in[2] << 8 | in[3]);

	if (!is_empty || !ace_udp_transmit_heard(server, &datagram->endpoint, mid, type == ACE_COAP_RST))
		server->stats.ignored++;
}

static void receive(struct ace_udp_server *server, size_t nth)
{
	struct ace_udp_datagram datagram;
	struct ace_coap_message msg;
	uint8_t type;

	ace_udp_input_get(&server->input, nth, &datagram);
	server->stats.datagrams++;
	/* RFC 7252 3: "Messages with unknown version numbers MUST be silently ignored." RFC 9203 7: OSCORE of this
	 * profile is point to point, and nothing else here is for groups. */
	if (!datagram.unicast || datagram.bytes.len < ACE_COAP_HEADER_LEN ||
	    (datagram.bytes.ptr[0] & ACE_UDP_VERSION_MASK) != ACE_UDP_VERSION_1) {
		server->stats.ignored++;
		return;
	}
	type = datagram.bytes.ptr[0] >> 4 & 3;
	if (type == ACE_COAP_ACK || type == ACE_COAP_RST)
		receive_verdict(server, &datagram, type);
	else if (is_turned_away(server, &datagram.endpoint))
		server->stats.turned_away++;
	else if (datagram.truncated)
		reject_long(server, &datagram, type);
	else if (ace_coap_read(datagram.bytes, &msg) || !msg.code || msg.code >> 5)
		reject(server, &datagram, type); /* malformed, a ping, a response that nobody asked for, reserved */
	else
		receive_request(server, nth, &datagram, &msg);
}

static void batch_end(struct ace_udp_server *server)
{
	for (size_t i = 0; i < server->batch_len; i++)
		ace_udp_drop(server, &server->batch[i]);
	server->batch_len = 0;
	server->reads = 0;
	server->strangers = 0;
	server->crowd_before = server->crowd ? server->crowd : server->crowd_before;
	server->crowd = 0;
	ace_udp_output_restart(&server->output);
	ace_udp_input_restart(&server->input);
}

size_t ace_udp_read_more(struct ace_udp_server *server)
{
	size_t received;

	while (server->batch_len < ACE_UDP_BATCH_MAX && server->reads < READS_MAX) {
		received = ace_udp_input_read(&server->input, server->fd, ACE_UDP_BATCH_MAX - server->batch_len);
		if (!received) {
			server->is_pressed = false;
			return server->batch_len;
		}
		for (size_t i = 0; i < received; i++)
			receive(server, i);
		server->reads += received;
		/* Resent answers borrow from the ring, which the answers of this batch will write to. What a
		 * full socket does not take, the next copy asks for again. */
		if (ace_udp_flush(server))
			ace_udp_output_restart(&server->output);
	}
	server->is_pressed = true;
	return server->batch_len;
}

size_t ace_udp_read(struct ace_udp_server *server, uint64_t now_ms, const struct ace_udp_request **ret_batch)
{
	batch_end(server);
	ace_udp_table_expire(&server->table, now_ms);
	(void)ace_udp_read_more(server);
	/* After what came in: an acknowledgement that was there in time counts. */
	ace_udp_transmit_run(server);
	if (ace_udp_flush(server))
		ace_udp_output_restart(&server->output);
	*ret_batch = server->batch;
	return server->batch_len;
}

enum ace_err ace_udp_flush(struct ace_udp_server *server)
{
	return ace_udp_output_send(&server->output, server->fd);
}

void ace_udp_peer_text(const struct ace_udp_server *server, const struct ace_udp_request *request,
		       char ret_text[ACE_UDP_TEXT_MAX])
{
	ace_udp_endpoint_text(&server->table.peers[server->peers[request - server->batch]].endpoint, ret_text);
}
