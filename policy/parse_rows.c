/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rows.h"

#include <stdlib.h>
#include <string.h>

#include "policy/parse_read.h"
#include "policy/parse_shape.h"

#define MODELS_NAMED 256 /* that a typo is compared with */

static const char *section_of(enum policy_kind kind)
{
	return kind == POLICY_KIND_CLIENT ? "clients" : "devices";
}

/* What an inventory cannot lack, since the id is the name of the member there. */
static bool check_id(const struct policy_row_input *in, struct policy_problems *problems)
{
	const char *what = in->kind == POLICY_KIND_CLIENT ? "client" : "device";
	const json_t *id = json_object_get(in->object, "id");

	if (!json_is_object(in->object))
		policy_report(problems, (struct policy_place){ 0, "" }, "E004", "a %s is an object", what);
	else if (!id)
		policy_report(problems, (struct policy_place){ 0, "" }, "E005", "a %s needs the member “id”", what);
	else if (!json_is_string(id))
		policy_report(problems, (struct policy_place){ 0, "/id" }, "E004", "a string is expected here");
	else if (!policy_is_id(json_string_value(id)))
		policy_report(problems, (struct policy_place){ 0, "/id" }, "E006", "“%.80s” is not a %s's id: a letter or digit, "
			"then letters, digits, “.”, “_”, “-”, at most 64 in all", json_string_value(id), what);
	else
		return true;
	return false;
}

/* {"format": ..., "clients": {ID: the members without "id"}}; NULL: no memory. */
static json_t *make_root(const struct policy_row_input *in)
{
	json_t *members = json_copy((json_t *)(uintptr_t)in->object), *section = json_object(), *root = json_object();
	bool is_whole = members && section && root;

	/* The setters free what they cannot keep. */
	is_whole = !json_object_set_new(section, json_string_value(json_object_get(in->object, "id")), members) && is_whole;
	is_whole = !json_object_set_new(root, "format", json_string("ace-policy/1")) && is_whole;
	is_whole = !json_object_set_new(root, section_of(in->kind), section) && is_whole;
	if (is_whole)
		json_object_del(members, "id");
	if (is_whole)
		return root;
	json_decref(root);
	return NULL;
}

/* The pointers of problems from first on, from ones of an inventory to ones of the row: two names less. */
static void shorten_pointers(struct policy_problems *problems, size_t first)
{
	for (size_t i = first; i < problems->len; i++) {
		char *text = (char *)(uintptr_t)problems->list[i].pointer, *at = text;

		for (size_t names = 0; names < 2 && at; names++)
			at = strchr(at + 1, '/');
		if (text)
			memmove(text, at ? at : "", at ? strlen(at) + 1 : 1);
	}
}

/* The same as for an inventory, but the models are those of a policy that is there already. */
static void check_model(const struct policy_row_input *in, const struct policy_device *device,
			struct policy_problems *problems)
{
	const char *list[MODELS_NAMED], *near;
	struct policy_names names = { list, 0 };

	if (policy_model_find(in->policy, device->model))
		return;
	policy_report(problems, (struct policy_place){ 0, "/devices/row/model" }, "E105", "there is no model “%s” in the policy",
		      device->model);
	for (; names.len < policy_models_len(in->policy) && names.len < MODELS_NAMED; names.len++)
		list[names.len] = policy_model_at(in->policy, names.len)->id;
	near = policy_suggest(device->model, names);
	if (near)
		policy_report_hint(problems, "did you mean “%s”?", near);
}

static enum ace_err read_row(const struct policy_row_input *in, json_t *root, struct policy_problems *problems,
			     struct policy_row *row)
{
	struct policy_source source = { in->file, "", 0 };
	struct policy_inventory_private inventory = { 0 };
	struct policy_parsed parsed = { &source, 1, &root, &inventory.arena, problems };
	struct policy_build build = { .inventory = &inventory.public, .problems = problems };
	size_t errors = problems->errors;

	policy_shape_check(root, 0, problems);
	if (problems->errors > errors)
		return ACE_ERR_MALFORMED;
	policy_parse_inventory(&parsed, &inventory, &build);
	row->arena = inventory.arena;
	if (inventory.arena.no_memory)
		return ACE_ERR_MEMORY;
	if (in->kind == POLICY_KIND_CLIENT) {
		row->client = inventory.public.clients[0];
	} else {
		row->device = inventory.public.devices[0];
		check_model(in, &row->device, problems);
	}
	return problems->errors > errors ? ACE_ERR_MALFORMED : ACE_OK;
}

enum ace_err policy_row_read(const struct policy_row_input *in, struct policy_problems *problems, struct policy_row *ret_row)
{
	struct policy_row row = { 0 };
	size_t first = problems->len;
	json_t *root;
	enum ace_err err;

	if (!check_id(in, problems))
		return problems->no_memory ? ACE_ERR_MEMORY : ACE_ERR_MALFORMED;
	root = make_root(in);
	if (!root)
		return ACE_ERR_MEMORY;
	err = read_row(in, root, problems, &row);
	shorten_pointers(problems, first);
	json_decref(root);
	if (problems->no_memory)
		err = ACE_ERR_MEMORY;
	if (err)
		policy_row_free(&row);
	else
		*ret_row = row;
	return err;
}

void policy_row_free(struct policy_row *row)
{
	policy_arena_free(&row->arena);
	*row = (struct policy_row){ 0 };
}
