/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and devices of the store as the inventory files that bring them back. Keys are told by their fingerprints. */
#ifndef AS_CTL_INVENTORY_H
#define AS_CTL_INVENTORY_H

#include "storage/clients.h"
#include "storage/devices.h"

struct json_t;

/* What an inventory says of one; the secret is only read for its fingerprint. NULL: *ret_err tells. */
struct json_t *ctl_inventory_client(struct store_txn *txn, const struct store_client *client, enum ace_err *ret_err);
struct json_t *ctl_inventory_device(struct store_txn *txn, const struct store_device *device, enum ace_err *ret_err);

#endif
