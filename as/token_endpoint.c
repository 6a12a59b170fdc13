/* SPDX-License-Identifier: Apache-2.0 */
/* How a token is granted: a list of steps, each one call into the file that is named after it. */
#include "as/endpoints.h"

#include <string.h>

#include "as/changes.h"
#include "as/decision_record.h"
#include "as/health.h"
#include "as/reasons.h"
#include "as/update.h"

/* What the steps find out, one after the other. */
struct token_request {
	const struct as_client *client; /* borrows from the peer, or is stranger */
	const struct as_device *device; /* borrows from the cache; NULL: not found yet */
	struct as_client stranger;      /* a peer that is no client */
	struct as_request request;
	bool is_default_scope; /* the client named none */
	struct as_update update; /* of use when request.req_cnf is AS_REQ_CNF_KID */
	struct policy_decision decision;
	struct store_decision record;
	struct as_minted minted;
	enum ace_oauth_error error; /* the first refusal wins */
	int32_t reason;
};

/* What a refusal may leave untouched, and the record reads all the same. The steps write the rest whole: the struct has 12 KB,
 * and clearing them would cost more than some of the steps. */
static void begin(struct token_request *t)
{
	t->device = NULL;
	t->request = (struct as_request){ 0 };
	t->decision.lifetime_s = 0;
	t->error = ACE_OAUTH_NONE;
	t->reason = 0;
}

static bool refused(struct token_request *t, enum ace_oauth_error error, int32_t reason)
{
	t->error = error;
	t->reason = error ? reason : 0;
	return error != ACE_OAUTH_NONE;
}

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

/* The verified OSCORE context is the client; its record says the rest. */
static void identify(const struct as_job *job, struct token_request *t)
{
	bool is_client = job->peer->kind == AS_PEER_CLIENT;

	t->stranger = (struct as_client){ .id = job->peer->id, .default_audience = "", .default_scope = "" };
	t->client = is_client ? job->peer->client : &t->stranger;
	refused(t, is_client ? ACE_OAUTH_NONE : ACE_OAUTH_UNAUTHORIZED_CLIENT, AS_REASON_IDENTITY);
}

/* What the request leaves out comes from the client's record (RFC 6749 3.3: "a pre-defined default value"). */
static void read_request(const struct as_job *job, struct token_request *t)
{
	struct as_request *request = &t->request;
	enum ace_oauth_error error = as_request_read(job->inner.payload, request);

	if (error == ACE_OAUTH_INVALID_REQUEST)
		refused(t, error, AS_REASON_REQUEST);
	else if (request->client_id.ptr && !ace_slice_equal(request->client_id, text_slice(t->client->id)))
		refused(t, ACE_OAUTH_INVALID_CLIENT, AS_REASON_CLIENT_ID);
	else
		refused(t, error, AS_REASON_GRANT_TYPE);
	if (t->error)
		return;
	if (!request->audience.ptr)
		request->audience = text_slice(t->client->default_audience);
	t->is_default_scope = request->scope.kind == ACE_SCOPE_ABSENT && t->client->default_scope[0];
	if (t->is_default_scope)
		request->scope = (struct ace_scope){ ACE_SCOPE_TEXT, text_slice(t->client->default_scope) };
}

static enum ace_err find_device(struct as_server *as, struct token_request *t)
{
	enum ace_err err = as_device_find(as, as->batch->read, t->request.audience, &t->device);

	if (err != ACE_ERR_NOT_FOUND)
		return err;
	refused(t, ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE);
	return ACE_OK;
}

static bool is_update(const struct token_request *t)
{
	return t->request.req_cnf == AS_REQ_CNF_KID;
}

/* RFC 9200 5.8.3, RFC 9201 3.1: no key that the client brings is of use in the OSCORE profile; a kid asks for an update of
 * access rights. RFC 9203 3.1: one that does not fit "MUST be declined with the error code invalid_request". */
static enum ace_err check_req_cnf(struct as_server *as, struct token_request *t)
{
	int32_t reason;
	enum ace_err err;

	if (t->request.req_cnf == AS_REQ_CNF_ABSENT)
		return ACE_OK;
	if (!is_update(t)) {
		refused(t, t->request.req_cnf == AS_REQ_CNF_ASYMMETRIC ? ACE_OAUTH_UNSUPPORTED_POP_KEY :
			ACE_OAUTH_INVALID_REQUEST, AS_REASON_REQ_CNF);
		return ACE_OK;
	}
	err = as_update_find(as, &(struct as_update_query){ t->client, t->device, t->request.kid }, &t->update, &reason);
	if (err == ACE_ERR_DENIED)
		refused(t, ACE_OAUTH_INVALID_REQUEST, reason);
	return err == ACE_ERR_DENIED ? ACE_OK : err;
}

/* An update is decided like a first token, over the whole scope that it asks for: it takes the earlier one's place. */
static enum ace_err decide(struct as_server *as, struct token_request *t)
{
	enum ace_err err = ACE_OK;

