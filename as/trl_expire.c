/* SPDX-License-Identifier: Apache-2.0 */
#include "as/trl.h"

#define ROUNDS_MAX 16 /* transactions of one call: requests wait meanwhile */

struct expiry {
	int64_t now;
	size_t expired;
};

static enum ace_err expire(struct store_txn *txn, void *arg)
{
	struct expiry *expiry = arg;

	return store_revoked_expire(txn, expiry->now, &expiry->expired);
}

static enum ace_err is_due(struct as_server *as, int64_t now, bool *ret_due)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(as->store, &txn);

	if (err)
		return err;
	err = store_revoked_due(txn, now, ret_due);
	store_abort(txn);
	return err;
}

enum ace_err as_trl_expire(struct as_server *as, int64_t now)
{
	struct expiry expiry = { .now = now };
	bool due = false;
	enum ace_err err = is_due(as, now, &due);

	for (int i = 0; i < ROUNDS_MAX && due && !err; i++) {
		err = store_write(as->store, expire, &expiry);
		due = expiry.expired == STORE_REVOKE_MAX;
	}
	return err;
}
