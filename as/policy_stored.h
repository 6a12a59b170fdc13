/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of a generation, as the store keeps it. */
#ifndef AS_POLICY_STORED_H
#define AS_POLICY_STORED_H

#include "policy/policy.h"
#include "storage/store.h"

/* Compile a generation; number 0 is the policy that refuses everything.
 * @param problems    what does not compile any more is added to it; the caller frees it.
 * @param ret_policy  the caller frees it; written only on ACE_OK.
 * @return ACE_OK; ACE_ERR_NOT_FOUND no such generation; ACE_ERR_DAMAGED its text is not what was stored, or does not
 * compile; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err as_policy_stored(struct store_txn *txn, uint64_t generation,
					     struct policy_problems *problems, struct policy **ret_policy);

#endif
