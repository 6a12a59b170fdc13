/* SPDX-License-Identifier: Apache-2.0 */
/* enroll, token, whoami, list, forget. */
#include "client/verbs.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/hex.h"
#include "cli/json.h"
#include "cli/scope.h"

#define ANSWER_WAIT_S 90 /* as coap-client: longer than a CON is retransmitted */

bool client_settings_read(const struct cli_call *call, const struct cli_output *output,
			  struct client_settings *ret_settings)
{
	const struct cli_number wait = { .flag = "break", .min = 1, .max = 3600, .fallback = ANSWER_WAIT_S };
	int64_t seconds;

	if (!cli_flag_number(call, output, &wait, &seconds))
		return false;
	*ret_settings = (struct client_settings){
		.state_dir = cli_flag_value(call, "state-dir"),
		.wireshark_path = cli_flag_value(call, "wireshark-keys"),
		.timeout_ms = (uint32_t)seconds * 1000,
		.explain = cli_flag(call, "explain"),
	};
	return true;
}

int client_verb_with(const struct cli_call *call, const struct cli_output *output, client_work_fn *work)
{
	struct client_settings settings;
	struct cli_error error = { 0 };
	struct client client;
	int code = CLI_EXIT_OK;

	if (!client_settings_read(call, output, &settings))
		return CLI_EXIT_USAGE;
	if (client_open(&client, &settings, output, &error))
		return cli_error_print(output, &error);
	if (work(&client, call, &error))
		code = cli_error_print(output, &error);
	client_close(&client);
	return code;
}

static enum ace_err enroll(struct client *client, const struct cli_call *call, struct cli_error *error)
{
	return client_enroll(client, call->args[0], call->yes, error);
}

int client_verb_enroll(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, enroll);
}

/* --- token --- */

static void put_scope(struct json_t *document, const struct ace_scope *scope)
{
	char text[CLI_SCOPE_TEXT_MAX];

	cli_scope_text(scope, text, sizeof text);
	cli_json_put_text(document, "scope", scope->kind ? text : NULL);
}

static enum ace_err grant_print(const struct client *client, const struct client_token_query *query,
				const struct client_grant *grant, bool show)
{
	const struct ace_scope *scope = grant->scope.kind ? &grant->scope : &query->scope;
	char scope_text[CLI_SCOPE_TEXT_MAX], audience[160], hex[CLI_HEX_CAP(CLIENT_MESSAGE_MAX)];
	struct json_t *document = cli_json_object();

	cli_scope_text(scope, scope_text, sizeof scope_text);
	cli_text_clean(query->audience, audience, sizeof audience);
	cli_hex_encode(grant->token, hex, sizeof hex);
	cli_say(client->output, "%s%sscope %s, expires in %lld s, %zu bytes", audience, *audience ? ": " : "",
		scope_text, (long long)grant->expires_in_s, grant->token.len);
	if (show)
		cli_say(client->output, "%s", hex);
	if (query->audience.len)
		cli_json_put_slice(document, "audience", query->audience);
	put_scope(document, scope);
	cli_json_put_int(document, "expires_in", grant->expires_in_s);
	if (show)
		cli_json_put_hex(document, "access_token", grant->token);
	return cli_output_json(client->output, document);
}

/* Keep it for the next request, unless an association is there that goes on. */
static enum ace_err grant_cache(struct client *client, const struct cli_client_bundle *as,
				const struct client_token_query *query, const struct client_grant *grant,
				struct cli_error *error)
{
	struct client_assoc old = { 0 }, assoc = {
		.as_uri = client_slice(as->as_uri), .audience = query->audience, .token = grant->token, .osc = grant->osc,
		.scope = grant->scope.kind ? grant->scope : query->scope };
	int64_t now;
	enum ace_err err = ace_port_wall_clock(&now);

	if (err || !query->audience.len)
		return err;
	err = client_assoc_read(&client->state, assoc.as_uri, assoc.audience, &old, error);
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	assoc.expires = now + grant->expires_in_s;
	if (err || now >= old.expires)
		err = client_assoc_replace(&client->state, &old, &assoc, error);
	client_assoc_free(&old);
	cli_bytes_free(&assoc.content);
	return err;
}

