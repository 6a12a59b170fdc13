/* SPDX-License-Identifier: Apache-2.0 */
/* Models: the paths that exist, and which scopes mean what where. */
#include <stdlib.h>
#include <string.h>

#include "policy/rule.h"

#define CUTS_MAX ((size_t)2 << 20) /* scopes on models, in methods on paths, all together */

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool collect_paths(struct policy *policy)
{
	size_t count = 0, kept = 0;
	const char **list;

	for (size_t m = 0; m < policy->models_len; m++)
		count += policy->models[m].permissions.len;
	list = policy_arena_array(&policy->arena, count, sizeof *list);
	if (!list)
		return false;
	count = 0;
	for (size_t m = 0; m < policy->models_len; m++)
		for (size_t i = 0; i < policy->models[m].permissions.len; i++)
			list[count++] = policy->models[m].permissions.list[i].path;
	qsort(list, count, sizeof *list, compare_texts);
	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(list[kept - 1], list[i]))
			list[kept++] = list[i];
	policy->paths = list;
	policy->paths_len = kept;
	return true;
}

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

static bool fill_resources(struct policy *policy, struct policy_model_private *model)
{
	size_t count = model->permissions.len;
	struct ace_aif_entry *entries = policy_arena_array(&policy->arena, count, sizeof *entries);
	uint32_t *ids = policy_arena_array(&policy->arena, count, sizeof *ids);

	if (!entries || !ids)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct policy_permission *p = &model->permissions.list[i];

		entries[i] = (struct ace_aif_entry){ text_slice(p->path), p->methods };
		ids[i] = policy_path_find(policy, p->path, strlen(p->path));
	}
	model->public.resources.entries = entries;
	model->public.resources.entries_len = count;
	model->path_ids = ids;
	return true;
}

/* What of the scope this model offers; both sides are sorted by path. */
static size_t cut(const struct policy_model_private *model, const struct policy_scope *scope, struct policy_cut *ret)
{
	const struct ace_aif_entry *entries = model->public.resources.entries;
	size_t i = 0, k = 0, len = 0;

	while (i < model->public.resources.entries_len && k < scope->permissions.len) {
		const struct policy_permission *p = &scope->permissions.list[k];
		int order = strcmp(model->permissions.list[i].path, p->path);

		if (!order && (entries[i].methods & p->methods))
			ret[len++] = (struct policy_cut){ (uint8_t)i, entries[i].methods & p->methods };
		i += order <= 0;
		k += order >= 0;
	}
	return len;
}

static bool add_text_scope(struct policy *policy, struct policy_model_private *model, const struct policy_scope *scope,
			   struct ace_text_scope *ret_scope, const struct policy_cut **ret_cuts)
{
	struct policy_cut cuts[POLICY_PATHS_MAX], *copy;
	struct ace_aif_entry *grants;
	size_t len = cut(model, scope, cuts);

	*ret_cuts = NULL;
	if (!len)
		return true;
	copy = policy_arena_array(&policy->arena, len, sizeof *copy);
	grants = policy_arena_array(&policy->arena, len, sizeof *grants);
	if (!copy || !grants)
		return false;
	memcpy(copy, cuts, len * sizeof *copy);
	for (size_t i = 0; i < len; i++)
		grants[i] = (struct ace_aif_entry){ model->public.resources.entries[cuts[i].index].path, cuts[i].methods };
	*ret_scope = (struct ace_text_scope){ text_slice(scope->id), grants, len };
	*ret_cuts = copy;
	return true;
}

static bool fill_text_scopes(struct policy *policy, struct policy_model_private *model, size_t *total)
{
	struct ace_text_scope *scopes;
	const struct policy_cut **cuts;
	struct policy_cut scratch[POLICY_PATHS_MAX];
	size_t count = 0, len = 0;

	for (size_t i = 0; i < policy->scopes_len; i++)
		count += cut(model, &policy->scopes[i], scratch) > 0;
	*total += count * 4;
	scopes = policy_arena_array(&policy->arena, count, sizeof *scopes);
	cuts = policy_arena_array(&policy->arena, count, sizeof *cuts);
	if (!scopes || !cuts)
		return false;
	for (size_t i = 0; i < policy->scopes_len && *total <= CUTS_MAX && len < count; i++) {
		if (!add_text_scope(policy, model, &policy->scopes[i], &scopes[len], &cuts[len]))
			return false;
		if (!cuts[len])
			continue;
		*total += scopes[len].grants_len;
		len++;
	}
	model->public.resources.text_scopes = scopes;
	model->public.resources.text_scopes_len = len;
	model->cuts = cuts;
	return true;
}

bool policy_compile_models(struct policy_build *build)
{
	struct policy *policy = build->policy;
	size_t total = 0;

	if (!collect_paths(policy))
		return false;
	for (size_t i = 0; i < policy->models_len; i++) {
		if (!fill_resources(policy, &policy->models[i]) || !fill_text_scopes(policy, &policy->models[i], &total))
			return false;
		if (total > CUTS_MAX) {
			policy_report(build->problems, (struct policy_place){ policy->models[i].source, "/models" }, "E006",
				      "too many scopes on too many models");
			return true;
		}
	}
	return true;
}
