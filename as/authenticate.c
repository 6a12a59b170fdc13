/* SPDX-License-Identifier: Apache-2.0 */
#include "as/authenticate.h"

#include <string.h>

#include "as/peer_get.h"
#include "cli/log.h"
#include "storage/clients.h"
#include "storage/devices.h"

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

/* The peer behind a kid, with the key that its record has now. */
static enum ace_err find_peer(struct as_server *as, struct ace_slice kid, struct as_peer **ret_peer)
{
	uint64_t line;
	enum ace_err err = as_kid_line(kid, &line);

	return err ? err : as_peer_get(as, line, STORE_AUTH_OSCORE, ret_peer);
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

/* The session is the peer's, and its key is the one that the record has now. What is inside the record layer is no copy. */
static enum ace_err recognise(struct as_server *as, struct as_job *job)
{
	const struct as_psk_owner *owner = job->way.from.dtls->owner;
	struct as_peer *peer;
	enum ace_err err = owner ? as_peer_get(as, owner->line, STORE_AUTH_DTLS_PSK, &peer) : ACE_ERR_NO_CONTEXT;

	if (err)
		return err;
	if (peer->key_version != owner->key_version || strcmp(peer->id, owner->id))
		return ACE_ERR_NO_CONTEXT;
	job->inner = *job->way.message;
	job->peer = peer;
	job->state = AS_JOB_VERIFIED;
	return ACE_OK;
}

/* RFC 8613 4.1.3.4.2: a server that does not put outer blocks together takes a message whole or not at all. */
static bool is_part(struct as_job *job)
{
	struct ace_slice options = job->way.message->options, value;
	uint8_t code = ace_coap_option_find(options, ACE_OPT_OSCORE, &value) ? ace_block_outer(options) : 0;

	if (!code)
		return false;
	as_answer_code(&job->answer, code);
	job->answer.has_max_age = true;
	job->answer.max_age_s = 0;
	if (code == ACE_COAP_TOO_LARGE)
		job->answer.extra.size1 = ACE_UDP_DATAGRAM_MAX;
	return true;
}

void as_authenticate(struct as_server *as, struct as_job *job)
{
	enum ace_err err;

	job->state = AS_JOB_PLAIN;
	job->peer = NULL;
	as_answer_init(&job->answer);
	if (is_part(job))
		return;
	err = job->way.kind == AS_WAY_DTLS ? recognise(as, job) : unprotect(as, job);
	if (err) {
		answer_refused(job, err);
		as_metrics_fault(&as->metrics, err);
		/* What fails on our side is nobody's fault. */
		if (!ACE_ERR_IS_OURS(err) && !as_way_blame(as, &job->way))
			job->state = AS_JOB_SILENT;
		cli_log(CLI_LOG_DEBUG, "request.refused", cli_log_err(err));
		return;
	}
	as_peer_touch(&as->peers, job->peer, as->batch->monotonic_ms);
	as->metrics.challenged += job->state == AS_JOB_CHALLENGED;
	/* Verified, if perhaps recorded before: a newcomer comes through a flood once, not twice. */
	if (job->state == AS_JOB_CHALLENGED)
		as_way_expect(as, &job->way);
	if (job->state == AS_JOB_VERIFIED)
		as_way_confirm(as, &job->way);
}

/* A newer key, made since the batch began, is not proven by an old one. */
static enum ace_err settle(struct store_txn *txn, const struct as_peer *peer)
{
	struct store_client client;
	struct store_device device;
	enum ace_err err;

	if (peer->kind == AS_PEER_CLIENT) {
		err = store_client_get(txn, peer->id, &client);
		return err || client.key_version != peer->key_version ? err : store_client_settle(txn, peer->id);
	}
	err = store_device_get(txn, peer->id, &device);
	return err || device.line_key_version != peer->key_version ? err : store_device_line_settle(txn, peer->id);
}

enum ace_err as_enrol(struct as_server *as, struct as_job *job)
{
	struct store_txn *txn;
	enum ace_err err;

	if (!job->peer->has_ticket)
		return ACE_OK;
	job->answer.waits = true;
	err = as_batch_write(as, &txn);
	return err ? err : settle(txn, job->peer);
}
