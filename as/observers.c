/* SPDX-License-Identifier: Apache-2.0 */
#include "as/observers.h"

#include <stdlib.h>
#include <string.h>

enum ace_err as_observers_init(struct as_observers *observers, size_t len)
{
	struct as_observers made = { .len = len };

	made.slots = calloc(len, sizeof *made.slots);
	made.chains = calloc(len, sizeof(struct as_observation *));
	if (!made.slots || !made.chains) {
		free(made.slots);
		free(made.chains);
		return ACE_ERR_MEMORY;
	}
	for (size_t i = len; i-- > 0;) {
		made.slots[i].next = made.unused;
		made.unused = &made.slots[i];
	}
	*observers = made;
	return ACE_OK;
}

void as_observers_fini(struct as_observers *observers)
{
	free(observers->slots);
	free(observers->chains);
	*observers = (struct as_observers){ 0 };
}

/* FNV-1a: ids are the operator's, and a peer has few observations. */
static struct as_observation **chain_of(const struct as_observers *observers, enum as_peer_kind kind, const char *id)
{
	uint32_t hash = 2166136261u ^ kind;

	for (; *id; id++)
		hash = (hash ^ (uint8_t)*id) * 16777619u;
	return &observers->chains[(hash ^ hash >> 16) % observers->len];
}

static bool is_of(const struct as_observation *observation, enum as_peer_kind kind, const char *id)
{
	return observation->kind == kind && !strcmp(observation->id, id);
}

enum ace_err as_observers_add(struct as_observers *observers, const struct as_peer *peer,
			      struct as_observation **ret_observation)
{
	struct as_observation **chain, *observation = observers->unused;
	size_t own = 0;

	if (!observation)
		return ACE_ERR_FULL;
	chain = chain_of(observers, peer->kind, peer->id);
	for (const struct as_observation *other = *chain; other; other = other->next)
		own += is_of(other, peer->kind, peer->id);
	if (own >= AS_OBSERVATIONS_A_PEER)
		return ACE_ERR_FULL;
	observers->unused = observation->next;
	*observation = (struct as_observation){ .line = peer->line, .key_version = peer->key_version,
						.kind = peer->kind, .next = *chain };
	memcpy(observation->id, peer->id, sizeof observation->id);
	*chain = observation;
	observers->used++;
	*ret_observation = observation;
	return ACE_OK;
}

void as_observers_remove(struct as_observers *observers, struct as_observation *observation)
{
	struct as_observation **link = chain_of(observers, observation->kind, observation->id);

	while (*link != observation)
		link = &(*link)->next;
	*link = observation->next;
	as_observation_unmark(observers, observation);
	memset(observation, 0, sizeof *observation);
	observation->next = observers->unused;
	observers->unused = observation;
	observers->used--;
}

uint64_t as_observation_cookie(const struct as_observers *observers, const struct as_observation *observation)
{
	return (uint64_t)(observation - observers->slots);
}

struct as_observation *as_observation_of(const struct as_observers *observers, uint64_t cookie, uint64_t handle)
{
	if (cookie >= observers->len || !handle || observers->slots[cookie].handle != handle)
		return NULL;
	return &observers->slots[cookie];
}

void as_observation_mark(struct as_observers *observers, struct as_observation *observation)
{
	if (observation->is_due)
		return;
	observation->is_due = true;
	observation->due_next = NULL;
	observation->due_before = observers->due_last;
	if (observers->due_last)
		observers->due_last->due_next = observation;
	else
		observers->due_first = observation;
	observers->due_last = observation;
}

void as_observation_unmark(struct as_observers *observers, struct as_observation *observation)
{
	if (!observation->is_due)
		return;
	observation->is_due = false;
	if (observation->due_before)
		observation->due_before->due_next = observation->due_next;
	else
		observers->due_first = observation->due_next;
	if (observation->due_next)
		observation->due_next->due_before = observation->due_before;
	else
		observers->due_last = observation->due_before;
}

void as_observers_mark(struct as_observers *observers, enum as_peer_kind kind, const char *id, uint64_t position)
{
	if (!observers->used)
		return;
	for (struct as_observation *other = *chain_of(observers, kind, id); other; other = other->next)
		if (is_of(other, kind, id) && other->since < position)
			as_observation_mark(observers, other);
}

void as_observers_mark_all(struct as_observers *observers)
{
	for (size_t i = 0; i < observers->len; i++)
		if (observers->slots[i].handle)
			as_observation_mark(observers, &observers->slots[i]);
}
