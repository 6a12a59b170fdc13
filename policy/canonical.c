/* SPDX-License-Identifier: Apache-2.0 */
/* The policy in one form, so that equal policies are equal texts: members sorted, sets sorted, no white
 * space, nothing of the inventory. It is an ace-policy file itself. */
#include <stdlib.h>
#include <string.h>

#include "policy/parse_read.h"
#include "policy/parse_shape.h"

static int compare_strings(const void *left, const void *right)
{
	return strcmp(json_string_value(*(json_t *const *)left), json_string_value(*(json_t *const *)right));
}

/* Every array of strings in the language is a set. NULL: no memory. */
static json_t *sorted_array(const json_t *array)
{
	size_t len = json_array_size(array);
	json_t **list = calloc(len + 1, sizeof *list), *ret = list ? json_array() : NULL;
	bool is_done = ret != NULL;

	for (size_t i = 0; is_done && i < len; i++)
		list[i] = json_array_get(array, i);
	if (is_done && len && json_is_string(list[0]))
		qsort(list, len, sizeof *list, compare_strings);
	for (size_t i = 0; is_done && i < len; i++)
		is_done = !json_array_append(ret, list[i]);
	free(list);
	if (is_done)
		return ret;
	json_decref(ret);
	return NULL;
}

/* Objects and arrays in place, from the inside out; at most as deep as files may be. */
static bool normalize(json_t *value)
{
	const char *name;
	json_t *member, *sorted;
	size_t i;

	json_array_foreach(value, i, member)
		if (!normalize(member))
			return false;
	json_object_foreach(value, name, member) {
		if (!normalize(member))
			return false;
		if (!json_is_array(member))
			continue;
		sorted = sorted_array(member);
		if (!sorted || json_object_set_new_nocheck(value, name, sorted))
			return false;
	}
	return true;
}

static bool merge(const struct policy_parsed *parsed, const char *section, json_t *into)
{
	json_t *merged = json_object();
	bool is_done = merged != NULL;

	for (size_t s = 0; is_done && s < parsed->len; s++) {
		const json_t *object = json_object_get(parsed->roots[s], section);

		is_done = !object || !json_object_update(merged, (json_t *)(uintptr_t)object);
	}
	is_done = is_done && normalize(merged);
	if (is_done && !strcmp(section, "defaults"))
		json_object_del(merged, "effect");
	if (is_done && json_object_size(merged))
		is_done = !json_object_set_nocheck(into, section, merged);
	json_decref(merged);
	return is_done;
}

/* The caller frees it with free(), whatever allocator jansson was given. */
static char *dump(const json_t *root)
{
	size_t flags = JSON_SORT_KEYS | JSON_COMPACT, len = json_dumpb(root, NULL, 0, flags);
	char *text = len ? malloc(len + 1) : NULL;

	if (text && json_dumpb(root, text, len, flags) == len) {
		text[len] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

char *policy_canonical(const struct policy_parsed *parsed)
{
	static const char *const sections[] = { "defaults",	 "models",	 "scopes",
						"client_groups", "device_groups", "rules" };
	json_t *root = json_pack("{s:s}", "format", "ace-policy/1");
	bool is_done = root != NULL;
	char *text = NULL;

	for (size_t i = 0; is_done && i < ACE_ARRAY_LEN(sections); i++)
		is_done = merge(parsed, sections[i], root);
	if (is_done)
		text = dump(root);
	json_decref(root);
	return text;
}
