/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as bytes: the layer between the typed records and LMDB. Each value carries a checksum over its key
 * and itself, so that damage is seen before a decoder looks at it. Internal to storage/. */
#ifndef STORAGE_TABLE_H
#define STORAGE_TABLE_H

#include "storage/store.h"

enum table {
	TABLE_META,         /* name -> what there is one of */
	TABLE_CLIENTS,      /* id -> client */
	TABLE_DEVICES,      /* id -> device */
	TABLE_AUDIENCES,    /* alias -> id of a device */
	TABLE_LINES,        /* line number -> kind and id */
	TABLE_SECRETS,      /* kind, id, version -> sealed secret */
	TABLE_TOKENS,       /* sequence -> token */
	TABLE_DECISIONS,    /* decision id -> decision */
	TABLE_POLICIES,     /* generation -> who, when, why */
	TABLE_POLICY_TEXTS, /* generation -> canonical JSON */
	TABLE_COUNTERS,     /* name -> number */
	TABLE_CHANGES,      /* position -> what changed */
	TABLE_REVOKED,      /* second of expiry, sequence -> revoked token */
	TABLE_REVOKED_OF,   /* kind, client or device, second of expiry, sequence -> nothing */
	TABLE_SERIES,       /* sequence of a first token -> sequence of the latest update of its rights */
	TABLE_TRL_UPDATES,  /* kind, client or device, number from high to low -> update */
	TABLE_LEN,
};

/* The name in LMDB; it also binds sealed secrets to their table. */
const char *table_name(enum table table);

/* Keys of numbers sort as the numbers do. */
#define TABLE_NUMBER_LEN 8
struct table_number {
	uint8_t bytes[TABLE_NUMBER_LEN];
};
struct table_number table_number(uint64_t number);
struct ace_slice table_number_key(const struct table_number *number);
/* ACE_ERR_DAMAGED when the key is no number. */
ACE_MUST_CHECK enum ace_err table_key_number(struct ace_slice key, uint64_t *ret_number);

/* Slices that are returned point into the map: decode them before the next write and the end of the
 * transaction. ACE_ERR_NOT_FOUND; ACE_ERR_DAMAGED the checksum differs; any other failure spoils a transaction that writes. */
ACE_MUST_CHECK enum ace_err table_get(struct store_txn *txn, enum table table, struct ace_slice key,
				      struct ace_slice *ret_value);
ACE_MUST_CHECK enum ace_err table_put(struct store_txn *txn, enum table table, struct ace_slice key,
				      struct ace_slice value);
/* The key is above all others of the table: ACE_ERR_EXISTS when it is not. */
ACE_MUST_CHECK enum ace_err table_append(struct store_txn *txn, enum table table, struct ace_slice key,
					 struct ace_slice value);
ACE_MUST_CHECK enum ace_err table_delete(struct store_txn *txn, enum table table, struct ace_slice key);
/* The first row whose key is above after; an empty after: the first of all. */
ACE_MUST_CHECK enum ace_err table_next(struct store_txn *txn, enum table table, struct ace_slice after,
				       struct ace_slice *ret_key, struct ace_slice *ret_value);
ACE_MUST_CHECK enum ace_err table_last(struct store_txn *txn, enum table table, struct ace_slice *ret_key,
				       struct ace_slice *ret_value);
ACE_MUST_CHECK enum ace_err table_count(struct store_txn *txn, enum table table, uint64_t *ret_rows,
					uint64_t *ret_bytes);
/* Count bytes against what tokens and decisions may still take: ACE_ERR_FULL. */
ACE_MUST_CHECK enum ace_err table_charge(struct store_txn *txn, size_t bytes);

#endif
