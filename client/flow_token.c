/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: a first one, and one for more rights. */
#include "client/flow.h"

#include <string.h>

void client_flow_put_down(struct client_flow *flow)
{
	/* What cannot be removed is a file of numbers for keys that nobody has. */
	if (flow->assoc.is_candidate && client_assoc_remove(&flow->client->state, &flow->assoc, NULL))
		client_note(flow->client, "the numbers of keys that are given up could not be removed");
	client_assoc_free(&flow->assoc);
	flow->line_ready = false;
}

/* What was granted becomes an association without a context. It takes the place of what was there at once when that is
 * over; else only when the device has proven itself under it: who made us ask for it is not known (protocol.md S9). */
static enum ace_err grant_keep(struct client_flow *flow, const struct client_grant *grant,
			       const struct ace_scope *asked, struct cli_error *ret_error)
{
	struct client_assoc assoc = {
		.as_uri = client_slice(flow->as->as_uri),
		.audience = flow->audience,
		.scope = grant->scope.kind ? grant->scope : *asked,
		.token = grant->token,
		.osc = grant->osc,
	};
	struct client_assoc old = { 0 };
	int64_t now;
	enum ace_err err = ace_port_wall_clock(&now);

	if (err)
		return cli_error_set(ret_error, err, "there is no clock to tell how long the token is valid");
	assoc.expires = now + grant->expires_in_s;
	err = client_assoc_read(&flow->client->state, assoc.as_uri, assoc.audience, &old, ret_error);
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	assoc.is_candidate = !err && now < old.expires;
	if (assoc.is_candidate)
		err = client_assoc_write(&flow->client->state, &assoc, ret_error);
	else
		err = client_assoc_replace(&flow->client->state, &old, &assoc, ret_error);
	client_assoc_free(&old);
	if (err)
		return err;
	client_flow_put_down(flow);
	flow->assoc = assoc;
	flow->line_ready = false;
	return ACE_OK;
}

/* Ask, and hand out what is granted; *answer holds the bytes. */
static enum ace_err ask(struct client_flow *flow, const struct ace_scope *scope, struct client_answer *answer,
			struct client_grant *ret_grant, struct cli_error *ret_error)
{
	/* RFC 9203 3.1: to update rights "without changing an existing OSCORE security context, it MUST include a
	 * req_cnf". RFC 9200 5.3.1: a cnonce of the hints goes into the token request, unchanged. */
	const struct client_token_query query = {
		.audience = flow->audience, .scope = *scope, .ask_profile = true, .cnonce = flow->hints.cnonce,
		.kid = flow->line_ready ? flow->assoc.osc.id : (struct ace_slice){ 0 } };
	struct client_as_line line;
	enum ace_err err;

	memset(answer, 0, sizeof *answer); /* the caller wipes it, whatever happens here */
	err = client_as_open(flow->client, flow->as, false, &line, ret_error);
	if (err)
		return err;
	err = client_as_token(flow->client, &line, &query, answer, ret_grant, ret_error);
	client_as_close(&line);
	return err;
}

enum ace_err client_flow_token(struct client_flow *flow, const struct ace_scope *scope, struct cli_error *ret_error)
{
	struct client_answer answer;
	struct client_grant grant;
	enum ace_err err;

	flow->line_ready = false; /* it is to bring keys of its own */
	err = ask(flow, scope, &answer, &grant, ret_error);

	if (!err)
		err = grant_keep(flow, &grant, scope, ret_error);
	client_answer_wipe(&answer);
	return err;
}

/* What was granted on top of what is held, and what that makes together. */
struct more {
	struct ace_scope both; /* absent when the two cannot be written as one */
	bool is_held;          /* nothing was granted that is not held already */
	uint8_t bytes[4 * CLI_SCOPE_MAX];
};

static void more_fill(const struct client_flow *flow, const struct ace_scope *granted, struct more *ret_more)
{
	const struct ace_scope *held = &flow->assoc.scope;
	struct ace_buf out = ACE_BUF_OF(ret_more->bytes);
	struct ace_scope rest, wider;

	ret_more->is_held = !cli_scope_less(granted, held, &out, &rest) && !rest.kind;
	out.len = 0;
	if (!held->kind || cli_scope_join(held, granted, &out, &ret_more->both))
		ret_more->both = (struct ace_scope){ 0 };
	else if (cli_scope_join(&ret_more->both, &flow->wish, &out, &wider) == ACE_OK)
		ret_more->both = wider;
}

