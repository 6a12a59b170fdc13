/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the requests of a batch: answers and their limits, proofs, faults. */
#include "coap/udp_core.h"

/* Count a fault of that source. RFC 7252 4.2 allows it: "rejecting" may be done "by silently ignoring the message". */
bool ace_udp_is_over_budget(struct ace_udp_server *server, const struct ace_udp_endpoint *endpoint)
{
	if (ace_udp_source_take(&server->sources, &server->table, endpoint))
		return false;
	server->stats.unanswered++;
	return true;
}

size_t ace_udp_answer_max(const struct ace_udp_server *server, uint32_t peer, size_t datagram_len, size_t token_len)
{
	size_t max = ACE_UDP_UNCONFIRMED_MAX + token_len;

	if (max < 3 * datagram_len)
		max = 3 * datagram_len;
	if (ace_udp_peer_is_confirmed(&server->table, peer) || max > ACE_UDP_ANSWER_MAX)
		max = ACE_UDP_ANSWER_MAX;
	return max;
}

bool ace_udp_answer_fits(struct ace_slice token, struct ace_slice message)
{
	if (message.len < ACE_COAP_HEADER_LEN + token.len ||
	    (message.ptr[0] & ACE_UDP_VERSION_MASK) != ACE_UDP_VERSION_1)
		return false;
	if (!ace_coap_code_is_response(message.ptr[1]))
		return false;
	return (message.ptr[0] & ACE_UDP_TOKEN_LEN_MASK) == token.len &&
	       ace_slice_equal((struct ace_slice) { message.ptr + ACE_COAP_HEADER_LEN, token.len }, token);
}

void ace_udp_header_patch(uint8_t *message, uint8_t type, uint16_t mid)
{
	message[0] = (uint8_t)(ACE_UDP_VERSION_1 | type << 4 | (message[0] & ACE_UDP_TOKEN_LEN_MASK));
	message[2] = (uint8_t)(mid >> 8);
	message[3] = (uint8_t)mid;
}

enum ace_err ace_udp_answer(struct ace_udp_server *server, const struct ace_udp_request *request,
			    struct ace_slice message)
{
	size_t nth = (size_t)(request - server->batch);
	struct ace_udp_peer *peer = &server->table.peers[server->peers[nth]];
	uint8_t *bytes;

	if (!server->exchanges[nth] || !ace_udp_answer_fits(request->msg.token, message))
		return ACE_ERR_USAGE;
	if (message.len > ace_udp_answer_max(server, server->peers[nth], request->datagram.len, request->msg.token.len)) {
		server->stats.over_limit++;
		return ACE_ERR_SPACE;
	}
	if (request->msg.type == ACE_COAP_CON) {
		bytes = ace_udp_exchange_finish(&server->table, server->exchanges[nth], message);
		ace_udp_header_patch(bytes, ACE_COAP_ACK, request->msg.mid);
		ace_udp_output_add(&server->output, &peer->endpoint, (struct ace_slice) { bytes, message.len });
	} else {
		ace_udp_exchange_finish(&server->table, server->exchanges[nth], (struct ace_slice) { 0 });
		bytes = ace_udp_output_copy(&server->output, &peer->endpoint, message);
		ace_udp_header_patch(bytes, ACE_COAP_NON, peer->next_mid++);
	}
	server->exchanges[nth] = 0;
	return ACE_OK;
}

void ace_udp_drop(struct ace_udp_server *server, const struct ace_udp_request *request)
{
	size_t nth = (size_t)(request - server->batch);

	if (server->exchanges[nth])
		ace_udp_exchange_finish(&server->table, server->exchanges[nth], (struct ace_slice) { 0 });
	server->exchanges[nth] = 0;
}

void ace_udp_confirm(struct ace_udp_server *server, const struct ace_udp_request *request)
{
	size_t nth = (size_t)(request - server->batch);

	ace_udp_peer_confirm(&server->table, server->peers[nth]);
	server->batch[nth].confirmed = true;
	server->batch[nth].answer_max = ACE_UDP_ANSWER_MAX;
}

void ace_udp_expect(struct ace_udp_server *server, const struct ace_udp_request *request)
{
	server->table.peers[server->peers[request - server->batch]].expected = true;
}

bool ace_udp_blame(struct ace_udp_server *server, const struct ace_udp_request *request)
{
	return !ace_udp_is_over_budget(server, &server->table.peers[server->peers[request - server->batch]].endpoint);
}

uint64_t ace_udp_source(const struct ace_udp_server *server, const struct ace_udp_request *request)
{
	return ace_udp_source_hash(&server->table, &server->table.peers[server->peers[request - server->batch]].endpoint);
}
