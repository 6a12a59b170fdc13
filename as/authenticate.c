/* SPDX-License-Identifier: Apache-2.0 */
#include "as/authenticate.h"

#include <string.h>

#include "cli/log.h"
#include "cli/wireshark.h"
#include "storage/clients.h"
#include "storage/devices.h"

/* A line's owner as the store has it now. */
struct owner {
	enum as_peer_kind kind;
	char id[STORE_ID_MAX + 1];
	uint32_t key_version;
	bool has_ticket; /* nobody used the key yet */
	struct store_secret secret; /* only when asked for; wiped by who asked */
};

static enum ace_err client_opens_line(const struct as_server *as, enum store_auth method, int64_t ticket_expires)
{
	if (method != STORE_AUTH_OSCORE)
		return ACE_ERR_NO_CONTEXT;
	/* A ticket that nobody used in time opens no line any more. */
	return ticket_expires && ticket_expires <= as->batch->now ? ACE_ERR_NO_CONTEXT : ACE_OK;
}

static enum ace_err client_owner(struct as_server *as, struct owner *owner)
{
	struct store_client client;
	enum ace_err err = store_client_get(as->batch->read, owner->id, &client);

	if (!err)
		err = client_opens_line(as, client.method, client.ticket_expires);
	if (err)
		return err;
	owner->has_ticket = client.ticket_expires;
	owner->key_version = client.key_version;
	return store_client_secret(as->batch->read, &client, &owner->secret);
}

static enum ace_err device_owner(struct as_server *as, struct owner *owner, bool with_secret)
{
	struct store_device device;
	enum ace_err err = store_device_get(as->batch->read, owner->id, &device);

	if (err)
		return err;
	if (device.line_method != STORE_AUTH_OSCORE)
		return ACE_ERR_NO_CONTEXT;
	owner->key_version = device.line_key_version;
	return with_secret ? store_device_line_secret(as->batch->read, &device, &owner->secret) : ACE_OK;
}

static enum ace_err read_owner(struct as_server *as, struct owner *owner)
{
	return owner->kind == AS_PEER_CLIENT ? client_owner(as, owner) : device_owner(as, owner, true);
}

static void note_for_wireshark(const struct as_server *as, const struct owner *owner, struct ace_slice kid)
{
	struct cli_error error;

	if (!as->config->wireshark_keys[0])
		return;
	if (cli_wireshark_append(as->config->wireshark_keys, &(struct cli_wireshark_context){
			.client_id = kid, .alg = ACE_ALG_CCM_16_64_128,
			.master_secret = { owner->secret.key, owner->secret.key_len },
			.master_salt = { owner->secret.salt, owner->secret.salt_len } }, &error))
		cli_log(CLI_LOG_WARN, "wireshark.failed", cli_log_text("reason", error.message));
}

/* The peer's Sender ID is its kid, ours is empty: so the two always differ. */
static enum ace_err derive(struct as_server *as, const struct owner *owner, struct ace_slice kid,
			   struct ace_oscore_ctx *ret_ctx)
{
	enum ace_err err = ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = { owner->secret.key, owner->secret.key_len },
		.master_salt = { owner->secret.salt, owner->secret.salt_len },
		.recipient_id = kid }, ret_ctx);

	if (err)
		return err;
	/* RFC 8613 B.1.2: what was seen before is not known, so an Echo must prove that the request is fresh. */
	ret_ctx->window.known = false;
	note_for_wireshark(as, owner, kid);
	return ACE_OK;
}

/* Put the context of a line into the table. */
static enum ace_err load_peer(struct as_server *as, uint64_t line, struct ace_slice kid, struct as_peer **ret_peer)
{
	struct owner owner = { 0 };
	struct ace_oscore_ctx ctx;
	struct as_peer *peer;
	enum store_kind kind;
	enum ace_err err = store_line_find(as->batch->read, line, &kind, owner.id);

	if (err)
		return err;
	owner.kind = kind == STORE_CLIENT ? AS_PEER_CLIENT : AS_PEER_DEVICE;
	err = read_owner(as, &owner);
	if (!err)
		err = derive(as, &owner, kid, &ctx);
	store_secret_wipe(&owner.secret);
	if (err)
		return err;
	err = as_peer_add(&as->peers, line, as->batch->monotonic_ms, &peer);
	if (!err) {
		peer->kind = owner.kind;
		peer->key_version = owner.key_version;
		peer->has_ticket = owner.has_ticket;
		memcpy(peer->id, owner.id, sizeof peer->id);
		peer->ctx = ctx;
		*ret_peer = peer;
	}
	ace_wipe(&ctx, sizeof ctx);
	return err;
}

/* What the record of a peer that is a client says; as/changes.c sees to it that it is read again after a change. */
static enum ace_err know_client(struct as_server *as, struct as_peer *peer)
{
	struct store_client record;
	enum ace_err err;

	if (peer->client)
		return ACE_OK;
	err = store_client_get(as->batch->read, peer->id, &record);
	if (err)
		return err;
	peer->client = as_client_new(&record);
	return peer->client ? ACE_OK : ACE_ERR_MEMORY;
}

/* The version that the record of a peer has now, when it still opens a line. */
static enum ace_err key_version_now(struct as_server *as, struct as_peer *peer, uint32_t *ret_version)
{
	struct owner owner = { .kind = peer->kind };
	enum ace_err err;

