/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/parse_format.h"

#include <string.h>

#include <jansson.h>

#include "policy/locate.h"

bool policy_format_is_other(const char *text, size_t len)
{
	size_t offset;
	json_t *root;
	const char *format;
	bool is_other;

	if (policy_locate_too_deep(text, len, &offset))
		return false;
	root = json_loadb(text, len, 0, NULL);
	format = json_string_value(json_object_get(root, "format"));
	is_other = root && (!format || strcmp(format, "ace-policy/1"));
	json_decref(root);
	return is_other;
}
