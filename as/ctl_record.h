/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the store as documents: what show and list print. No secret is in them. */
#ifndef AS_CTL_RECORD_H
#define AS_CTL_RECORD_H

#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/policies.h"

struct json_t;

/* A device, and what is counted of it elsewhere. */
struct ctl_device {
	struct store_device record;
	uint64_t uses[STORE_DEVICE_KEYS_MAX]; /* of each key */
};
/* Fill uses for the record that is there. */
ACE_MUST_CHECK enum ace_err ctl_device_count(struct store_txn *txn, struct ctl_device *device);

/* The caller prints them with cli_output_json() or cli_output_record(), which free them. */
struct json_t *ctl_client_record(const struct store_client *client);
struct json_t *ctl_device_record(const struct ctl_device *device);
/* A generation without its text. */
struct json_t *ctl_policy_record(const struct store_policy *policy);

/* "oscore", "dtls-psk", "none". */
const char *ctl_method_name(enum store_auth method);

#endif
