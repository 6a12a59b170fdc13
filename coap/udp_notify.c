/* SPDX-License-Identifier: Apache-2.0 */
/* Observations, as callers see them (RFC 7641 4). */
#include "coap/udp_core.h"

enum ace_err ace_udp_observe(struct ace_udp_server *server, const struct ace_udp_request *request, uint64_t cookie,
			     uint64_t *ret_handle)
{
	uint32_t peer = server->peers[request - server->batch], record, number = 0;

	if (!ace_udp_peer_is_confirmed(&server->table, peer))
		return ACE_ERR_DENIED;
	/* RFC 7641 4.1: "the server MUST NOT add a new entry but MUST replace or update the existing one". */
	record = ace_udp_observation_find(&server->observers, &server->table, peer, request->msg.token);
	if (record) {
		number = server->observers.records[record].number;
		ace_udp_observation_end(server, record, ACE_UDP_OBSERVE_REPLACED);
	}
	record = ace_udp_observation_take(&server->observers, &server->table, peer, request->msg.token);
	if (!record)
		return ACE_ERR_FULL;
	server->observers.records[record].cookie = cookie;
	if (number)
		server->observers.records[record].number = number;
	*ret_handle = ace_udp_observation_handle(&server->observers, record);
	return ACE_OK;
}

enum ace_err ace_udp_observe_find(const struct ace_udp_server *server, const struct ace_udp_request *request,
				  uint64_t *ret_handle, uint64_t *ret_cookie)
{
	uint32_t peer = server->peers[request - server->batch];
	uint32_t record = ace_udp_observation_find(&server->observers, &server->table, peer, request->msg.token);

	if (!record)
		return ACE_ERR_NOT_FOUND;
	*ret_handle = ace_udp_observation_handle(&server->observers, record);
	*ret_cookie = server->observers.records[record].cookie;
	return ACE_OK;
}

void ace_udp_observe_end(struct ace_udp_server *server, uint64_t handle)
{
	uint32_t record = ace_udp_observation_of(&server->observers, handle);

	if (record)
		ace_udp_observation_end(server, record, 0);
}

uint32_t ace_udp_observe_number(struct ace_udp_server *server, uint64_t handle)
{
	uint32_t record = ace_udp_observation_of(&server->observers, handle);

	return record ? ace_udp_observation_number(&server->observers, &server->table, record) : 0;
}

struct ace_slice ace_udp_observe_token(const struct ace_udp_server *server, uint64_t handle)
{
	uint32_t record = ace_udp_observation_of(&server->observers, handle);
	const struct ace_udp_observation *observation = &server->observers.records[record];

	return record ? (struct ace_slice) { observation->token, observation->token_len } : (struct ace_slice) { 0 };
}

/* RFC 7641 4.5: what is mostly non-confirmable must be confirmable "at least every 24 hours". More often here: silence
 * alone must not keep a flow to an address alive. */
static bool must_confirm(const struct ace_udp_server *server, const struct ace_udp_observation *observation)
{
	return observation->unacknowledged >= ACE_UDP_UNACKNOWLEDGED_MAX ||
	       server->table.now_ms - observation->acknowledged_ms >= ACE_UDP_OBSERVE_REFRESH_MS;
}

/* The notification that waits already gives way to the newer one, but keeps its turn. */
static enum ace_err notification_place(struct ace_udp_server *server, struct ace_udp_observation *observation,
				       uint32_t *ret_record)
{
	uint32_t record = observation->waiting;

	if (!record)
		record = ace_udp_outgoing_take(&server->outbox, &server->table, observation->peer);
	if (!record)
		return ACE_ERR_FULL;
	*ret_record = record;
	return ACE_OK;
}

/* Nothing is owed to the observer but this message, and how it goes interests nobody. */
static void detach(struct ace_udp_server *server, uint32_t observation, uint32_t record)
{
	uint32_t under_way = server->table.peers[server->observers.records[observation].peer].under_way;

	if (under_way && server->outbox.records[under_way].observation == observation)
		server->outbox.records[under_way].observation = 0;
	server->outbox.records[record].observation = 0;
	server->observers.records[observation].waiting = 0;
	ace_udp_observation_leave(&server->observers, &server->table, observation, 0);
}

static void notify(struct ace_udp_server *server, uint32_t nth, uint32_t record,
		   const struct ace_udp_notification *notification)
{
	struct ace_udp_observation *observation = &server->observers.records[nth];
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];
	bool confirmable = notification->confirmable || notification->last || must_confirm(server, observation);
	bool waits = record == observation->waiting;

	ace_udp_outgoing_fill(&server->outbox, record, notification->message);
	outgoing->observation = nth;
	observation->unacknowledged = (uint8_t)(observation->unacknowledged + !confirmable);
	if (notification->last)
		detach(server, nth, record);
	if (!waits)
		ace_udp_transmit(server, record, confirmable ? ACE_COAP_CON : ACE_COAP_NON);
	else if (confirmable && outgoing->type == ACE_COAP_NON)
		ace_udp_transmit_promote(server, record);
}

enum ace_err ace_udp_notify(struct ace_udp_server *server, uint64_t handle,
			    const struct ace_udp_notification *notification)
{
	uint32_t nth = ace_udp_observation_of(&server->observers, handle), record;
	struct ace_udp_observation *observation = &server->observers.records[nth];
	enum ace_err err;

	if (!nth)
		return ACE_ERR_NOT_FOUND;
	if (!ace_udp_answer_fits(ace_udp_observe_token(server, handle), notification->message))
		return ACE_ERR_USAGE;
	if (notification->message.len > ACE_UDP_ANSWER_MAX)
		return ACE_ERR_SPACE;
	err = notification_place(server, observation, &record);
	if (err) {
		ace_udp_observation_starve(&server->observers, nth);
		return err;
	}
	notify(server, nth, record, notification);
	return ACE_OK;
}

bool ace_udp_observe_event(struct ace_udp_server *server, struct ace_udp_observe_event *ret_event)
{
	return ace_udp_observers_event(&server->observers, ret_event);
}
