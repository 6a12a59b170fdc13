/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of a folder are meant for us. Internal. */
#ifndef POLICY_PARSE_FORMAT_H
#define POLICY_PARSE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* Valid JSON that is no ace-policy/1 file, by its "format". What is no JSON at all is no other format: it
 * may be a policy with a typing error, and must not be passed over in silence. */
bool policy_format_is_other(const char *text, size_t len);

#endif
