/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about apply share. */
#ifndef AS_CTL_APPLY_INTERNAL_H
#define AS_CTL_APPLY_INTERNAL_H

#include "as/ctl_apply.h"
#include "storage/clients.h"
#include "storage/devices.h"

struct apply {
	const struct ctl_apply_input *in;
	struct ctl_applied *applied;
	struct cli_error *error;
	bool is_rehearsed; /* all went well, and is to be forgotten */
};

/* Where a key comes from, and for whom. */
struct apply_key {
	const struct policy_key *source;
	const char *inventory; /* the file that names it */
	bool is_device;
};

/* A token key of len bytes. */
enum ace_err apply_make_key(struct apply *apply, const struct apply_key *from, size_t len, struct ace_buf *key);
/* The secret of a line to the AS: a client's, or a device's own. */
enum ace_err apply_make_secret(struct apply *apply, const struct apply_key *from, enum store_auth method,
			       struct store_secret *ret_secret);

enum ace_err apply_client(struct store_txn *txn, const struct policy_client *from, struct apply *apply);
enum ace_err apply_device(struct store_txn *txn, const struct policy_device *from, struct apply *apply);
/* Remove what the files do not have. */
enum ace_err apply_prune(struct store_txn *txn, struct apply *apply);

#endif
