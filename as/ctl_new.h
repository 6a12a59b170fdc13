/* SPDX-License-Identifier: Apache-2.0 */
/* A client or device that is to be new: from the members of an inventory, by flags or in a row, to a record with its keys. */
#ifndef AS_CTL_NEW_H
#define AS_CTL_NEW_H

#include "as/ctl_apply_internal.h"
#include "cli/output.h"

struct json_t;

struct ctl_new_input {
	enum store_kind kind;        /* STORE_CLIENT or STORE_DEVICE */
	const struct policy *policy; /* borrows: the one in force, which has the models */
	const char *file;            /* borrows; key files are named relative to its folder; "": a command line */
	int64_t now;                 /* seconds since 1970 */
};

struct ctl_new {
	enum store_kind kind;
	bool is_generated; /* its first key was made here, not read from a file */
	union {
		struct store_client client;
		struct store_device device;
	};
	struct store_secret secret;          /* of a client */
	struct apply_device_secrets secrets; /* of a device */
};

/* Check the members, and make the record and its keys. Nothing is stored.
 * @param object     an object with "id"; borrowed.
 * @param ret_party  zeroed on failure; end it with ctl_new_wipe().
 * @param ret_error  code, message, hint and pointer (into object) of the first fault.
 * @return ACE_OK; ACE_ERR_MALFORMED and others: ret_error tells; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err ctl_new_read(const struct ctl_new_input *in, const struct json_t *object,
					   struct ctl_new *ret_party, struct cli_error *ret_error);
void ctl_new_wipe(struct ctl_new *party);
const char *ctl_new_id(const struct ctl_new *party);

/* Could it be stored? Looks, and writes nothing. ACE_ERR_EXISTS: ret_error tells; errors of the store. */
ACE_MUST_CHECK enum ace_err ctl_new_check(struct store_txn *txn, const struct ctl_new *party, struct cli_error *ret_error);
/* The same, and store it. Numbers that the store chooses are written back. */
ACE_MUST_CHECK enum ace_err ctl_new_store(struct store_txn *txn, struct ctl_new *party, struct cli_error *ret_error);

#endif
