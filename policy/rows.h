/* SPDX-License-Identifier: Apache-2.0 */
/* One client or device at a time, for who has no inventory file: a row of a table, or flags of a command line. Members,
 * rules and codes are those of an inventory. */
#ifndef POLICY_ROWS_H
#define POLICY_ROWS_H

#include "policy/arena.h"
#include "policy/inventory.h"
#include "policy/policy.h"

struct json_t; /* jansson's */

/* Starts as { 0 }; ended by policy_row_free(). */
struct policy_row {
	struct policy_client client; /* the one that was asked for; strings live until policy_row_free() */
	struct policy_device device;
	struct policy_arena arena; /* private */
};

struct policy_row_input {
	enum policy_kind kind;       /* POLICY_KIND_CLIENT or POLICY_KIND_DEVICE */
	const struct json_t *object; /* the members of an inventory, and "id" beside them; borrowed */
	const char *file;            /* for client.file or device.file; borrowed for the call */
	const struct policy *policy; /* has the models that a device may be of */
};

/* @param problems  errors are added with pointers into object, and no line.
 * @param ret_row   written only on ACE_OK.
 * @return ACE_OK; ACE_ERR_MALFORMED at least one error was added; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_row_read(const struct policy_row_input *in, struct policy_problems *problems,
					    struct policy_row *ret_row);
void policy_row_free(struct policy_row *row);

#endif
