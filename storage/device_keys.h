/* SPDX-License-Identifier: Apache-2.0 */
/* How a device gets another token key. Without a gap: a second key is added, which waits; the device is given both; then
 * tokens are issued under the second; the first one leaves when no token lives that was issued under it. The AS
 * must not come before the device, and the device must not forget before the AS.
 *
 * Kids of added keys are made of the time and are never given to another key, whatever backup is put back (RFC 8747 6).
 * Errors as in storage/devices.h; ret_device is the device as it is afterwards. */
#ifndef STORAGE_DEVICE_KEYS_H
#define STORAGE_DEVICE_KEYS_H

#include "storage/devices.h"

/* The one of len keys, in the order of a device, under which tokens are issued at now. */
size_t store_key_issuing(const struct store_device_key *keys, size_t len, int64_t now);
/* Is it still of use to the device? */
bool store_key_lives(const struct store_device_key *key, int64_t now);

/* Which device, and when it is: seconds since 1970. id is borrowed. */
struct store_key_step {
	const char *id;
	int64_t now;
};

/* Add a key that waits. A key whose end has come makes room. ACE_ERR_EXISTS one waits already; ACE_ERR_BUSY the one before the
 * present key lives still; ACE_ERR_USAGE not unlocked, or no key. */
ACE_MUST_CHECK enum ace_err store_device_key_add(struct store_txn *txn, const struct store_key_step *step, int32_t alg,
						 const struct store_key *key, struct store_device *ret_device);
/* Issue under the key that waits from a moment on, now or later; the one before lives overlap_s longer than that, which
 * should be the longest lifetime of a token. May be called again until that moment. ACE_ERR_NO_KEY none waits. */
ACE_MUST_CHECK enum ace_err store_device_key_switch(struct store_txn *txn, const struct store_key_step *step, int64_t from,
						    uint32_t overlap_s, struct store_device *ret_device);
/* Forget the key that waits. ACE_ERR_NO_KEY none does. */
ACE_MUST_CHECK enum ace_err store_device_key_cancel(struct store_txn *txn, const struct store_key_step *step,
						    struct store_device *ret_device);
/* One key in place of all that there are, in use at once: what was issued before opens with none of its keys. */
ACE_MUST_CHECK enum ace_err store_device_rekey(struct store_txn *txn, const struct store_key_step *step, int32_t alg,
					       const struct store_key *key, struct store_device *ret_device);

/* Look at some devices behind *position, an id, which moves on, and back to "" behind the last: the secrets of token keys and
 * lines whose end has come are deleted. Begin with "" and call now and then. */
ACE_MUST_CHECK enum ace_err store_device_keys_drop(struct store_txn *txn, int64_t now, char position[STORE_ID_MAX + 1]);

#endif
