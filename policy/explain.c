/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include <inttypes.h>
#include <string.h>

#include "policy/explain_words.h"

struct telling {
	const struct policy *policy;
	const struct policy_query *query;
	const struct policy_decision *decision;
	const struct policy_explain_options *options;
	FILE *out;
};

static const char *reason_words(enum policy_reason reason)
{
	static const char *const words[] = {
		"granted",
		"the client is disabled",
		"the device is disabled",
		"the policy has no such model any more",
		"no rule allows this client anything at this device",
		"nothing was asked, and the client has no default scope",
		"the scope is malformed",
		"nothing of what was asked exists at this device",
		"nothing of what was asked is allowed",
		"what could be granted is more than the device takes",
		"the device speaks another profile than coap_oscore, which is all that is served here",
	};

	return words[reason];
}

static void tell_head(const struct telling *t)
{
	const struct policy_decision *d = t->decision;
	char time[96];

	policy_time_words(t->policy, t->query, d, time, sizeof time);
	if (t->options->token_too_long)
		fputs("DENY (token too long)   ", t->out);
	else if (d->outcome == POLICY_ALLOW)
		fprintf(t->out, "ALLOW%s   ", d->is_narrowed ? " (narrowed)" : "");
	else
		fprintf(t->out, "DENY (%s)   ", d->outcome == POLICY_DENY_EXPLICIT ? "explicit" : "implicit");
	fprintf(t->out, "%s → %s", t->query->client.id, t->query->device.id);
	if (d->model)
		fprintf(t->out, " (%s)", d->model->id);
	if (d->outcome != POLICY_ALLOW || t->options->token_too_long)
		fprintf(t->out, "   client gets 4.00 %s", policy_error_name(d->error ? d->error : ACE_OAUTH_INVALID_SCOPE));
	if (t->options->generation)
		fprintf(t->out, "   policy generation %" PRIu64 ", %s\n", t->options->generation, time);
	else
		fprintf(t->out, "   %s\n", time);
	if (t->options->decision_id)
		fprintf(t->out, "  %-*s%s\n", d->outcome == POLICY_ALLOW ? 10 : 16, "decision", t->options->decision_id);
}

static void tell_permissions(const struct telling *t, const char *label, const struct policy_told *list, size_t len,
			     bool is_refused)
{
	for (size_t i = 0; i < len; i++) {
		fprintf(t->out, "  %-9s %s %.*s", i ? "" : label, policy_method_name(list[i].method), (int)list[i].path.len,
			(const char *)list[i].path.ptr);
		if (list[i].by != UINT32_MAX)
			fprintf(t->out, "   %s %s", is_refused ? "denied by" : "by", t->policy->rules[list[i].by].id);
		else if (is_refused)
			fputs("   no rule allows it", t->out);
		fputc('\n', t->out);
	}
}

static void tell_lifetime(const struct telling *t, const struct policy_story *story)
{
	char words[128];

	policy_bound_words(t->policy, t->decision, &t->decision->bound, words, sizeof words);
	fprintf(t->out, "  lifetime  %u s   ← %s\n", t->decision->lifetime_s, words);
	for (size_t i = 1; i < story->bounds_len; i++) {
		policy_bound_words(t->policy, t->decision, &story->bounds[i], words, sizeof words);
		fprintf(t->out, "%s%u s %s", i == 1 ? "            other bounds: " : ", ", story->bounds[i].lifetime_s, words);
	}
	if (story->bounds_len > 1)
		fputc('\n', t->out);
}

/* What is not as usual, as the model says it. */
static void tell_form(const struct telling *t)
{
	const struct policy_model *model = t->decision->model;

	if (t->options->alg)
		fprintf(t->out, "; %s", t->options->alg);
	if (model->token_layout != ACE_COSE_PROTECTED)
		fprintf(t->out, "; layout %s", policy_layout_name(model->token_layout));
	if (!model->token_salt)
		fputs("; no salt", t->out);
	if (model->token_id_bytes)
		fprintf(t->out, "; id of %u bytes", model->token_id_bytes);
	if (model->omit_iss || model->omit_sub || model->omit_iat)
		fprintf(t->out, "; without%s%s%s", model->omit_iss ? " iss" : "", model->omit_sub ? " sub" : "",
			model->omit_iat ? " iat" : "");
}

