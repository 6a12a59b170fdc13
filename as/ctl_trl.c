/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_trl.h"

#include <stdio.h>

#include "as/config.h"
#include "storage/meta.h"
#include "storage/revocations.h"

enum ace_err ctl_trl_get(struct store_txn *txn, struct ctl_trl *ret_trl)
{
	struct store_heartbeat beat;
	enum ace_err err = store_heartbeat_get(txn, &beat);

	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	snprintf(ret_trl->path, sizeof ret_trl->path, "%s", err || !beat.trl_path[0] ? AS_TRL_PATH : beat.trl_path);
	return ACE_OK;
}

/* RFC 9770 6.2: the AS "MUST" tell MAX_N to those that it registers; 6.2.1: MAX_DIFF_BATCH, too. */
struct cli_trl ctl_trl_told(const struct ctl_trl *trl)
{
	return (struct cli_trl){ .path = trl->path, .max_n = STORE_TRL_UPDATES, .max_diff_batch = STORE_TRL_PAGE };
}
