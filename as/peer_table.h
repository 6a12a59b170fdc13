/* SPDX-License-Identifier: Apache-2.0 */
/* The OSCORE contexts that are in memory, each with its replay window, found by kid. A client that is
 * not in here answers an Echo first (RFC 8613 B.1.2), so a context may leave at any time after its last Echo value has
 * run out, and not before: else the request that carried it could be played again. */
#ifndef AS_PEER_TABLE_H
#define AS_PEER_TABLE_H

#include "ace_oscore.h"
#include "as/known.h"

#define AS_PEER_ID_MAX 64

/* Tokens that refill with time; see as/bucket.h. */
struct as_bucket {
	uint64_t filled_ms;
	uint32_t millitokens;
	bool owes; /* filled_ms is when it is empty, no longer less than that */
};

enum as_peer_kind { AS_PEER_CLIENT = 0, AS_PEER_DEVICE = 1 };

/* One client or device that has a line to this server. Private to as/. */
struct as_peer {
	uint64_t line;     /* its number; the kid is that in shortest form */
	uint64_t used_ms;  /* last verified request, on the monotonic clock */
	uint32_t key_version; /* of the secret that ctx was derived from */
	bool is_proven;    /* a request has verified under ctx; set by as_peer_touch() */
	bool has_ticket;   /* no request has proven its key yet, which came with a ticket or stands beside an older one */
	enum as_peer_kind kind;
	enum store_auth method; /* by which it says who it is; ctx is there for STORE_AUTH_OSCORE only */
	char id[AS_PEER_ID_MAX + 1];
	struct as_client *client; /* owns; of AS_PEER_CLIENT; NULL: to be read again */
	struct ace_oscore_ctx ctx;
	struct as_bucket grants, refusals;
	struct as_peer *next;          /* in the same hash chain */
	struct as_peer *newer, *older; /* by use */
};

struct as_peer_table {
	struct as_peer *slots; /* owns len of them */
	size_t len;
	struct as_peer **chains; /* owns len of them */
	struct as_peer *newest, *oldest, *unused;
	uint64_t hash_key;
	size_t held;
	uint64_t evicted; /* to make room, since the start */
};

/* @param len  contexts that are kept at most, at least 1. @return ACE_OK; ACE_ERR_MEMORY; ACE_ERR_RANDOM. */
ACE_MUST_CHECK enum ace_err as_peer_table_init(struct as_peer_table *table, size_t len);
/* Wipes all keys. */
void as_peer_table_fini(struct as_peer_table *table);

/* The peer with that line, or NULL. */
struct as_peer *as_peer_find(const struct as_peer_table *table, uint64_t line);
/* A zeroed slot for a line that is not in the table; the caller fills it. When all are taken, one under which nothing
 * has verified makes room: anybody can name a kid. Failing that the one that was unused longest, if it has been unused
 * for longer than an Echo value is good for. So the new one may go with the next call, unless it is touched before.
 * @return ACE_OK; ACE_ERR_BUSY no slot can be given up now. */
ACE_MUST_CHECK enum ace_err as_peer_add(struct as_peer_table *table, uint64_t line, uint64_t now_ms,
					struct as_peer **ret_peer);
/* A request has verified under its context now. */
void as_peer_touch(struct as_peer_table *table, struct as_peer *peer, uint64_t now_ms);
/* Forget it and wipe its keys: the record is gone, so nothing under its kid will verify again. */
void as_peer_remove(struct as_peer_table *table, struct as_peer *peer);

/* What its record said, or the records of all peers, may have changed. */
void as_peer_forget_client(struct as_peer *peer);
void as_peers_forget_clients(struct as_peer_table *table);

/* A kid as line number. ACE_ERR_NO_CONTEXT when it is not the shortest form of a number from 1. */
ACE_MUST_CHECK enum ace_err as_kid_line(struct ace_slice kid, uint64_t *ret_line);

#endif
