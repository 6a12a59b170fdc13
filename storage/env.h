/* SPDX-License-Identifier: Apache-2.0 */
/* What a store is made of. Internal to storage/. */
#ifndef STORAGE_ENV_H
#define STORAGE_ENV_H

#include <limits.h>
#include <lmdb.h>

#include "storage/counters.h"
#include "storage/seal.h"
#include "storage/table.h"

struct store_txn {
	struct store *store; /* borrowed */
	MDB_txn *mdb;        /* owned; a reader's stays for the next one */
	bool is_open;
	bool is_writer;
	enum ace_err spoilt; /* the failure after which nothing may be committed */
	size_t room;         /* bytes that tokens and decisions may still take */
	int64_t iat;         /* highest issued_at that this transaction stored; 0: none */
};

/* What the daemon has in hand of the counters (storage/counters.c). */
struct counters {
	bool is_started;
	uint64_t sequence_next, sequence_limit;
	uint64_t sender_limit;
	uint64_t sender_next[STORE_SENDER_COUNTERS];
	uint64_t decision_ms;
	uint32_t decision_number;
	int64_t iat; /* highest committed */
};

struct store {
	MDB_env *env; /* owned */
	MDB_dbi dbi[TABLE_LEN];
	char dir[PATH_MAX];
	char kek_path[PATH_MAX];
	int lock_fd; /* aced.lock, -1 when not the daemon */
	int use_fd;  /* the same file, held by all who have the store open; -1: not held */
	size_t map_max, reserve_free; /* bytes */
	uint32_t dead_readers; /* that were cleared since the opening */
	bool is_failed;   /* an I/O error: no LMDB call any more */
	bool must_grow;   /* a put did not find room in a map that may grow */
	struct store_txn reader, writer;
	struct seal seal;
	struct counters counters;
	struct store_error error;
};

/* Translate a code, keep it with a text in store->error, and mark the store as failed when it is an I/O error. */
enum ace_err env_fail(struct store *store, int rc);
/* store_open(); with has_lock the caller sees to it that nobody replaces the store meanwhile. */
enum ace_err env_store_open(const struct store_options *options, bool has_lock, struct store **ret_store,
			    struct store_error *ret_error);
/* The end of opening, with the error of what came before: the tables are opened, the layout is compared, and the store is the
 * caller's; or it is closed. *ret_error is written on failure only. Errors of store_open(). */
ACE_MUST_CHECK enum ace_err env_hand_over(struct store *store, enum ace_err err, struct store **ret_store,
					  struct store_error *ret_error);
/* Free bytes of the disk that holds the store. */
uint64_t env_disk_free(const struct store *store);
/* Take a larger map if one is wanted or another process made one. No transaction may be open. */
enum ace_err env_map_fit(struct store *store);
enum ace_err env_map_adopt(struct store *store);
/* Bytes that tokens and decisions may take in one transaction. No transaction of this process may write. */
size_t env_room(struct store *store);

/* Fill *ret_error with a text made as by printf. */
enum ace_err error_set(struct store_error *ret_error, enum ace_err err, int sys_errno, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* For a failed system call on path: errno decides on the error and on the advice. */
enum ace_err error_from_errno(struct store_error *ret_error, int sys_errno, const char *path);

#endif
