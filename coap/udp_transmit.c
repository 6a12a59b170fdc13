/* SPDX-License-Identifier: Apache-2.0 */
/* Messages under way: attempts, acknowledgements, and whose turn it is. */
#include "ace_udp_later.h"
#include "coap/udp_core.h"

/* Timers of one ace_udp_read(): a burst must not keep the caller waiting. The rest come next time. */
#define TIMERS_MAX 2048

/* The answers of a batch have their places in the queue for sure; others take what is beyond. */
static bool has_room(const struct ace_udp_server *server)
{
	return server->output.len < ACE_UDP_BATCH_MAX;
}

static void attempt(struct ace_udp_server *server, uint32_t record)
{
	struct ace_udp_outbox *box = &server->outbox;
	struct ace_udp_outgoing *outgoing = &box->records[record];

	outgoing->unsent = !has_room(server);
	if (outgoing->unsent) {
		ace_udp_outgoing_arm(box, record, server->table.now_ms + ACE_UDP_TICK_MS);
		return;
	}
	if (outgoing->observation) {
		server->observers.records[outgoing->observation].last_mid = outgoing->mid;
		server->observers.records[outgoing->observation].has_mid = true;
	}
	ace_udp_output_copy(&server->output, &server->table.peers[outgoing->peer].endpoint,
			    (struct ace_slice) { ace_udp_outgoing_bytes(box, record), outgoing->len });
	ace_udp_outgoing_arm(box, record, server->table.now_ms + outgoing->timeout_ms);
}

static void start(struct ace_udp_server *server, uint32_t record)
{
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];
	struct ace_udp_peer *peer = &server->table.peers[outgoing->peer];

	outgoing->state = ACE_UDP_UNDER_WAY;
	outgoing->mid = peer->next_mid++;
	peer->under_way = record;
	ace_udp_header_patch(ace_udp_outgoing_bytes(&server->outbox, record), outgoing->type, outgoing->mid);
	if (outgoing->observation)
		server->observers.records[outgoing->observation].waiting = 0;
	attempt(server, record);
}

static void start_next(struct ace_udp_server *server, uint32_t peer)
{
	struct ace_udp_list *waiting = &server->table.peers[peer].waiting;
	uint32_t record = waiting->oldest;

	if (server->table.peers[peer].under_way || !record)
		return;
	ace_udp_list_remove(waiting, server->outbox.waiting_links, record);
	start(server, record);
}

void ace_udp_transmit_promote(struct ace_udp_server *server, uint32_t record)
{
	server->outbox.records[record].type = ACE_COAP_CON;
	server->outbox.records[record].timeout_ms = ace_udp_outbox_timeout_ms(&server->outbox, &server->table);
}

void ace_udp_transmit(struct ace_udp_server *server, uint32_t record, uint8_t type)
{
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];

	outgoing->type = type;
	outgoing->timeout_ms = ACE_UDP_NON_INTERVAL_MS;
	if (type == ACE_COAP_CON)
		ace_udp_transmit_promote(server, record);
	outgoing->state = ACE_UDP_WAITING;
	ace_udp_list_add(&server->table.peers[outgoing->peer].waiting, server->outbox.waiting_links, record);
	if (outgoing->observation)
		server->observers.records[outgoing->observation].waiting = record;
	start_next(server, outgoing->peer);
}

/* The message is done with, in whatever way; the next one of the peer takes its turn. */
static void finish(struct ace_udp_server *server, uint32_t record)
{
	uint32_t peer = server->outbox.records[record].peer;

	ace_udp_outgoing_release(&server->outbox, &server->table, record);
	start_next(server, peer);
}

void ace_udp_observation_end(struct ace_udp_server *server, uint32_t observation, uint8_t kind)
{
	struct ace_udp_observation *ended = &server->observers.records[observation];
	uint32_t peer = ended->peer, under_way = server->table.peers[peer].under_way;

	if (ended->waiting)
		ace_udp_outgoing_release(&server->outbox, &server->table, ended->waiting);
	ended->waiting = 0;
	if (under_way && server->outbox.records[under_way].observation == observation)
		finish(server, under_way);
	ace_udp_observation_leave(&server->observers, &server->table, observation, kind);
}

/* RFC 7641 4.5.2: a newer state takes the place of an attempt that timed out, "with the retransmission timer and
 * counter of the aborted transmission retained". */
static uint32_t supersede(struct ace_udp_server *server, uint32_t record)
{
	struct ace_udp_outgoing old = server->outbox.records[record];
	uint32_t newer = old.observation ? server->observers.records[old.observation].waiting : 0;
	struct ace_udp_outgoing *outgoing = &server->outbox.records[newer];

	if (!newer)
		return record;
	ace_udp_list_remove(&server->table.peers[old.peer].waiting, server->outbox.waiting_links, newer);
	outgoing->state = ACE_UDP_FREE; /* between two states: neither list has it */
	ace_udp_outgoing_release(&server->outbox, &server->table, record);
	outgoing->type = ACE_COAP_CON;
	outgoing->attempts = old.attempts;
	outgoing->timeout_ms = old.timeout_ms;
	start(server, newer);
	return newer;
}

/* An endpoint that took none of the attempts takes nothing of what waits behind it either: with each waiting its turn,
 * an endpoint that is gone would be talked to for half an hour. */
