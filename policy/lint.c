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

static void lint_unused(struct policy_build *build)
{
	const struct policy *policy = build->policy;

	for (size_t i = 0; i < policy->scopes_len; i++) {
		struct policy_pointer at =
			policy_pointer_make((const char *const[]){ "scopes", policy->scopes[i].id, NULL }, SIZE_MAX);

		if (!policy->scopes[i].is_used)
			policy_report(build->problems, (struct policy_place){ policy->scopes[i].source, at.text }, "W201",
				      "no rule uses the scope “%s”", policy->scopes[i].id);
	}
}

void policy_lint(struct policy_build *build)
{
	lint_unused(build);
	lint_windows(build);
	policy_lint_tokens(build);
	for (size_t m = 0; m < build->policy->models_len; m++)
		if (!build->policy->models[m].public.has_clock)
			lint_lifetimes(build, &build->policy->models[m]);
}
