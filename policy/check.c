/* SPDX-License-Identifier: Apache-2.0 */
/* The errors that no shape can show: references that lead nowhere, and clashes. */
#include <stdlib.h>
#include <string.h>

#include "policy/rule.h"

#define SUGGEST_MAX 10000
#define PATH_OF(...) policy_pointer_make((const char *const[]){ __VA_ARGS__, NULL }, SIZE_MAX)
#define ELEMENT_OF(index, ...) policy_pointer_make((const char *const[]){ __VA_ARGS__, NULL }, (index))

static int compare_ids(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element); /* id is the first member of both */
}

static bool is_listed(const void *list, size_t len, size_t size, const char *id)
{
	return len && bsearch(id, list, len, size, compare_ids);
}

static bool has_tag_key(const struct policy_build *build, bool is_device, const char *key)
{
	const struct policy_inventory *inventory = build->inventory;
	size_t len = is_device ? inventory->devices_len : inventory->clients_len;

	for (size_t i = 0; i < len; i++)
		if (policy_tag_value(is_device ? inventory->devices[i].tags : inventory->clients[i].tags, key))
			return true;
	return false;
}

static bool is_known(const struct policy_build *build, enum policy_kind kind, const char *name)
{
	const struct policy_inventory *inventory = build->inventory;
	bool is_here = false;

	if (kind == POLICY_KIND_CLIENT)
		is_here = is_listed(inventory->clients, inventory->clients_len, sizeof *inventory->clients, name);
	else if (kind == POLICY_KIND_DEVICE)
		is_here = is_listed(inventory->devices, inventory->devices_len, sizeof *inventory->devices, name);
	else if (kind == POLICY_KIND_MODEL)
		is_here = policy_model_find(build->policy, name) != NULL;
	else
		is_here = has_tag_key(build, kind == POLICY_KIND_DEVICE_TAG, name);
	if (is_here || (build->options->allow_unknown && kind != POLICY_KIND_MODEL))
		return true;
	return build->options->known && build->options->known(build->options->known_context, kind, name);
}

/* "Did you mean" for an id of the inventory, unless that is so large that looking would take long. */
static void suggest_id(struct policy_build *build, bool is_device, const char *name)
{
	const struct policy_inventory *inventory = build->inventory;
	size_t len = is_device ? inventory->devices_len : inventory->clients_len;
	const char *near = NULL;

	if (len > SUGGEST_MAX)
		return;
	for (size_t i = 0; i < len && !near; i++) {
		const char *id = is_device ? inventory->devices[i].id : inventory->clients[i].id;

		near = policy_suggest(name, (struct policy_names){ &id, 1 });
	}
	if (near)
		policy_report_hint(build->problems, "did you mean “%s”?", near);
}

static struct policy_place place(uint32_t source, const struct policy_pointer *pointer)
{
	return (struct policy_place){ source, pointer->text };
}

static void suggest_group(struct policy_build *build, const struct policy_group *groups, size_t len, const char *name)
{
	const char *near = NULL;

	for (size_t i = 0; i < len && !near; i++)
		near = policy_suggest(name, (struct policy_names){ &groups[i].id, 1 });
	if (near)
		policy_report_hint(build->problems, "did you mean “%s”?", near);
}

static void suggest_model(struct policy_build *build, const char *name)
{
	const char *near = NULL;

	for (size_t i = 0; i < build->policy->models_len && !near; i++)
		near = policy_suggest(name, (struct policy_names){ &build->policy->models[i].public.id, 1 });
	if (near)
		policy_report_hint(build->problems, "did you mean “%s”?", near);
}

