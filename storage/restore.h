/* SPDX-License-Identifier: Apache-2.0 */
/* A backup takes the place of the store. What must not repeat goes on from where the store was that is replaced: its counters,
 * revocations, and the tokens it issued since are taken over, and so are the key-encryption keys that open it. */
#ifndef STORAGE_RESTORE_H
#define STORAGE_RESTORE_H

#include "storage/backup.h"

struct store_restore {
	const struct store_options *store; /* borrowed: dir and kek_path are looked at */
	const char *file;                  /* the backup; borrowed */
	int64_t now;                       /* seconds since 1970 */
	bool accept_lost;                  /* go on without a store whose counters and revocations could be taken over */
};

#define STORE_NAMES_FIRST 8
struct store_names {
	uint64_t count;
	char first[STORE_NAMES_FIRST][STORE_ID_MAX + 1];
};

struct store_party_loss {
	struct store_names gone;    /* made since the backup: unknown afterwards */
	struct store_names back;    /* deleted or disabled since: in force again */
	struct store_names rekeyed; /* with another key since: the old one is in force again */
};

/* What lies between the backup and the store that it replaces. */
struct store_loss {
	struct store_backup backup;
	bool has_current;    /* false: there is no such store, or it cannot be read; then all below is 0 */
	uint64_t generation; /* of the policy */
	struct store_party_loss clients, devices;
	uint64_t decisions;   /* how many more there are than in the backup; they are lost */
	uint64_t tokens;      /* taken over: issued since, and not over yet */
	uint64_t revocations; /* taken over */
	uint64_t revoked;     /* of those tokens, since their client or device is unknown or disabled afterwards; 0 with a look */
};

/* What would store_restore() do? Nothing is changed, and aced may run.
 * @return ACE_OK; ACE_ERR_DENIED a backup of another store; and as store_backup_check() and store_open(). */
ACE_MUST_CHECK enum ace_err store_restore_look(const struct store_restore *in, struct store_loss *ret_loss,
					       struct store_error *ret_error);
/* Do it, whole or not at all. The directory is made when it is not there; the key-encryption key must be in its place.
 * @return as above; ACE_ERR_BUSY aced or acectl uses the store; ACE_ERR_NOT_FOUND there is no store to take anything over from, and
 * accept_lost is false (ACE_ERR_DAMAGED: it cannot be read); ACE_ERR_NO_KEY, ACE_ERR_WRONG_KEY the key-encryption key would not open
 * what is restored; ACE_ERR_FULL; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err store_restore(const struct store_restore *in, struct store_loss *ret_loss,
					  struct store_error *ret_error);

#endif
