/* SPDX-License-Identifier: Apache-2.0 */
/* What those who may ask for the revocation list are told with their credentials. */
#ifndef AS_CTL_TRL_H
#define AS_CTL_TRL_H

#include "cli/bundle.h"
#include "storage/store.h"

struct ctl_trl {
	char path[STORE_PATH_MAX + 1];
};

/* The path is the one with which aced was last seen to run; before that, the default. Errors of the store. */
ACE_MUST_CHECK enum ace_err ctl_trl_get(struct store_txn *txn, struct ctl_trl *ret_trl);
/* It borrows from trl.  Source: RFC 9770 10. */
struct cli_trl ctl_trl_told(const struct ctl_trl *trl);

#endif