static void tell_token(const struct telling *t)
{
	const struct policy_decision *d = t->decision;

	fputs("  token     ", t->out);
	if (t->options->token_bytes && d->model->token_bytes)
		fprintf(t->out, "%zu of %u bytes; ", t->options->token_bytes, d->model->token_bytes);
	else if (t->options->token_bytes)
		fprintf(t->out, "%zu bytes; ", t->options->token_bytes);
	fprintf(t->out, "scope is %s, %zu of %u bytes; %s", d->scope_kind == ACE_SCOPE_AIF ? "AIF" : "text", d->scope_len,
		d->model->scope_bytes, d->uses_exi ? "exi (device has no clock)" : "exp");
	tell_form(t);
	fputs("\n            ", t->out);
	for (size_t i = 0; i < d->scope_len; i++)
		fprintf(t->out, d->scope_kind == ACE_SCOPE_AIF ? "%02x" : "%c", d->scope_bytes[i]);
	fputc('\n', t->out);
}

/* What of a token can be spared, in the order in which it is missed least; each line is a change of the model. */
static void tell_shorter(const struct telling *t)
{
	const struct policy_model *model = t->decision->model;

	fprintf(t->out, "  too long  the policy grants it, but %s; ask for less, or change the model:\n            ",
		model->token_bytes && t->options->token_bytes > model->token_bytes ? "the device takes no such token" :
										     "the answer would not fit one message");
	fprintf(t->out, "%s%s%s%sa higher “token_bytes” if the device can do it\n", model->omit_iat ? "" : "omit iat, ",
		model->omit_iss ? "" : "omit iss, ", model->omit_sub ? "" : "omit sub, ", model->token_salt ? "no salt, " : "");
}

/* With many rules only those that select the client and the device are told. */
static void tell_rules(const struct telling *t)
{
	bool is_long = t->policy->rules_len > 50;

	for (uint32_t r = 0; r < t->policy->rules_len; r++) {
		struct policy_rule_result result;
		const char *mark = "·", *effect = "–";

		policy_explain_rule(t->policy, t->query, r, &result);
		if (is_long && (result.match == POLICY_MATCH_CLIENT || result.match == POLICY_MATCH_DEVICE))
			continue;
		if (result.match == POLICY_MATCH_YES) {
			mark = result.is_deny ? "✗" : "✓";
			effect = result.is_deny ? "DENY" : "allow";
		}
		fprintf(t->out, "  %-9s %s %-28s %-6s  %s%s%s\n", r ? "" : "rules", mark, t->policy->rules[r].id, effect, result.by,
			*result.by && *result.reason ? "; " : "", result.reason);
	}
}

static void tell_fix(const struct telling *t, const struct policy_rule_result *miss)
{
	const struct policy_rule *rule = &t->policy->rules[miss->rule];
	const char *client = t->query->client.id, *device = t->query->device.id, *key, *value;

	fputs("  would fix it    ", t->out);
	switch (miss->match) {
	case POLICY_MATCH_SAME_TAG:
		key = policy_same_tag_miss(&rule->when, t->query);
		value = policy_tag_value(t->query->device.tags, key);
		fprintf(t->out, "tag %s %s=%s, or a rule without same_tag\n", value ? client : device, key,
			value ? value : "…");
		break;
	case POLICY_MATCH_CLIENT:
		fprintf(t->out, "select %s in %s (%s)\n", client, rule->id, rule->clients.list[0]);
		break;
	case POLICY_MATCH_DEVICE:
		fprintf(t->out, "select %s in %s (%s)\n", device, rule->id, rule->devices.list[0]);
		break;
	case POLICY_MATCH_DISABLED:
		fprintf(t->out, "enable %s\n", rule->id);
		break;
	case POLICY_MATCH_TIME:
	case POLICY_MATCH_NOT_BEFORE:
	case POLICY_MATCH_NOT_AFTER:
		fprintf(t->out, "ask at another time, or change the time in %s\n", rule->id);
		break;
	case POLICY_MATCH_CLIENT_TAGS:
	case POLICY_MATCH_DEVICE_TAGS:
		fprintf(t->out, "the tag that %s asks for\n", rule->id);
		break;
	case POLICY_MATCH_SCOPE:
	case POLICY_MATCH_YES:
		fprintf(t->out, "a rule that allows it\n");
		break;
	}
}

