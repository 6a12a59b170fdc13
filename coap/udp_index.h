/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed arrays of records, found by a keyed hash and kept in order of age, without touching the heap
 * after the start. Records are numbered from 1; 0 means none. */
#ifndef COAP_UDP_INDEX_H
#define COAP_UDP_INDEX_H

#include "ace_err.h"
#include "ace_slice.h"

/* The seed is random, so that nobody outside can aim at one bucket. SipHash-1-3 over whole words.
 * Source: "SipHash: a fast short-input PRF" (Aumasson, Bernstein, 2012). */
uint64_t ace_udp_hash(const uint64_t seed[2], const uint64_t *words, size_t count);

/* Where a record is: in the chain of its bucket, or in that of the free records. */
struct ace_udp_place {
	uint32_t next, bucket;
};

/* Which records are in use, and the hash chains through them. */
struct ace_udp_index {
	uint32_t *heads;              /* owned: mask + 1 of them */
	struct ace_udp_place *places; /* owned */
	uint32_t mask;
	uint32_t max;  /* how many records there are */
	uint32_t used; /* records above this were never taken, and their memory never touched */
	uint32_t free; /* first of the records that came back */
	uint32_t held;
};

ACE_MUST_CHECK enum ace_err ace_udp_index_init(struct ace_udp_index *index, uint32_t max);
void ace_udp_index_fini(struct ace_udp_index *index);
/* A record under that hash; 0 when all are held. */
uint32_t ace_udp_index_take(struct ace_udp_index *index, uint64_t hash);
void ace_udp_index_release(struct ace_udp_index *index, uint32_t record);
/* It is going to be released soon: its bucket may be anywhere in memory, and is fetched meanwhile. */
void ace_udp_index_expect(const struct ace_udp_index *index, uint32_t record);
/* The first record of the bucket; ace_udp_index_next() leads on. */
uint32_t ace_udp_index_first(const struct ace_udp_index *index, uint64_t hash);
uint32_t ace_udp_index_next(const struct ace_udp_index *index, uint32_t record);

/* A place in a list that is kept in order of age. */
struct ace_udp_link {
	uint32_t newer, older;
};

struct ace_udp_list {
	uint32_t newest, oldest;
};

void ace_udp_list_add(struct ace_udp_list *list, struct ace_udp_link *links, uint32_t record);
void ace_udp_list_remove(struct ace_udp_list *list, struct ace_udp_link *links, uint32_t record);

#endif
