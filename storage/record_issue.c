/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, decisions and policy generations as bytes. */
#include "storage/record.h"

#include <string.h>

#include "storage/field.h"

#define BIT(key) (UINT64_C(1) << (key))

enum token_key {
	TOKEN_CLIENT = 1,
	TOKEN_DEVICE,
	TOKEN_SCOPE,
	TOKEN_ISSUED,
	TOKEN_EXPIRES,
	TOKEN_OSC_ID,
	TOKEN_EXI,
	TOKEN_DECISION,
	TOKEN_HASH,
	TOKEN_OSC_ID_LEN,
};

enum ace_err record_token_write(const struct store_token *token, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_text(&f, TOKEN_CLIENT, token->client);
	field_put_text(&f, TOKEN_DEVICE, token->device);
	field_put_scope(&f, TOKEN_SCOPE, &token->scope);
	field_put_int(&f, TOKEN_ISSUED, token->issued_at);
	field_put_int(&f, TOKEN_EXPIRES, token->expires_at);
	field_put_uint(&f, TOKEN_OSC_ID, token->osc_id);
	if (token->has_exi)
		field_put_uint(&f, TOKEN_EXI, token->exi_number);
	field_put_bytes(&f, TOKEN_DECISION, ACE_SLICE_OF(token->decision.bytes));
	field_put_bytes(&f, TOKEN_HASH, ACE_SLICE_OF(token->hash));
	if (token->osc_id_len)
		field_put_uint(&f, TOKEN_OSC_ID_LEN, token->osc_id_len);
	return field_end(&f);
}

static void token_field(struct field_reader *f, int key, struct store_token *t)
{
	switch (key) {
	case TOKEN_CLIENT: field_text(f, t->client, sizeof(t->client)); break;
	case TOKEN_DEVICE: field_text(f, t->device, sizeof(t->device)); break;
	case TOKEN_SCOPE: field_scope(f, &t->scope); break;
	case TOKEN_ISSUED: t->issued_at = field_int(f, 0, INT64_MAX); break;
	case TOKEN_EXPIRES: t->expires_at = field_int(f, 0, INT64_MAX); break;
	case TOKEN_OSC_ID: t->osc_id = field_uint(f, UINT64_MAX); break;
	case TOKEN_EXI:
		t->exi_number = (uint32_t)field_uint(f, UINT32_MAX);
		t->has_exi = true;
		break;
	case TOKEN_DECISION: field_array(f, t->decision.bytes, sizeof(t->decision.bytes)); break;
	case TOKEN_HASH: field_array(f, t->hash, sizeof(t->hash)); break;
	case TOKEN_OSC_ID_LEN: t->osc_id_len = (uint8_t)field_uint(f, 8); break;
	default: field_unknown(f);
	}
}

enum ace_err record_token_read(struct ace_slice in, struct store_token *ret_token)
{
	struct field_reader f;
	int key;

	memset(ret_token, 0, sizeof(*ret_token));
	field_open(&f, in, 1);
	while (field_next(&f, &key))
		token_field(&f, key, ret_token);
	return field_finish(&f, BIT(TOKEN_CLIENT) | BIT(TOKEN_DEVICE) | BIT(TOKEN_ISSUED) | BIT(TOKEN_EXPIRES) |
					BIT(TOKEN_OSC_ID) | BIT(TOKEN_DECISION) | BIT(TOKEN_HASH));
}

enum decision_key {
	DECISION_OUTCOME = 1,
	DECISION_REASON,
	DECISION_OAUTH_ERROR,
	DECISION_GENERATION,
	DECISION_CLIENT,
	DECISION_CLIENT_STATE,
	DECISION_CLIENT_TAGS,
	DECISION_DEVICE,
	DECISION_DEVICE_STATE,
	DECISION_DEVICE_TAGS,
	DECISION_REQUESTED,
	DECISION_GRANTED,
	DECISION_TOKEN,
	DECISION_LIFETIME,
	DECISION_COUNT,
	DECISION_LAST,
};

#define STATE_KNOWN 1u
#define STATE_ENABLED 2u

static uint64_t party_state(const struct store_party *party)
{
	return (party->is_known ? STATE_KNOWN : 0) | (party->is_enabled ? STATE_ENABLED : 0);
}

static void party_state_read(struct field_reader *f, struct store_party *party)
{
	uint64_t state = field_uint(f, STATE_KNOWN | STATE_ENABLED);

	party->is_known = state & STATE_KNOWN;
	party->is_enabled = state & STATE_ENABLED;
}

