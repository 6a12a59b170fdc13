/* SPDX-License-Identifier: Apache-2.0 */
/* Introspection is a list of questions: who asks, for which token, is it that device's own and alive. Nothing is written. */
#include "as/introspect.h"

#include <string.h>

#include "as/endpoints.h"
#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/revocations.h"

/* A token as its device's key opens it. The plaintext holds a master secret: wiped at the end. */
struct opened {
	struct ace_slice token;
	struct ace_claims claims; /* borrows from plaintext */
	struct ace_buf plain;
	uint8_t plaintext[ACE_UDP_DATAGRAM_MAX];
};

/* RFC 9200 5.9: "the AS SHOULD check that the requester is authorized": devices, for what is theirs. */
static enum ace_err identify(struct as_server *as, struct as_job *job, struct store_device *ret_device)
{
	enum ace_err err;

	if (job->peer->kind != AS_PEER_DEVICE) {
		as_answer_code(&job->answer, ACE_COAP_FORBIDDEN);
		return ACE_ERR_DENIED;
	}
	err = store_device_get(as->batch->read, job->peer->id, ret_device);
	if (err == ACE_ERR_NOT_FOUND) {
		/* RFC 9200 5.9.3: "the AS MUST return a response with code 4.01" for credentials that are not valid. */
		as_answer_oauth_error(&job->answer, ACE_OAUTH_INVALID_CLIENT, NULL);
		job->answer.code = ACE_COAP_UNAUTHORIZED;
		return ACE_ERR_DENIED;
	}
	if (err || ret_device->is_enabled)
		return err;
	as_answer_code(&job->answer, ACE_COAP_FORBIDDEN);
	return ACE_ERR_DENIED;
}

/* Whatever the peer sent that does not open is a token that we do not know; only our own failures are ours. */
static enum ace_err not_found_unless_ours(enum ace_err err)
{
	return !err || ACE_ERR_IS_OURS(err) ? err : ACE_ERR_NOT_FOUND;
}

static enum ace_err open_with(struct as_server *as, const struct store_device *device, size_t index,
			      struct opened *opened)
{
	struct store_key key;
	enum ace_err err = store_device_key(as->batch->read, device, index, &key);

	if (err)
		return err;
	opened->plain = (struct ace_buf)ACE_BUF_OF(opened->plaintext);
	err = ace_issue_open(opened->token, (struct ace_key){ .bytes = { key.bytes, key.len } }, &opened->plain,
			     &opened->claims);
	ace_wipe(&key, sizeof key);
	return not_found_unless_ours(err);
}

static bool key_fits(const struct store_device_key *key, const struct ace_cose_encrypt0 *cose)
{
	return key->alg == cose->alg &&
	       (!cose->kid.ptr || ace_slice_equal(cose->kid, (struct ace_slice){ key->kid, key->kid_len }));
}

/* With a key of that device and no other: a token of another device's stays closed. */
static enum ace_err open_token(struct as_server *as, const struct store_device *device, struct opened *opened)
{
	struct ace_cose_encrypt0 cose;
	enum ace_err err = not_found_unless_ours(ace_cose_read(opened->token, &cose));

	if (err)
		return err;
	for (size_t i = 0; i < device->keys_len; i++) {
		if (!key_fits(&device->keys[i], &cose))
			continue;
		err = open_with(as, device, i, opened);
		if (err != ACE_ERR_NOT_FOUND)
			return err;
	}
	return ACE_ERR_NOT_FOUND;
}

/* The last bytes of the IV are the number under which the token was recorded. */
static enum ace_err find_record(struct as_server *as, const struct opened *opened, struct store_token *ret_record)
{
	uint8_t text[ACE_TOKEN_HASH_SCRATCH(ACE_UDP_DATAGRAM_MAX)], hash[STORE_TOKEN_HASH_LEN];
	struct ace_cose_encrypt0 cose;
	uint64_t sequence = 0;
	enum ace_err err = not_found_unless_ours(ace_cose_read(opened->token, &cose));

	if (err)
		return err;
	for (size_t i = cose.iv.len < 8 ? 0 : cose.iv.len - 8; i < cose.iv.len; i++)
		sequence = sequence << 8 | cose.iv.ptr[i];
	err = store_token_get(as->batch->read, sequence, ret_record);
	if (!err)
		err = ace_token_hash(opened->token, (struct ace_buf)ACE_BUF_OF(text), hash);
	if (!err && memcmp(hash, ret_record->hash, sizeof hash))
		err = ACE_ERR_NOT_FOUND;
	return err;
}

static enum ace_err check_revoked(struct as_server *as, const struct store_token *record)
{
	struct store_revoked revoked;
	enum ace_err err = store_revoked_get(as->batch->read, record, &revoked);

	if (err == ACE_ERR_NOT_FOUND)
		return ACE_OK;
	return err ? err : ACE_ERR_NOT_FOUND;
}

/* Alive: recorded as this device's, neither over nor revoked, and its client may still use it. ACE_ERR_NOT_FOUND: it is not. */
static enum ace_err check_alive(struct as_server *as, const struct store_device *device, const struct opened *opened)
{
	struct store_token record;
	struct store_client client;
	enum ace_err err = find_record(as, opened, &record);

	if (!err && (strcmp(record.device, device->id) || record.expires_at <= as->batch->now))
		err = ACE_ERR_NOT_FOUND;
	if (!err)
		err = check_revoked(as, &record);
	if (!err)
		err = store_client_get(as->batch->read, record.client, &client);
	/* An id that was given away anew is somebody else's. */
	if (!err && (!client.is_enabled || record.issued_at < client.created || record.issued_at < device->created))
		err = ACE_ERR_NOT_FOUND;
	return err;
}

static enum ace_err run(struct as_server *as, struct as_job *job, struct opened *opened)
{
	struct store_device device;
	struct as_introspection request;
	enum ace_err err = identify(as, job, &device);

	if (err)
		return err;
	if (!as_bucket_take(&job->peer->grants, &as->config->grants, as->batch->monotonic_ms))
		return ACE_ERR_BUSY;
	if (as_introspection_read(job->inner.payload, &request)) {
		as_answer_oauth_error(&job->answer, ACE_OAUTH_INVALID_REQUEST, NULL);
		return ACE_ERR_DENIED;
	}
	opened->token = request.token;
	err = open_token(as, &device, opened);
	if (!err)
		err = check_alive(as, &device, opened);
	return err ? err : as_introspection_active(&job->answer, ace_buf_slice(&opened->plain));
}

void as_introspect_endpoint(struct as_server *as, struct as_job *job)
{
	struct opened opened;
	enum ace_err err;

	opened.plain = (struct ace_buf)ACE_BUF_OF(opened.plaintext);
	err = run(as, job, &opened);
	/* RFC 9200 5.9.3: inactive, unknown and foreign tokens are told apart by nobody. */
	if (err == ACE_ERR_NOT_FOUND)
		as_introspection_inactive(&job->answer);
	else if (err && err != ACE_ERR_DENIED)
		as_answer_failure(&job->answer, err);
	ace_wipe(opened.plaintext, sizeof opened.plaintext);
}