	policy_decide(as->policy, &(struct policy_query){
		.client = { t->client->id, t->client->is_enabled, t->client->tags },
		.device = { t->device->id, t->device->is_enabled, t->device->tags },
		.model = t->device->model, .scope = t->request.scope, .now = as->batch->now }, &t->decision);
	/* Who may do nothing there at all learns nothing about kids. */
	if (t->decision.error != ACE_OAUTH_UNAUTHORIZED_CLIENT)
		err = check_req_cnf(as, t);
	if (!err && !t->error)
		refused(t, t->decision.error, (int32_t)t->decision.reason);
	return err;
}

/* The checks in the order of protocol: the first refusal wins, a failure of ours ends it. */
static enum ace_err check(struct as_server *as, struct as_job *job, struct token_request *t)
{
	enum ace_err err = ACE_OK;

	identify(job, t);
	if (!t->error)
		read_request(job, t);
	if (!t->error)
		err = find_device(as, t);
	return err || t->error ? err : decide(as, t);
}

static enum ace_err fill_record(struct as_server *as, struct token_request *t)
{
	return as_decision_fill(as, &(struct as_decided){
		.client = t->client, .device = t->device, .request = &t->request, .reason = t->reason,
		.error = t->error, .lifetime_s = t->decision.lifetime_s }, &t->record);
}

/* The client hears the code and an id; the operator looks the reason up with it. */
static enum ace_err refuse(struct as_server *as, struct as_job *job, struct token_request *t)
{
	char id[STORE_DECISION_TEXT_LEN + 1];
	bool joined;
	enum ace_err err = as_record_refusal(as, &t->record, &joined);

	if (err)
		return err;
	store_decision_id_text(&t->record.id, id);
	as_answer_oauth_error(&job->answer, t->error, id);
	as_token_note_refused(as->config, &t->record, joined, &job->event);
	return ACE_OK;
}

static enum ace_err make_token(struct as_server *as, struct as_job *job, struct token_request *t)
{
	struct ace_scope scope = policy_decision_scope(&t->decision);
	/* RFC 6749 5.1: optional "if identical to the scope requested by the client; otherwise, REQUIRED". */
	bool tells_scope = t->decision.scope_differs || t->is_default_scope;
	enum ace_err err = as_mint(as, &(struct as_mint_input){
		.client_id = t->client->id, .device = t->device, .decision = &t->decision,
		.cnonce = t->request.cnonce, .decision_id = t->record.id,
		.update = is_update(t) ? &t->update : NULL }, &t->minted);

	if (err)
		return err;
	return as_answer_grant(&job->answer, &(struct as_grant){
		.token = { t->minted.token, t->minted.len }, .expires_in_s = t->decision.lifetime_s,
		.osc = is_update(t) ? NULL : &t->minted.osc, .scope = tells_scope ? &scope : NULL,
		.with_profile = t->request.wants_profile });
}

/* Its length is known only now. Nothing is left out for it: which claims a device's tokens have says its model. */
static enum ace_err refuse_too_long(struct as_server *as, struct as_job *job, struct token_request *t)
{
	enum ace_err err;

	refused(t, ACE_OAUTH_INVALID_SCOPE, AS_REASON_TOKEN_TOO_LONG);
	err = fill_record(as, t);
	return err ? err : refuse(as, job, t);
}

static enum ace_err grant(struct as_server *as, struct as_job *job, struct token_request *t)
{
	enum ace_err err = make_token(as, job, t);

	if (err == ACE_ERR_SPACE)
		err = refuse_too_long(as, job, t);
	else if (!err)
		err = as_record_grant(as, &t->record, &t->minted);
	if (!err && !t->error)
		as_token_note_issued(as->config, &t->minted.record, as->generation, &job->event);
	job->event.is_narrowed = t->decision.is_narrowed;
	as_minted_fini(&t->minted);
	return err;
}

static enum ace_err run(struct as_server *as, struct as_job *job, struct token_request *t)
{
	enum ace_err err = check(as, job, t);

	if (err)
		return err;
	if (!as_bucket_take(t->error ? &job->peer->refusals : &job->peer->grants,
			    t->error ? &as->config->refusals : &as->config->grants, as->batch->monotonic_ms)) {
		as->metrics.delayed[t->error ? AS_DELAY_REFUSALS : AS_DELAY_GRANTS]++;
		cli_log(CLI_LOG_DEBUG, "token.limited", cli_log_text("client", job->peer->id),
			cli_log_text("of", t->error ? "refusals" : "grants"));
		return ACE_ERR_BUSY;
	}
	err = fill_record(as, t);
	if (err)
		return err;
	job->answer.waits = true;
	return t->error ? refuse(as, job, t) : grant(as, job, t);
}

void as_token_endpoint(struct as_server *as, struct as_job *job)
{
	struct token_request t;
	enum ace_err err;

	begin(&t);
	err = run(as, job, &t);
	if (!err)
		return;
	as_answer_failure(&job->answer, err);
	if (err != ACE_ERR_BUSY)
		as_health_failed(as, err);
}