enum ace_err record_decision_write(const struct store_decision *d, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_uint(&f, DECISION_OUTCOME, d->outcome);
	field_put_int(&f, DECISION_REASON, d->reason);
	field_put_int(&f, DECISION_OAUTH_ERROR, d->oauth_error);
	field_put_uint(&f, DECISION_GENERATION, d->generation);
	field_put_text(&f, DECISION_CLIENT, d->client.id);
	field_put_uint(&f, DECISION_CLIENT_STATE, party_state(&d->client));
	field_put_tags(&f, DECISION_CLIENT_TAGS, &d->client.tags);
	field_put_text(&f, DECISION_DEVICE, d->device.id);
	field_put_uint(&f, DECISION_DEVICE_STATE, party_state(&d->device));
	field_put_tags(&f, DECISION_DEVICE_TAGS, &d->device.tags);
	field_put_scope(&f, DECISION_REQUESTED, &d->requested);
	field_put_scope(&f, DECISION_GRANTED, &d->granted);
	field_put_uint(&f, DECISION_TOKEN, d->token);
	field_put_uint(&f, DECISION_LIFETIME, d->lifetime_s);
	field_put_uint(&f, DECISION_COUNT, d->count);
	field_put_int(&f, DECISION_LAST, d->last_at_ms);
	return field_end(&f);
}

static void decision_field(struct field_reader *f, int key, struct store_decision *d)
{
	switch (key) {
	case DECISION_OUTCOME: d->outcome = (enum store_outcome)field_int(f, STORE_GRANTED, STORE_REFUSED); break;
	case DECISION_REASON: d->reason = (int32_t)field_int(f, INT32_MIN, INT32_MAX); break;
	case DECISION_OAUTH_ERROR: d->oauth_error = (int32_t)field_int(f, INT32_MIN, INT32_MAX); break;
	case DECISION_GENERATION: d->generation = field_uint(f, UINT64_MAX); break;
	case DECISION_CLIENT: field_text(f, d->client.id, sizeof(d->client.id)); break;
	case DECISION_CLIENT_STATE: party_state_read(f, &d->client); break;
	case DECISION_CLIENT_TAGS: field_tags(f, &d->client.tags); break;
	case DECISION_DEVICE: field_text(f, d->device.id, sizeof(d->device.id)); break;
	case DECISION_DEVICE_STATE: party_state_read(f, &d->device); break;
	case DECISION_DEVICE_TAGS: field_tags(f, &d->device.tags); break;
	case DECISION_REQUESTED: field_scope(f, &d->requested); break;
	case DECISION_GRANTED: field_scope(f, &d->granted); break;
	case DECISION_TOKEN: d->token = field_uint(f, UINT64_MAX); break;
	case DECISION_LIFETIME: d->lifetime_s = (uint32_t)field_uint(f, UINT32_MAX); break;
	case DECISION_COUNT: d->count = (uint32_t)field_uint(f, UINT32_MAX); break;
	case DECISION_LAST: d->last_at_ms = field_int(f, 0, INT64_MAX); break;
	default: field_unknown(f);
	}
}

enum ace_err record_decision_read(struct ace_slice in, struct store_decision *ret_decision)
{
	struct field_reader f;
	int key;

	memset(ret_decision, 0, sizeof(*ret_decision));
	field_open(&f, in, 1);
	while (field_next(&f, &key))
		decision_field(&f, key, ret_decision);
	return field_finish(&f, BIT(DECISION_OUTCOME) | BIT(DECISION_REASON) | BIT(DECISION_OAUTH_ERROR) |
					BIT(DECISION_GENERATION) | BIT(DECISION_CLIENT_STATE) | BIT(DECISION_DEVICE_STATE) |
					BIT(DECISION_TOKEN) | BIT(DECISION_LIFETIME) | BIT(DECISION_COUNT) |
					BIT(DECISION_LAST));
}

enum policy_key { POLICY_APPLIED = 1, POLICY_AUTHOR, POLICY_MESSAGE, POLICY_HASH, POLICY_TEXT_LEN };

enum ace_err record_policy_write(const struct store_policy *policy, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_int(&f, POLICY_APPLIED, policy->applied_at);
	field_put_text(&f, POLICY_AUTHOR, policy->author);
	field_put_text(&f, POLICY_MESSAGE, policy->message);
	field_put_bytes(&f, POLICY_HASH, ACE_SLICE_OF(policy->hash));
	field_put_uint(&f, POLICY_TEXT_LEN, policy->text_len);
	return field_end(&f);
}

enum ace_err record_policy_read(struct ace_slice in, struct store_policy *ret_policy)
{
	struct field_reader f;
	int key;

	memset(ret_policy, 0, sizeof(*ret_policy));
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case POLICY_APPLIED: ret_policy->applied_at = field_int(&f, 0, INT64_MAX); break;
		case POLICY_AUTHOR: field_text(&f, ret_policy->author, sizeof(ret_policy->author)); break;
		case POLICY_MESSAGE: field_text(&f, ret_policy->message, sizeof(ret_policy->message)); break;
		case POLICY_HASH: field_array(&f, ret_policy->hash, sizeof(ret_policy->hash)); break;
		case POLICY_TEXT_LEN: ret_policy->text_len = field_uint(&f, STORE_POLICY_TEXT_MAX); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(POLICY_APPLIED) | BIT(POLICY_HASH) | BIT(POLICY_TEXT_LEN));
}
