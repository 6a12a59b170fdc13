/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the tools, on jansson: one place makes documents and one reads small files (bundles, a client's state).
 * Outside cli/ a document is the opaque struct json_t. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "cli/output.h"

struct json_t; /* jansson's */

/* Let jansson wipe whatever it frees: documents may hold secrets. cli_main() calls it; tests that want it do, too.
 * Must come before any other use of jansson in the process. */
void cli_json_init(void);

/* Building. Out of memory sticks and is told by cli_json_text(); until then all calls are safe with NULL. */
struct json_t *cli_json_object(void);
struct json_t *cli_json_array(void);
/* Put a member; text that is no valid UTF-8 is put with its bytes escaped. NULL text puts null. */
void cli_json_put_text(struct json_t *object, const char *key, const char *text);
void cli_json_put_slice(struct json_t *object, const char *key, struct ace_slice text);
void cli_json_put_hex(struct json_t *object, const char *key, struct ace_slice bytes);
void cli_json_put_int(struct json_t *object, const char *key, int64_t number);
void cli_json_put_bool(struct json_t *object, const char *key, bool value);
void cli_json_put_null(struct json_t *object, const char *key);
/* As RFC 3339. */
void cli_json_put_time(struct json_t *object, const char *key, int64_t seconds);
/* Put a document into another, which owns it from then on. */
void cli_json_put(struct json_t *object, const char *key, struct json_t *value);
void cli_json_add(struct json_t *array, struct json_t *value);
void cli_json_add_text(struct json_t *array, const char *text);
/* Wipes (see init) and frees; NULL is fine. */
void cli_json_free(struct json_t *document);
/* Has everything that was put anywhere found memory? What is printed is not otherwise; what is read back must ask. */
bool cli_json_is_whole(void);
/* The document as text on the heap with a newline at the end; free it with cli_json_text_free(). NULL when memory was
 * out at any time while it was built. */
char *cli_json_text(const struct json_t *document, bool compact);
void cli_json_text_free(char *text);

/* How the member of that name, an object in both or absent, differs: names that are only after, other, only before. */
struct cli_json_tally {
	size_t added, changed, removed;
};
void cli_json_compare(const struct json_t *before, const struct json_t *after, const char *member,
		      struct cli_json_tally *ret_tally);

/* Reading: one sticky error for a whole file. Where the members are missing or wrong the getters return zero or NULL,
 * and reader->error says what is wrong with which member of which file. */
struct cli_json_reader {
	const char *file;         /* borrows; for messages */
	struct cli_error *error;  /* borrows; filled at the first failure; may be NULL */
	enum ace_err err;
};

/* Where in the document one stands. */
struct cli_json_place {
	struct json_t *value; /* borrows from the document */
	char pointer[96];     /* JSON Pointer */
};

/* Parse text; duplicates are refused, depth and size are capped. The caller frees with cli_json_free().
 * NULL and r->err: the error has line and column. */
struct json_t *cli_json_parse(struct cli_json_reader *r, struct ace_slice text);
/* Stand at the root, which must be an object with no other members than those named (the list ends with NULL). */
void cli_json_root(struct cli_json_reader *r, struct json_t *document, const char *const *members,
		   struct cli_json_place *ret_place);
/* The place must be an object with no other members than those named (any when the list is NULL). */
void cli_json_check(struct cli_json_reader *r, const struct cli_json_place *at, const char *const *members);
/* Go to a member that is an object (any members when the list is NULL); false when it is absent. */
bool cli_json_enter(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
		    const char *const *members, struct cli_json_place *ret_place);
/* Is the member there and not null? */
bool cli_json_has(const struct cli_json_place *at, const char *member);
/* Getters of members that must be there. Text is borrowed from the document, 1 to max bytes without NUL. */
const char *cli_json_get_text(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
			      size_t max);
int64_t cli_json_get_int(struct cli_json_reader *r, const struct cli_json_place *at, const char *member, int64_t min,
			 int64_t max);
int64_t cli_json_get_time(struct cli_json_reader *r, const struct cli_json_place *at, const char *member);
/* Hex into out: between min and out->cap bytes. */
void cli_json_get_hex(struct cli_json_reader *r, const struct cli_json_place *at, const char *member, size_t min,
		      struct ace_buf *out);
/* Arrays and maps: how many entries, and the i-th of them (key is NULL for arrays). */
size_t cli_json_size(const struct cli_json_place *at);
bool cli_json_member(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
		     struct cli_json_place *ret_place);
bool cli_json_nth(const struct cli_json_place *at, size_t nth, struct cli_json_place *ret_place,
		  const char **ret_key);
/* What kind of value is it? */
bool cli_json_is_array(const struct cli_json_place *at);
/* The value itself as text; NULL when it is none. */
const char *cli_json_string(const struct cli_json_place *at);
/* Refuse the place with a text of one's own. */
void cli_json_refuse(struct cli_json_reader *r, const struct cli_json_place *at, const char *member,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
