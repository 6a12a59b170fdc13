/* SPDX-License-Identifier: Apache-2.0 */
/* What a client's or a device's record says, as far as a token request needs it: one block of heap with exactly the
 * bytes that there are. The records of storage/ have room for the longest of everything, which is too much to keep. */
#ifndef AS_KNOWN_H
#define AS_KNOWN_H

#include "storage/clients.h"
#include "storage/devices.h"

struct as_client {
	/* All texts and tags lie in the same block. */
	const char *id, *default_audience, *default_scope; /* the last two: "" when there is none */
	struct ace_tags tags;
	struct ace_slice tag_text; /* the same as rows keep it: struct store_tags */
	bool is_enabled;
	enum store_auth method;
	uint64_t line;
	uint32_t key_version;
	struct store_old_line old;
	int64_t ticket_expires; /* as in struct store_client */
	int64_t created;        /* seconds since 1970 */
};

struct as_device {
	const char *id, *model;
	const char *alias;    /* "": the id is its only audience */
	const char *audience; /* what its tokens say: alias or id */
	struct ace_tags tags;
	struct ace_slice tag_text; /* as that of a client */
	bool is_enabled;
	size_t keys_len;
	struct store_device_key described[STORE_DEVICE_KEYS_MAX];
	struct store_key *keys; /* owns; secret: as many as described; the time decides under which tokens are sealed */
	int64_t created;      /* seconds since 1970 */
	uint64_t uses[STORE_DEVICE_KEYS_MAX]; /* of each key: as/key_use.c */
	bool worn_is_told;
	/* Private to as/device_cache.c. */
	size_t slot;
	struct as_device *next_id, *next_alias;
};

/* NULL: no memory. The caller ends it. */
ACE_MUST_CHECK struct as_client *as_client_new(const struct store_client *record);
void as_client_free(struct as_client *client);

/* keys: as many as the record has, copied. NULL: no memory. The caller ends it, which wipes the keys; NULL is fine. */
ACE_MUST_CHECK struct as_device *as_device_new(const struct store_device *record, const struct store_key *keys);
void as_device_free(struct as_device *device);

#endif
