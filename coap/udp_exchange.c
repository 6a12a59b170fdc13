/* SPDX-License-Identifier: Apache-2.0 */
/* Message ID deduplication (RFC 7252 4.5). Answers lie one behind the other in a ring, in the order in
 * which they were given: the oldest is always next to leave, so making room takes no search. */
#include "coap/udp_table.h"

#include <assert.h>
#include <string.h>

static uint64_t exchange_hash(const struct ace_udp_table *table, uint32_t peer, uint16_t mid)
{
	uint64_t word = (uint64_t)peer << 16 | mid;

	return ace_udp_hash(table->seed, &word, 1);
}

static uint32_t exchange_find(const struct ace_udp_table *table, uint32_t peer, uint16_t mid, uint64_t hash)
{
	uint32_t index = ace_udp_index_first(&table->exchange_index, hash);

	while (index && (table->exchanges[index].peer != peer || table->exchanges[index].mid != mid))
		index = ace_udp_index_next(&table->exchange_index, index);
	return index;
}

/* The oldest finished exchange of all is also the oldest of its peer. */
static void evict_oldest(struct ace_udp_table *table)
{
	assert(table->finished.oldest);
	ace_udp_exchange_forget(table, table->finished.oldest);
	table->answers_evicted++;
	/* A full table loses the next one soon. 0, which is none, has a place too. */
	ace_udp_index_expect(&table->exchange_index, table->finished.oldest);
}

uint32_t ace_udp_exchange_touch(struct ace_udp_table *table, uint32_t peer, uint16_t mid, bool *ret_is_new)
{
	uint64_t hash = exchange_hash(table, peer, mid);
	uint32_t index = exchange_find(table, peer, mid, hash);

	*ret_is_new = !index;
	if (index)
		return index;
	if (table->exchange_index.held == table->exchange_index.max)
		evict_oldest(table); /* there is one: a batch is smaller than the table */
	index = ace_udp_index_take(&table->exchange_index, hash);
	table->exchanges[index] = (struct ace_udp_exchange) {
		.peer = peer,
		.mid = mid,
		.read_ms = table->now_ms,
		.state = ACE_UDP_IN_PROGRESS,
	};
	table->peers[peer].in_progress++;
	return index;
}

size_t ace_udp_ring_used(const struct ace_udp_table *table)
{
	uint32_t oldest = table->finished.oldest;

	return oldest ? (size_t)(table->ring_head - table->exchanges[oldest].answer_at) : 0;
}

/* Move the head to where len bytes fit without a break. */
static void ring_make_room(struct ace_udp_table *table, size_t len)
{
	size_t offset = (size_t)(table->ring_head % table->ring_cap);
	size_t gap = offset + len > table->ring_cap ? table->ring_cap - offset : 0;

	while (ace_udp_ring_used(table) + gap + len > table->ring_cap)
		evict_oldest(table);
	table->ring_head += gap;
}

static void peer_append(struct ace_udp_table *table, uint32_t index)
{
	struct ace_udp_peer *peer = &table->peers[table->exchanges[index].peer];

	if (peer->newest)
		table->exchanges[peer->newest].newer = index;
	else
		peer->oldest = index;
	peer->newest = index;
	peer->finished++;
	if (peer->finished <= ACE_UDP_ANSWERS_A_PEER)
		return;
	ace_udp_exchange_forget(table, peer->oldest);
	table->answers_evicted++;
}

uint8_t *ace_udp_exchange_finish(struct ace_udp_table *table, uint32_t index, struct ace_slice answer)
{
	struct ace_udp_exchange *exchange = &table->exchanges[index];
	uint8_t *bytes = NULL;

	if (answer.len) {
		ring_make_room(table, answer.len);
		bytes = table->ring + table->ring_head % table->ring_cap;
		memcpy(bytes, answer.ptr, answer.len);
	}
	exchange->answer_at = table->ring_head;
	exchange->answer_len = (uint16_t)answer.len;
	exchange->state = ACE_UDP_FINISHED;
	table->ring_head += answer.len;
	table->peers[exchange->peer].in_progress--;
	ace_udp_list_add(&table->finished, table->exchange_links, index);
	peer_append(table, index);
	return bytes;
}

struct ace_slice ace_udp_exchange_answer(const struct ace_udp_table *table, uint32_t index)
{
	const struct ace_udp_exchange *exchange = &table->exchanges[index];

	if (exchange->state != ACE_UDP_FINISHED || !exchange->answer_len)
		return (struct ace_slice) { 0 };
	return (struct ace_slice) { table->ring + exchange->answer_at % table->ring_cap, exchange->answer_len };
}

void ace_udp_exchange_forget(struct ace_udp_table *table, uint32_t index)
{
	const struct ace_udp_exchange *exchange = &table->exchanges[index];
	struct ace_udp_peer *peer = &table->peers[exchange->peer];

	assert(exchange->state == ACE_UDP_FINISHED && peer->oldest == index);
	peer->oldest = exchange->newer;
	if (!peer->oldest)
		peer->newest = 0;
	peer->finished--;
	ace_udp_list_remove(&table->finished, table->exchange_links, index);
	ace_udp_index_release(&table->exchange_index, index);
}

void ace_udp_exchanges_expire(struct ace_udp_table *table)
{
	uint32_t oldest = table->finished.oldest;

	/* RFC 7252 4.8.2: after EXCHANGE_LIFETIME "message-layer information about the message exchange can be purged".
	 */
	while (oldest && table->now_ms - table->exchanges[oldest].read_ms >= ACE_UDP_EXCHANGE_LIFETIME_MS) {
		ace_udp_exchange_forget(table, oldest);
		oldest = table->finished.oldest;
	}
}
