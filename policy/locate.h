/* SPDX-License-Identifier: Apache-2.0 */
/* Where things stand in a JSON text: the parser forgets it, and only problems want to know. Internal. */
#ifndef POLICY_LOCATE_H
#define POLICY_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_DEPTH_MAX 16 /* arrays and objects within each other */

/* Called for the root (pointer ""), each member (offset of its key) and each element (offset of its value),
 * in the order of the text; false ends the walk. */
typedef bool policy_locate_fn(void *context, const char *pointer, size_t offset);

/* Walk a text that is valid JSON up to len and at most POLICY_DEPTH_MAX deep. Anything else just ends the
 * walk early. */
void policy_locate_walk(const char *text, size_t len, policy_locate_fn *visit, void *context);

/* The offset of what a pointer means; false when there is no such place. */
bool policy_locate(const char *text, size_t len, const char *pointer, size_t *ret_offset);

/* The first bracket that opens more than POLICY_DEPTH_MAX levels; of use on any bytes. */
bool policy_locate_too_deep(const char *text, size_t len, size_t *ret_offset);

/* Line and column, both from 1; columns count characters. Also where the line starts, and its length in bytes. */
struct policy_line {
	uint32_t line, column;
	size_t start, len;
};
struct policy_line policy_locate_line(const char *text, size_t len, size_t offset);

#endif
