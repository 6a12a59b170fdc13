/* SPDX-License-Identifier: Apache-2.0 */
/* What the server has counted, and what it holds. */
#include "coap/udp_core.h"

size_t ace_udp_receive_bytes(const struct ace_udp_server *server)
{
	return ace_udp_socket_receive_bytes(server->fd);
}

uint64_t ace_udp_lost(const struct ace_udp_server *server)
{
	return ace_udp_socket_lost(server->fd);
}

void ace_udp_stats(const struct ace_udp_server *server, struct ace_udp_stats *ret_stats)
{
	*ret_stats = server->stats;
	ret_stats->lost = ace_udp_lost(server);
	ret_stats->sources_evicted = server->sources.evicted;
	ret_stats->sources = server->sources.held;
	ret_stats->unsent = server->output.unsent;
	ret_stats->peers_evicted = server->table.peers_evicted;
	ret_stats->answers_evicted = server->table.answers_evicted;
	ret_stats->peers = server->table.peer_index.held;
	ret_stats->exchanges = server->table.exchange_index.held;
	ret_stats->retransmissions = server->outbox.retransmissions;
	ret_stats->given_up = server->outbox.given_up;
	ret_stats->observations_ended = server->observers.ended;
	ret_stats->messages = server->outbox.held;
	ret_stats->observers = server->observers.index.held;
	ret_stats->peers_max = server->table.peer_index.max;
	ret_stats->exchanges_max = server->table.exchange_index.max;
	ret_stats->messages_max = server->outbox.max;
	ret_stats->observers_max = server->observers.index.max;
	ret_stats->answer_bytes = ace_udp_ring_used(&server->table);
}
