/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of a model that the policy does not have, as an older one may not: no token is issued for them. */
#ifndef AS_CTL_MODELLESS_H
#define AS_CTL_MODELLESS_H

#include "as/ctl_draft.h"

#define CTL_MODELLESS_FIRST 5 /* devices that are named; all are counted */

struct ctl_modelless {
	size_t devices;
	char first[CTL_MODELLESS_FIRST][STORE_ID_MAX + 1];
};

/* The draft may be what is in force. Errors of the store. */
ACE_MUST_CHECK enum ace_err ctl_modelless_find(const struct ctl_draft *draft, struct ctl_modelless *ret_modelless);
/* "2 devices have a model that the new policy lacks: ...", and what that means. Nothing when there are none. */
void ctl_modelless_say(const struct cli_output *output, const struct ctl_modelless *modelless);
/* {"count", "first": [ids]} */
struct json_t *ctl_modelless_record(const struct ctl_modelless *modelless);

#endif
