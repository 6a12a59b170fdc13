/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as a drawing: who, by which rule, what, where. */
#ifndef POLICY_GRAPH_H
#define POLICY_GRAPH_H

#include <stdio.h>

#include "policy/policy.h"

enum policy_graph_format { POLICY_GRAPH_DOT, POLICY_GRAPH_MERMAID };

/* Selectors of clients on the left, those of devices on the right, and between them each rule that is enabled. Errors of out
 * are the caller's to look for. ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_graph(const struct policy *policy, enum policy_graph_format format, FILE *out);

#endif
