/* SPDX-License-Identifier: Apache-2.0 */
/* Who was at fault how often: a token bucket for each source address, whatever its port. An IPv6 source is a /64, of which one
 * host has all addresses. The table has a fixed size; finding and making room take one look at one set. */
#ifndef COAP_UDP_SOURCES_H
#define COAP_UDP_SOURCES_H

#include "coap/udp_table.h"

struct ace_udp_source {
	uint64_t hash; /* of the address, keyed; stands for it. 0: free */
	uint64_t filled_ms;
	uint32_t millitokens;
};

struct ace_udp_sources {
	struct ace_udp_source *slots; /* owned */
	uint64_t evicted;             /* buckets that left before they were full again */
	uint32_t held;                /* slots that are not free */
};

ACE_MUST_CHECK enum ace_err ace_udp_sources_init(struct ace_udp_sources *sources);
void ace_udp_sources_fini(struct ace_udp_sources *sources);
/* Stands for that address; never 0. */
uint64_t ace_udp_source_hash(const struct ace_udp_table *table, const struct ace_udp_endpoint *endpoint);
/* Take one of that address's tokens. false: there is none. */
bool ace_udp_source_take(struct ace_udp_sources *sources, const struct ace_udp_table *table,
			 const struct ace_udp_endpoint *endpoint);
/* Has it none left? Changes nothing. */
bool ace_udp_source_is_spent(const struct ace_udp_sources *sources, const struct ace_udp_table *table,
			     const struct ace_udp_endpoint *endpoint);

#endif
