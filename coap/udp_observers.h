/* SPDX-License-Identifier: Apache-2.0 */
/* Who observes: found by peer and token, kept in order of the last sign of interest, and by events. */
#ifndef COAP_UDP_OBSERVERS_H
#define COAP_UDP_OBSERVERS_H

#include "ace_udp_later.h"
#include "coap/udp_table.h"

struct ace_udp_observation {
	uint64_t cookie;
	uint64_t refreshed_ms; /* when it registered, was acknowledged, or the caller was told that it is due */
	uint64_t acknowledged_ms;
	uint32_t generation; /* of handles */
	uint32_t peer;
	uint32_t waiting; /* its notification that waits for its turn */
	uint32_t number;  /* the last Observe number, before it is cut to 24 bits */
	uint16_t last_mid;
	bool has_mid;
	bool hungry; /* a notification found no place */
	uint8_t unacknowledged;
	uint8_t event; /* enum ace_udp_observe_event_kind that is in the list of events; above DUE: it has ended */
	uint8_t token_len;
	uint8_t token[ACE_COAP_TOKEN_MAX];
};

struct ace_udp_observers {
	struct ace_udp_index index;
	struct ace_udp_observation *records; /* owned, from 1 */
	struct ace_udp_link *peer_links;     /* owned: the observations of each peer */
	struct ace_udp_link *age_links;      /* owned */
	struct ace_udp_link *event_links;    /* owned */
	struct ace_udp_link *hungry_links;   /* owned */
	struct ace_udp_list ages, events, hungry;
	uint64_t ended;
};

ACE_MUST_CHECK enum ace_err ace_udp_observers_init(struct ace_udp_observers *observers, uint32_t max);
void ace_udp_observers_fini(struct ace_udp_observers *observers);

/* 0 when there is none. */
uint32_t ace_udp_observation_find(const struct ace_udp_observers *observers, const struct ace_udp_table *table,
				  uint32_t peer, struct ace_slice token);
/* The observation of the peer that sent that Message ID last; 0 when there is none. */
uint32_t ace_udp_observation_by_mid(const struct ace_udp_observers *observers, const struct ace_udp_table *table,
				    uint32_t peer, uint16_t mid);
/* A new one, whose peer is pinned; 0 when there is no place. */
uint32_t ace_udp_observation_take(struct ace_udp_observers *observers, struct ace_udp_table *table, uint32_t peer,
				  struct ace_slice token);
/* Leave the peer and the lists. With a kind the place is held until that event is taken. */
void ace_udp_observation_leave(struct ace_udp_observers *observers, struct ace_udp_table *table, uint32_t record,
			       uint8_t kind);
uint64_t ace_udp_observation_handle(const struct ace_udp_observers *observers, uint32_t record);
uint32_t ace_udp_observation_of(const struct ace_udp_observers *observers, uint64_t handle);
/* The next Observe number. */
uint32_t ace_udp_observation_number(struct ace_udp_observers *observers, const struct ace_udp_table *table,
				    uint32_t record);
/* The observer wants more. */
void ace_udp_observation_refresh(struct ace_udp_observers *observers, const struct ace_udp_table *table,
				 uint32_t record);
/* Tell the caller about those that were not heard of for a day, and about at most so many that found no place. */
void ace_udp_observers_tell(struct ace_udp_observers *observers, const struct ace_udp_table *table, uint32_t places);
void ace_udp_observation_starve(struct ace_udp_observers *observers, uint32_t record);
bool ace_udp_observers_event(struct ace_udp_observers *observers, struct ace_udp_observe_event *ret_event);
/* When the next one must be told that it is due; UINT64_MAX: never. */
uint64_t ace_udp_observers_due_ms(const struct ace_udp_observers *observers);

#endif