static enum ace_err token_get(struct client *client, const struct cli_client_bundle *as,
			      const struct client_token_query *query, bool show, struct cli_error *error)
{
	struct client_as_line line;
	struct client_answer answer;
	struct client_grant grant;
	enum ace_err err = client_as_open(client, as, false, &line, error);

	if (err)
		return err;
	err = client_as_token(client, &line, query, &answer, &grant, error);
	if (!err)
		err = grant_cache(client, as, query, &grant, error);
	if (!err)
		err = grant_print(client, query, &grant, show);
	client_answer_wipe(&answer);
	client_as_close(&line);
	return err;
}

/* The AS that --as names, or the only one. */
static enum ace_err as_select(const struct client_enrolments *enrolments, const char *as_uri,
			      const struct cli_client_bundle **ret_as, struct cli_error *error)
{
	enum ace_err err;

	*ret_as = as_uri ? client_enrolment_find(enrolments, client_slice(as_uri)) :
			   enrolments->len == 1 ? &enrolments->bundles[0] : NULL;
	if (*ret_as)
		return ACE_OK;
	if (as_uri || !enrolments->len) {
		err = cli_error_set(error, ACE_ERR_NOT_FOUND, "not enrolled with %s", as_uri ? as_uri : "any AS");
		error->exit = CLI_EXIT_REFUSED;
		return err;
	}
	err = cli_error_set(error, ACE_ERR_USAGE, "enrolled with several AS: name one with --as URI");
	error->exit = CLI_EXIT_USAGE;
	return err;
}

static enum ace_err token(struct client *client, const struct cli_call *call, struct cli_error *error)
{
	const char *scope = cli_flag_value(call, "scope"), *audience = cli_flag_value(call, "audience");
	uint8_t scope_bytes[CLI_SCOPE_MAX];
	struct ace_buf scope_buf = ACE_BUF_OF(scope_bytes);
	struct client_token_query query = { .audience = client_slice(audience), .ask_profile = true };
	struct client_enrolments enrolments = { 0 };
	const struct cli_client_bundle *as;
	enum ace_err err;

	if (scope && cli_scope_parse(scope, &scope_buf, &query.scope, error)) {
		error->exit = CLI_EXIT_USAGE;
		return error->err;
	}
	err = client_enrolments_read(&client->state, &enrolments, error);
	if (!err)
		err = as_select(&enrolments, cli_flag_value(call, "as"), &as, error);
	if (!err)
		err = token_get(client, as, &query, cli_flag(call, "show"), error);
	client_enrolments_free(&enrolments);
	return err;
}

int client_verb_token(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, token);
}

/* --- whoami --- */

static enum ace_err whoami(struct client *client, const struct cli_call *call, struct cli_error *error)
{
	struct client_enrolments enrolments = { 0 };
	struct json_t *list = cli_json_array();
	enum ace_err err = client_enrolments_read(&client->state, &enrolments, error);

	(void)call;
	if (!err && !enrolments.len) {
		err = cli_error_set(error, ACE_ERR_NOT_FOUND, "not enrolled with any AS");
		cli_error_hint(error, "get a ticket from the operator, then: ace-client enroll TICKET");
		error->exit = CLI_EXIT_NO;
	}
	for (size_t i = 0; !err && i < enrolments.len; i++) {
		struct json_t *entry = cli_json_object();

		cli_say(client->output, "%s at %s", enrolments.bundles[i].client, enrolments.bundles[i].as_uri);
		cli_json_put_text(entry, "client", enrolments.bundles[i].client);
		cli_json_put_text(entry, "as_uri", enrolments.bundles[i].as_uri);
		cli_json_add(list, entry);
	}
	client_enrolments_free(&enrolments);
	if (!err)
		return cli_output_json(client->output, list);
	cli_json_free(list);
	return err;
}

int client_verb_whoami(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, whoami);
}