static void check_selector(struct policy_build *build, const struct policy_rule *rule, bool is_device, size_t index)
{
	struct policy *policy = build->policy;
	struct policy_group *groups = is_device ? policy->device_groups : policy->client_groups, *group;
	size_t groups_len = is_device ? policy->device_groups_len : policy->client_groups_len;
	const char *selector = (is_device ? rule->devices : rule->clients).list[index];
	struct policy_pointer at = ELEMENT_OF(index, "rules", rule->id, is_device ? "devices" : "clients");
	char key[64];

	if (!strcmp(selector, "*"))
		return;
	if (!strncmp(selector, "group:", 6)) {
		group = policy_group_find(groups, groups_len, selector + 6);
		if (group) {
			group->is_used = true;
			return;
		}
		policy_report(build->problems, place(rule->source, &at), "E102", "there is no %s group “%s”",
			      is_device ? "device" : "client", selector + 6);
		suggest_group(build, groups, groups_len, selector + 6);
	} else if (!strncmp(selector, "tag:", 4)) {
		snprintf(key, sizeof key, "%.*s", (int)(strchr(selector, '=') - selector - 4), selector + 4);
		if (!is_known(build, is_device ? POLICY_KIND_DEVICE_TAG : POLICY_KIND_CLIENT_TAG, key))
			policy_report(build->problems, place(rule->source, &at), "E102", "no %s has a tag “%s”",
				      is_device ? "device" : "client", key);
	} else if (!is_known(build, is_device ? POLICY_KIND_DEVICE : POLICY_KIND_CLIENT, selector)) {
		policy_report(build->problems, place(rule->source, &at), "E103", "there is no %s “%s”",
			      is_device ? "device" : "client", selector);
		suggest_id(build, is_device, selector);
	}
}

static const char *method_name(uint8_t bit)
{
	static const char *const names[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH" };
	static const char *const dynamic[] = { "Dynamic-GET",	"Dynamic-POST",	 "Dynamic-PUT",	   "Dynamic-DELETE",
					       "Dynamic-FETCH", "Dynamic-PATCH", "Dynamic-iPATCH" };

	return bit < 7 ? names[bit] : dynamic[bit - 32];
}

static bool is_offered(const struct policy *policy, uint32_t path_id, uint8_t bit)
{
	for (size_t m = 0; m < policy->models_len; m++)
		for (size_t i = 0; i < policy->models[m].permissions.len; i++)
			if (policy->models[m].path_ids[i] == path_id &&
			    policy->models[m].permissions.list[i].methods >> bit & 1)
				return true;
	return false;
}

static void check_permissions(struct policy_build *build, const struct policy_permissions *list, uint32_t source,
			      const struct policy_pointer *at)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct policy_permission *p = &list->list[i];
		struct policy_pointer pointer = *at;

		policy_pointer_push(&pointer, p->path);
		if (p->path_id == POLICY_NO_PATH) {
			policy_report(build->problems, place(source, &pointer), "E107", "no model has the path “%s”", p->path);
			continue;
		}
		for (size_t k = 0; k < p->order_len; k++) {
			size_t before;

			if (is_offered(build->policy, p->path_id, p->order[k]))
				continue;
			before = policy_pointer_push_index(&pointer, k);
			policy_report(build->problems, place(source, &pointer), "E108", "no model allows %s on “%s”",
				      method_name(p->order[k]), p->path);
			policy_pointer_cut(&pointer, before);
		}
	}
}

/* Uri-Path segments have at most 255 bytes, and "." and ".." have no meaning there (RFC 7252 5.10.1, 6.4). */
static bool is_coap_path(const char *path)
{
	while (*path == '/') {
		size_t len = strcspn(path + 1, "/");

		if (len > 255 || (len == 1 && path[1] == '.') || (len == 2 && path[1] == '.' && path[2] == '.'))
			return false;
		path += 1 + len;
	}
	return true;
}

static void check_lifetime(struct policy_build *build, uint32_t lifetime_s, uint32_t source,
			   const struct policy_pointer *at)
{
	uint32_t most = build->options->lifetime_max_s ? build->options->lifetime_max_s : POLICY_LIFETIME_MAX_S;

	if (lifetime_s > most)
		policy_report(build->problems, place(source, at), "E112", "the server grants at most %u s", most);
}

