/* SPDX-License-Identifier: Apache-2.0 */
#include "as/token_size.h"

#include "as/answer.h"
#include "as/sequence.h"
#include "policy/token_form.h"
#include "storage/counters.h"
#include "storage/device_keys.h"

/* The answer that brings it, with all that it may carry. */
static bool fits_message(const struct as_token_size_input *in, size_t len, size_t id_len)
{
	static const uint8_t bytes[AS_PAYLOAD_MAX];
	struct ace_scope scope = policy_decision_scope(in->decision);
	struct ace_osc osc = { .id = { bytes, id_len }, .ms = { bytes, 16 }, .salt = { bytes, 8 },
			       .has_salt = in->decision->model->token_salt };
	struct as_answer answer;

	if (len > sizeof bytes)
		return false;
	as_answer_init(&answer);
	return !as_answer_grant(&answer, &(struct as_grant){ .token = { bytes, len }, .expires_in_s = in->decision->lifetime_s,
							     .osc = &osc, .scope = &scope, .with_profile = true });
}

/* The sequence never runs ahead of this, and lags by no more than is worth a byte: storage/counters.h. */
static uint64_t number_at(int64_t now)
{
	return now > STORE_EPOCH ? (uint64_t)(now - STORE_EPOCH) << 20 : 1;
}

enum ace_err as_token_size(const struct as_token_size_input *in, size_t *ret_len, bool *ret_fits)
{
	const struct policy_model *model = in->decision->model;
	const struct store_device *device = in->device;
	const struct store_device_key *key =
		&device->keys[store_key_issuing(device->keys, device->keys_len, in->query->now)];
	uint8_t number[8];
	size_t number_len = as_sequence_bytes(in->number ? in->number : number_at(in->query->now), 0, number), len;
	enum ace_err err = policy_token_len(&(struct policy_token_size){
		.token = { .model = model, .issuer = in->issuer, .client = in->query->client.id,
			   .audience = device->audience[0] ? device->audience : device->id,
			   .scope = policy_decision_scope(in->decision), .now = in->query->now,
			   .lifetime_s = in->decision->lifetime_s },
		.number_len = number_len, .alg = key->alg, .kid_len = key->kid_len }, &len);

	if (err)
		return err;
	*ret_len = len;
	*ret_fits = (!model->token_bytes || len <= model->token_bytes) && fits_message(in, len, number_len);
	return ACE_OK;
}
