/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/udp_index.h"

#include <stdlib.h>

static uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
}

uint64_t ace_udp_hash(const uint64_t seed[2], const uint64_t *words, size_t count)
{
	uint64_t v[4] = {
		seed[0] ^ UINT64_C(0x736f6d6570736575),
		seed[1] ^ UINT64_C(0x646f72616e646f6d),
		seed[0] ^ UINT64_C(0x6c7967656e657261),
		seed[1] ^ UINT64_C(0x7465646279746573),
	};

	for (size_t i = 0; i < count; i++)
		absorb(v, words[i]);
	absorb(v, (uint64_t)(count * sizeof *words) << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum ace_err ace_udp_index_init(struct ace_udp_index *index, uint32_t max)
{
	uint32_t buckets = 1;

	while (buckets < max)
		buckets *= 2;
	*index = (struct ace_udp_index) { .mask = buckets - 1, .max = max };
	index->heads = calloc(buckets, sizeof *index->heads);
	index->places = calloc((size_t)max + 1, sizeof *index->places);
	return index->heads && index->places ? ACE_OK : ACE_ERR_MEMORY;
}

void ace_udp_index_fini(struct ace_udp_index *index)
{
	free(index->heads);
	free(index->places);
	*index = (struct ace_udp_index) { 0 };
}

uint32_t ace_udp_index_take(struct ace_udp_index *index, uint64_t hash)
{
	uint32_t bucket = (uint32_t)(hash & index->mask);
	uint32_t record = index->free;

	if (record)
		index->free = index->places[record].next;
	else if (index->used < index->max)
		record = ++index->used;
	else
		return 0;
	index->places[record] = (struct ace_udp_place) { index->heads[bucket], bucket };
	index->heads[bucket] = record;
	index->held++;
	return record;
}

void ace_udp_index_release(struct ace_udp_index *index, uint32_t record)
{
	struct ace_udp_place *place = &index->places[record];
	uint32_t *link = &index->heads[place->bucket];

	while (*link != record)
		link = &index->places[*link].next;
	*link = place->next;
	place->next = index->free;
	index->free = record;
	index->held--;
}

uint32_t ace_udp_index_first(const struct ace_udp_index *index, uint64_t hash)
{
	return index->heads[hash & index->mask];
}

uint32_t ace_udp_index_next(const struct ace_udp_index *index, uint32_t record)
{
	return index->places[record].next;
}

void ace_udp_index_expect(const struct ace_udp_index *index, uint32_t record)
{
	__builtin_prefetch(&index->heads[index->places[record].bucket], 1);
}

void ace_udp_list_add(struct ace_udp_list *list, struct ace_udp_link *links, uint32_t record)
{
	links[record] = (struct ace_udp_link) { .older = list->newest };
	if (list->newest)
		links[list->newest].newer = record;
	else
		list->oldest = record;
	list->newest = record;
}

void ace_udp_list_remove(struct ace_udp_list *list, struct ace_udp_link *links, uint32_t record)
{
	struct ace_udp_link link = links[record];

	if (link.newer)
		links[link.newer].older = link.older;
	else
		list->newest = link.older;
	if (link.older)
		links[link.older].newer = link.newer;
	else
		list->oldest = link.newer;
	links[record] = (struct ace_udp_link) { 0 };
}
