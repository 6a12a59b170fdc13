/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens: a first one, and one for more. */
#include "client/flow.h"

/* What was granted becomes an association without a context, and takes the place of what was there. */
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
	if (!err)
		err = client_assoc_remove(&flow->client->state, &old, ret_error);
	else if (err == ACE_ERR_NOT_FOUND)
		err = ACE_OK;
	client_assoc_free(&old);
	if (!err)
		err = client_assoc_write(&flow->client->state, &assoc, ret_error);
	if (err)
		return err;
	client_assoc_free(&flow->assoc);
	flow->assoc = assoc;
	flow->line_ready = false;
	return ACE_OK;
}

/* Ask, and hand out what is granted; *answer holds the bytes. */
static enum ace_err ask(struct client_flow *flow, const struct ace_scope *scope, struct client_answer *answer,
			struct client_grant *ret_grant, struct cli_error *ret_error)
{
	/* RFC 9200 5.3.1: a cnonce of the hints goes into the token request, unchanged. */
	const struct client_token_query query = {
		.audience = flow->audience, .scope = *scope, .ask_profile = true, .cnonce = flow->hints.cnonce };
	struct client_as_line line;
	enum ace_err err = client_as_open(flow->client, flow->as, false, &line, ret_error);

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
	enum ace_err err = ask(flow, scope, &answer, &grant, ret_error);

	if (!err)
		err = grant_keep(flow, &grant, scope, ret_error);
	client_answer_wipe(&answer);
	return err;
}

/* One token for what is held and what was granted on top. */
static enum ace_err joined_keep(struct client_flow *flow, const struct client_grant *more,
				const struct ace_scope *asked, struct cli_error *ret_error)
{
	const struct ace_scope *granted = more->scope.kind ? &more->scope : asked;
	uint8_t bytes[2 * CLIENT_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope both;

	/* Scopes of two kinds have no union that could be written: the new one stands alone. */
	if (!flow->assoc.scope.kind || client_scope_join(&flow->assoc.scope, granted, &out, &both))
		return grant_keep(flow, more, asked, ret_error);
	return client_flow_token(flow, &both, ret_error);
}

enum ace_err client_flow_extend(struct client_flow *flow, const struct ace_scope *scope, bool *ret_changed,
				struct cli_error *ret_error)
{
	uint8_t bytes[CLIENT_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct client_answer answer;
	struct client_grant grant;
	struct ace_scope missing;
	enum ace_err err = client_scope_less(scope, &flow->assoc.scope, &out, &missing);

	*ret_changed = false;
	if (err == ACE_ERR_UNSUPPORTED)
		missing = *scope;
	else if (err)
		return cli_error_set(ret_error, err, "the scope that the device hints at cannot be read");
	if (!missing.kind)
		return ACE_OK;
	/* Only what is missing: so that a refusal is an error with an id, and not a silently smaller token. */
	err = ask(flow, &missing, &answer, &grant, ret_error);
	if (!err)
		err = joined_keep(flow, &grant, &missing, ret_error);
	client_answer_wipe(&answer);
	if (!err)
		err = client_flow_renew(flow, ret_error);
	if (!err)
		*ret_changed = true;
	return err;
}
