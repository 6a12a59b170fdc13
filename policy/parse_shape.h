/* SPDX-License-Identifier: Apache-2.0 */
/* What an ace-policy file and an ace-policy-tests file may look like: the JSON Schemas of policies/, in C. After
 * it has passed, the readers need no type checks any more. Internal. */
#ifndef POLICY_PARSE_SHAPE_H
#define POLICY_PARSE_SHAPE_H

#include <jansson.h>

#include "policy/report.h"
#include "policy/words.h"

enum policy_shape_kind {
	POLICY_SHAPE_OBJECT,  /* members by name */
	POLICY_SHAPE_MAP,     /* any names that is_text takes, all values of one shape */
	POLICY_SHAPE_LIST,    /* elements of one shape */
	POLICY_SHAPE_TEXT,    /* what is_text takes, at most max characters */
	POLICY_SHAPE_WORD,    /* one of words */
	POLICY_SHAPE_INTEGER, /* min to max */
	POLICY_SHAPE_BOOLEAN,
	POLICY_SHAPE_EITHER, /* members[0] when it is a text, members[1] otherwise */
};

struct policy_shape;

struct policy_shape_member {
	const char *name;
	const struct policy_shape *shape;
	bool is_required;
};

struct policy_shape {
	enum policy_shape_kind kind;
	const struct policy_shape_member *members; /* ends with a NULL name */
	const struct policy_shape *item;
	bool (*is_text)(const char *text);
	const char *rule; /* is_text in words */
	const char *const *words; /* ends with NULL */
	int64_t min, max;         /* number, or number of characters, members or elements; max 0: any */
	bool is_unique;
	const char *what; /* "a rule": for messages about the whole */
};

extern const struct policy_shape policy_shape_file;
extern const struct policy_shape policy_shape_tests;
/* The methods of AIF in the order of their bits, Dynamic-X after the others; ends with NULL. */
extern const char *const policy_method_words[];

/* Check a value; each fault is reported under source with its pointer. */
void policy_shape_check(const json_t *root, uint32_t source, struct policy_problems *problems);
/* The same for a file of tests. */
void policy_shape_check_tests(const json_t *root, uint32_t source, struct policy_problems *problems);

/* What texts may be. */
bool policy_is_scope_name(const char *text);
bool policy_is_scope_text(const char *text);
bool policy_is_duration(const char *text);
bool policy_is_path(const char *text);
bool policy_is_selector(const char *text);
bool policy_is_kid_hex(const char *text);
bool policy_is_fingerprint(const char *text);
bool policy_is_zone_name(const char *text);
bool policy_is_clock_time(const char *text);
bool policy_is_timestamp(const char *text);

#endif
