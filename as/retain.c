/* SPDX-License-Identifier: Apache-2.0 */
#include "as/retain.h"

#include "as/batch.h"
#include "storage/tokens.h"

#define DAY_MS INT64_C(86400000)

struct retention {
	struct store_decision_limits limits;
	int64_t now;
	uint64_t *position;
	size_t dropped;
};

static enum ace_err drop_decisions(struct store_txn *txn, void *arg)
{
	struct retention *retention = arg;

	/* A chain over the records, once there is one, needs a checkpoint of its own here: the last link that leaves. */
	return store_decision_drop(txn, &retention->limits, &retention->dropped);
}

static enum ace_err drop_tokens(struct store_txn *txn, void *arg)
{
	struct retention *retention = arg;

	return store_token_drop(txn, retention->now, retention->position, &retention->dropped);
}

static enum ace_err is_due(struct as_server *as, const struct retention *retention, bool *ret_due)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(as->store, &txn);

	if (err)
		return err;
	err = store_decision_due(txn, &retention->limits, ret_due);
	store_abort(txn);
	return err;
}

static enum ace_err retain_decisions(struct as_server *as, struct retention *retention, unsigned int rounds,
				     bool *ret_is_behind)
{
	bool due = false;
	enum ace_err err = is_due(as, retention, &due);

	for (unsigned int i = 0; i < rounds && due && !err; i++) {
		err = store_write(as->store, drop_decisions, retention);
		due = !err && retention->dropped == STORE_DROP_ROWS;
	}
	*ret_is_behind = due;
	return err;
}

/* Nothing asks for a token that is over: introspection calls it inactive and no update names it, with its record and
 * without. What was decided stays in its decision. */
static enum ace_err retain_tokens(struct as_server *as, struct retention *retention, unsigned int rounds,
				  bool *ret_is_behind)
{
	bool more = true;
	enum ace_err err = ACE_OK;

	for (unsigned int i = 0; i < rounds && more && !err; i++) {
		/* Nothing that expired among the rows looked at: LMDB writes no page, and does not sync. */
		err = store_write(as->store, drop_tokens, retention);
		more = !err && retention->dropped == STORE_DROP_ROWS;
	}
	*ret_is_behind = more && !err;
	return err;
}

enum ace_err as_retain(struct as_server *as, uint64_t *position, unsigned int rounds, bool *ret_is_behind)
{
	struct retention retention = {
		.limits = { as->batch->now_ms - (int64_t)as->config->keep_days * DAY_MS, as->config->keep_bytes },
		.now = as->batch->now,
		.position = position,
	};
	bool decisions_behind = false, tokens_behind = false;
	enum ace_err err = retain_decisions(as, &retention, rounds, &decisions_behind);

	if (!err)
		err = retain_tokens(as, &retention, rounds, &tokens_behind);
	*ret_is_behind = !err && (decisions_behind || tokens_behind);
	return err;
}
