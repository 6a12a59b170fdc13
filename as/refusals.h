/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals of the last minute: one that is alike joins the record that is there, instead of making another, so that
 * a client that asks in a loop fills neither the disk nor the operator's screen. */
#ifndef AS_REFUSALS_H
#define AS_REFUSALS_H

#include "ace_port.h"
#include "policy/policy.h"
#include "storage/decisions.h"

#define AS_REFUSALS_LEN 4096
#define AS_REFUSAL_JOIN_MS 60000

struct as_refusal {
	uint8_t digest[16]; /* of client, device, scope, reason (and error) and generation; zero: free */
	struct store_decision_id id;
	uint64_t made_ms;   /* monotonic */
	uint32_t more;      /* joined since, not yet stored */
	int64_t last_at_ms; /* of the latest joined, since 1970 */
	bool is_pending;    /* its record is in a transaction that has not been committed */
};

struct as_refusals {
	struct as_refusal *slots; /* owns AS_REFUSALS_LEN of them */
	size_t unstored;          /* slots with more > 0 */
	size_t pending;           /* slots with is_pending */
};

ACE_MUST_CHECK enum ace_err as_refusals_init(struct as_refusals *refusals);
void as_refusals_fini(struct as_refusals *refusals);

/* The slot of that refusal. *ret_joined: it was recorded within the last minute, and this one is counted to it.
 * Otherwise the caller records it and calls as_refusal_recorded(). */
ACE_MUST_CHECK enum ace_err as_refusal_find(struct as_refusals *refusals, const struct store_decision *decision,
					    uint64_t now_ms, struct as_refusal **ret_refusal, bool *ret_joined);
void as_refusal_recorded(struct as_refusals *refusals, struct as_refusal *refusal, const struct store_decision_id *id,
			 uint64_t now_ms);

/* Refusals that are remembered. Counts them. */
size_t as_refusals_held(const struct as_refusals *refusals);
/* After the batch's commit: records that were added count, or are forgotten. */
void as_refusals_settle(struct as_refusals *refusals, bool committed);
/* Store the counts of what was joined. */
ACE_MUST_CHECK enum ace_err as_refusals_store(struct as_refusals *refusals, struct store_txn *txn);

#endif
