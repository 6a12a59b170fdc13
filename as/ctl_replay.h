/* SPDX-License-Identifier: Apache-2.0 */
/* The requests that were logged, decided again under two policies: what would have gone otherwise? */
#ifndef AS_CTL_REPLAY_H
#define AS_CTL_REPLAY_H

#include "as/ctl_diff.h"
#include "policy/intern.h"
#include "storage/decisions.h"

#define CTL_REPLAY_SHOWN 100 /* lines for people; JSON has all */

/* How one policy decides. */
struct ctl_replayed {
	bool is_there;        /* false: the client or the device would be gone */
	bool is_granted;
	uint32_t lifetime_s;  /* 0 when refused */
	struct store_scope granted;
	char denied_by[STORE_ID_MAX + 1]; /* the first rule; "" when none, or granted */
};

/* Requests of one client for one scope at one device that would go otherwise in the same way. */
struct ctl_replay_change {
	char client[STORE_ID_MAX + 1], device[STORE_ID_MAX + 1];
	struct store_scope asked;
	struct ctl_replayed before, after;
	uint64_t count;
	int64_t last_at;            /* seconds since 1970 */
	struct store_decision_id id; /* of the latest one */
};

/* Starts as { 0 }. Ended by ctl_replay_free(). */
struct ctl_replay {
	int64_t since;      /* seconds since 1970 */
	uint64_t requests;  /* decided again */
	uint64_t skipped;   /* the policy had no say, or who asked or was asked for is not known any more */
	uint64_t otherwise; /* of the requests */
	struct policy_arena arena;
	struct policy_intern keys;
	struct ctl_replay_change *changes; /* owns */
	size_t changes_len, changes_cap;
};

/* Each request counts at its time; clients and devices are as they are now, and as the draft would have them. Errors of the
 * store; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ctl_replay_make(const struct ctl_draft *draft, const struct ctl_diff *diff, int64_t since,
					    struct ctl_replay *replay);
void ctl_replay_free(struct ctl_replay *replay);
void ctl_replay_say(const struct ctl_replay *replay, FILE *out);
void ctl_replay_markdown(const struct ctl_replay *replay, FILE *out);
struct json_t *ctl_replay_record(const struct ctl_replay *replay);

#endif