	if (peer->kind == AS_PEER_CLIENT) {
		err = know_client(as, peer);
		if (!err)
			err = client_opens_line(as, peer->client->method, peer->client->ticket_expires);
		if (err)
			return err;
		peer->has_ticket = peer->client->ticket_expires;
		*ret_version = peer->client->key_version;
		return ACE_OK;
	}
	memcpy(owner.id, peer->id, sizeof owner.id);
	err = device_owner(as, &owner, false);
	*ret_version = owner.key_version;
	return err;
}

/* The peer behind a kid, with the key that its record has now. */
static enum ace_err find_peer(struct as_server *as, struct ace_slice kid, struct as_peer **ret_peer)
{
	uint32_t key_version = 0;
	struct as_peer *peer;
	uint64_t line;
	enum ace_err err = as_kid_line(kid, &line);

	if (err)
		return err;
	peer = as_peer_find(&as->peers, line);
	if (peer) {
		err = key_version_now(as, peer, &key_version);
		if (!err && key_version == peer->key_version) {
			*ret_peer = peer;
			return ACE_OK;
		}
		if (!err || err == ACE_ERR_NOT_FOUND || err == ACE_ERR_NO_CONTEXT)
			as_peer_remove(&as->peers, peer);
		if (err)
			return err;
	}
	err = load_peer(as, line, kid, ret_peer);
	return err || (*ret_peer)->kind != AS_PEER_CLIENT ? err : know_client(as, *ret_peer);
}

/* RFC 8613 8.2: 4.02 for what does not decode, 4.01 for no context and replay, 4.00 for failed decryption. */
static void answer_refused(struct as_job *job, enum ace_err err)
{
	if (err == ACE_ERR_UNPROTECTED || err == ACE_ERR_NO_CONTEXT || err == ACE_ERR_NOT_FOUND || err == ACE_ERR_REPLAY)
		as_answer_code(&job->answer, ACE_COAP_UNAUTHORIZED);
	else if (ACE_ERR_IS_MALFORMED(err))
		as_answer_code(&job->answer, ACE_COAP_BAD_OPTION);
	else if (err == ACE_ERR_TAG)
		as_answer_code(&job->answer, ACE_COAP_BAD_REQUEST);
	else {
		as_answer_failure(&job->answer, err);
		return;
	}
	/* RFC 7252 5.9.2: errors are cacheable, and no cache may hand this one to somebody else. */
	job->answer.has_max_age = true;
	job->answer.max_age_s = 0;
}

/* The same work for a kid that is not known, so that time does not tell which kids are. */
static void decrypt_in_vain(struct as_server *as, struct as_job *job)
{
	struct ace_buf out = ACE_BUF_OF(job->plain);
	struct ace_oscore_exchange exchange;

	as->decoy.window.known = false;
	if (!ace_oscore_unprotect_request(&as->decoy, job->way.message, &out, &exchange))
		ace_wipe(job->plain, sizeof job->plain);
}

/* RFC 9175 2.3: "a server MUST NOT process the request further unless it verified freshness". */
static bool echo_is_fresh(const struct as_server *as, const struct as_job *job, struct ace_slice kid)
{
	struct ace_slice value;

	return ace_coap_option_find(job->inner.options, ACE_OPT_ECHO, &value) &&
	       as_echo_is_fresh(&as->echo, kid, as->batch->monotonic_ms, value);
}

static enum ace_err unprotect(struct as_server *as, struct as_job *job)
{
	struct ace_buf out = ACE_BUF_OF(job->plain);
	struct ace_oscore_option option;
	struct as_peer *peer;
	enum ace_err err = ace_oscore_peek(job->way.message, &option);

	if (err)
		return err;
	if (!option.has_kid || option.piv.len == 0)
		return ACE_ERR_MALFORMED;
	err = option.has_kid_context ? ACE_ERR_NO_CONTEXT : find_peer(as, option.kid, &peer);
	if (err) {
		decrypt_in_vain(as, job);
		return err;
	}
	err = ace_oscore_unprotect_request(&peer->ctx, job->way.message, &out, &job->exchange);
	if (!err)
		err = ace_coap_read(ace_buf_slice(&out), &job->inner);
	if (err)
		return err;
	if (job->exchange.unproven && !echo_is_fresh(as, job, option.kid)) {
		job->peer = peer;
		job->state = AS_JOB_CHALLENGED;
		return ACE_OK;
	}
	if (job->exchange.unproven)
		err = ace_oscore_window_start(&peer->ctx.window, &job->exchange);
	if (err)
		return err;
	job->peer = peer;
	job->state = AS_JOB_VERIFIED;
	return ACE_OK;
}

void as_authenticate(struct as_server *as, struct as_job *job)
{
	enum ace_err err;

	job->state = AS_JOB_PLAIN;
	job->peer = NULL;
	as_answer_init(&job->answer);
	err = unprotect(as, job);
	if (err) {
		answer_refused(job, err);
		cli_log(CLI_LOG_DEBUG, "request.refused", cli_log_err(err));
		return;
	}
	as_peer_touch(&as->peers, job->peer, as->batch->monotonic_ms);
	if (job->state == AS_JOB_VERIFIED)
		as_way_confirm(as, &job->way);
}

enum ace_err as_enrol(struct as_server *as, struct as_job *job)
{
	struct store_client client;
	struct store_txn *txn;
	enum ace_err err;

	if (!job->peer->has_ticket)
		return ACE_OK;
	err = as_batch_write(as, &txn);
	if (!err)
		err = store_client_get(txn, job->peer->id, &client);
	if (err)
		return err;
	job->answer.waits = true;
	/* A newer ticket, made since the batch began, is not proven by an old key. */
	if (client.key_version != job->peer->key_version)
		return ACE_OK;
	client.ticket_expires = 0;
	return store_client_update(txn, &client);
}
