/* SPDX-License-Identifier: Apache-2.0 */
#include "as/device_cache.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"

enum ace_err as_device_cache_init(struct as_device_cache *cache, size_t len)
{
	struct as_device_cache made = { .len = len };
	enum ace_err err = ace_port_random((uint8_t *)&made.hash_key, sizeof made.hash_key);

	if (err)
		return err;
	made.slots = calloc(len, sizeof(struct as_device *));
	made.by_id = calloc(len, sizeof(struct as_device *));
	made.by_alias = calloc(len, sizeof(struct as_device *));
	*cache = made;
	if (made.slots && made.by_id && made.by_alias)
		return ACE_OK;
	as_device_cache_fini(cache);
	return ACE_ERR_MEMORY;
}

void as_device_cache_fini(struct as_device_cache *cache)
{
	if (cache->slots)
		for (size_t i = 0; i < cache->len; i++)
			as_device_free(cache->slots[i]);
	free(cache->slots);
	free(cache->by_id);
	free(cache->by_alias);
	*cache = (struct as_device_cache){ 0 };
}

/* Only names of the store get in, so that nobody from outside can fill one chain; the key is for good measure. */
static size_t chain_of(const struct as_device_cache *cache, struct ace_slice name)
{
	uint64_t hash = cache->hash_key ^ name.len;

	for (size_t i = 0; i < name.len; i += 8) {
		uint64_t word = 0;

		memcpy(&word, name.ptr + i, name.len - i < 8 ? name.len - i : 8);
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash % cache->len;
}

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

static bool is_named(const char *text, struct ace_slice name)
{
	return strlen(text) == name.len && !memcmp(text, name.ptr, name.len);
}

const struct as_device *as_device_cache_find(const struct as_device_cache *cache, struct ace_slice name)
{
	size_t chain = chain_of(cache, name);
	const struct as_device *device = cache->by_id[chain];

	while (device && !is_named(device->id, name))
		device = device->next_id;
	if (device || !name.len) /* no alias is "" */
		return device;
	device = cache->by_alias[chain];
	while (device && !is_named(device->alias, name))
		device = device->next_alias;
	return device;
}

static void link_names(struct as_device_cache *cache, struct as_device *device)
{
	struct as_device **chain = &cache->by_id[chain_of(cache, text_slice(device->id))];

	device->next_id = *chain;
	*chain = device;
	if (!device->alias[0])
		return;
	chain = &cache->by_alias[chain_of(cache, text_slice(device->alias))];
	device->next_alias = *chain;
	*chain = device;
}

static void unlink_names(struct as_device_cache *cache, struct as_device *device)
{
	struct as_device **link = &cache->by_id[chain_of(cache, text_slice(device->id))];

	while (*link != device)
		link = &(*link)->next_id;
	*link = device->next_id;
	if (!device->alias[0])
		return;
	link = &cache->by_alias[chain_of(cache, text_slice(device->alias))];
	while (*link != device)
		link = &(*link)->next_alias;
	*link = device->next_alias;
}

static void empty_slot(struct as_device_cache *cache, size_t slot)
{
	if (cache->slots[slot]) {
		unlink_names(cache, cache->slots[slot]);
		as_device_free(cache->slots[slot]);
		cache->held--;
	}
	cache->slots[slot] = NULL;
}

void as_device_cache_add(struct as_device_cache *cache, struct as_device *device)
{
	size_t slot = cache->next;

	cache->next = (slot + 1) % cache->len;
	cache->evicted += cache->slots[slot] != NULL;
	empty_slot(cache, slot);
	cache->held++;
	device->slot = slot;
	link_names(cache, device);
	cache->slots[slot] = device;
}

void as_device_cache_drop(struct as_device_cache *cache, const char *id)
{
	const struct as_device *device = cache->by_id[chain_of(cache, text_slice(id))];

	while (device && strcmp(device->id, id))
		device = device->next_id;
	if (device)
		empty_slot(cache, device->slot);
}

void as_device_cache_clear(struct as_device_cache *cache)
{
	for (size_t i = 0; i < cache->len; i++)
		empty_slot(cache, i);
	cache->next = 0;
}
