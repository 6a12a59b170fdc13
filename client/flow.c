/* SPDX-License-Identifier: Apache-2.0 */
/* How a request gets to a device: the table of contents of the client. */
#include "client/flow.h"

#include <string.h>

#define REPOSTS_MAX 2

static enum ace_err flow_open(struct client_flow *flow, struct cli_error *ret_error)
{
	char origin[CLIENT_ORIGIN_MAX];
	enum ace_err err = client_peer_resolve(&flow->job->address, &flow->peer, ret_error);

	if (err)
		return err;
	err = client_enrolments_read(&flow->client->state, &flow->enrolments, ret_error);
	if (err)
		return err;
	if (!flow->enrolments.len) {
		(void)cli_error_set(ret_error, ACE_ERR_NOT_FOUND, "not enrolled with any AS");
		cli_error_hint(ret_error, "get a ticket from the operator, then: ace-client enroll TICKET");
		if (ret_error)
			ret_error->exit = CLI_EXIT_REFUSED;
		return ACE_ERR_NOT_FOUND;
	}
	client_origin(&flow->job->address, origin);
	err = client_pin_read(&flow->client->state, client_slice(origin), &flow->pin, ret_error);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static void flow_close(struct client_flow *flow)
{
	client_flow_put_down(flow);
	client_enrolments_free(&flow->enrolments);
	client_pin_free(&flow->pin);
	ace_wipe(flow, sizeof *flow);
}

/* A token whose time is over is not used for anything any more, nor are its keys. */
static enum ace_err expiry_check(struct client_flow *flow, struct cli_error *ret_error)
{
	int64_t now;
	enum ace_err err = ace_port_wall_clock(&now);

	if (err)
		return cli_error_set(ret_error, err, "there is no clock to tell whether the token is valid");
	/* RFC 9200 5.10.4: keys "are only valid as long as the related access token is". */
	if (flow->assoc.token.len && now >= flow->assoc.expires) {
		err = client_assoc_remove(&flow->client->state, &flow->assoc, ret_error);
		client_assoc_free(&flow->assoc);
	}
	return err;
}

/* Is there an association that can go on as it is? */
static enum ace_err flow_recall(struct client_flow *flow, struct cli_error *ret_error)
{
	const struct client_job *job = flow->job;
	struct ace_slice as_uri = job->as_uri ? client_slice(job->as_uri) : flow->pin.as_uri;
	struct client_assoc *assoc = &flow->assoc;
	enum ace_err err;

	flow->audience = job->audience ? client_slice(job->audience) : flow->pin.audience;
	flow->as = as_uri.len ? client_enrolment_find(&flow->enrolments, as_uri) : NULL;
	if (!flow->as || !flow->audience.len || job->fresh)
		return ACE_OK;
	err = client_assoc_read(&flow->client->state, client_slice(flow->as->as_uri), flow->audience, assoc,
				ret_error);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	err = expiry_check(flow, ret_error);
	/* A device that never proved itself, or has forgotten us, gets the same token again. */
	if (err || !assoc->has_context || !assoc->proven || assoc->refusals >= CLIENT_REFUSALS_MAX)
		return err;
	err = client_line_open(flow->client, assoc, &flow->line, ret_error);
	flow->line_ready = !err;
	return err;
}

/* Discovery, choice of the AS, and a token. */
static enum ace_err flow_obtain(struct client_flow *flow, struct cli_error *ret_error)
{
	char origin[CLIENT_ORIGIN_MAX];
	struct client_choice choice;
	enum ace_err err = client_flow_discover(flow, ret_error);

	if (err)
		return err;
	client_origin(&flow->job->address, origin);
	err = client_choose(&(struct client_choice_input){
		.origin = origin, .hints = &flow->hints, .pin = &flow->pin, .enrolments = &flow->enrolments,
		.as_uri = flow->job->as_uri, .audience = flow->job->audience }, &choice, ret_error);
	if (err)
		return err;
	flow->as = choice.as;
	flow->audience = choice.audience;
	return client_flow_first_token(flow, ret_error);
}

/* A context of the token that brought the keys, and over it the update of its rights, if there was one. */
static enum ace_err flow_repost(struct client_flow *flow, struct cli_error *ret_error)
{
	struct client *client = flow->client;

	for (unsigned int again = 0;; again++) {
		enum ace_err err = client_authz_step(client, &flow->peer, &flow->assoc, &flow->line, ret_error);

		if (err || !flow->assoc.update.len)
			return err;
		err = client_update_step(client, &flow->peer, &flow->line, flow->assoc.update, ret_error);
		/* protocol.md S10: the 2.01 was forged, perhaps. */
		if ((err != ACE_ERR_UNPROTECTED && err != ACE_ERR_TAG) || again == REPOSTS_MAX)
			return err;
	}
}

enum ace_err client_flow_renew(struct client_flow *flow, struct cli_error *ret_error)
{
	struct client *client = flow->client;
	enum ace_err err;

