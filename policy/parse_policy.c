/* SPDX-License-Identifier: Apache-2.0 */
/* Models, scopes, groups and defaults. */
#include <string.h>

#include "policy/parse_read.h"

static void read_omit(const json_t *token, struct policy_model *model)
{
	json_t *word;
	size_t i;

	json_array_foreach(json_object_get(token, "omit"), i, word) {
		const char *text = json_string_value(word);

		if (!strcmp(text, "iss"))
			model->omit_iss = true;
		else if (!strcmp(text, "sub"))
			model->omit_sub = true;
		else
			model->omit_iat = true;
	}
}

static void read_token(const json_t *token, struct policy_model *model)
{
	const char *layout = json_string_value(json_object_get(token, "layout"));

	model->token_layout = ACE_COSE_PROTECTED;
	if (layout && !strcmp(layout, "rfc8392"))
		model->token_layout = ACE_COSE_RFC8392;
	if (layout && !strcmp(layout, "bare"))
		model->token_layout = ACE_COSE_BARE;
	model->token_salt = policy_read_bool(token, "salt", true);
	model->token_id_bytes = (uint8_t)json_number_value(json_object_get(token, "id_bytes"));
	read_omit(token, model);
}

static bool is_word(const json_t *object, const char *member, const char *word)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text && !strcmp(text, word);
}

static void read_model(struct policy_arena *arena, const struct policy_entry *entry, struct policy_model_private *ret)
{
	const json_t *limits = json_object_get(entry->value, "limits");
	struct policy_model *model = &ret->public;

	ret->source = entry->source;
	ret->permissions = policy_read_permissions(arena, json_object_get(entry->value, "resources"));
	model->id = policy_arena_text(arena, entry->id);
	model->description = policy_read_text(arena, entry->value, "description");
	model->scope_is_text = is_word(entry->value, "scope_format", "text");
	model->has_clock = !is_word(entry->value, "clock", "none");
	model->profile = is_word(entry->value, "profile", "coap_dtls") ? ACE_PROFILE_COAP_DTLS : ACE_PROFILE_COAP_OSCORE;
	model->cnonce = policy_read_bool(entry->value, "cnonce", false);
	model->lifetime_s = policy_read_duration(limits, "lifetime");
	model->scope_bytes = (uint32_t)json_number_value(json_object_get(limits, "scope_bytes"));
	if (!model->scope_bytes)
		model->scope_bytes = POLICY_SCOPE_MAX;
	model->token_bytes = (uint32_t)json_number_value(json_object_get(limits, "token_bytes"));
	read_token(json_object_get(entry->value, "token"), model);
}

void policy_parse_models(const struct policy_parsed *parsed, struct policy *policy)
{
	struct policy_entries entries = policy_parse_section(parsed, "models");

	policy->models = policy_arena_array(&policy->arena, entries.len, sizeof *policy->models);
	for (size_t i = 0; policy->models && i < entries.len; i++)
		read_model(&policy->arena, &entries.list[i], &policy->models[policy->models_len++]);
}

void policy_parse_scopes(const struct policy_parsed *parsed, struct policy *policy)
{
	struct policy_entries entries = policy_parse_section(parsed, "scopes");

	policy->scopes = policy_arena_array(&policy->arena, entries.len, sizeof *policy->scopes);
	for (size_t i = 0; policy->scopes && i < entries.len; i++)
		policy->scopes[policy->scopes_len++] = (struct policy_scope){
			.id = policy_arena_text(&policy->arena, entries.list[i].id),
			.source = entries.list[i].source,
			.permissions = policy_read_permissions(&policy->arena, entries.list[i].value),
		};
}

static struct policy_group *read_groups(const struct policy_parsed *parsed, struct policy *policy, const char *section,
					size_t *ret_len)
{
	struct policy_entries entries = policy_parse_section(parsed, section);
	struct policy_group *groups = policy_arena_array(&policy->arena, entries.len, sizeof *groups);

	for (size_t i = 0; groups && i < entries.len; i++)
		groups[i] = (struct policy_group){
			.id = policy_arena_text(&policy->arena, entries.list[i].id),
			.source = entries.list[i].source,
			.members = policy_read_names(&policy->arena, json_object_get(entries.list[i].value, "members")),
			.match = policy_read_matches(&policy->arena, json_object_get(entries.list[i].value, "match")),
		};
	*ret_len = groups ? entries.len : 0;
	return groups;
}

void policy_parse_groups(const struct policy_parsed *parsed, struct policy *policy)
{
	policy->client_groups = read_groups(parsed, policy, "client_groups", &policy->client_groups_len);
	policy->device_groups = read_groups(parsed, policy, "device_groups", &policy->device_groups_len);
}

void policy_parse_defaults(const struct policy_parsed *parsed, struct policy *policy)
{
	struct policy_entries entries = policy_parse_section(parsed, "defaults");

	policy->default_lifetime_s = 0;
	for (size_t i = 0; i < entries.len; i++) {
		const struct policy_entry *entry = &entries.list[i];

		if (strcmp(entry->id, "lifetime"))
			continue;
		policy->default_lifetime_s =
			policy_read_duration(json_object_get(parsed->roots[entry->source], "defaults"), "lifetime");
		policy->default_source = entry->source;
	}
}
