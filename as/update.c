/* SPDX-License-Identifier: Apache-2.0 */
#include "as/update.h"

#include <string.h>

#include "as/batch.h"
#include "as/reasons.h"
#include "storage/revocations.h"

/* osc.id is a sequence number. ACE_ERR_NOT_FOUND: no osc.id of ours looks like that. */
static enum ace_err number_of(struct ace_slice kid, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!kid.len || kid.len > sizeof number)
		return ACE_ERR_NOT_FOUND;
	for (size_t i = 0; i < kid.len; i++)
		number = number << 8 | kid.ptr[i];
	*ret_number = number;
	return ACE_OK;
}

/* RFC 9203 3.1: "The AS MUST verify that the received value identifies a proof-of-possession key that has previously been
 * issued to the requesting client", for communication with this device. An id that was given away anew is somebody else's. */
static int32_t reason_of(const struct as_update_query *in, const struct store_token *latest, int64_t now)
{
	/* The device compares bytes, so leading zeros count. */
	if (latest->osc_id_len != in->kid.len)
		return AS_REASON_KID_UNKNOWN;
	if (strcmp(latest->client, in->client->id) || latest->issued_at < in->client->created)
		return AS_REASON_KID_CLIENT;
	if (strcmp(latest->device, in->device->id) || latest->issued_at < in->device->created)
		return AS_REASON_KID_DEVICE;
	return latest->expires_at <= now ? AS_REASON_KID_EXPIRED : 0;
}

static enum ace_err denied(int32_t reason, int32_t *ret_reason)
{
	*ret_reason = reason;
	return ACE_ERR_DENIED;
}

enum ace_err as_update_find(struct as_server *as, const struct as_update_query *in, struct as_update *ret_update,
			    int32_t *ret_reason)
{
	struct store_token latest;
	struct store_revoked revoked;
	uint64_t osc_id;
	int32_t reason;
	enum ace_err err = number_of(in->kid, &osc_id);

	if (!err)
		err = store_token_latest(as->batch->read, osc_id, &latest);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? denied(AS_REASON_KID_UNKNOWN, ret_reason) : err;
	reason = reason_of(in, &latest, as->batch->now);
	if (reason)
		return denied(reason, ret_reason);
	err = store_revoked_get(as->batch->read, &latest, &revoked);
	if (err != ACE_ERR_NOT_FOUND)
		return err ? err : denied(AS_REASON_KID_REVOKED, ret_reason);
	*ret_update = (struct as_update){ .osc_id = osc_id, .kid = in->kid };
	return ACE_OK;
}
