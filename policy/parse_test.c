/* SPDX-License-Identifier: Apache-2.0 */
/* Files of tests: from JSON that has the right shape to structs. */
#include <stdlib.h>
#include <string.h>

#include "policy/locate.h"
#include "policy/parse_read.h"
#include "policy/parse_shape.h"
#include "policy/test.h"

struct reading {
	struct policy_tests *tests;
	struct policy_problems *problems;
	uint32_t source, index; /* of the test at hand */
};

static void report(struct reading *r, const char *member, const char *message)
{
	struct policy_pointer pointer = policy_pointer_make((const char *const[]){ "tests", NULL }, r->index);

	policy_pointer_push(&pointer, member);
	policy_report(r->problems, (struct policy_place){ r->source, pointer.text }, "E006", "%s", message);
}

/* Ids as a list that ends with NULL; NULL when the member is absent. */
static const char *const *read_ids(struct policy_arena *arena, const json_t *object, const char *member)
{
	const json_t *array = json_object_get(object, member);
	size_t len = json_array_size(array);
	const char **list = array ? policy_arena_array(arena, len + 1, sizeof *list) : NULL;

	for (size_t i = 0; list && i < len; i++)
		list[i] = policy_arena_text(arena, json_string_value(json_array_get(array, i)));
	return list;
}

static struct ace_scope read_names(struct policy_arena *arena, const json_t *value)
{
	const char *text = policy_read_text(arena, value, "scope");

	if (!text)
		return (struct ace_scope){ 0 };
	return (struct ace_scope){ ACE_SCOPE_TEXT, { (const uint8_t *)text, strlen(text) } };
}

/* Paths with methods, as a client that knows no names would ask. */
static struct ace_scope read_aif(struct reading *r, const json_t *object)
{
	struct policy_arena *arena = &r->tests->arena;
	struct policy_permissions permissions = policy_read_permissions(arena, object);
	struct ace_aif_entry entries[POLICY_PATHS_MAX];
	uint8_t *bytes = policy_arena_alloc(arena, POLICY_SCOPE_MAX);
	struct ace_scope scope = { ACE_SCOPE_AIF, { 0 } };
	struct ace_cbor_writer w;
	size_t len = 0;

	if (!bytes)
		return scope;
	for (; len < permissions.len && len < ACE_ARRAY_LEN(entries); len++)
		entries[len] = (struct ace_aif_entry){ { (const uint8_t *)permissions.list[len].path,
							 strlen(permissions.list[len].path) },
						       permissions.list[len].methods };
	ace_cbor_write_init(&w, bytes, POLICY_SCOPE_MAX);
	ace_aif_write(&w, entries, ace_aif_canonicalize(entries, len));
	if (ace_cbor_written(&w, &scope.bytes))
		report(r, "permissions", "a scope has at most 1024 bytes");
	return scope;
}

static const struct policy_permissions *read_granted(struct policy_arena *arena, const json_t *expect)
{
	const json_t *object = json_object_get(expect, "granted");
	struct policy_permissions *granted = object ? policy_arena_alloc(arena, sizeof *granted) : NULL;

	if (granted)
		*granted = policy_read_permissions(arena, object);
	return granted;
}

static void read_expect(struct policy_arena *arena, const json_t *expect, struct policy_test *test)
{
	const char *decision = json_string_value(json_object_get(expect, "decision"));

	test->outcome = !strcmp(decision, "allow")	     ? POLICY_ALLOW :
			!strcmp(decision, "deny (explicit)") ? POLICY_DENY_EXPLICIT :
							       POLICY_DENY_IMPLICIT;
	test->any_denial = !strcmp(decision, "deny");
	test->granted = read_granted(arena, expect);
	test->expires_in_s = (uint32_t)json_number_value(json_object_get(expect, "expires_in"));
	test->error = policy_read_text(arena, expect, "error");
	test->rules = read_ids(arena, expect, "rules");
	test->denied_by = read_ids(arena, expect, "denied_by");
}

