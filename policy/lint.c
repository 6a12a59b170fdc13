/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings: legal, but probably not what was meant. Only looked for when there are no errors. */
#include <string.h>

#include "policy/rule.h"

bool policy_rule_touches(const struct policy_rule *rule, const struct policy_model_private *model)
{
	size_t m = 0;

	for (size_t i = 0; i < model->permissions.len; i++) {
		while (m < rule->masks.len && rule->masks.list[m].path_id < model->path_ids[i])
			m++;
		if (m == rule->masks.len)
			return false;
		if (rule->masks.list[m].path_id == model->path_ids[i] &&
		    (rule->masks.list[m].methods & model->permissions.list[i].methods))
			return true;
	}
	return false;
}

bool policy_rule_reaches(const struct policy_build *build, const struct policy_rule *rule,
			 const struct policy_model *model)
{
	const struct policy_inventory *inventory = build->inventory;
	bool has_device = false;

	for (size_t i = 0; i < inventory->devices_len; i++) {
		const struct policy_device *device = &inventory->devices[i];
		const struct policy_party party = { device->id, device->enabled, device->tags };

		if (strcmp(device->model, model->id))
			continue;
		has_device = true;
		if (policy_device_selected(build->policy, rule, &party))
			return true;
	}
	return !has_device;
}

static bool is_clockless(const struct policy_build *build, const struct policy_rule *rule,
			 const struct policy_model_private *model)
{
	return !model->public.has_clock && rule->is_enabled && !rule->is_deny && policy_rule_touches(rule, model) &&
	       policy_rule_reaches(build, rule, &model->public);
}

static void lint_windows(struct policy_build *build)
{
	const struct policy *policy = build->policy;

	for (size_t r = 0; r < policy->rules_len; r++) {
		const struct policy_rule *rule = &policy->rules[r];
		struct policy_pointer at =
			policy_pointer_make((const char *const[]){ "rules", rule->id, "when", "time", NULL }, SIZE_MAX);

		for (size_t m = 0; rule->when.windows_len && m < policy->models_len; m++) {
			if (!is_clockless(build, rule, &policy->models[m]))
				continue;
			policy_report(build->problems, (struct policy_place){ rule->source, at.text }, "W220",
				      "“%s” has no clock: it counts from when it first sees the token, so that the end "
				      "of the window is approximate",
				      policy->models[m].public.id);
			break;
		}
	}
}

static void lint_lifetimes(struct policy_build *build, const struct policy_model_private *model)
{
	const struct policy *policy = build->policy;
	uint32_t otherwise = policy->default_lifetime_s ? policy->default_lifetime_s : POLICY_LIFETIME_DEFAULT_S;
	uint32_t least = UINT32_MAX, most = 0;
	struct policy_pointer at =
		policy_pointer_make((const char *const[]){ "models", model->public.id, "clock", NULL }, SIZE_MAX);

	for (size_t r = 0; r < policy->rules_len; r++) {
		uint32_t lifetime_s = policy->rules[r].lifetime_s ? policy->rules[r].lifetime_s : otherwise;

		if (!is_clockless(build, &policy->rules[r], model))
			continue;
		least = lifetime_s < least ? lifetime_s : least;
		most = lifetime_s > most ? lifetime_s : most;
	}
	if (most > least && most)
		policy_report(build->problems, (struct policy_place){ model->source, at.text }, "W222",
			      "rules give “%s” lifetimes from %u s to %u s; without a clock one for all is better",
			      model->public.id, least, most);
}

static void unused(struct policy_build *build, uint32_t source, const char *kind, const char *id, const char *what)
{
	struct policy_pointer at = policy_pointer_make((const char *const[]){ kind, id, NULL }, SIZE_MAX);

	policy_report(build->problems, (struct policy_place){ source, at.text }, "W201", "%s “%s”", what, id);
}

static void lint_unused_groups(struct policy_build *build, const struct policy_group *groups, size_t len,
			       const char *kind)
{
	for (size_t i = 0; i < len; i++)
		if (!groups[i].is_used)
			unused(build, groups[i].source, kind, groups[i].id, "no rule names the group");
}

static bool has_devices(const struct policy_inventory *inventory, const char *model)
{
	for (size_t i = 0; i < inventory->devices_len; i++)
		if (!strcmp(inventory->devices[i].model, model))
			return true;
	return false;
}

static void lint_unused(struct policy_build *build)
{
	const struct policy *policy = build->policy;
	/* A store may have devices of a model that these files have none of. */
	bool is_all = build->inventory->devices_len && !build->options->known;

	for (size_t i = 0; i < policy->scopes_len; i++)
		if (!policy->scopes[i].is_used)
			unused(build, policy->scopes[i].source, "scopes", policy->scopes[i].id, "no rule uses the scope");
	lint_unused_groups(build, policy->client_groups, policy->client_groups_len, "client_groups");
	lint_unused_groups(build, policy->device_groups, policy->device_groups_len, "device_groups");
	for (size_t i = 0; is_all && i < policy->models_len; i++)
		if (!has_devices(build->inventory, policy->models[i].public.id))
			unused(build, policy->models[i].source, "models", policy->models[i].public.id,
			       "no device is of the model");
}

static bool is_selected(const struct policy *policy, const struct policy_index *index, const struct policy_party *party)
{
	uint64_t bits[POLICY_RULE_WORDS];
	uint32_t rule = 0;

	for (policy_select(policy, index, party, bits); policy_rules_next(bits, policy->words, &rule); rule++)
		if (policy->rules[rule].is_enabled)
			return true;
	return false;
}

static void lint_left_out(struct policy_build *build)
{
	const struct policy_inventory *inventory = build->inventory;
	const struct policy *policy = build->policy;
	struct policy_pointer at;

	for (size_t i = 0; i < inventory->clients_len; i++) {
		const struct policy_client *client = &inventory->clients[i];

		if (!client->enabled ||
		    is_selected(policy, &policy->clients, &(struct policy_party){ client->id, true, client->tags }))
			continue;
		at = policy_pointer_make((const char *const[]){ "clients", client->id, NULL }, SIZE_MAX);
		policy_report(build->problems, (struct policy_place){ build->client_sources[i], at.text }, "W230",
			      "no rule selects “%s”", client->id);
	}
	for (size_t i = 0; i < inventory->devices_len; i++) {
		const struct policy_device *device = &inventory->devices[i];

		if (!device->enabled ||
		    is_selected(policy, &policy->devices, &(struct policy_party){ device->id, true, device->tags }))
			continue;
		at = policy_pointer_make((const char *const[]){ "devices", device->id, NULL }, SIZE_MAX);
		policy_report(build->problems, (struct policy_place){ build->device_sources[i], at.text }, "W231",
			      "no rule selects “%s”", device->id);
	}
}

void policy_lint(struct policy_build *build)
{
	lint_unused(build);
	if (build->policy->rules_len)
		lint_left_out(build);
	policy_lint_rules(build);
	lint_windows(build);
	policy_lint_tokens(build);
	for (size_t m = 0; m < build->policy->models_len; m++)
		if (!build->policy->models[m].public.has_clock)
			lint_lifetimes(build, &build->policy->models[m]);
}
