/* SPDX-License-Identifier: Apache-2.0 */
/* What there is one of in a store. */
#ifndef STORAGE_META_H
#define STORAGE_META_H

#include "storage/types.h"

struct store_info {
	uint32_t schema;
	int64_t created; /* seconds since 1970 */
	char issuer[STORE_URI_MAX + 1];
	char as_uri[STORE_URI_MAX + 1];
};

ACE_MUST_CHECK enum ace_err store_info_get(struct store_txn *txn, struct store_info *ret_info);

/* What tells this store and the copies of it from all others: random bytes. */
#define STORE_UID_LEN 16
/* ACE_ERR_NOT_FOUND: it was made before there were such ids. */
ACE_MUST_CHECK enum ace_err store_uid_get(struct store_txn *txn, uint8_t ret_uid[STORE_UID_LEN]);
/* The same; one is made when there is none. */
ACE_MUST_CHECK enum ace_err store_uid_ensure(struct store_txn *txn, uint8_t ret_uid[STORE_UID_LEN]);

/* The sign of life that aced leaves for acectl, and what acectl cannot know otherwise. */
struct store_heartbeat {
	int64_t pid;
	int64_t started_at; /* seconds since 1970 */
	int64_t seen_at;    /* seconds since 1970 */
	uint64_t tokens_issued; /* since started_at */
	uint64_t generation;    /* of the policy that is in force in the daemon */
	char version[32];
	char listen[STORE_DESCRIPTION_MAX + 1]; /* for people: the endpoints, space-separated */
	char trl_path[STORE_PATH_MAX + 1];      /* where the revocation list is; "": not told */
	char sandbox[32];                       /* for people: what restricts the daemon; "": not told */
};

ACE_MUST_CHECK enum ace_err store_heartbeat_put(struct store_txn *txn, const struct store_heartbeat *heartbeat);
/* ACE_ERR_NOT_FOUND: none was ever left. */
ACE_MUST_CHECK enum ace_err store_heartbeat_get(struct store_txn *txn, struct store_heartbeat *ret_heartbeat);

#endif
