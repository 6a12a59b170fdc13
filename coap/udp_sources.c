/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/udp_sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WAYS 4
#define SETS (ACE_UDP_SOURCES_MAX / WAYS)
#define MILLI UINT64_C(1000)
#define FULL (ACE_UDP_FAULTS_BURST * MILLI)
_Static_assert((SETS & (SETS - 1)) == 0, "a mask picks the set");

enum ace_err ace_udp_sources_init(struct ace_udp_sources *sources)
{
	sources->evicted = 0;
	sources->held = 0;
	sources->slots = calloc(ACE_UDP_SOURCES_MAX, sizeof *sources->slots);
	return sources->slots ? ACE_OK : ACE_ERR_MEMORY;
}

void ace_udp_sources_fini(struct ace_udp_sources *sources)
{
	free(sources->slots);
	sources->slots = NULL;
}

/* Never 0, which a free slot has. */
uint64_t ace_udp_source_hash(const struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint)
{
	uint64_t words[2] = { 0, endpoint->family };

	memcpy(&words[0], endpoint->remote, endpoint->family == AF_INET6 ? 8 : 4);
	return ace_udp_hash(table->seed, words, ACE_ARRAY_LEN(words)) | 1;
}

static uint64_t level_at(const struct ace_udp_source *source, uint64_t now_ms)
{
	/* One token a second is one thousandth of a token a millisecond. */
	uint64_t level = source->millitokens + (now_ms - source->filled_ms) * ACE_UDP_FAULTS_PER_S;

	return level < FULL ? level : FULL;
}

static struct ace_udp_source *find(const struct ace_udp_sources *sources, uint64_t hash)
{
	struct ace_udp_source *set = &sources->slots[(hash >> 32 & (SETS - 1)) * WAYS];

	for (size_t i = 0; i < WAYS; i++)
		if (set[i].hash == hash)
			return &set[i];
	return NULL;
}

/* A slot that is free, or else the one whose bucket is fullest: it has the least to remember. */
static struct ace_udp_source *add(struct ace_udp_sources *sources, uint64_t hash, uint64_t now_ms)
{
	struct ace_udp_source *set = &sources->slots[(hash >> 32 & (SETS - 1)) * WAYS], *best = set;

	for (size_t i = 0; i < WAYS && best->hash; i++)
		if (!set[i].hash || level_at(&set[i], now_ms) > level_at(best, now_ms))
			best = &set[i];
	sources->held += !best->hash;
	sources->evicted += best->hash && level_at(best, now_ms) < FULL;
	*best = (struct ace_udp_source) { .hash = hash, .filled_ms = now_ms, .millitokens = FULL };
	return best;
}

bool ace_udp_source_take(struct ace_udp_sources *sources, const struct ace_udp_table *table,
			 const struct ace_udp_endpoint *endpoint)
{
	uint64_t hash = ace_udp_source_hash(table, endpoint), level;
	struct ace_udp_source *source = find(sources, hash);

	if (!source)
		source = add(sources, hash, table->now_ms);
	level = level_at(source, table->now_ms);
	source->filled_ms = table->now_ms;
	source->millitokens = (uint32_t)(level >= MILLI ? level - MILLI : level);
	return level >= MILLI;
}

bool ace_udp_source_is_spent(const struct ace_udp_sources *sources, const struct ace_udp_table *table,
			     const struct ace_udp_endpoint *endpoint)
{
	const struct ace_udp_source *source = find(sources, ace_udp_source_hash(table, endpoint));

	return source && level_at(source, table->now_ms) < MILLI;
}