static void read_test(struct reading *r, const json_t *value, struct policy_test *test)
{
	struct policy_arena *arena = &r->tests->arena;
	const char *now = json_string_value(json_object_get(value, "now"));
	const json_t *permissions = json_object_get(value, "permissions");

	test->name = policy_read_text(arena, value, "name");
	test->source = r->source;
	test->index = r->index;
	test->client = policy_read_text(arena, value, "client");
	test->device = policy_read_text(arena, value, "device");
	if (!policy_read_timestamp(now, &test->now))
		report(r, "now", "that time is on no calendar");
	if (strlen(json_string_value(json_object_get(value, "device"))) > 128)
		report(r, "device", "an audience has at most 128 bytes");
	test->scope = permissions ? read_aif(r, permissions) : read_names(arena, value);
	read_expect(arena, json_object_get(value, "expect"), test);
}

static int compare_names(const void *left, const void *right)
{
	const struct policy_test *a = *(const struct policy_test *const *)left, *b = *(const struct policy_test *const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a > b) - (a < b);
}

static void report_twice(struct reading *r, const struct policy_test *first, const struct policy_test *second)
{
	struct policy_pointer pointer = policy_pointer_make((const char *const[]){ "tests", NULL }, first->index);
	const struct policy_source *source = &r->tests->sources[first->source];
	struct policy_line line = { 0 };
	size_t offset;

	policy_pointer_push(&pointer, "name");
	if (r->problems->len < POLICY_PROBLEMS_MAX && policy_locate(source->text, source->len, pointer.text, &offset))
		line = policy_locate_line(source->text, source->len, offset);
	pointer = policy_pointer_make((const char *const[]){ "tests", NULL }, second->index);
	policy_pointer_push(&pointer, "name");
	policy_report(r->problems, (struct policy_place){ second->source, pointer.text }, "E101",
		      "“%s” is the name of two tests; the other one is at %s:%u:%u", second->name, source->name, line.line,
		      line.column);
}

/* A test is known by its name, in what is printed. */
static void check_names(struct reading *r)
{
	size_t len = r->tests->len;
	const struct policy_test **sorted = policy_arena_array(&r->tests->arena, len, sizeof *sorted);

	for (size_t i = 0; sorted && i < len; i++) {
		sorted[i] = &r->tests->list[i];
		if (!sorted[i]->name)
			return;
	}
	if (sorted)
		qsort(sorted, len, sizeof *sorted, compare_names);
	for (size_t i = 1; sorted && i < len; i++)
		if (!strcmp(sorted[i - 1]->name, sorted[i]->name))
			report_twice(r, sorted[i - 1], sorted[i]);
}

static void read_all(struct reading *r, json_t *const *roots)
{
	size_t count = 0;
	json_t *value;
	size_t i;

	for (size_t s = 0; s < r->tests->sources_len; s++)
		count += json_array_size(json_object_get(roots[s], "tests"));
	r->tests->list = policy_arena_array(&r->tests->arena, count, sizeof *r->tests->list);
	for (r->source = 0; r->tests->list && r->source < r->tests->sources_len; r->source++) {
		json_array_foreach(json_object_get(roots[r->source], "tests"), i, value) {
			r->index = (uint32_t)i;
			read_test(r, value, &r->tests->list[r->tests->len++]);
		}
	}
	check_names(r);
}

enum ace_err policy_tests_load(const struct policy_source *sources, size_t sources_len,
			       struct policy_problems *problems, struct policy_tests *ret_tests)
{
	struct policy_tests tests = { .sources = sources, .sources_len = sources_len };
	struct reading r = { .tests = &tests, .problems = problems };
	json_t **roots = calloc(sources_len + 1, sizeof *roots);
	size_t first = problems->len, errors = problems->errors;
	bool no_memory = !roots;

	for (uint32_t s = 0; roots && s < sources_len; s++) {
		roots[s] = policy_parse_text(&sources[s], problems);
		if (roots[s])
			policy_shape_check_tests(roots[s], s, problems);
	}
	if (roots && problems->errors == errors)
		read_all(&r, roots);
	for (size_t s = 0; roots && s < sources_len; s++)
		json_decref(roots[s]);
	free(roots);
	policy_report_locate(problems, first, sources, sources_len);
	no_memory = no_memory || tests.arena.no_memory || problems->no_memory;
	if (!no_memory && problems->errors == errors) {
		*ret_tests = tests;
		return ACE_OK;
	}
	policy_tests_free(&tests);
	return no_memory ? ACE_ERR_MEMORY : ACE_ERR_MALFORMED;
}

void policy_tests_free(struct policy_tests *tests)
{
	policy_arena_free(&tests->arena);
	*tests = (struct policy_tests){ 0 };
}
