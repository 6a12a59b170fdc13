/* SPDX-License-Identifier: Apache-2.0 */
#include "as/mint.h"

#include <string.h>

#include "as/key_use.h"
#include "as/sequence.h"
#include "policy/token_form.h"
#include "storage/counters.h"
#include "storage/device_keys.h"

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

/* What the client and the device derive their context from: new for every token.
 * RFC 9203 3.2: "The AS MUST ensure that ... identifiers are unique"; the sequence number sees to it. */
static enum ace_err make_material(const struct policy_model *model, uint64_t sequence, struct as_minted *minted)
{
	enum ace_err err = ace_port_random(minted->ms, sizeof minted->ms);
	size_t id_len = as_sequence_bytes(sequence, model->token_id_bytes, minted->id);

	if (!err)
		err = ace_port_random(minted->salt, sizeof minted->salt);
	if (err)
		return err;
	minted->osc = (struct ace_osc){ .id = { minted->id, id_len },
					.ms = ACE_SLICE_OF(minted->ms),
					.salt = ACE_SLICE_OF(minted->salt),
					.has_salt = model->token_salt };
	return ACE_OK;
}

/* RFC 9200 5.10.3: cti of a token with exi is the RS's identifier and a number that counts such tokens. */
static enum ace_err make_exi_cti(struct as_server *as, const struct as_mint_input *in, struct as_minted *minted,
				 struct ace_buf *cti)
{
	struct ace_slice audience = text_slice(in->device->audience);
	struct store_txn *txn;
	enum ace_err err = as_batch_write(as, &txn);

	if (!err)
		err = store_exi_take(txn, in->device->id, as->batch->now, &minted->record.exi_number);
	if (err)
		return err;
	/* No record holds such a one: ACE_ERR_SPACE would tell the client to ask for less. */
	if (audience.len + POLICY_EXI_NUMBER_LEN > cti->cap)
		return ACE_ERR_DAMAGED;
	memcpy(cti->ptr, audience.ptr, audience.len);
	for (size_t i = 0; i < POLICY_EXI_NUMBER_LEN; i++)
		cti->ptr[audience.len + i] = (uint8_t)(minted->record.exi_number >> (8 * (POLICY_EXI_NUMBER_LEN - 1 - i)));
	cti->len = audience.len + POLICY_EXI_NUMBER_LEN;
	minted->record.has_exi = true;
	return ACE_OK;
}

static void fill_claims(const struct as_server *as, const struct as_mint_input *in, const struct as_minted *minted,
			struct ace_slice cti, struct ace_claims *ret_claims)
{
	policy_token_claims(&(struct policy_token_input){
		.model = in->decision->model, .issuer = as->info.issuer, .client = in->client_id,
		.audience = in->device->audience, .scope = policy_decision_scope(in->decision), .now = as->batch->now,
		.lifetime_s = in->decision->lifetime_s, .cti = cti, .cnonce = in->cnonce }, ret_claims);
	ret_claims->cnf = in->update ? ACE_CNF_IS_KID : ACE_CNF_IS_OSC;
	/* RFC 9203 3.2: in an update the AS "MUST carry the OSCORE Input Material identifier in the kid field in the cnf claim". */
	if (in->update)
		ret_claims->kid = in->update->kid;
	else
		ret_claims->osc = minted->osc;
}

/* RFC 9053 4.2.1: the (key, nonce) pair must never repeat: prefix of this run, then the sequence number. */
static enum ace_err make_iv(const struct as_server *as, int32_t alg, uint64_t sequence, struct ace_buf *iv)
{
	uint8_t key_len, nonce_len, tag_len;
	enum ace_err err = ace_cose_alg_lengths(alg, &key_len, &nonce_len, &tag_len);

	if (err)
		return err;
	iv->len = nonce_len;
	memcpy(iv->ptr, as->iv_prefix, nonce_len - sizeof sequence);
	as_sequence_bytes(sequence, sizeof sequence, iv->ptr + nonce_len - sizeof sequence);
	return ACE_OK;
}

static enum ace_err seal(struct as_server *as, const struct as_mint_input *in, const struct ace_claims *claims,
			 struct as_minted *minted)
{
	/* The time of the batch decides, so that a switch that was set for later needs nobody to make it. */
	size_t index = store_key_issuing(in->device->described, in->device->keys_len, as->batch->now);
	const struct store_device_key *described = &in->device->described[index];
	uint32_t limit = in->decision->model->token_bytes;
	struct ace_buf out = { minted->token, sizeof minted->token, 0 };
	uint8_t iv_bytes[ACE_AEAD_NONCE_MAX];
	struct ace_buf iv = ACE_BUF_OF(iv_bytes);
	const struct store_key *key = &in->device->keys[index];
	enum ace_err err = as_key_use(as, in->device, index);

	if (!err)
		err = make_iv(as, described->alg, minted->record.sequence, &iv);
	if (limit && limit < out.cap)
		out.cap = limit;
	if (err)
		return err;
	err = ace_issue_token(&(struct ace_issue_input){
		.claims = claims, .layout = in->decision->model->token_layout, .alg = described->alg,
		.key = { .bytes = { key->bytes, key->len } }, .kid = { described->kid, described->kid_len },
		.iv = ace_buf_slice(&iv) }, &out);
	minted->len = out.len;
	return err;
}

static enum ace_err fill_record(const struct as_server *as, const struct as_mint_input *in, struct as_minted *minted)
{
	struct store_token *record = &minted->record;
	struct ace_scope scope = policy_decision_scope(in->decision);
	uint8_t text[ACE_TOKEN_HASH_SCRATCH(AS_PAYLOAD_MAX)];
	enum ace_err err = store_text_set(in->client_id, record->client, sizeof record->client);

	if (!err)
		err = store_text_set(in->device->id, record->device, sizeof record->device);
	if (!err)
		err = store_scope_set((uint8_t)scope.kind, scope.bytes, &record->scope);
	record->issued_at = as->batch->now;
	record->expires_at = as->batch->now + in->decision->lifetime_s;
	record->osc_id = in->update ? in->update->osc_id : record->sequence;
	record->osc_id_len = (uint8_t)(in->update ? in->update->kid.len : minted->osc.id.len);
	record->decision = in->decision_id;
	return err ? err : ace_token_hash((struct ace_slice){ minted->token, minted->len },
						 (struct ace_buf)ACE_BUF_OF(text), record->hash);
}

enum ace_err as_mint(struct as_server *as, const struct as_mint_input *in, struct as_minted *ret_minted)
{
	uint8_t cti_bytes[STORE_AUDIENCE_MAX + POLICY_EXI_NUMBER_LEN];
	struct ace_buf cti = ACE_BUF_OF(cti_bytes);
	struct ace_claims claims;
	enum ace_err err = as_sequence_take(as, &ret_minted->record.sequence);

	ret_minted->record.has_exi = false;
	ret_minted->record.exi_number = 0;
	if (!err && !in->update)
		err = make_material(in->decision->model, ret_minted->record.sequence, ret_minted);
	if (!err && in->decision->uses_exi)
		err = make_exi_cti(as, in, ret_minted, &cti);
	else if (!err)
		cti.len = as_sequence_bytes(ret_minted->record.sequence, 0, cti.ptr);
	if (!err) {
		fill_claims(as, in, ret_minted, ace_buf_slice(&cti), &claims);
		err = seal(as, in, &claims, ret_minted);
	}
	return err ? err : fill_record(as, in, ret_minted);
}

void as_minted_fini(struct as_minted *minted)
{
	ace_wipe(minted->ms, sizeof minted->ms);
	ace_wipe(minted->salt, sizeof minted->salt);
}