static void give_up(struct ace_udp_server *server, uint32_t record)
{
	const struct ace_udp_outgoing *records = server->outbox.records;
	const struct ace_udp_list *behind = &server->table.peers[records[record].peer].waiting;
	uint32_t observation = records[record].observation;

	for (uint32_t waiting = behind->oldest; waiting; waiting = behind->oldest) {
		server->outbox.given_up++;
		if (records[waiting].observation && records[waiting].observation != observation) {
			ace_udp_observation_end(server, records[waiting].observation, ACE_UDP_OBSERVE_TIMEOUT);
			continue;
		}
		if (observation && records[waiting].observation)
			server->observers.records[observation].waiting = 0;
		ace_udp_outgoing_release(&server->outbox, &server->table, waiting);
	}
	server->outbox.given_up++;
	if (observation)
		ace_udp_observation_end(server, observation, ACE_UDP_OBSERVE_TIMEOUT);
	else
		finish(server, record);
}

/* RFC 7252 4.2: "If the retransmission counter reaches MAX_RETRANSMIT on a timeout [...] the attempt to transmit the
 * message is canceled". */
static void attempt_over(struct ace_udp_server *server, uint32_t record)
{
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];

	if (outgoing->unsent) {
		attempt(server, record);
		return;
	}
	if (outgoing->type == ACE_COAP_NON) {
		finish(server, record);
		return;
	}
	if (outgoing->attempts == ACE_UDP_RETRANSMIT_MAX) {
		give_up(server, record);
		return;
	}
	outgoing->attempts++;
	outgoing->timeout_ms *= 2;
	server->outbox.retransmissions++;
	if (supersede(server, record) == record)
		attempt(server, record);
}

/* RFC 7252 5.2.2: the client learns that its request arrived, and that the answer takes longer. Copies of the request
 * get the same again, as it is the stored answer of the exchange. */
static void acknowledge(struct ace_udp_server *server, uint32_t record)
{
	static const uint8_t empty[ACE_COAP_HEADER_LEN] = { ACE_UDP_VERSION_1 };
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];
	uint64_t read_ms = server->table.exchanges[outgoing->exchange].read_ms;
	uint8_t *bytes;

	if (!has_room(server)) {
		ace_udp_outgoing_arm(&server->outbox, record, server->table.now_ms + ACE_UDP_TICK_MS);
		return;
	}
	bytes = ace_udp_exchange_finish(&server->table, outgoing->exchange, ACE_SLICE_OF(empty));
	ace_udp_header_patch(bytes, ACE_COAP_ACK, outgoing->mid);
	ace_udp_output_copy(&server->output, &server->table.peers[outgoing->peer].endpoint,
			    (struct ace_slice) { bytes, sizeof empty });
	outgoing->exchange = 0;
	outgoing->state = ACE_UDP_UNANSWERED;
	ace_udp_outgoing_arm(&server->outbox, record, read_ms + ACE_UDP_EXCHANGE_LIFETIME_MS);
}

static void timer_over(struct ace_udp_server *server, uint32_t record)
{
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];

	if (outgoing->due_ms > server->table.now_ms) /* it was further away than a turn of the wheel */
		ace_udp_outgoing_arm(&server->outbox, record, outgoing->due_ms);
	else if (outgoing->held_max)
		ace_udp_drop_later(server, ace_udp_outgoing_handle(&server->outbox, record));
	else if (outgoing->state == ACE_UDP_UNACKNOWLEDGED)
		acknowledge(server, record);
	else if (outgoing->state == ACE_UDP_UNANSWERED)
		ace_udp_outgoing_release(&server->outbox, &server->table, record);
	else
		attempt_over(server, record);
}

void ace_udp_transmit_run(struct ace_udp_server *server)
{
	for (size_t i = 0; i < TIMERS_MAX; i++) {
		uint32_t record = ace_udp_wheel_next(&server->outbox.wheel, server->table.now_ms);

		if (!record)
			break;
		timer_over(server, record);
		/* What a full socket does not take, the next attempt sends again. */
		if (!has_room(server) && ace_udp_flush(server))
			break;
	}
	ace_udp_observers_tell(&server->observers, &server->table, server->outbox.max - server->outbox.held);
}

static bool is_acknowledged(const struct ace_udp_outgoing *outgoing, uint16_t mid)
{
	return outgoing->mid == mid && outgoing->type == ACE_COAP_CON && !outgoing->unsent;
}

/* Only what is under way can be acknowledged: another Message ID, or one from elsewhere, means nothing. An
 * acknowledgement of what was superseded comes too late to say that the newer state arrived. */
static bool heard_ack(struct ace_udp_server *server, uint32_t peer, uint16_t mid)
{
	uint32_t record = server->table.peers[peer].under_way, observation;

	if (!record || !is_acknowledged(&server->outbox.records[record], mid))
		return false;
	observation = server->outbox.records[record].observation;
	if (observation)
		ace_udp_observation_refresh(&server->observers, &server->table, observation);
	finish(server, record);
	return true;
}

/* RFC 7641 4.5: "If a client rejects a confirmable or non-confirmable notification with a Reset message [...] the
 * server MUST remove the associated entry". The rejection may come when the interval has passed. */
static bool heard_reset(struct ace_udp_server *server, uint32_t peer, uint16_t mid)
{
	uint32_t record = server->table.peers[peer].under_way;
	uint32_t observation = ace_udp_observation_by_mid(&server->observers, &server->table, peer, mid);

	if (observation)
		ace_udp_observation_end(server, observation, ACE_UDP_OBSERVE_RESET);
	else if (record && is_acknowledged(&server->outbox.records[record], mid))
		finish(server, record);
	else
		return false;
	return true;
}

bool ace_udp_transmit_heard(struct ace_udp_server *server, const struct ace_udp_endpoint *endpoint, uint16_t mid,
			    bool is_reset)
{
	uint32_t peer = ace_udp_peer_of(&server->table, endpoint);

	if (!peer)
		return false;
	return is_reset ? heard_reset(server, peer, mid) : heard_ack(server, peer, mid);
}
