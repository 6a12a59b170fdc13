/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_exceed.h"

#include <stdlib.h>

#include "ace_scope.h"
#include "as/ctl_revoke.h"
#include "cli/json.h"
#include "cli/scope.h"

#define SCOPE_SHOWN 80 /* bytes of a scope in text */

/* Would it be given at that time, whole and for as long? */
static bool is_given(const struct policy *policy, const struct policy_query *query, const struct store_token *token)
{
	struct policy_decision decision;

	policy_decide(policy, query, &decision);
	return decision.outcome == POLICY_ALLOW && !decision.is_narrowed &&
	       token->expires_at <= query->now + (int64_t)decision.lifetime_s;
}

struct parties {
	struct ctl_party client, device;
};

static enum ace_err look(const struct ctl_draft *draft, const struct store_token *token, int64_t now,
			 struct parties *parties, bool *ret_exceeds)
{
	struct policy_query query = { .scope = { (enum ace_scope_kind)token->scope.kind, store_scope_slice(&token->scope) } };
	enum ace_err err = ctl_draft_find(draft, STORE_CLIENT, token->client, &parties->client);

	if (!err)
		err = ctl_draft_find(draft, STORE_DEVICE, token->device, &parties->device);
	if (err == ACE_ERR_NOT_FOUND)
		*ret_exceeds = true;
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	query.client = parties->client.party;
	query.device = parties->device.party;
	query.model = parties->device.model;
	query.now = token->issued_at;
	*ret_exceeds = !is_given(draft->policy, &query, token);
	/* A rule that begins, or a denial that ends, between then and now. */
	query.now = now;
	*ret_exceeds = *ret_exceeds && !is_given(draft->policy, &query, token);
	return ACE_OK;
}

enum ace_err ctl_token_exceeds(const struct ctl_draft *draft, const struct store_token *token, int64_t now,
			       bool *ret_exceeds)
{
	struct parties *parties = malloc(sizeof *parties);
	enum ace_err err = parties ? look(draft, token, now, parties, ret_exceeds) : ACE_ERR_MEMORY;

	free(parties);
	return err;
}

static enum ace_err keep(void *context, const struct store_token *token)
{
	struct ctl_exceeding *exceeding = context;

	if (exceeding->tokens < CTL_EXCEEDING_FIRST)
		exceeding->first[exceeding->tokens] = *token;
	exceeding->tokens++;
	return ACE_OK;
}

enum ace_err ctl_exceeding_find(const struct ctl_draft *draft, int64_t now, struct ctl_exceeding *ret_exceeding)
{
	ret_exceeding->tokens = 0;
	return ctl_live_each(draft, &(struct ctl_selection){ .exceeding = true }, now, keep, ret_exceeding);
}

static size_t named(const struct ctl_exceeding *exceeding)
{
	return exceeding->tokens < CTL_EXCEEDING_FIRST ? exceeding->tokens : CTL_EXCEEDING_FIRST;
}

static void scope_text(const struct store_token *token, char *ret_text, size_t cap)
{
	cli_scope_text(&(struct ace_scope){ (enum ace_scope_kind)token->scope.kind, store_scope_slice(&token->scope) },
		       ret_text, cap);
}

void ctl_exceeding_say(const struct cli_output *output, const struct ctl_exceeding *exceeding, bool is_rehearsal)
{
	char expires[CLI_TIME_TEXT_MAX], scope[SCOPE_SHOWN];
	bool is_one = exceeding->tokens == 1;

	if (!exceeding->tokens)
		return;
	cli_say(output, "%zu live token%s %s the new policy:", exceeding->tokens, CLI_S(exceeding->tokens),
		is_rehearsal ? "would exceed" : is_one ? "exceeds" : "exceed");
	for (size_t i = 0; i < named(exceeding); i++) {
		const struct store_token *token = &exceeding->first[i];

		scope_text(token, scope, sizeof scope);
		cli_time_text(token->expires_at, expires);
		cli_say(output, "  %llu  %s → %s  %s  until %s", (unsigned long long)token->sequence, token->client,
			token->device, scope, expires);
	}
	if (exceeding->tokens > CTL_EXCEEDING_FIRST)
		cli_say(output, "  and %zu more", exceeding->tokens - CTL_EXCEEDING_FIRST);
	if (!is_rehearsal)
		cli_note(output, "acectl token revoke --exceeding ends %s", is_one ? "it" : "them");
}

struct json_t *ctl_exceeding_record(const struct ctl_exceeding *exceeding)
{
	struct json_t *object = cli_json_object(), *first = cli_json_array(), *entry;
	char scope[CLI_SCOPE_TEXT_MAX];

	cli_json_put_int(object, "count", (int64_t)exceeding->tokens);
	for (size_t i = 0; i < named(exceeding); i++) {
		const struct store_token *token = &exceeding->first[i];

		entry = cli_json_object();
		scope_text(token, scope, sizeof scope);
		cli_json_put_int(entry, "id", (int64_t)token->sequence);
		cli_json_put_text(entry, "client", token->client);
		cli_json_put_text(entry, "device", token->device);
		cli_json_put_text(entry, "scope", scope);
		cli_json_put_time(entry, "expires", token->expires_at);
		cli_json_add(first, entry);
	}
	cli_json_put(object, "first", first);
	return object;
}
