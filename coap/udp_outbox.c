/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/udp_outbox.h"

#include "ace_udp_later.h"

#include <stdlib.h>
#include <string.h>

enum ace_err ace_udp_outbox_init(struct ace_udp_outbox *box, uint32_t max)
{
	box->max = max;
	box->records = calloc((size_t)max + 1, sizeof *box->records);
	box->waiting_links = calloc((size_t)max + 1, sizeof *box->waiting_links);
	box->bytes = malloc(((size_t)max + 1) * ACE_UDP_ANSWER_MAX);
	if (!box->records || !box->waiting_links || !box->bytes)
		return ACE_ERR_MEMORY;
	return ace_udp_wheel_init(&box->wheel, max);
}

void ace_udp_outbox_fini(struct ace_udp_outbox *box)
{
	free(box->records);
	free(box->waiting_links);
	free(box->bytes);
	ace_udp_wheel_fini(&box->wheel);
	memset(box, 0, sizeof *box);
}

uint32_t ace_udp_outgoing_take(struct ace_udp_outbox *box, struct ace_udp_table *table, uint32_t peer)
{
	uint32_t record = box->free, generation;

	if (record)
		box->free = box->records[record].next_free;
	else if (box->used < box->max)
		record = ++box->used;
	else
		return 0;
	generation = box->records[record].generation + 1;
	box->records[record] = (struct ace_udp_outgoing) { .peer = peer, .generation = generation };
	box->held++;
	ace_udp_peer_pin(table, peer);
	return record;
}

void ace_udp_outgoing_release(struct ace_udp_outbox *box, struct ace_udp_table *table, uint32_t record)
{
	struct ace_udp_outgoing *outgoing = &box->records[record];
	struct ace_udp_peer *peer = &table->peers[outgoing->peer];

	ace_udp_wheel_remove(&box->wheel, record);
	if (outgoing->state == ACE_UDP_WAITING)
		ace_udp_list_remove(&peer->waiting, box->waiting_links, record);
	else if (outgoing->state == ACE_UDP_UNDER_WAY)
		peer->under_way = 0;
	else if (outgoing->state)
		peer->deferred--;
	box->strangers -= outgoing->held_max != 0;
	ace_udp_peer_unpin(table, outgoing->peer);
	outgoing->state = ACE_UDP_FREE;
	outgoing->next_free = box->free;
	box->free = record;
	box->held--;
}

uint64_t ace_udp_outgoing_handle(const struct ace_udp_outbox *box, uint32_t record)
{
	return (uint64_t)box->records[record].generation << 32 | record;
}

uint32_t ace_udp_outgoing_of(const struct ace_udp_outbox *box, uint64_t handle)
{
	uint32_t record = (uint32_t)handle;

	if (!record || record > box->used || box->records[record].generation != handle >> 32)
		return 0;
	return box->records[record].state ? record : 0;
}

uint8_t *ace_udp_outgoing_bytes(const struct ace_udp_outbox *box, uint32_t record)
{
	return box->bytes + (size_t)record * ACE_UDP_ANSWER_MAX;
}

void ace_udp_outgoing_fill(struct ace_udp_outbox *box, uint32_t record, struct ace_slice message)
{
	memcpy(ace_udp_outgoing_bytes(box, record), message.ptr, message.len);
	box->records[record].len = (uint16_t)message.len;
}

void ace_udp_outgoing_arm(struct ace_udp_outbox *box, uint32_t record, uint64_t due_ms)
{
	ace_udp_wheel_remove(&box->wheel, record);
	box->records[record].due_ms = due_ms;
	ace_udp_wheel_add(&box->wheel, record, due_ms);
}

uint32_t ace_udp_outbox_timeout_ms(struct ace_udp_outbox *box, const struct ace_udp_table *table)
{
	/* RFC 7252 4.2: "the initial timeout is set to a random duration [...] between ACK_TIMEOUT and (ACK_TIMEOUT *
	 * ACK_RANDOM_FACTOR)". The seed is random and secret. */
	uint64_t words[2] = { ++box->drawn, table->now_ms };

	return ACE_UDP_ACK_TIMEOUT_MS +
	       (uint32_t)(ace_udp_hash(table->seed, words, 2) % (ACE_UDP_ACK_TIMEOUT_MS / 2 + 1));
}
