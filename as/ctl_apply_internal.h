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

/* What a new one is made of, its keys with it: nothing is stored yet. *client and *device start zeroed; the caller wipes the
 * secrets, whatever is returned. ACE_ERR_RANGE a text is longer than the store takes; else apply->error tells. */
enum ace_err apply_client_make(const struct policy_client *from, struct apply *apply, struct store_client *client,
			       struct store_secret *ret_secret);
struct apply_device_secrets {
	struct store_key key;
	struct store_secret line; /* empty without a line */
};
enum ace_err apply_device_make(const struct policy_device *from, struct apply *apply, struct apply_device_secrets *secrets,
			       struct store_device *device);

/* Would a client and a device have one PSK identity? ACE_ERR_EXISTS, and apply->error tells. */
enum ace_err apply_client_check(struct store_txn *txn, const struct policy_client *from, struct apply *apply);
enum ace_err apply_device_check(struct store_txn *txn, const struct policy_device *from, struct apply *apply);

enum ace_err apply_client(struct store_txn *txn, const struct policy_client *from, struct apply *apply);
enum ace_err apply_device(struct store_txn *txn, const struct policy_device *from, struct apply *apply);
/* Remove what the files do not have. */
enum ace_err apply_prune(struct store_txn *txn, struct apply *apply);

#endif
