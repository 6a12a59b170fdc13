/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a policy, and where: the list that validate prints. Codes are stable:
 *
 * E001 cannot be read, or too large     E002 not JSON, or not UTF-8          E003 unknown member
 * E004 wrong type                       E005 required member is missing      E006 value not allowed
 * E101 to E114, W201 to W231: listed in policies/README.md. */
#ifndef POLICY_PROBLEM_H
#define POLICY_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define POLICY_PROBLEMS_MAX 500

struct policy_problem {
	char code[5]; /* "E104"; an error when it starts with E, else a warning */
	const char *file;
	uint32_t line, column; /* from 1, columns count characters; 0: the file as a whole */
	const char *pointer;   /* JSON Pointer (RFC 6901); "" where there is none */
	const char *message;
	const char *hint;        /* "did you mean ...", or NULL */
	const char *source_line; /* the text of that line, cut around the place when long; or NULL */
	uint32_t caret;          /* private: column within source_line */
	uint32_t source;         /* private: which file it is */
};

/* Starts as { 0 }; ended by policy_problems_free(). */
struct policy_problems {
	struct policy_problem *list;
	size_t len;
	size_t errors, warnings; /* of all, though only the first POLICY_PROBLEMS_MAX are listed */
	size_t cap;              /* private */
	bool no_memory;          /* private: something could not be added */
};

void policy_problems_free(struct policy_problems *problems);
/* One problem in two or three lines: position and message, the source line, a caret with the pointer. */
void policy_problem_print(FILE *out, const struct policy_problem *problem);
/* All of them. */
void policy_problems_print(FILE *out, const struct policy_problems *problems);
/* "0 errors, 2 warnings (W220 window on a clock-less device, ...)", without a line end. */
void policy_problems_summary(FILE *out, const struct policy_problems *problems);
/* A few words for a code: "window on a clock-less device". NULL: no such code. */
const char *policy_problem_title(const char *code);

#endif
