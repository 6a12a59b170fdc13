/* SPDX-License-Identifier: Apache-2.0 */
/* What storage/devices.c and storage/device_keys.c share. Internal to storage/. */
#ifndef STORAGE_DEVICE_ROWS_H
#define STORAGE_DEVICE_ROWS_H

#include "storage/devices.h"

/* Write the record, and note the change. */
ACE_MUST_CHECK enum ace_err device_put(struct store_txn *txn, const struct store_device *device);
/* The secret of key number index. */
ACE_MUST_CHECK enum ace_err device_key_put(struct store_txn *txn, const struct store_device *device, size_t index,
					   const struct store_key *key);
ACE_MUST_CHECK enum ace_err device_key_delete(struct store_txn *txn, const struct store_device *device, size_t index);
/* A first line number, and the secret under line_key_version. */
ACE_MUST_CHECK enum ace_err device_line_put(struct store_txn *txn, struct store_device *device,
					    const struct store_secret *secret, int64_t now);
/* The line that is being replaced, if there is one, and its secret. */
ACE_MUST_CHECK enum ace_err device_old_line_delete(struct store_txn *txn, struct store_device *device);
/* All lines and their secrets. */
ACE_MUST_CHECK enum ace_err device_lines_delete(struct store_txn *txn, struct store_device *device);

#endif