static void check_model(struct policy_build *build, const struct policy_model_private *model)
{
	struct policy_pointer at = PATH_OF("models", model->public.id, "limits", "lifetime");

	check_lifetime(build, model->public.lifetime_s, model->source, &at);
	for (size_t i = 0; i < model->permissions.len; i++) {
		const char *path = model->permissions.list[i].path;

		at = PATH_OF("models", model->public.id, "resources", path);
		if (!is_coap_path(path))
			policy_report(build->problems, place(model->source, &at), "E113",
				      "“%.80s” has a dot segment, or one of more than 255 bytes", path);
	}
}

static void check_rule(struct policy_build *build, const struct policy_rule *rule)
{
	struct policy_pointer at = PATH_OF("rules", rule->id, "permissions");

	for (size_t i = 0; i < rule->clients.len; i++)
		check_selector(build, rule, false, i);
	for (size_t i = 0; i < rule->devices.len; i++)
		check_selector(build, rule, true, i);
	check_permissions(build, &rule->permissions, rule->source, &at);
	at = PATH_OF("rules", rule->id, "lifetime");
	check_lifetime(build, rule->lifetime_s, rule->source, &at);
	for (size_t i = 0; i < rule->scopes.len; i++) {
		const char *near = NULL;

		if (policy_scope_find(build->policy, rule->scopes.list[i]))
			continue;
		at = ELEMENT_OF(i, "rules", rule->id, "scopes");
		policy_report(build->problems, place(rule->source, &at), "E104", "scope “%s” is not defined",
			      rule->scopes.list[i]);
		for (size_t k = 0; k < build->policy->scopes_len && !near; k++)
			near = policy_suggest(rule->scopes.list[i], (struct policy_names){ &build->policy->scopes[k].id, 1 });
		if (near)
			policy_report_hint(build->problems, "did you mean “%s”?", near);
	}
}

static void check_members(struct policy_build *build, bool is_device)
{
	const struct policy *policy = build->policy;
	const struct policy_group *groups = is_device ? policy->device_groups : policy->client_groups;
	size_t len = is_device ? policy->device_groups_len : policy->client_groups_len;

	for (size_t g = 0; g < len; g++) {
		for (size_t i = 0; i < groups[g].members.len; i++) {
			struct policy_pointer at =
				ELEMENT_OF(i, is_device ? "device_groups" : "client_groups", groups[g].id, "members");

			if (is_known(build, is_device ? POLICY_KIND_DEVICE : POLICY_KIND_CLIENT,
				     groups[g].members.list[i]))
				continue;
			policy_report(build->problems, place(groups[g].source, &at), "E103", "there is no %s “%s”",
				      is_device ? "device" : "client", groups[g].members.list[i]);
			suggest_id(build, is_device, groups[g].members.list[i]);
		}
	}
}

void policy_check_inventory(struct policy_build *build);

void policy_check(struct policy_build *build)
{
	const struct policy *policy = build->policy;
	struct policy_pointer defaults = PATH_OF("defaults", "lifetime");

	check_lifetime(build, policy->default_lifetime_s, policy->default_source, &defaults);
	for (size_t i = 0; i < policy->models_len; i++)
		check_model(build, &policy->models[i]);
	for (size_t i = 0; i < policy->scopes_len; i++) {
		struct policy_pointer at = PATH_OF("scopes", policy->scopes[i].id);

		check_permissions(build, &policy->scopes[i].permissions, policy->scopes[i].source, &at);
	}
	for (size_t i = 0; i < policy->rules_len; i++)
		check_rule(build, &policy->rules[i]);
	check_members(build, false);
	check_members(build, true);
	policy_check_inventory(build);
	for (size_t i = 0; i < build->inventory->devices_len; i++) {
		const struct policy_device *device = &build->inventory->devices[i];
		struct policy_pointer at = PATH_OF("devices", device->id, "model");

		if (is_known(build, POLICY_KIND_MODEL, device->model))
			continue;
		policy_report(build->problems, place(build->device_sources[i], &at), "E105", "there is no model “%s”",
			      device->model);
		suggest_model(build, device->model);
	}
}
