/* SPDX-License-Identifier: Apache-2.0 */
/* Registered clients. Every function that takes a transaction also returns what reading or writing can:
 * ACE_ERR_DAMAGED, ACE_ERR_VERSION, ACE_ERR_FULL, ACE_ERR_BUSY (see store_commit), ACE_ERR_STORAGE.
 * Each change appends to the table of changes in the same transaction. */
#ifndef STORAGE_CLIENTS_H
#define STORAGE_CLIENTS_H

#include "storage/types.h"

struct store_client {
	char id[STORE_ID_MAX + 1];
	bool is_enabled;
	enum store_auth method;
	uint64_t line;        /* number of its line to the AS; store_line_kid() makes the kid of it */
	uint32_t key_version; /* from 1; another number means another secret */
	struct store_old_line old; /* beside it, while the secret is being replaced */
	struct store_tags tags;
	char default_scope[STORE_SCOPE_MAX + 1];       /* "": none */
	char default_audience[STORE_AUDIENCE_MAX + 1]; /* "": none */
	char description[STORE_DESCRIPTION_MAX + 1];
	int64_t ticket_expires; /* seconds since 1970; 0: enrolled, or never had a ticket */
	int64_t created;        /* seconds since 1970 */
};

/* Add one. line and key_version of *client are chosen here and written back.
 * ACE_ERR_EXISTS the id is taken; ACE_ERR_USAGE store not unlocked, empty id or a method without a secret;
 * ACE_ERR_EXHAUSTED no line numbers left. */
ACE_MUST_CHECK enum ace_err store_client_create(struct store_txn *txn, struct store_client *client,
						const struct store_secret *secret);
/* Replace everything but method, line, key_version and created, which stay as stored whatever *client says.
 * Works without the key. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_client_update(struct store_txn *txn, const struct store_client *client);
/* A new secret on the line: key_version goes up, all older secrets are gone. ticket_expires as in the struct. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_client_rekey(struct store_txn *txn, const char *id, const struct store_secret *secret,
					       int64_t ticket_expires);
/* A new secret on a line of its own, beside the one that is in use, which stays until store_client_settle(), and no longer than
 * old_until (seconds since 1970; 0: as long as that takes). A new secret that nobody has proven yet is replaced.
 * *ret_client is the client afterwards. ACE_ERR_NOT_FOUND; ACE_ERR_EXHAUSTED. */
ACE_MUST_CHECK enum ace_err store_client_rotate(struct store_txn *txn, const struct store_line_rotation *rotation,
						struct store_client *ret_client);
/* The new secret was proven: its ticket is used up, and what was beside it is gone. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_client_settle(struct store_txn *txn, const char *id);
/* As store_device_keys_drop(): secrets of lines whose end has come. */
ACE_MUST_CHECK enum ace_err store_client_keys_drop(struct store_txn *txn, int64_t now, char position[STORE_ID_MAX + 1]);
/* Its line number is not used again. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_client_delete(struct store_txn *txn, const char *id);

/* ACE_ERR_NOT_FOUND. No secret is touched. */
ACE_MUST_CHECK enum ace_err store_client_get(struct store_txn *txn, const char *id, struct store_client *ret_client);
/* The first one whose id sorts behind after_id ("" for the very first). ACE_ERR_NOT_FOUND: no more. */
ACE_MUST_CHECK enum ace_err store_client_next(struct store_txn *txn, const char *after_id,
					      struct store_client *ret_client);
ACE_MUST_CHECK enum ace_err store_client_count(struct store_txn *txn, uint64_t *ret_count);
/* Open the secret of a client as read in this transaction. The caller wipes it.
 * ACE_ERR_USAGE not unlocked; ACE_ERR_NOT_FOUND it has none; ACE_ERR_DAMAGED not what was sealed for this row. */
ACE_MUST_CHECK enum ace_err store_client_secret(struct store_txn *txn, const struct store_client *client,
						struct store_secret *ret_secret);
/* The secret of client->old. ACE_ERR_NOT_FOUND there is none. */
ACE_MUST_CHECK enum ace_err store_client_old_secret(struct store_txn *txn, const struct store_client *client,
						    struct store_secret *ret_secret);

#endif
