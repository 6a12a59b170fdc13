/* SPDX-License-Identifier: Apache-2.0 */
/* How full the store is. */
#ifndef STORAGE_USAGE_H
#define STORAGE_USAGE_H

#include "storage/store.h"

struct store_usage {
	uint64_t used_bytes;    /* of the map: up to the last page that was ever used */
	uint64_t map_bytes;     /* of the map now */
	uint64_t map_max_bytes; /* what it may grow to */
	uint64_t room_bytes;    /* what tokens and decisions may still take; 0: they are refused */
	uint64_t disk_free_bytes;
	uint32_t readers; /* slots in use, of all processes */
};

/* No transaction that writes may be open in this process. ACE_ERR_STORAGE the store failed before. */
ACE_MUST_CHECK enum ace_err store_usage(struct store *store, struct store_usage *ret_usage);

#endif
