/* SPDX-License-Identifier: Apache-2.0 */
/* Which files of a folder are meant for us. Internal. */
#ifndef POLICY_PARSE_FORMAT_H
#define POLICY_PARSE_FORMAT_H

#include <stddef.h>

enum policy_format {
	POLICY_FORMAT_POLICY, /* ace-policy/1, and what is no JSON at all: it may be a policy with a typing error, and must not
			       * be passed over in silence */
	POLICY_FORMAT_TESTS,  /* ace-policy-tests/1 */
	POLICY_FORMAT_OTHER,
};

/* By the "format" of the file. */
enum policy_format policy_format_of(const char *text, size_t len);

#endif
