/* SPDX-License-Identifier: Apache-2.0 */
/* One way to lay out policy files, so that differences show what was changed and nothing else. */
#ifndef POLICY_LAYOUT_H
#define POLICY_LAYOUT_H

#include "policy/policy.h"

/* The text with the same values in the same order, laid out anew: two spaces a level; sections and what is in them one a
 * line; below, what fits into 120 columns on one line. Laid out again it stays as it is.
 * @param problems  why it is no JSON, when it is none.
 * @param ret_text  on the heap, ends with a NUL that ret_len does not count; written only on ACE_OK.
 * @return ACE_OK; ACE_ERR_MALFORMED a problem was added; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_layout(const struct policy_source *source, struct policy_problems *problems,
					  char **ret_text, size_t *ret_len);

#endif