	flow->line_ready = false;
	if (flow->assoc.token.len) {
		err = flow_repost(flow, ret_error);
		if (err != ACE_ERR_DENIED || flow->assoc.is_candidate) {
			flow->line_ready = !err;
			return err;
		}
		/* A token from an earlier day that is not taken: one try with a new one. Who says no is not known, so
		 * that the old one stays until the device has proven itself under the new one. */
	}
	err = flow_obtain(flow, ret_error);
	if (!err)
		err = client_authz_step(client, &flow->peer, &flow->assoc, &flow->line, ret_error);
	flow->line_ready = !err;
	return err;
}

/* First use, or a change that the user asked for: known only now that the device has proven itself. */
static enum ace_err flow_pin(struct client_flow *flow, struct cli_error *ret_error)
{
	char origin[CLIENT_ORIGIN_MAX], audience[256];
	struct client_pin now = { .as_uri = flow->assoc.as_uri, .audience = flow->assoc.audience };
	enum ace_err err;

	client_origin(&flow->job->address, origin);
	now.origin = client_slice(origin);
	if (ace_slice_equal(flow->pin.as_uri, now.as_uri) && ace_slice_equal(flow->pin.audience, now.audience))
		return ACE_OK;
	err = client_pin_write(&flow->client->state, &now, ret_error);
	if (err)
		return err;
	cli_text_clean(now.audience, audience, sizeof audience);
	client_note(flow->client, "%s %s: it is %s, in the charge of %s",
		 flow->pin.origin.len ? "pinned anew" : "pinned", origin, audience, flow->as->as_uri);
	return ACE_OK;
}

/* What the user asked for by name and we do not hold yet. */
static enum ace_err flow_widen(struct client_flow *flow, struct cli_error *ret_error)
{
	bool changed;

	if (!flow->job->scope.kind)
		return ACE_OK;
	/* Names cannot be compared with AIF, but the request can. */
	if (flow->job->scope.kind != flow->assoc.scope.kind && client_flow_is_covered(flow))
		return ACE_OK;
	return client_flow_extend(flow, &flow->job->scope, &changed, ret_error);
}

/* A device that knows us and says 4.03 or 4.05 says in its hints what would be enough. By AIF we can say it ourselves, and
 * exactly: a name may be for more, of which the AS would give a part that we have, and no reason. */
static enum ace_err flow_insist(struct client_flow *flow, struct client_answer *ret_answer,
				struct cli_error *ret_error)
{
	uint8_t bytes[CLI_SCOPE_MAX], wish_bytes[CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes), wish_out = ACE_BUF_OF(wish_bytes);
	struct client_hints hints;
	struct ace_scope need;
	bool changed = false;
	enum ace_err err;

	if (ret_answer->msg.code != ACE_COAP_FORBIDDEN && ret_answer->msg.code != ACE_COAP_METHOD_NOT_ALLOWED)
		return ACE_OK;
	if (client_hints_read(ret_answer->msg.payload, &hints) || !hints.scope.kind)
		return ACE_OK; /* the refusal stands as it is */
	flow->hints.cnonce = hints.cnonce;
	if (flow->assoc.scope.kind != ACE_SCOPE_AIF || !client_flow_need(flow, client_flow_method(flow), &out, &need))
		need = hints.scope;
	/* Who may write will read soon; that not being granted, nothing is lost. */
	else if (!client_flow_need(flow, ACE_AIF_BIT(ACE_COAP_GET), &wish_out, &flow->wish))
		flow->wish = (struct ace_scope){ 0 };
	err = client_flow_extend(flow, &need, &changed, ret_error);
	flow->wish = (struct ace_scope){ 0 };
	return err || !changed ? err : client_flow_request(flow, ret_answer, ret_error);
}

enum ace_err client_flow(struct client *client, const struct client_job *job, struct client_answer *ret_answer,
			 struct cli_error *ret_error)
{
	struct client_flow flow;
	enum ace_err err;

	memset(&flow, 0, sizeof flow);
	memset(ret_answer, 0, sizeof *ret_answer);
	flow.client = client;
	flow.job = job;
	err = flow_open(&flow, ret_error);                           /* who are we, and who was it last time? */
	if (!err)
		err = flow_recall(&flow, ret_error);                 /* an association that goes on? */
	if (!err && flow.line_ready)
		err = flow_widen(&flow, ret_error);                  /* --scope: enough as it is? */
	else if (!err)
		err = client_flow_renew(&flow, ret_error);           /* hints, token, authz-info */
	if (!err)
		err = client_flow_request(&flow, ret_answer, ret_error); /* the request under OSCORE */
	if (!err)
		err = flow_pin(&flow, ret_error);                    /* the device is who it should be */
	if (!err)
		err = flow_insist(&flow, ret_answer, ret_error);     /* 4.03, 4.05: more rights, again */
	flow_close(&flow);
	return err;
}
