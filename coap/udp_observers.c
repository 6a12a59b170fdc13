/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/udp_observers.h"

#include <stdlib.h>
#include <string.h>

/* RFC 7641 4.4: it "MUST NOT increase so fast that it increases by more than 2^23 within less than 256 seconds". */
#define NUMBER_TICK_MS 32
#define NUMBER_MASK 0xffffffu
#define GENERATION_MASK 0x7fffffffu /* the highest bit of a handle is the caller's */

enum ace_err ace_udp_observers_init(struct ace_udp_observers *observers, uint32_t max)
{
	enum ace_err err = ace_udp_index_init(&observers->index, max);

	if (err)
		return err;
	observers->records = calloc((size_t)max + 1, sizeof *observers->records);
	observers->peer_links = calloc((size_t)max + 1, sizeof *observers->peer_links);
	observers->age_links = calloc((size_t)max + 1, sizeof *observers->age_links);
	observers->event_links = calloc((size_t)max + 1, sizeof *observers->event_links);
	observers->hungry_links = calloc((size_t)max + 1, sizeof *observers->hungry_links);
	return observers->records && observers->peer_links && observers->age_links && observers->event_links &&
			       observers->hungry_links
		       ? ACE_OK
		       : ACE_ERR_MEMORY;
}

void ace_udp_observers_fini(struct ace_udp_observers *observers)
{
	ace_udp_index_fini(&observers->index);
	free(observers->records);
	free(observers->peer_links);
	free(observers->age_links);
	free(observers->event_links);
	free(observers->hungry_links);
	memset(observers, 0, sizeof *observers);
}

static uint64_t observation_hash(const struct ace_udp_table *table, uint32_t peer, struct ace_slice token)
{
	uint64_t words[2] = { 0, (uint64_t)peer << 8 | token.len };

	memcpy(words, token.ptr, token.len);
	return ace_udp_hash(table->seed, words, 2);
}

static struct ace_slice token_of(const struct ace_udp_observation *observation)
{
	return (struct ace_slice) { observation->token, observation->token_len };
}

/* One that has ended stays in the index until its event is taken, but nobody finds it. */
static bool has_ended(const struct ace_udp_observation *observation)
{
	return observation->event > ACE_UDP_OBSERVE_DUE;
}

uint32_t ace_udp_observation_find(const struct ace_udp_observers *observers, const struct ace_udp_table *table,
				  uint32_t peer, struct ace_slice token)
{
	uint32_t record = ace_udp_index_first(&observers->index, observation_hash(table, peer, token));

	while (record) {
		const struct ace_udp_observation *observation = &observers->records[record];

		if (observation->peer == peer && !has_ended(observation) &&
		    ace_slice_equal(token_of(observation), token))
			return record;
		record = ace_udp_index_next(&observers->index, record);
	}
	return 0;
}

uint32_t ace_udp_observation_by_mid(const struct ace_udp_observers *observers, const struct ace_udp_table *table,
				    uint32_t peer, uint16_t mid)
{
	uint32_t record = table->peers[peer].observations.newest; /* at most ACE_UDP_OBSERVATIONS_A_PEER */

	while (record && (!observers->records[record].has_mid || observers->records[record].last_mid != mid))
		record = observers->peer_links[record].older;
	return record;
}

uint32_t ace_udp_observation_take(struct ace_udp_observers *observers, struct ace_udp_table *table, uint32_t peer,
				  struct ace_slice token)
{
	struct ace_udp_observation *observation;
	uint32_t record, generation;

	if (table->peers[peer].observed == ACE_UDP_OBSERVATIONS_A_PEER)
		return 0;
	record = ace_udp_index_take(&observers->index, observation_hash(table, peer, token));
	if (!record)
		return 0;
	observation = &observers->records[record];
	generation = observation->generation + 1;
	*observation = (struct ace_udp_observation) {
		.generation = generation,
		.peer = peer,
		.refreshed_ms = table->now_ms,
		.acknowledged_ms = table->now_ms,
		.number = (uint32_t)(table->now_ms / NUMBER_TICK_MS),
		.token_len = (uint8_t)token.len,
	};
	memcpy(observation->token, token.ptr, token.len);
	ace_udp_peer_pin(table, peer);
	table->peers[peer].observed++;
	ace_udp_list_add(&table->peers[peer].observations, observers->peer_links, record);
	ace_udp_list_add(&observers->ages, observers->age_links, record);
	return record;
}

static void release(struct ace_udp_observers *observers, uint32_t record)
{
	struct ace_udp_observation *observation = &observers->records[record];

	observation->generation++; /* handles end here */
	ace_udp_index_release(&observers->index, record);
}

