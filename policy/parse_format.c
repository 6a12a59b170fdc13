/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/parse_format.h"

#include <string.h>

#include <jansson.h>

#include "policy/locate.h"

enum policy_format policy_format_of(const char *text, size_t len)
{
	enum policy_format ret = POLICY_FORMAT_POLICY;
	const char *format;
	size_t offset;
	json_t *root;

	if (policy_locate_too_deep(text, len, &offset))
		return POLICY_FORMAT_POLICY;
	root = json_loadb(text, len, 0, NULL);
	format = json_string_value(json_object_get(root, "format"));
	if (format && !strcmp(format, "ace-policy-tests/1"))
		ret = POLICY_FORMAT_TESTS;
	else if (root && (!format || strcmp(format, "ace-policy/1")))
		ret = POLICY_FORMAT_OTHER;
	json_decref(root);
	return ret;
}
