/* SPDX-License-Identifier: Apache-2.0 */
#include "as/decision_record.h"

#include <string.h>

#include "as/reasons.h"
#include "cli/log.h"

/* What a record says of somebody who has one. */
struct known {
	const char *id;
	bool is_enabled;
	size_t tags;
	struct ace_slice tag_text; /* came out of a row, so it fits one */
};

static enum ace_err fill_known(struct known known, struct store_party *ret_party)
{
	struct store_tags *tags = &ret_party->tags;

	ret_party->is_known = true;
	ret_party->is_enabled = known.is_enabled;
	tags->count = (uint16_t)known.tags;
	tags->len = (uint16_t)known.tag_text.len;
	if (known.tag_text.len)
		memcpy(tags->text, known.tag_text.ptr, known.tag_text.len);
	return store_text_set(known.id, ret_party->id, sizeof ret_party->id);
}

static enum ace_err fill_device(const struct as_decided *in, struct store_party *ret_party)
{
	const struct as_device *device = in->device;
	struct ace_slice audience = in->request->audience;

	if (device)
		return fill_known((struct known){ device->id, device->is_enabled, device->tags.len, device->tag_text }, ret_party);
	ret_party->is_known = ret_party->is_enabled = false;
	ret_party->tags.count = ret_party->tags.len = 0;
	/* An audience that nobody has is the client's own words: kept for the operator, cut to what a record holds. */
	if (audience.len > STORE_AUDIENCE_MAX)
		audience.len = STORE_AUDIENCE_MAX;
	/* Not within a character: what is stored as text must be read as text. */
	while (audience.len < in->request->audience.len && audience.len &&
	       (in->request->audience.ptr[audience.len] & 0xc0) == 0x80)
		audience.len--;
	if (audience.len)
		memcpy(ret_party->id, audience.ptr, audience.len);
	ret_party->id[audience.len] = '\0';
	return ACE_OK;
}

enum ace_err as_decision_fill(struct as_server *as, const struct as_decided *in, struct store_decision *ret_record)
{
	const struct as_client *client = in->client;
	enum ace_err err = store_decision_id_take(as->store, as->batch->now_ms, &ret_record->id);

	if (!err)
		err = fill_known((struct known){ client->id, client->is_enabled, client->tags.len, client->tag_text },
				 &ret_record->client);
	if (!err)
		err = fill_device(in, &ret_record->device);
	if (!err)
		err = store_scope_set((uint8_t)in->request->scope.kind, in->request->scope.bytes,
				      &ret_record->requested);
	ret_record->outcome = in->error ? STORE_REFUSED : STORE_GRANTED;
	ret_record->reason = in->reason;
	ret_record->oauth_error = (int32_t)in->error;
	ret_record->generation = as->generation;
	ret_record->lifetime_s = in->error ? 0 : in->lifetime_s;
	ret_record->token = 0;
	ret_record->granted.kind = ACE_SCOPE_ABSENT;
	ret_record->granted.len = 0;
	ret_record->count = 1;
	ret_record->last_at_ms = as->batch->now_ms;
	return err;
}

enum ace_err as_record_grant(struct as_server *as, struct store_decision *record, const struct as_minted *minted)
{
	struct store_txn *txn;
	enum ace_err err = as_batch_write(as, &txn);

	record->token = minted->record.sequence;
	record->granted.kind = minted->record.scope.kind;
	record->granted.len = minted->record.scope.len;
	memcpy(record->granted.bytes, minted->record.scope.bytes, minted->record.scope.len);
	if (!err)
		err = store_token_add(txn, &minted->record);
	if (!err)
		err = store_decision_add(txn, record);
	return err;
}

enum ace_err as_record_refusal(struct as_server *as, struct store_decision *record, bool *ret_joined)
{
	struct as_refusal *refusal;
	struct store_txn *txn;
	bool joined;
	enum ace_err err = as_refusal_find(&as->refusals, record, as->batch->monotonic_ms, &refusal, &joined);

	if (err)
		return err;
	*ret_joined = joined;
	if (joined) {
		record->id = refusal->id;
		return ACE_OK;
	}
	err = as_batch_write(as, &txn);
	if (!err)
		err = store_decision_add(txn, record);
	if (!err)
		as_refusal_recorded(&as->refusals, refusal, &record->id, as->batch->monotonic_ms);
	else
		memset(refusal, 0, sizeof *refusal);
	return err;
}
