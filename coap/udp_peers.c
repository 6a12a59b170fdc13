/* SPDX-License-Identifier: Apache-2.0 */
/* Who talks to the server. A flood of made-up sources only ever pushes out other unconfirmed ones. */
#include "coap/udp_table.h"

#include <string.h>
#include <stdlib.h>
#include <sys/random.h>

enum ace_err ace_udp_table_init(struct ace_udp_table *table, const struct ace_udp_table_limits *limits)
{
	enum ace_err err;

	memset(table, 0, sizeof *table);
	err = ace_udp_index_init(&table->peer_index, limits->peers_max);
	if (err)
		return err;
	err = ace_udp_index_init(&table->exchange_index, limits->exchanges_max);
	if (err)
		return err;
	table->peers = calloc((size_t)limits->peers_max + 1, sizeof *table->peers);
	table->peer_links = calloc((size_t)limits->peers_max + 1, sizeof *table->peer_links);
	table->exchanges = calloc((size_t)limits->exchanges_max + 1, sizeof *table->exchanges);
	table->exchange_links = calloc((size_t)limits->exchanges_max + 1, sizeof *table->exchange_links);
	table->ring = malloc(limits->answer_bytes_max);
	table->ring_cap = limits->answer_bytes_max;
	if (!table->peers || !table->peer_links || !table->exchanges || !table->exchange_links || !table->ring)
		return ACE_ERR_MEMORY;
	if (getrandom(table->seed, sizeof table->seed, 0) != (ssize_t)sizeof table->seed)
		return ACE_ERR_RANDOM;
	return ACE_OK;
}

void ace_udp_table_fini(struct ace_udp_table *table)
{
	ace_udp_index_fini(&table->peer_index);
	ace_udp_index_fini(&table->exchange_index);
	free(table->peers);
	free(table->peer_links);
	free(table->exchanges);
	free(table->exchange_links);
	free(table->ring);
	memset(table, 0, sizeof *table);
}

void ace_udp_table_expire(struct ace_udp_table *table, uint64_t now_ms)
{
	if (now_ms > table->now_ms)
		table->now_ms = now_ms;
	ace_udp_exchanges_expire(table);
	ace_udp_peers_expire(table);
}

static uint64_t endpoint_hash(const struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint)
{
	uint64_t words[ACE_UDP_ENDPOINT_WORDS];

	memcpy(words, endpoint, sizeof words);
	return ace_udp_hash(table->seed, words, ACE_UDP_ENDPOINT_WORDS);
}

static struct ace_udp_list *list_of(struct ace_udp_table *table, const struct ace_udp_peer *peer)
{
	if (peer->pins)
		return &table->pinned;
	return peer->confirmed ? &table->confirmed : &table->unconfirmed;
}

static void peer_remove(struct ace_udp_table *table, uint32_t index)
{
	struct ace_udp_peer *peer = &table->peers[index];

	while (peer->oldest)
		ace_udp_exchange_forget(table, peer->oldest);
	ace_udp_list_remove(list_of(table, peer), table->peer_links, index);
	ace_udp_index_release(&table->peer_index, index);
}

/* Peers of the batch in hand are the newest of their list, and fewer than there are peers that are not pinned: so
 * one of the two oldest has nothing in progress. */
static void peer_evict(struct ace_udp_table *table)
{
	uint32_t index = table->unconfirmed.oldest;

	if (!index || table->peers[index].in_progress)
		index = table->confirmed.oldest;
	peer_remove(table, index);
	table->peers_evicted++;
}

static uint32_t peer_find(const struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint, uint64_t hash)
{
	uint32_t index = ace_udp_index_first(&table->peer_index, hash);

	while (index && memcmp(&table->peers[index].endpoint, endpoint, sizeof *endpoint))
		index = ace_udp_index_next(&table->peer_index, index);
	return index;
}

static uint32_t peer_add(struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint, uint64_t hash)
{
	uint32_t index;

	if (table->peer_index.held == table->peer_index.max)
		peer_evict(table);
	index = ace_udp_index_take(&table->peer_index, hash);
	/* RFC 7252 4.4: "It is strongly recommended that the initial value of the variable [...] be randomized".
	 * A peer that comes back must not start at the same one, hence the salt. */
	table->mid_salt += 4099;
	table->peers[index] = (struct ace_udp_peer) {
		.endpoint = *endpoint,
		.next_mid = (uint16_t)((hash >> 48) + table->mid_salt),
	};
	return index;
}

uint32_t ace_udp_peer_of(const struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint)
{
	return peer_find(table, endpoint, endpoint_hash(table, endpoint));
}

uint32_t ace_udp_peer_touch(struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint)
{
	uint64_t hash = endpoint_hash(table, endpoint);
	uint32_t index = peer_find(table, endpoint, hash);
	struct ace_udp_peer *peer;

	if (index)
		ace_udp_list_remove(list_of(table, &table->peers[index]), table->peer_links, index);
	else
		index = peer_add(table, endpoint, hash);
	peer = &table->peers[index];
	peer->seen_ms = table->now_ms;
	peer->confirmed = ace_udp_peer_is_confirmed(table, index);
	ace_udp_list_add(list_of(table, peer), table->peer_links, index);
	return index;
}

void ace_udp_peer_confirm(struct ace_udp_table *table, uint32_t index)
{
	struct ace_udp_peer *peer = &table->peers[index];

	ace_udp_list_remove(list_of(table, peer), table->peer_links, index);
	peer->confirmed = true;
	peer->confirmed_ms = table->now_ms;
	ace_udp_list_add(list_of(table, peer), table->peer_links, index);
}

void ace_udp_peer_pin(struct ace_udp_table *table, uint32_t index)
{
	struct ace_udp_peer *peer = &table->peers[index];

	if (!peer->pins) {
		ace_udp_list_remove(list_of(table, peer), table->peer_links, index);
		ace_udp_list_add(&table->pinned, table->peer_links, index);
	}
	peer->pins++;
}

/* The lists of age are in order of seen_ms, and it is years perhaps since this peer was seen: it begins anew. */
void ace_udp_peer_unpin(struct ace_udp_table *table, uint32_t index)
{
	struct ace_udp_peer *peer = &table->peers[index];

	if (--peer->pins)
		return;
	ace_udp_list_remove(&table->pinned, table->peer_links, index);
	peer->seen_ms = table->now_ms;
	peer->confirmed = ace_udp_peer_is_confirmed(table, index);
	ace_udp_list_add(list_of(table, peer), table->peer_links, index);
}

bool ace_udp_peer_is_confirmed(const struct ace_udp_table *table, uint32_t index)
{
	const struct ace_udp_peer *peer = &table->peers[index];

	return peer->confirmed && table->now_ms - peer->confirmed_ms < ACE_UDP_EXCHANGE_LIFETIME_MS;
}

static void list_expire(struct ace_udp_table *table, struct ace_udp_list *list)
{
	while (list->oldest && table->now_ms - table->peers[list->oldest].seen_ms >= ACE_UDP_EXCHANGE_LIFETIME_MS)
		peer_remove(table, list->oldest);
}

void ace_udp_peers_expire(struct ace_udp_table *table)
{
	list_expire(table, &table->unconfirmed);
	list_expire(table, &table->confirmed);
}
