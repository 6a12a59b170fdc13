/* SPDX-License-Identifier: Apache-2.0 */
/* Registered devices (resource servers). Errors and changes as in storage/clients.h. */
#ifndef STORAGE_DEVICES_H
#define STORAGE_DEVICES_H

#include "storage/types.h"

#define STORE_DEVICE_KEYS_MAX 2 /* one, and the one that comes after it while both live */
#define STORE_DEVICE_KEY_LEN_MAX 32

/* A token key without its bytes. */
struct store_device_key {
	uint32_t version; /* from 1 */
	int32_t alg;      /* enum ace_alg: 1, 10, 30 or 31 */
	uint8_t kid[STORE_KID_MAX];
	uint8_t kid_len; /* at least 1 */
	int64_t from;    /* tokens are issued under it from then on: seconds since 1970; STORE_KEY_WAITS: not yet known */
	int64_t until;   /* tokens under it are dead from then on: seconds since 1970; 0: there is no newer one in use */
};

#define STORE_KEY_WAITS INT64_MAX

/* The bytes of a token key. The holder wipes them with ace_wipe(). */
struct store_key {
	uint8_t bytes[STORE_DEVICE_KEY_LEN_MAX];
	uint8_t len;
};

struct store_device {
	char id[STORE_ID_MAX + 1];
	bool is_enabled;
	char model[STORE_ID_MAX + 1];
	char audience[STORE_AUDIENCE_MAX + 1]; /* alias; "": the id is its only audience */
	struct store_tags tags;
	struct store_device_key keys[STORE_DEVICE_KEYS_MAX]; /* the newest last */
	uint8_t keys_len;                                    /* at least 1 */
	enum store_auth line_method; /* STORE_AUTH_NONE: no line of its own to the AS */
	uint64_t line;               /* 0 without a line */
	uint32_t line_key_version;   /* 0 without a line */
	struct store_old_line old;   /* beside it, while the secret is being replaced */
	char description[STORE_DESCRIPTION_MAX + 1];
	int64_t created; /* seconds since 1970 */
};

/* Add one with its first token key: alg and kid of device->keys[0] count, versions, keys_len, line and
 * line_key_version are chosen here and written back. line_secret is NULL when line_method is STORE_AUTH_NONE.
 * ACE_ERR_EXISTS id or alias is taken as id or alias; ACE_ERR_USAGE not unlocked, empty id, kid or key. */
ACE_MUST_CHECK enum ace_err store_device_create(struct store_txn *txn, struct store_device *device,
						const struct store_key *key, const struct store_secret *line_secret);
/* Replace is_enabled, model, audience, tags and description; the rest stays as stored. Works without the key.
 * ACE_ERR_NOT_FOUND; ACE_ERR_EXISTS the new alias is taken. */
ACE_MUST_CHECK enum ace_err store_device_update(struct store_txn *txn, const struct store_device *device);
/* Give it a line to the AS, or a new secret for the one it has. now: seconds since 1970. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_device_line_set(struct store_txn *txn, const char *id, enum store_auth method,
						  const struct store_secret *secret, int64_t now);
/* As store_client_rotate() and store_client_settle(), for its line. ACE_ERR_UNSUPPORTED it has no line. */
ACE_MUST_CHECK enum ace_err store_device_line_rotate(struct store_txn *txn, const struct store_line_rotation *rotation,
						     struct store_device *ret_device);
ACE_MUST_CHECK enum ace_err store_device_line_settle(struct store_txn *txn, const char *id);
ACE_MUST_CHECK enum ace_err store_device_delete(struct store_txn *txn, const char *id);

/* ACE_ERR_NOT_FOUND. No secret is touched. */
ACE_MUST_CHECK enum ace_err store_device_get(struct store_txn *txn, const char *id, struct store_device *ret_device);
/* By what a client calls it: the id, or else the alias. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_device_find(struct store_txn *txn, struct ace_slice audience,
					      struct store_device *ret_device);
/* As store_client_next(). */
ACE_MUST_CHECK enum ace_err store_device_next(struct store_txn *txn, const char *after_id,
					      struct store_device *ret_device);
ACE_MUST_CHECK enum ace_err store_device_count(struct store_txn *txn, uint64_t *ret_count);
/* Open token key number index, or the line's secret. The caller wipes it. Errors as store_client_secret(). */
ACE_MUST_CHECK enum ace_err store_device_key(struct store_txn *txn, const struct store_device *device, size_t index,
					     struct store_key *ret_key);
ACE_MUST_CHECK enum ace_err store_device_line_secret(struct store_txn *txn, const struct store_device *device,
						     struct store_secret *ret_secret);
/* The secret of device->old. ACE_ERR_NOT_FOUND there is none. */
ACE_MUST_CHECK enum ace_err store_device_old_secret(struct store_txn *txn, const struct store_device *device,
						    struct store_secret *ret_secret);

#endif
