/* SPDX-License-Identifier: Apache-2.0 */
/* What callers ask for: separate responses, and answers that are not there yet. */
#include "coap/udp_core.h"

uint64_t ace_udp_due_ms(const struct ace_udp_server *server)
{
	uint64_t timer = ace_udp_wheel_due_ms(&server->outbox.wheel);
	uint64_t age = ace_udp_observers_due_ms(&server->observers);

	return timer < age ? timer : age;
}

static struct ace_slice deferred_token(const struct ace_udp_outgoing *outgoing)
{
	return (struct ace_slice) { outgoing->token, outgoing->token_len };
}

/* Take a request of the batch out of it, until the timer that is armed then. */
static enum ace_err keep(struct ace_udp_server *server, size_t nth, uint32_t *ret_record)
{
	const struct ace_coap_message *msg = &server->batch[nth].msg;
	uint32_t peer = server->peers[nth], record;
	struct ace_udp_outgoing *outgoing;

	if (server->table.peers[peer].deferred == ACE_UDP_DEFERRED_A_PEER)
		return ACE_ERR_FULL;
	record = ace_udp_outgoing_take(&server->outbox, &server->table, peer);
	if (!record)
		return ACE_ERR_FULL;
	outgoing = &server->outbox.records[record];
	outgoing->mid = msg->mid;
	outgoing->token_len = (uint8_t)msg->token.len;
	for (size_t i = 0; i < msg->token.len; i++)
		outgoing->token[i] = msg->token.ptr[i];
	outgoing->state = msg->type == ACE_COAP_CON ? ACE_UDP_UNACKNOWLEDGED : ACE_UDP_UNANSWERED;
	server->table.peers[peer].deferred++;
	if (msg->type == ACE_COAP_CON)
		outgoing->exchange = server->exchanges[nth];
	else
		ace_udp_exchange_finish(&server->table, server->exchanges[nth], (struct ace_slice) { 0 });
	server->exchanges[nth] = 0;
	*ret_record = record;
	return ACE_OK;
}

enum ace_err ace_udp_defer(struct ace_udp_server *server, const struct ace_udp_request *request, uint32_t ack_ms,
			   uint64_t *ret_handle)
{
	size_t nth = (size_t)(request - server->batch);
	bool is_con = request->msg.type == ACE_COAP_CON;
	uint32_t record;
	enum ace_err err;

	if (!server->exchanges[nth])
		return ACE_ERR_USAGE;
	if (ack_ms > ACE_UDP_ACK_TIMEOUT_MS)
		return ACE_ERR_RANGE;
	if (!ace_udp_peer_is_confirmed(&server->table, server->peers[nth]))
		return ACE_ERR_DENIED;
	err = keep(server, nth, &record);
	if (err)
		return err;
	ace_udp_outgoing_arm(&server->outbox, record,
			     server->table.now_ms + (is_con ? ack_ms : ACE_UDP_EXCHANGE_LIFETIME_MS));
	*ret_handle = ace_udp_outgoing_handle(&server->outbox, record);
	return ACE_OK;
}

enum ace_err ace_udp_hold(struct ace_udp_server *server, const struct ace_udp_request *request, uint32_t hold_ms,
			  uint64_t *ret_handle)
{
	size_t nth = (size_t)(request - server->batch);
	uint32_t record;
	enum ace_err err;

	if (!server->exchanges[nth])
		return ACE_ERR_USAGE;
	if (hold_ms > ACE_UDP_HOLD_MAX_MS)
		return ACE_ERR_RANGE;
	if (server->outbox.strangers == ACE_UDP_HELD_MAX)
		return ACE_ERR_FULL;
	err = keep(server, nth, &record);
	if (err)
		return err;
	server->outbox.records[record].held_max = (uint16_t)request->answer_max;
	server->outbox.strangers++;
	ace_udp_outgoing_arm(&server->outbox, record, server->table.now_ms + hold_ms);
	*ret_handle = ace_udp_outgoing_handle(&server->outbox, record);
	return ACE_OK;
}

static uint32_t deferred_of(const struct ace_udp_server *server, uint64_t handle)
{
	uint32_t record = ace_udp_outgoing_of(&server->outbox, handle);
	uint8_t state = server->outbox.records[record].state;

	return state == ACE_UDP_UNACKNOWLEDGED || state == ACE_UDP_UNANSWERED ? record : 0;
}

/* In the acknowledgement that is still owed. */
static void answer_in_ack(struct ace_udp_server *server, uint32_t record, struct ace_slice message)
{
	const struct ace_udp_outgoing *outgoing = &server->outbox.records[record];
	uint8_t *bytes = ace_udp_exchange_finish(&server->table, outgoing->exchange, message);

	ace_udp_header_patch(bytes, ACE_COAP_ACK, outgoing->mid);
	ace_udp_output_copy(&server->output, &server->table.peers[outgoing->peer].endpoint,
			    (struct ace_slice) { bytes, message.len });
	ace_udp_outgoing_release(&server->outbox, &server->table, record);
}

/* It was asked for, so it does not wait for its turn as notifications do. */
static void answer_once(struct ace_udp_server *server, uint32_t record, struct ace_slice message)
{
	struct ace_udp_peer *peer = &server->table.peers[server->outbox.records[record].peer];

	ace_udp_header_patch(ace_udp_output_copy(&server->output, &peer->endpoint, message), ACE_COAP_NON,
			     peer->next_mid++);
	ace_udp_outgoing_release(&server->outbox, &server->table, record);
}

enum ace_err ace_udp_answer_later(struct ace_udp_server *server, uint64_t handle, struct ace_slice message,
				  bool confirmable)
{
	uint32_t record = deferred_of(server, handle);
	struct ace_udp_outgoing *outgoing = &server->outbox.records[record];
	bool in_ack = outgoing->state == ACE_UDP_UNACKNOWLEDGED;

	if (!record)
		return ACE_ERR_NOT_FOUND;
	if (!ace_udp_answer_fits(deferred_token(outgoing), message))
		return ACE_ERR_USAGE;
	if (message.len > ACE_UDP_ANSWER_MAX || (outgoing->held_max && message.len > outgoing->held_max))
		return ACE_ERR_SPACE;
	confirmable = confirmable && !outgoing->held_max;
	if ((in_ack || !confirmable) && server->output.len >= ACE_UDP_BATCH_MAX)
		return ACE_ERR_BUSY;
	if (in_ack) {
		answer_in_ack(server, record, message);
	} else if (!confirmable) {
		answer_once(server, record, message);
	} else {
		server->table.peers[outgoing->peer].deferred--;
		ace_udp_wheel_remove(&server->outbox.wheel, record);
		ace_udp_outgoing_fill(&server->outbox, record, message);
		ace_udp_transmit(server, record, ACE_COAP_CON);
	}
	return ACE_OK;
}

void ace_udp_drop_later(struct ace_udp_server *server, uint64_t handle)
{
	uint32_t record = deferred_of(server, handle);

	if (!record)
		return;
	if (server->outbox.records[record].state == ACE_UDP_UNACKNOWLEDGED)
		ace_udp_exchange_finish(&server->table, server->outbox.records[record].exchange,
					(struct ace_slice) { 0 });
	ace_udp_outgoing_release(&server->outbox, &server->table, record);
}
