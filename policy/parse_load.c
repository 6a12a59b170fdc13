/* SPDX-License-Identifier: Apache-2.0 */
/* The way from files to a policy: text, shape, structs, compiled, checked. */
#include <stdlib.h>
#include <string.h>

#include "policy/parse_read.h"
#include "policy/parse_shape.h"

static const struct policy_options no_options;

static void parsed_free(struct policy_parsed *parsed)
{
	for (size_t i = 0; parsed->roots && i < parsed->len; i++)
		json_decref(parsed->roots[i]);
	free(parsed->roots);
	policy_arena_free(parsed->arena);
}

/* Shape first, of all files: what comes after may rely on it. */
static enum ace_err parse_all(struct policy_parsed *parsed)
{
	size_t errors = parsed->problems->errors;

	parsed->roots = calloc(parsed->len + 1, sizeof *parsed->roots);
	if (!parsed->roots)
		return ACE_ERR_MEMORY;
	for (uint32_t i = 0; i < parsed->len; i++) {
		parsed->roots[i] = policy_parse_text(&parsed->sources[i], parsed->problems);
		if (parsed->roots[i])
			policy_shape_check(parsed->roots[i], i, parsed->problems);
	}
	return parsed->problems->errors > errors ? ACE_ERR_MALFORMED : ACE_OK;
}

static enum ace_err build_all(const struct policy_parsed *parsed, struct policy_build *build,
			      struct policy_inventory_private *inventory)
{
	struct policy *policy = build->policy;
	size_t errors = parsed->problems->errors;

	policy_parse_defaults(parsed, policy);
	policy_parse_models(parsed, policy);
	policy_parse_scopes(parsed, policy);
	policy_parse_groups(parsed, policy);
	policy_parse_rules(parsed, policy);
	policy_parse_inventory(parsed, inventory, build);
	if (policy->arena.no_memory || inventory->arena.no_memory || parsed->arena->no_memory)
		return ACE_ERR_MEMORY;
	if (!policy_compile_all(build))
		return ACE_ERR_MEMORY;
	policy_check(build);
	if (parsed->problems->errors == errors)
		policy_lint(build);
	if (parsed->problems->no_memory)
		return ACE_ERR_MEMORY;
	return parsed->problems->errors > errors ? ACE_ERR_MALFORMED : ACE_OK;
}

static bool has_policy(const struct policy_parsed *parsed)
{
	static const char *const sections[] = { "defaults",	 "models",	 "scopes",
						"client_groups", "device_groups", "rules" };

	for (size_t s = 0; s < parsed->len; s++)
		for (size_t i = 0; i < ACE_ARRAY_LEN(sections); i++)
			if (json_object_get(parsed->roots[s], sections[i]))
				return true;
	return false;
}

static enum ace_err finish(const struct policy_parsed *parsed, struct policy_build *build, struct policy_loaded *ret)
{
	char *canonical = policy_canonical(parsed);
	struct policy_counts counts = policy_counts(build->policy);

	if (!canonical)
		return ACE_ERR_MEMORY;
	counts.clients = build->inventory->clients_len;
	counts.devices = build->inventory->devices_len;
	*ret = (struct policy_loaded){ build->policy,	  build->inventory,   canonical,
				       strlen(canonical), has_policy(parsed), counts };
	return ACE_OK;
}

static void inventory_free(struct policy_inventory_private *inventory)
{
	if (inventory)
		policy_arena_free(&inventory->arena);
	free(inventory);
}

enum ace_err policy_load(const struct policy_source *sources, size_t sources_len, const struct policy_options *options,
			 struct policy_problems *problems, struct policy_loaded *ret_loaded)
{
	struct policy_arena arena = { 0 };
	struct policy_parsed parsed = { sources, sources_len, NULL, &arena, problems };
	struct policy_inventory_private *inventory = calloc(1, sizeof *inventory);
	struct policy_build build = { .policy = calloc(1, sizeof *build.policy),
				      .options = options ? options : &no_options,
				      .problems = problems };
	size_t first = problems->len;
	enum ace_err err = ACE_ERR_MEMORY;

	if (!build.policy || !inventory)
		goto out;
	build.inventory = &inventory->public;
	err = parse_all(&parsed);
	if (!err)
		err = build_all(&parsed, &build, inventory);
	if (!err)
		err = finish(&parsed, &build, ret_loaded);
	policy_report_locate(problems, first, sources, sources_len);
out:
	parsed_free(&parsed);
	if (err) {
		policy_free(build.policy);
		inventory_free(inventory);
	}
	return err;
}

void policy_loaded_free(struct policy_loaded *loaded)
{
	policy_free(loaded->policy);
	inventory_free((struct policy_inventory_private *)loaded->inventory);
	free(loaded->canonical);
	*loaded = (struct policy_loaded){ 0 };
}

enum ace_err policy_compile(const struct policy_source *generation, struct policy_problems *problems,
			    struct policy **ret_policy)
{
	const struct policy_options options = { .allow_unknown = true, .lifetime_max_s = UINT32_MAX };
	struct policy_loaded loaded = { 0 };
	enum ace_err err = policy_load(generation, 1, &options, problems, &loaded);

	if (err)
		return err;
	*ret_policy = loaded.policy;
	loaded.policy = NULL;
	policy_loaded_free(&loaded);
	return ACE_OK;
}

enum ace_err policy_compile_empty(struct policy **ret_policy)
{
	static const char text[] = "{\"format\":\"ace-policy/1\"}";
	struct policy_problems problems = { 0 };
	enum ace_err err =
		policy_compile(&(struct policy_source){ "empty", text, sizeof text - 1 }, &problems, ret_policy);

	policy_problems_free(&problems);
	return err;
}