static void event_set(struct ace_udp_observers *observers, uint32_t record, uint8_t kind)
{
	struct ace_udp_observation *observation = &observers->records[record];

	if (!observation->event)
		ace_udp_list_add(&observers->events, observers->event_links, record);
	observation->event = kind;
}

static void sate(struct ace_udp_observers *observers, uint32_t record)
{
	if (observers->records[record].hungry)
		ace_udp_list_remove(&observers->hungry, observers->hungry_links, record);
	observers->records[record].hungry = false;
}

void ace_udp_observation_leave(struct ace_udp_observers *observers, struct ace_udp_table *table, uint32_t record,
			       uint8_t kind)
{
	struct ace_udp_observation *observation = &observers->records[record];
	struct ace_udp_peer *peer = &table->peers[observation->peer];

	observers->ended++;
	sate(observers, record);
	peer->observed--;
	ace_udp_list_remove(&peer->observations, observers->peer_links, record);
	ace_udp_list_remove(&observers->ages, observers->age_links, record);
	ace_udp_peer_unpin(table, observation->peer);
	if (kind) {
		event_set(observers, record, kind);
		return;
	}
	if (observation->event)
		ace_udp_list_remove(&observers->events, observers->event_links, record);
	release(observers, record);
}

uint64_t ace_udp_observation_handle(const struct ace_udp_observers *observers, uint32_t record)
{
	return (uint64_t)(observers->records[record].generation & GENERATION_MASK) << 32 | record;
}

uint32_t ace_udp_observation_of(const struct ace_udp_observers *observers, uint64_t handle)
{
	uint32_t record = (uint32_t)handle;

	if (!record || record > observers->index.used || ace_udp_observation_handle(observers, record) != handle)
		return 0;
	return has_ended(&observers->records[record]) ? 0 : record;
}

uint32_t ace_udp_observation_number(struct ace_udp_observers *observers, const struct ace_udp_table *table,
				    uint32_t record)
{
	struct ace_udp_observation *observation = &observers->records[record];
	uint32_t number = (uint32_t)(table->now_ms / NUMBER_TICK_MS);

	/* RFC 7641 4.4: "greater than that of any preceding notification". */
	if ((int32_t)(number - observation->number) <= 0)
		number = observation->number + 1;
	observation->number = number;
	return number & NUMBER_MASK;
}

static void age_renew(struct ace_udp_observers *observers, const struct ace_udp_table *table, uint32_t record)
{
	observers->records[record].refreshed_ms = table->now_ms;
	ace_udp_list_remove(&observers->ages, observers->age_links, record);
	ace_udp_list_add(&observers->ages, observers->age_links, record);
}

void ace_udp_observation_refresh(struct ace_udp_observers *observers, const struct ace_udp_table *table,
				 uint32_t record)
{
	observers->records[record].acknowledged_ms = table->now_ms;
	observers->records[record].unacknowledged = 0;
	age_renew(observers, table, record);
}

void ace_udp_observation_starve(struct ace_udp_observers *observers, uint32_t record)
{
	if (!observers->records[record].hungry)
		ace_udp_list_add(&observers->hungry, observers->hungry_links, record);
	observers->records[record].hungry = true;
}

void ace_udp_observers_tell(struct ace_udp_observers *observers, const struct ace_udp_table *table, uint32_t places)
{
	uint32_t record = observers->ages.oldest;

	/* RFC 7641 4.5: "at least every 24 hours". Not told again before another day is over. */
	while (record && table->now_ms - observers->records[record].refreshed_ms >= ACE_UDP_OBSERVE_REFRESH_MS) {
		age_renew(observers, table, record);
		event_set(observers, record, ACE_UDP_OBSERVE_DUE);
		record = observers->ages.oldest;
	}
	for (; places && observers->hungry.oldest; places--) {
		record = observers->hungry.oldest;
		sate(observers, record);
		event_set(observers, record, ACE_UDP_OBSERVE_DUE);
	}
}

uint64_t ace_udp_observers_due_ms(const struct ace_udp_observers *observers)
{
	uint32_t oldest = observers->ages.oldest;

	return oldest ? observers->records[oldest].refreshed_ms + ACE_UDP_OBSERVE_REFRESH_MS : UINT64_MAX;
}

bool ace_udp_observers_event(struct ace_udp_observers *observers, struct ace_udp_observe_event *ret_event)
{
	uint32_t record = observers->events.oldest;
	struct ace_udp_observation *observation = &observers->records[record];

	if (!record)
		return false;
	*ret_event = (struct ace_udp_observe_event) {
		.handle = ace_udp_observation_handle(observers, record),
		.cookie = observation->cookie,
		.kind = observation->event,
	};
	ace_udp_list_remove(&observers->events, observers->event_links, record);
	if (has_ended(observation))
		release(observers, record);
	observation->event = 0;
	return true;
}
