/* SPDX-License-Identifier: Apache-2.0 */
/* Policy generations: every one is kept, a rollback is a new one. */
#ifndef STORAGE_POLICIES_H
#define STORAGE_POLICIES_H

#include "storage/types.h"

#define STORE_POLICY_TEXT_MAX (16u * 1024 * 1024)

struct store_policy {
	uint64_t generation; /* from 1 */
	int64_t applied_at;  /* seconds since 1970 */
	char author[STORE_AUTHOR_MAX + 1];
	char message[STORE_DESCRIPTION_MAX + 1];
	uint8_t hash[32]; /* SHA-256 of the text */
	size_t text_len;  /* bytes */
};

/* Add the next generation; author, message and applied_at of *policy count, the rest is filled in.
 * Compare store_policy_current() in the same transaction to be sure of the one before. ACE_ERR_RANGE text too long. */
ACE_MUST_CHECK enum ace_err store_policy_add(struct store_txn *txn, struct ace_slice text, struct store_policy *policy);
/* The newest generation; 0 when there is none. */
ACE_MUST_CHECK enum ace_err store_policy_current(struct store_txn *txn, uint64_t *ret_generation);
/* ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_policy_get(struct store_txn *txn, uint64_t generation, struct store_policy *ret_policy);
/* The canonical JSON, checked against its hash. *ret_text is NUL-terminated (not counted) and is freed with free() by the
 * caller. ACE_ERR_NOT_FOUND; ACE_ERR_DAMAGED; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err store_policy_text(struct store_txn *txn, uint64_t generation, char **ret_text,
					      size_t *ret_len);

#endif
