/* SPDX-License-Identifier: Apache-2.0 */
/* What policy files may name though they do not define it: what the store has, and will still have. */
#ifndef AS_CTL_KNOWN_H
#define AS_CTL_KNOWN_H

#include "policy/policy.h"
#include "storage/store.h"

struct ctl_known {
	struct store_txn *txn;
	struct policy *policy; /* NULL: none was applied */
	bool prune;            /* clients and devices of the store will be gone */
};

/* A policy_known_fn; context is a struct ctl_known. */
bool ctl_is_known(void *context, enum policy_kind kind, const char *name);

#endif
