/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided, and on what ground: enough to explain it later as it was. */
#ifndef STORAGE_DECISIONS_H
#define STORAGE_DECISIONS_H

#include "storage/types.h"

/* Sorts by time: 48-bit milliseconds since 1970, then a 32-bit counter, both big-endian. */
#define STORE_DECISION_ID_LEN 10
struct store_decision_id {
	uint8_t bytes[STORE_DECISION_ID_LEN];
};

#define STORE_DECISION_TEXT_LEN 18 /* "D-" and 16 characters of Crockford's base32 */
void store_decision_id_text(const struct store_decision_id *id, char ret_text[STORE_DECISION_TEXT_LEN + 1]);
/* Takes lower case, and o, i, l for 0, 1, 1, as Crockford does. ACE_ERR_MALFORMED. */
ACE_MUST_CHECK enum ace_err store_decision_id_parse(const char *text, struct store_decision_id *ret_id);
/* Milliseconds since 1970. */
int64_t store_decision_id_time_ms(const struct store_decision_id *id);

/* The numbers are stored. */
enum store_outcome { STORE_GRANTED = 1, STORE_REFUSED = 2 };

/* A client or device as the decision saw it. */
struct store_party {
	char id[STORE_AUDIENCE_MAX + 1]; /* client id; device id, or the audience asked for when it is not known */
	bool is_known;
	bool is_enabled;
	struct store_tags tags;
};

struct store_decision {
	struct store_decision_id id;
	enum store_outcome outcome;
	int32_t reason;      /* the policy's reason code */
	int32_t oauth_error; /* enum ace_oauth_error of the answer; 0 when granted */
	uint64_t generation; /* of the policy; 0: before the first */
	struct store_party client, device;
	struct store_scope requested, granted;
	uint64_t token;        /* sequence; 0 when refused */
	uint32_t lifetime_s;   /* 0 when refused */
	uint32_t count;        /* 1, and more when alike refusals were joined */
	int64_t last_at_ms;    /* of the latest one joined; else the id's time */
};

/* An id before all of that time, and after all that are older: where to begin with store_decision_next(). */
void store_decision_id_before(int64_t time_ms, struct store_decision_id *ret_id);

/* An id for a decision at now_ms (milliseconds since 1970); later calls give higher ids even when the clock steps back.
 * Only for the daemon, after store_counters_start(). ACE_ERR_USAGE; ACE_ERR_CLOCK time before 1970. */
ACE_MUST_CHECK enum ace_err store_decision_id_take(struct store *store, int64_t now_ms, struct store_decision_id *ret_id);

/* Append. ids ascend. ACE_ERR_FULL before the room kept free is touched; ACE_ERR_EXISTS not above the last id. */
ACE_MUST_CHECK enum ace_err store_decision_add(struct store_txn *txn, const struct store_decision *decision);
/* Join further refusals that are alike to a stored one. ACE_ERR_NOT_FOUND; ACE_ERR_FULL. */
ACE_MUST_CHECK enum ace_err store_decision_join(struct store_txn *txn, const struct store_decision_id *id,
						uint32_t more, int64_t last_at_ms);
/* ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_decision_get(struct store_txn *txn, const struct store_decision_id *id,
					       struct store_decision *ret_decision);
/* The first one behind after (all zero for the very first). ACE_ERR_NOT_FOUND: no more. */
ACE_MUST_CHECK enum ace_err store_decision_next(struct store_txn *txn, const struct store_decision_id *after,
						struct store_decision *ret_decision);
/* How many, and how many bytes of the map they take. */
ACE_MUST_CHECK enum ace_err store_decision_count(struct store_txn *txn, uint64_t *ret_count, uint64_t *ret_bytes);

/* How much is kept: what was made before before_ms leaves, and the oldest while all take more than bytes_max of the map. */
struct store_decision_limits {
	int64_t before_ms; /* milliseconds since 1970 */
	uint64_t bytes_max;
};

/* Is there anything to drop? */
ACE_MUST_CHECK enum ace_err store_decision_due(struct store_txn *txn, const struct store_decision_limits *limits,
					       bool *ret_due);
/* Drop up to STORE_DROP_ROWS of the oldest, as far as the limits say. The newest always stays: later ids are
 * above it, also when the clock was set back meanwhile. */
ACE_MUST_CHECK enum ace_err store_decision_drop(struct store_txn *txn, const struct store_decision_limits *limits,
						size_t *ret_dropped);

#endif
