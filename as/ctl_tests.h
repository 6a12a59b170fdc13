/* SPDX-License-Identifier: Apache-2.0 */
/* The tests that come with a policy, run against what the store will be once it is applied. */
#ifndef AS_CTL_TESTS_H
#define AS_CTL_TESTS_H

#include "as/ctl_files.h"
#include "storage/store.h"

struct ctl_tests_input {
	struct store *store;     /* clients and devices that the files do not have are looked up there */
	struct ctl_files *files; /* problems are added to it */
	bool prune;              /* only the files count */
};

/* Run them; tell what fails.
 * @return CLI_EXIT_OK when all pass, and nothing is printed; else the exit code. */
int ctl_tests_hold(const struct cli_output *output, const struct ctl_tests_input *in);

#endif
