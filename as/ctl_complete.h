/* SPDX-License-Identifier: Apache-2.0 */
/* What completion offers of the store. */
#ifndef AS_CTL_COMPLETE_H
#define AS_CTL_COMPLETE_H

#include "cli/command.h"

/* As struct cli_program has it: CLIENT, DEVICE, with or without -ID, TOKEN-ID, GEN, DECISION-ID and METHOD. */
void ctl_complete(const struct cli_call *call, const char *kind, const struct cli_wanted *wanted);

#endif
