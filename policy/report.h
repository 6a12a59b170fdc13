/* SPDX-License-Identifier: Apache-2.0 */
/* How the parts of policy/ add to the list of problems. Internal. */
#ifndef POLICY_REPORT_H
#define POLICY_REPORT_H

#include "policy/policy.h"

/* A JSON Pointer that grows and shrinks with the walk; too long a one is cut. */
struct policy_pointer {
	char text[1024];
	size_t len;
};

/* Append a member name (escaped) or an index; both return the length to give to policy_pointer_cut(). */
size_t policy_pointer_push(struct policy_pointer *pointer, const char *name);
size_t policy_pointer_push_index(struct policy_pointer *pointer, size_t index);
void policy_pointer_cut(struct policy_pointer *pointer, size_t len);
/* All at once: names, and an index at the end unless it is SIZE_MAX. Names end with NULL. */
struct policy_pointer policy_pointer_make(const char *const *names, size_t index);

struct policy_place {
	uint32_t source;     /* index of the file */
	const char *pointer; /* copied */
};

void policy_report(struct policy_problems *problems, struct policy_place place, const char *code, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));
/* The hint of the problem that was reported last. */
void policy_report_hint(struct policy_problems *problems, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A problem with a known position instead of a pointer. */
void policy_report_at(struct policy_problems *problems, const struct policy_source *source, size_t offset,
		      const char *code, const char *message);

/* Give the problems from first on their file names, lines and columns, and bring them into order. */
void policy_report_locate(struct policy_problems *problems, size_t first, const struct policy_source *sources,
			  size_t sources_len);

struct policy_names {
	const char *const *list;
	size_t len;
};
/* The one of names that was probably meant by word; NULL when none is close. */
const char *policy_suggest(const char *word, struct policy_names names);

#endif