/* Ask for what is missing and for no more, so that a refusal is an error with an id, and not a silently smaller token. */
static enum ace_err ask_missing(struct client_flow *flow, const struct ace_scope *missing, struct more *more,
				struct cli_error *ret_error)
{
	struct client_answer answer;
	struct client_refusal refusal;
	struct client_grant grant;
	enum ace_err err = ask(flow, missing, &answer, &grant, ret_error);

	if (!err)
		more_fill(flow, grant.scope.kind ? &grant.scope : missing, more);
	else if (err == ACE_ERR_DENIED && !client_refusal_read(answer.msg.payload, &refusal) &&
		 refusal.code == ACE_OAUTH_INVALID_REQUEST)
		err = ACE_ERR_NO_CONTEXT; /* the AS knows these keys no more */
	client_answer_wipe(&answer);
	return err;
}

/* The token for both, posted over the context that is there. The first token stays: it alone brings the keys. */
static enum ace_err update_both(struct client_flow *flow, const struct ace_scope *both, struct cli_error *ret_error)
{
	struct client_assoc *assoc = &flow->assoc, updated = *assoc;
	struct client_answer answer;
	struct client_grant grant;
	int64_t now;
	enum ace_err err = ask(flow, both, &answer, &grant, ret_error);

	if (!err)
		err = client_update_step(flow->client, &flow->peer, &flow->line, grant.token, ret_error);
	if (!err && ace_port_wall_clock(&now))
		err = cli_error_set(ret_error, ACE_ERR_IO, "there is no clock to tell how long the token is valid");
	if (!err) {
		updated.update = grant.token;
		updated.scope = grant.scope.kind ? grant.scope : *both;
		updated.expires = now + grant.expires_in_s;
		updated.content = (struct cli_bytes){ 0 };
		err = client_assoc_write(&flow->client->state, &updated, ret_error);
	}
	client_answer_wipe(&answer);
	if (err)
		return err;
	client_assoc_free(assoc);
	*assoc = updated;
	return ACE_OK;
}

/* ACE_ERR_NO_CONTEXT: not to be had over the keys that are there, but perhaps with others. */
static enum ace_err extend_update(struct client_flow *flow, const struct ace_scope *missing, bool *ret_changed,
				  struct cli_error *ret_error)
{
	struct more more;
	enum ace_err err;

	if (!flow->line_ready)
		return ACE_ERR_NO_CONTEXT;
	err = ask_missing(flow, missing, &more, ret_error);
	if (err || more.is_held)
		return err;
	if (!more.both.kind)
		return ACE_ERR_NO_CONTEXT;
	err = update_both(flow, &more.both, ret_error);
	*ret_changed = !err;
	/* The AS has granted it already: what says no here is the device. */
	return err == ACE_ERR_DENIED ? ACE_ERR_NO_CONTEXT : err;
}

/* New keys, with a token for both; where there is no union that could be written, the new one stands alone. */
static enum ace_err extend_anew(struct client_flow *flow, const struct ace_scope *missing, bool *ret_changed,
				struct cli_error *ret_error)
{
	struct more more;
	enum ace_err err;

	flow->line_ready = false;
	err = ask_missing(flow, missing, &more, ret_error);
	if (!err)
		err = client_flow_token(flow, more.both.kind ? &more.both : missing, ret_error);
	if (!err)
		err = client_flow_renew(flow, ret_error);
	*ret_changed = !err;
	return err;
}

enum ace_err client_flow_extend(struct client_flow *flow, const struct ace_scope *scope, bool *ret_changed,
				struct cli_error *ret_error)
{
	uint8_t bytes[CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope missing;
	enum ace_err err = cli_scope_less(scope, &flow->assoc.scope, &out, &missing);

	*ret_changed = false;
	if (err == ACE_ERR_UNSUPPORTED)
		missing = *scope;
	else if (err)
		return cli_error_set(ret_error, err, "the scope that the device hints at cannot be read");
	if (!missing.kind)
		return ACE_OK;
	err = extend_update(flow, &missing, ret_changed, ret_error);
	return err == ACE_ERR_NO_CONTEXT ? extend_anew(flow, &missing, ret_changed, ret_error) : err;
}
