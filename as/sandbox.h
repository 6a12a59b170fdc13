/* SPDX-License-Identifier: Apache-2.0 */
/* What aced gives up once it has started: system calls that it has no need of, and files. Whoever takes over the process by a
 * message that it gets wrong finds no program to start, no connection to make and no file to open. */
#ifndef AS_SANDBOX_H
#define AS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "ace_err.h"
#include "ace_slice.h"

enum as_sandbox_mode {
	AS_SANDBOX_AUTO = 0, /* what the kernel has is used, and the log tells what it is */
	AS_SANDBOX_OFF,
	AS_SANDBOX_REQUIRE, /* the start fails unless system calls and files are both restricted */
};

/* auto, off, require. */
ACE_MUST_CHECK bool as_sandbox_parse(const char *name, enum as_sandbox_mode *ret_mode);

struct as_server;

/* For the rest of the process, when everything is open that is ever needed. Sets as->sandbox and writes a line to the log.
 * @return ACE_OK; ACE_ERR_UNSUPPORTED the configuration requires what this kernel or this build has not, as the log says. */
ACE_MUST_CHECK enum ace_err as_sandbox_enter(struct as_server *as);

/* --- internal to as/sandbox*.c --- */

struct as_config;

/* Let system calls that are not in the list end the process. *ret_calls: how many are in it. ACE_ERR_UNSUPPORTED with errno. */
ACE_MUST_CHECK enum ace_err as_sandbox_calls(const struct as_config *config, size_t *ret_calls);
/* Let files that were not opened before be out of reach, but for those of time zones. *ret_abi: which version of Landlock the
 * kernel has. ACE_ERR_UNSUPPORTED with errno: none. */
ACE_MUST_CHECK enum ace_err as_sandbox_files(const struct as_config *config, int *ret_abi);

#endif
