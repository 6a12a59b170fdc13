/* SPDX-License-Identifier: Apache-2.0 */
/* What the file helpers share. */
#ifndef CLI_FILES_INTERNAL_H
#define CLI_FILES_INTERNAL_H

#include "cli/output.h"

/* Translate an errno into an error and a text: "cannot WHAT PATH: reason". */
enum ace_err cli_error_errno(struct cli_error *ret_error, int error_number, const char *what, const char *path);

#endif
