/* SPDX-License-Identifier: Apache-2.0 */
#include "as/trl.h"

#include <string.h>

#include "storage/changes.h"

enum ace_err as_trl_next_changed(struct store_txn *txn, uint64_t *position, struct as_trl_changed *ret_changed)
{
	struct store_change change;
	enum ace_err err, last_err;

	while (!(err = store_change_next(txn, *position, &change))) {
		*position = change.position;
		if (change.kind != STORE_TRL)
			continue;
		ret_changed->kind = (enum store_trl_kind)change.number;
		memcpy(ret_changed->id, change.id, sizeof ret_changed->id);
		return ACE_OK;
	}
	if (err != ACE_ERR_EXHAUSTED)
		return err;
	last_err = store_change_last(txn, position);
	return last_err ? last_err : err;
}
