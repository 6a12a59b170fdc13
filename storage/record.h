/* SPDX-License-Identifier: Apache-2.0 */
/* Structs from and to versioned bytes. Only storage/record*.c know what the bytes look like: a CBOR map
 * with integer keys that begins with 0: version. A version or member that is not known is an error, never a guess.
 * Reading fails with ACE_ERR_VERSION (a newer record) or the malformed band; internal to storage/. */
#ifndef STORAGE_RECORD_H
#define STORAGE_RECORD_H

#include "storage/changes.h"
#include "storage/clients.h"
#include "storage/decisions.h"
#include "storage/devices.h"
#include "storage/meta.h"
#include "storage/policies.h"
#include "storage/revocations.h"
#include "storage/table.h"
#include "storage/tokens.h"

#define RECORD_MAX 8192 /* the longest record, a decision, has room in it */

struct record_line {
	enum store_kind kind;
	char id[STORE_ID_MAX + 1];
};

/* Writing: ACE_ERR_SPACE cannot happen with a buffer of RECORD_MAX bytes. The key of a row is not in its record: the
 * readers leave client.id, device.id, token.sequence, revoked.sequence and expires_at, update.number, decision.id, policy.generation and change.position alone. */
ACE_MUST_CHECK enum ace_err record_client_write(const struct store_client *client, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_client_read(struct ace_slice in, struct store_client *ret_client);
ACE_MUST_CHECK enum ace_err record_device_write(const struct store_device *device, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_device_read(struct ace_slice in, struct store_device *ret_device);
ACE_MUST_CHECK enum ace_err record_token_write(const struct store_token *token, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_token_read(struct ace_slice in, struct store_token *ret_token);
ACE_MUST_CHECK enum ace_err record_revoked_write(const struct store_revoked *revoked, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_revoked_read(struct ace_slice in, struct store_revoked *ret_revoked);
ACE_MUST_CHECK enum ace_err record_update_write(const struct store_trl_update *update, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_update_read(struct ace_slice in, struct store_trl_update *ret_update);
ACE_MUST_CHECK enum ace_err record_decision_write(const struct store_decision *decision, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_decision_read(struct ace_slice in, struct store_decision *ret_decision);
ACE_MUST_CHECK enum ace_err record_policy_write(const struct store_policy *policy, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_policy_read(struct ace_slice in, struct store_policy *ret_policy);
ACE_MUST_CHECK enum ace_err record_change_write(const struct store_change *change, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_change_read(struct ace_slice in, struct store_change *ret_change);
ACE_MUST_CHECK enum ace_err record_line_write(const struct record_line *line, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_line_read(struct ace_slice in, struct record_line *ret_line);
ACE_MUST_CHECK enum ace_err record_info_write(const struct store_info *info, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_info_read(struct ace_slice in, struct store_info *ret_info);
ACE_MUST_CHECK enum ace_err record_heartbeat_write(const struct store_heartbeat *heartbeat, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_heartbeat_read(struct ace_slice in, struct store_heartbeat *ret_heartbeat);
/* Also what is inside the seals. The caller wipes out. */
ACE_MUST_CHECK enum ace_err record_secret_write(const struct store_secret *secret, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err record_secret_read(struct ace_slice in, struct store_secret *ret_secret);

/* What a failed reading of a stored record means to callers of the store, with its text. */
enum ace_err record_failed(struct store_txn *txn, enum ace_err err, enum table table);

/* A row of one number. A missing one counts as 0. */
ACE_MUST_CHECK enum ace_err record_number_get(struct store_txn *txn, enum table table, struct ace_slice key,
					      uint64_t *ret_number);
ACE_MUST_CHECK enum ace_err record_number_put(struct store_txn *txn, enum table table, struct ace_slice key,
					      uint64_t number);
/* The number that says how the whole store is laid out. It is read before anything else. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err record_schema_get(struct store_txn *txn, uint32_t *ret_schema);

/* Append to the table of changes; position of *change is chosen here. */
ACE_MUST_CHECK enum ace_err change_add(struct store_txn *txn, enum store_kind kind, const char *id, uint64_t number);

#endif
