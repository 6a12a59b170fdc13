/* SPDX-License-Identifier: Apache-2.0 */
/* How long the token of a decision is, and whether it can be handed out: told without making one. */
#ifndef AS_TOKEN_SIZE_H
#define AS_TOKEN_SIZE_H

#include "policy/policy.h"
#include "storage/devices.h"

struct as_token_size_input {
	const char *issuer;
	const struct store_device *device;
	const struct policy_query *query;
	const struct policy_decision *decision; /* it allows */
	uint64_t number;                        /* of the token; 0: as it would be at the time of the query */
};

/* Of a first token without cnonce. *ret_fits: neither the device's limit nor that of one message is passed.
 * @return ACE_OK; ACE_ERR_UNSUPPORTED, ACE_ERR_RANGE the record of the device makes no sense. */
ACE_MUST_CHECK enum ace_err as_token_size(const struct as_token_size_input *in, size_t *ret_len, bool *ret_fits);

#endif
