/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that tokens were asked for, with their token keys opened: decoding a record and unsealing its key costs more
 * than granting the token. Bounded; as/changes.c drops what was changed. */
#ifndef AS_DEVICE_CACHE_H
#define AS_DEVICE_CACHE_H

#include "as/known.h"

struct as_device_cache {
	struct as_device **slots;              /* owns len of them, filled in turn; NULL: free */
	struct as_device **by_id, **by_alias;  /* owns len chains of each */
	size_t len;
	size_t next; /* slot whose device makes room next */
	uint64_t hash_key;
	size_t held;
	uint64_t evicted; /* to make room, since the start */
};

/* @param len  devices that are kept at most, at least 1. @return ACE_OK; ACE_ERR_MEMORY; ACE_ERR_RANDOM. */
ACE_MUST_CHECK enum ace_err as_device_cache_init(struct as_device_cache *cache, size_t len);
/* Wipes all keys. A zeroed struct is fine. */
void as_device_cache_fini(struct as_device_cache *cache);

/* By id or else by alias, as store_device_find() does; NULL: not here. Borrowed until the next add, drop or clear. */
const struct as_device *as_device_cache_find(const struct as_device_cache *cache, struct ace_slice name);
/* Take over a device that is not in it; when all slots are taken the one that was added first leaves. */
void as_device_cache_add(struct as_device_cache *cache, struct as_device *device);
/* Forget one, if it is there. */
void as_device_cache_drop(struct as_device_cache *cache, const char *id);
void as_device_cache_clear(struct as_device_cache *cache);

#endif
