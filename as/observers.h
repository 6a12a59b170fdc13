/* SPDX-License-Identifier: Apache-2.0 */
/* Who observes the revocation list (RFC 7641, RFC 9770 11), found by whose part of the list it is. Memory only: after a
 * restart clients register again. */
#ifndef AS_OBSERVERS_H
#define AS_OBSERVERS_H

#include "as/peer_table.h"

#define AS_OBSERVATIONS_A_PEER 8 /* of one client or device, from whatever addresses */
#define AS_OBSERVED_OPTIONS_MAX 64

/* One observation: what a notification is made of, and the request that it is bound to (RFC 8613 4.1.3.5). */
struct as_observation {
	uint64_t handle; /* of as/observe_way.h; 0: none */
	uint64_t line;
	uint64_t since;       /* position in the table of changes that its last answer has seen */
	uint32_t key_version; /* under which it was registered: another key ends it */
	bool is_due;
	enum as_peer_kind kind;
	char id[AS_PEER_ID_MAX + 1];
	struct ace_oscore_exchange exchange;
	uint8_t options[AS_OBSERVED_OPTIONS_MAX]; /* of the request, as far as the answer depends on them */
	size_t options_len;
	struct as_observation *next; /* in its chain, or among the unused */
	struct as_observation *due_next, *due_before;
};

struct as_observers {
	struct as_observation *slots; /* owns len of them */
	size_t len, used;
	struct as_observation **chains; /* owns len of them */
	struct as_observation *unused;
	struct as_observation *due_first, *due_last;
	uint64_t position; /* in the table of changes: who is concerned up to there is marked */
};

/* @param len  observations at most, at least 1. ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err as_observers_init(struct as_observers *observers, size_t len);
void as_observers_fini(struct as_observers *observers);

/* A place for an observation of that peer, which the caller fills. Zeroed but for what says whose it is.
 * ACE_ERR_FULL: all are taken, or this peer has its share. */
ACE_MUST_CHECK enum ace_err as_observers_add(struct as_observers *observers, const struct as_peer *peer,
					     struct as_observation **ret_observation);
/* Its end. It must have been there. */
void as_observers_remove(struct as_observers *observers, struct as_observation *observation);

/* The number to give to as_watch_add(), and back: NULL when the observation of that handle has ended. */
uint64_t as_observation_cookie(const struct as_observers *observers, const struct as_observation *observation);
struct as_observation *as_observation_of(const struct as_observers *observers, uint64_t cookie, uint64_t handle);

/* To be told: all, those of one client or device as far as they do not know what happened at that position, or one. */
void as_observers_mark_all(struct as_observers *observers);
void as_observers_mark(struct as_observers *observers, enum as_peer_kind kind, const char *id, uint64_t position);
void as_observation_mark(struct as_observers *observers, struct as_observation *observation);
void as_observation_unmark(struct as_observers *observers, struct as_observation *observation);

#endif
