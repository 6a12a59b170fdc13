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
	uint64_t oldest_reader; /* transactions that were committed since the oldest reader began: their pages are not used again; 0: none reads */
	uint32_t dead_readers;  /* cleared since this store was opened */
};

/* No transaction that writes may be open in this process. ACE_ERR_STORAGE the store failed before. */
ACE_MUST_CHECK enum ace_err store_usage(struct store *store, struct store_usage *ret_usage);

/* Read each row of the store, so that its checksum is compared. ACE_ERR_DAMAGED. */
ACE_MUST_CHECK enum ace_err store_rows_check(struct store_txn *txn, uint64_t *ret_rows);

struct store_mode {
	const char *path; /* borrowed from the store */
	unsigned int mode, uid, gid;
};
/* What the directory, the data and the key-encryption key may be read and written by. ACE_ERR_NOT_FOUND it is not there; ACE_ERR_IO. */
enum store_file { STORE_FILE_DIR, STORE_FILE_DATA, STORE_FILE_KEK };
ACE_MUST_CHECK enum ace_err store_file_mode(struct store *store, enum store_file file, struct store_mode *ret_mode);

#endif
