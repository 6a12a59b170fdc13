/* SPDX-License-Identifier: Apache-2.0 */
/* The errors of the token endpoint by name, for people and records. */
#ifndef CLI_OAUTH_H
#define CLI_OAUTH_H

#include <stdint.h>

/* "invalid_scope", ...; NULL when it has no name. Source: RFC 9200 5.8.3. */
const char *cli_oauth_error_name(int64_t error);

#endif
