/* SPDX-License-Identifier: Apache-2.0 */
/* The store: one LMDB environment, opened by aced and by acectl at the same time. This file has what
 * all records share: opening, transactions, limits. The records are in storage/clients.h, devices.h,
 * tokens.h, decisions.h, policies.h, counters.h, changes.h and meta.h.
 *
 * Everything is copied out; structs hold their own bytes in fixed arrays and can be assigned. A struct
 * store and its transactions belong to one thread, and must not be used across fork(). */
#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include <stdio.h>

#include "ace_err.h"
#include "ace_slice.h"
#include "ace_tag.h"

#define STORE_SCHEMA 1
#define STORE_DIR_DEFAULT "/var/lib/aced"
#define STORE_KEK_DEFAULT "/etc/aced/kek"
#define STORE_KEK_LEN 32

/* Longest texts, in bytes without the terminating NUL. Longer ones are refused with ACE_ERR_RANGE. */
#define STORE_ID_MAX 64
#define STORE_AUDIENCE_MAX 128
#define STORE_SCOPE_MAX 1024
#define STORE_DESCRIPTION_MAX 512
#define STORE_URI_MAX 255
#define STORE_PATH_MAX 1024
#define STORE_AUTHOR_MAX 64
#define STORE_TAGS_MAX 32
#define STORE_TAGS_TEXT_MAX 2048
#define STORE_SECRET_MAX 64

/* Rows that one call of a *_drop function deletes at most: a transaction stays short. */
#define STORE_DROP_ROWS 64

struct store;     /* an open store; heap */
struct store_txn; /* one transaction of it; heap */

/* Why something failed, for people: names the file and what to do. text is "" when err is ACE_OK. */
struct store_error {
	enum ace_err err;
	int sys_errno; /* of the failed system call, 0 when there was none */
	char text[512];
};

struct store_options {
	const char *dir; /* NULL: STORE_DIR_DEFAULT. Borrowed for the call. */
	/* NULL: STORE_KEK_DEFAULT for the default dir, else dir/kek. Borrowed for the call. */
	const char *kek_path;
	bool is_daemon;      /* take aced.lock and keep it until store_close() */
	size_t map_max;      /* bytes the map may grow to; 0: 64 GiB */
	size_t map_initial;  /* bytes of the first map; 0: 64 MiB */
	size_t reserve_free; /* bytes that tokens and decisions leave free; 0: 64 MiB */
};

/* What init writes once. Borrowed for the call. */
struct store_setup {
	const char *issuer; /* URI */
	const char *as_uri; /* URI of the token endpoint */
	int64_t now;        /* seconds since 1970 */
};

/* Make a new store: directory (0770), data.mdb (0660), key-encryption key (0440, kept when there is one
 * of the right length), data key, first row. Root writes as the directory's owner. A failure leaves no store.
 * @return ACE_OK; ACE_ERR_EXISTS there is a store already; ACE_ERR_RANGE an empty or too long URI; and as store_open(). */
ACE_MUST_CHECK enum ace_err store_create(const struct store_options *options, const struct store_setup *setup,
					 struct store_error *ret_error);

/* Open a store that store_create() made. Root opens the files as the directory's owner.
 * @param ret_store  the caller closes it; written only on ACE_OK.
 * @param ret_error  written on every path; may not be NULL.
 * @return ACE_OK; ACE_ERR_NOT_FOUND no store there; ACE_ERR_PERMISSION; ACE_ERR_BUSY another daemon holds aced.lock, or a backup is being
 * restored; ACE_ERR_VERSION made by newer software; ACE_ERR_DAMAGED not a store, or damaged; ACE_ERR_FULL disk full;
 * ACE_ERR_IO; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err store_open(const struct store_options *options, struct store **ret_store,
				       struct store_error *ret_error);
/* NULL is fine. No transaction may be open. Wipes the data key. */
void store_close(struct store *store);

/* Read the key-encryption key and open the data key, so that secrets can be stored and read; what touches
 * no secret works without. A second call does nothing.
 * @return ACE_OK; ACE_ERR_NO_KEY no such file; ACE_ERR_PERMISSION; ACE_ERR_WRONG_KEY a key of another store, or no key at
 * all; ACE_ERR_DAMAGED the stored data key; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err store_unlock(struct store *store, struct store_error *ret_error);

/* Where its key-encryption key is looked for. Borrowed from store. */
const char *store_kek_path(const struct store *store);

/* The last failure of a call on this store or its transactions, with its text. Borrowed until the next call. */
const struct store_error *store_last_error(const struct store *store);

/* Is an aced running on this directory? Asks aced.lock without taking it. False also when there is no store. */
bool store_daemon_running(const char *dir);
/* Has it called store_tell_up()? What a run before it left in the store does not count. */
bool store_daemon_up(const char *dir);
/* For the daemon, when its first heartbeat is committed: from now until the process ends, store_daemon_up() is true.
 * ACE_ERR_USAGE this is no daemon's store; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err store_tell_up(struct store *store);

/* Clear readers that died; at store_open() and then every minute. Never fails: what cannot be cleared stays. */
void store_maintain(struct store *store);

/* Begin a transaction. There may be one that writes in all processes (begin waits for it), and one that reads beside it.
 * A bigger map is made, or adopted from another process, here. After any failure of a writing function but ACE_ERR_NOT_FOUND,
 * ACE_ERR_EXISTS, ACE_ERR_FULL, ACE_ERR_USAGE, ACE_ERR_CLOCK abort: part of its rows may be in the transaction.
 * @return ACE_OK; ACE_ERR_BUSY too many readers; ACE_ERR_USAGE this store has such a transaction already;
 * ACE_ERR_STORAGE the store failed before: no call reaches it any more; ACE_ERR_MEMORY; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err store_begin_read(struct store *store, struct store_txn **ret_txn);
ACE_MUST_CHECK enum ace_err store_begin_write(struct store *store, struct store_txn **ret_txn);

/* Make it durable (fsync) and free the transaction, whatever is returned.
 * @return ACE_OK: it is on disk; ACE_ERR_FULL disk or map full: nothing was written; ACE_ERR_BUSY the map was too small
 * and will be larger at the next begin: do it again; ACE_ERR_STORAGE an I/O error, outcome unknown: exit, the
 * store takes no further call; or the failure that spoilt the transaction before. */
ACE_MUST_CHECK enum ace_err store_commit(struct store_txn *txn);
/* Forget it and free the transaction; also the end of one that reads. NULL is fine. */
void store_abort(struct store_txn *txn);

/* Begin, work(), commit; once more when the map had to grow. An error from work aborts and is returned. */
ACE_MUST_CHECK enum ace_err store_write(struct store *store, enum ace_err (*work)(struct store_txn *txn, void *arg),
					void *arg);

#endif
