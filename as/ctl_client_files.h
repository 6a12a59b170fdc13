/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a client's credentials go into. */
#ifndef AS_CTL_CLIENT_FILES_H
#define AS_CTL_CLIENT_FILES_H

#include <limits.h>

#include "cli/bundle.h"

struct ctl_client_files {
	const char *path;            /* as the operator named it; borrowed */
	char secret_dir[PATH_MAX];   /* made beside it for aiocoap's OSCORE contexts; "": none */
	char secret_path[PATH_MAX];
};

/* Write all of them or none: the file at path, and for aiocoap the directory that it points to.
 * @return ACE_OK; otherwise ret_error tells and none is left. */
ACE_MUST_CHECK enum ace_err ctl_client_files_write(const struct cli_client_bundle *bundle, enum cli_bundle_format format,
						   const char *path, struct ctl_client_files *ret_files,
						   struct cli_error *ret_error);
/* Take back what was written. */
void ctl_client_files_remove(const struct ctl_client_files *files);

#endif
