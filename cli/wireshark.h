/* SPDX-License-Identifier: Apache-2.0 */
/* OSCORE contexts for Wireshark and tshark (their file "oscore_contexts"), so that a capture can be read. */
#ifndef CLI_WIRESHARK_H
#define CLI_WIRESHARK_H

#include "cli/output.h"

struct cli_wireshark_context {
	struct ace_slice client_id; /* the client's Sender ID */
	struct ace_slice server_id;
	struct ace_slice master_secret;
	struct ace_slice master_salt; /* the whole salt that the context was derived with */
	struct ace_slice id_context;  /* empty: none */
	int32_t alg;                  /* only ACE_ALG_CCM_16_64_128 can be written */
};

/* Append one line to a file that is made with mode 0600 if need be. A line that is in the file already is not
 * repeated. ACE_ERR_UNSUPPORTED another algorithm; ACE_ERR_PERMISSION, ACE_ERR_FULL, ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err cli_wireshark_append(const char *path, const struct cli_wireshark_context *context,
						 struct cli_error *ret_error);

#endif