static bool is_known_name(const struct policy_model *model, struct ace_slice name)
{
	for (size_t i = 0; i < model->resources.text_scopes_len; i++)
		if (ace_slice_equal(model->resources.text_scopes[i].name, name))
			return true;
	return false;
}

/* A typo in a scope changes nothing but what is left out, so the names that mean nothing here are told, with those that do. */
static void tell_unknown(const struct telling *t)
{
	const struct policy_model *model = t->decision->model;
	const struct ace_scope *scope = &t->query->scope;
	struct ace_slice name;
	size_t pos = 0, told = 0;

	/* A malformed scope may hold what a terminal obeys. */
	if (!model || scope->kind != ACE_SCOPE_TEXT || t->decision->reason == POLICY_REASON_SCOPE_MALFORMED)
		return;
	while (ace_scope_text_next(scope->bytes, &pos, &name)) {
		if (is_known_name(model, name))
			continue;
		fprintf(t->out, told++ ? ", %.*s" : t->decision->outcome == POLICY_ALLOW ? "  unknown   %.*s" : "  unknown here    %.*s",
			(int)name.len, (const char *)name.ptr);
	}
	if (!told)
		return;
	fprintf(t->out, "; %s has ", model->id);
	for (size_t i = 0; i < model->resources.text_scopes_len; i++)
		fprintf(t->out, "%s%.*s", i ? ", " : "", (int)model->resources.text_scopes[i].name.len,
			(const char *)model->resources.text_scopes[i].name.ptr);
	fputs(model->resources.text_scopes_len ? "\n" : "no scope\n", t->out);
}

static void tell_miss(const struct telling *t)
{
	struct policy_rule_result miss;

	fprintf(t->out, "  because         %s\n", reason_words(t->decision->reason));
	tell_unknown(t);
	for (size_t i = 0; i < t->decision->denied_by.len; i++)
		fprintf(t->out, "  denied by       %s\n", t->policy->rules[t->decision->denied_by.rules[i]].id);
	if (!policy_nearest_miss(t->policy, t->query, t->decision, &miss))
		return;
	fprintf(t->out, "  nearest miss    %s: %s\n", t->policy->rules[miss.rule].id, miss.reason);
	tell_fix(t, &miss);
}

void policy_explain(const struct policy *policy, const struct policy_query *query,
		    const struct policy_decision *decision, const struct policy_explain_options *options, FILE *out)
{
	static const struct policy_explain_options none;
	struct telling t = { policy, query, decision, options ? options : &none, out };
	struct policy_story story;

	tell_head(&t);
	if (decision->outcome != POLICY_ALLOW) {
		tell_miss(&t);
		return;
	}
	policy_story_tell(policy, query, decision, &story);
	fputc('\n', out);
	tell_permissions(&t, "granted", story.granted, story.granted_len, false);
	tell_permissions(&t, "refused", story.refused, story.refused_len, true);
	tell_unknown(&t);
	fputc('\n', out);
	tell_lifetime(&t, &story);
	tell_token(&t);
	if (t.options->token_too_long)
		tell_shorter(&t);
	fputc('\n', out);
	tell_rules(&t);
}
