/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "policy/explain_words.h"

struct telling {
	const struct policy *policy;
	const struct policy_query *query;
	const struct policy_decision *decision;
	const struct policy_explain_options *options;
	const struct policy_story *story;
};

static json_t *granted_json(const struct policy_decision *d)
{
	json_t *granted = json_object();

	for (size_t i = 0; i < d->granted_len; i++) {
		json_t *methods = json_array();

		for (unsigned int bit = 0; bit < 39; bit++)
			if (d->granted[i].methods >> bit & 1)
				json_array_append_new(methods, json_string(policy_method_name(UINT64_C(1) << bit)));
		json_object_setn_new_nocheck(granted, (const char *)d->granted[i].path.ptr, d->granted[i].path.len, methods);
	}
	return granted;
}

/* removed: a deny rule took it away; not_granted: no rule allows it. */
static void refused_json(const struct telling *t, json_t *root)
{
	json_t *removed = json_array(), *not_granted = json_array();

	for (size_t i = 0; i < t->story->refused_len; i++) {
		const struct policy_told *told = &t->story->refused[i];
		json_t *permission = json_sprintf("%s %.*s", policy_method_name(told->method), (int)told->path.len,
						  (const char *)told->path.ptr);

		if (told->by == UINT32_MAX)
			json_array_append_new(not_granted, permission);
		else
			json_array_append_new(removed, json_pack("{s:o,s:s}", "permission", permission, "by",
								 t->policy->rules[told->by].id));
	}
	json_object_set_new(root, "removed", removed);
	json_object_set_new(root, "not_granted", not_granted);
}

static void lifetime_json(const struct telling *t, json_t *root)
{
	json_t *bounds = json_array();
	char words[128];

	for (size_t i = 0; i < t->story->bounds_len; i++) {
		policy_bound_words(t->policy, t->decision, &t->story->bounds[i], words, sizeof words);
		json_array_append_new(bounds, json_pack("{s:I,s:s}", "expires_in",
							(json_int_t)t->story->bounds[i].lifetime_s, "by", words));
	}
	policy_bound_words(t->policy, t->decision, &t->decision->bound, words, sizeof words);
	json_object_set_new(root, "expires_in", json_integer(t->decision->lifetime_s));
	json_object_set_new(root, "bounded_by", json_string(words));
	json_object_set_new(root, "bounds", bounds);
}

static void form_json(const struct telling *t, json_t *token)
{
	const struct policy_model *model = t->decision->model;
	json_t *omitted = json_array();

	if (model->omit_iss)
		json_array_append_new(omitted, json_string("iss"));
	if (model->omit_sub)
		json_array_append_new(omitted, json_string("sub"));
	if (model->omit_iat)
		json_array_append_new(omitted, json_string("iat"));
	json_object_set_new(token, "layout", json_string(policy_layout_name(model->token_layout)));
	json_object_set_new(token, "salt", json_boolean(model->token_salt));
	json_object_set_new(token, "omitted", omitted);
	if (model->token_id_bytes)
		json_object_set_new(token, "id_bytes", json_integer(model->token_id_bytes));
	if (t->options->alg)
		json_object_set_new(token, "alg", json_string(t->options->alg));
}

static json_t *token_json(const struct telling *t)
{
	const struct policy_decision *d = t->decision;
	char scope[2 * POLICY_SCOPE_MAX + 1] = "";
	json_t *token = json_pack("{s:s,s:I,s:I,s:s}", "scope_format", d->scope_kind == ACE_SCOPE_AIF ? "aif" : "text",
				  "scope_bytes", (json_int_t)d->scope_len, "scope_bytes_max",
				  (json_int_t)d->model->scope_bytes, "expiry", d->uses_exi ? "exi" : "exp");

	for (size_t i = 0; i < d->scope_len; i++)
		snprintf(scope + 2 * i, 3, "%02x", d->scope_bytes[i]);
	if (d->scope_kind == ACE_SCOPE_AIF)
		json_object_set_new(token, "scope_hex", json_string(scope));
	else
		json_object_set_new(token, "scope", json_stringn((const char *)d->scope_bytes, d->scope_len));
	form_json(t, token);
	if (t->options->token_bytes)
		json_object_set_new(token, "bytes", json_integer((json_int_t)t->options->token_bytes));
	if (d->model->token_bytes)
		json_object_set_new(token, "bytes_max", json_integer((json_int_t)d->model->token_bytes));
	return token;
}

static const char *match_name(enum policy_rule_match match)
{
	static const char *const names[] = { "yes",	    "disabled", "client",     "device",	   "scope", "client_tags",
					     "device_tags", "same_tag", "not_before", "not_after", "time" };

	return names[match];
}

static json_t *rules_json(const struct telling *t)
{
	struct policy_rule_result result, miss;
	bool has_miss = policy_nearest_miss(t->policy, t->query, t->decision, &miss);
	json_t *rules = json_array();

	for (uint32_t r = 0; r < t->policy->rules_len; r++) {
		policy_explain_rule(t->policy, t->query, r, &result);
		json_array_append_new(rules, json_pack("{s:s,s:s,s:s,s:s,s:s,s:b}", "id", t->policy->rules[r].id, "effect",
						       result.is_deny ? "deny" : "allow", "match",
						       match_name(result.match), "by", result.by, "reason", result.reason,
						       "near_miss", has_miss && miss.rule == r));
	}
	return rules;
}

static void head_json(const struct telling *t, json_t *root)
{
	const struct policy_decision *d = t->decision;
	bool too_long = t->options->token_too_long;

	json_object_set_new(root, "decision", json_string(too_long ? "deny (token too long)" : policy_outcome_name(d->outcome)));
	json_object_set_new(root, "reason", json_string(too_long ? "token-too-long" : policy_reason_name(d->reason)));
	json_object_set_new(root, "client", json_string(t->query->client.id));
	json_object_set_new(root, "device", json_string(t->query->device.id));
	json_object_set_new(root, "now", json_integer(t->query->now));
	json_object_set_new(root, "narrowed", json_boolean(d->is_narrowed));
	if (d->error || too_long)
		json_object_set_new(root, "error",
				    json_string(policy_error_name(d->error ? d->error : ACE_OAUTH_INVALID_SCOPE)));
	if (t->options->generation)
		json_object_set_new(root, "generation", json_integer((json_int_t)t->options->generation));
	if (t->options->decision_id)
		json_object_set_new(root, "decision_id", json_string(t->options->decision_id));
}

enum ace_err policy_explain_json(const struct policy *policy, const struct policy_query *query,
				 const struct policy_decision *decision, const struct policy_explain_options *options,
				 FILE *out)
{
	static const struct policy_explain_options none;
	struct policy_story story;
	struct telling t = { policy, query, decision, options ? options : &none, &story };
	json_t *root = json_object();
	bool is_written;

	policy_story_tell(policy, query, decision, &story);
	head_json(&t, root);
	json_object_set_new(root, "granted", granted_json(decision));
	refused_json(&t, root);
	if (decision->outcome == POLICY_ALLOW) {
		lifetime_json(&t, root);
		json_object_set_new(root, "token", token_json(&t));
	}
	json_object_set_new(root, "rules", rules_json(&t));
	is_written = !json_dumpf(root, out, JSON_INDENT(2)) && fputc('\n', out) != EOF;
	json_decref(root);
	return is_written ? ACE_OK : ACE_ERR_MEMORY;
}
