/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/parse_shape.h"

#include <string.h>

#define MEMBERS_MAX 24

struct checker {
	struct policy_problems *problems;
	uint32_t source;
	struct policy_pointer pointer;
};

static struct policy_place here(const struct checker *c)
{
	return (struct policy_place){ c->source, c->pointer.text };
}

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
	default:
		return "null";
	}
}

static bool check_type(struct checker *c, const json_t *value, bool is_right, const char *want)
{
	if (!is_right)
		policy_report(c->problems, here(c), "E004", "%s is expected here, not %s", want, type_name(value));
	return is_right;
}

static void check_value(struct checker *c, const json_t *value, const struct policy_shape *shape);

/* "${" will mean something in a later version, so that no file may hold it now. */
static bool check_reserved(struct checker *c, const char *text)
{
	if (!strstr(text, "${"))
		return true;
	policy_report(c->problems, here(c), "E006", "“${” is reserved");
	return false;
}

static void check_text(struct checker *c, const char *text, const struct policy_shape *shape)
{
	size_t chars = policy_text_chars(text);

	if (!check_reserved(c, text))
		return;
	if (shape->max && (chars < (size_t)shape->min || chars > (size_t)shape->max))
		policy_report(c->problems, here(c), "E006", "%zu characters, but %lld to %lld are allowed", chars,
			      (long long)shape->min, (long long)shape->max);
	else if (shape->is_text && !shape->is_text(text))
		policy_report(c->problems, here(c), "E006", "“%.80s” is not %s", text, shape->rule);
}

/* "GET, PUT or POST"; what does not fit is left out. */
static void list_words(struct policy_names words, char *ret_text, size_t cap)
{
	size_t used = 0;

	*ret_text = '\0';
	for (size_t i = 0; i < words.len && used < cap; i++)
		used += (size_t)snprintf(ret_text + used, cap - used, "%s%s", !i ? "" : i + 1 < words.len ? ", " : " or ",
					 words.list[i]);
}

static void check_word(struct checker *c, const char *text, const struct policy_shape *shape)
{
	struct policy_names words = { shape->words, 0 };
	const char *near;
	char all[256];

	for (; shape->words[words.len]; words.len++)
		if (!strcmp(shape->words[words.len], text))
			return;
	policy_report(c->problems, here(c), "E006", "“%.80s” is not one of the words allowed here", text);
	near = policy_suggest(text, words);
	if (near)
		policy_report_hint(c->problems, "did you mean “%s”?", near);
	else if (words.len == 1)
		policy_report_hint(c->problems, "only “%s” is allowed", words.list[0]);
	else {
		list_words(words, all, sizeof all);
		policy_report_hint(c->problems, "it is one of %s", all);
	}
}

static void check_count(struct checker *c, size_t count, const struct policy_shape *shape, const char *what)
{
	if (count < (size_t)shape->min)
		policy_report(c->problems, here(c), "E006", "at least %lld %s must be here", (long long)shape->min, what);
	if (shape->max && count > (size_t)shape->max)
		policy_report(c->problems, here(c), "E006", "%zu %s, at most %lld are allowed", count, what,
			      (long long)shape->max);
}

static void check_integer(struct checker *c, const json_t *value, const struct policy_shape *shape)
{
	json_int_t number = json_integer_value(value);

	/* 64.0 is an integer too, says JSON Schema. */
	if (json_is_real(value) && json_real_value(value) >= -1e15 && json_real_value(value) <= 1e15)
		number = (json_int_t)json_real_value(value);
	if (!check_type(c, value,
			json_is_integer(value) || (json_is_real(value) && json_real_value(value) == (double)number),
			"a whole number"))
		return;
	if (number < shape->min || number > shape->max)
		policy_report(c->problems, here(c), "E006", "%lld is not between %lld and %lld", (long long)number,
			      (long long)shape->min, (long long)shape->max);
}

static const struct policy_shape_member *member_find(const struct policy_shape *shape, const char *name)
{
	for (const struct policy_shape_member *m = shape->members; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

static void report_unknown(struct checker *c, const char *name, const struct policy_shape *shape)
{
	const char *list[MEMBERS_MAX];
	struct policy_names names = { list, 0 };
	const char *near;

	for (const struct policy_shape_member *m = shape->members; m->name && names.len < MEMBERS_MAX; m++)
		list[names.len++] = m->name;
	policy_report(c->problems, here(c), "E003", "%s has no member “%.80s”", shape->what, name);
	near = policy_suggest(name, names);
	if (near)
		policy_report_hint(c->problems, "did you mean “%s”?", near);
}

static void check_object(struct checker *c, const json_t *value, const struct policy_shape *shape)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		const struct policy_shape_member *known = member_find(shape, name);
		size_t before = policy_pointer_push(&c->pointer, name);

		if (known)
			check_value(c, member, known->shape);
		else
			report_unknown(c, name, shape);
		policy_pointer_cut(&c->pointer, before);
	}
	for (const struct policy_shape_member *m = shape->members; m->name; m++)
		if (m->is_required && !json_object_get(value, m->name))
			policy_report(c->problems, here(c), "E005", "%s needs the member “%s”", shape->what, m->name);
	check_count(c, json_object_size(value), shape, "members");
}

static void check_map(struct checker *c, const json_t *value, const struct policy_shape *shape)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)value, name, member) {
		size_t before = policy_pointer_push(&c->pointer, name);

		if (check_reserved(c, name) && shape->is_text && !shape->is_text(name))
			policy_report(c->problems, here(c), "E006", "“%.80s” is not %s", name, shape->rule);
		check_value(c, member, shape->item);
		policy_pointer_cut(&c->pointer, before);
	}
	check_count(c, json_object_size(value), shape, "members");
}

/* A set of the texts that were seen: as the members of an object, for large lists too. */
static void check_unique(struct checker *c, const json_t *value)
{
	json_t *seen = json_object(), *element;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)value, i, element) {
		const char *text = json_string_value(element);
		size_t before = policy_pointer_push_index(&c->pointer, i);

		if (text && json_object_get(seen, text))
			policy_report(c->problems, here(c), "E006", "“%.80s” is in this list already", text);
		else if (text && json_object_set_new_nocheck(seen, text, json_true()))
			c->problems->no_memory = true;
		policy_pointer_cut(&c->pointer, before);
	}
	json_decref(seen);
}

static void check_list(struct checker *c, const json_t *value, const struct policy_shape *shape)
{
	json_t *element;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)value, i, element) {
		size_t before = policy_pointer_push_index(&c->pointer, i);

		check_value(c, element, shape->item);
		policy_pointer_cut(&c->pointer, before);
	}
	check_count(c, json_array_size(value), shape, "elements");
	if (shape->is_unique)
		check_unique(c, value);
}

static void check_value(struct checker *c, const json_t *value, const struct policy_shape *shape)
{
	switch (shape->kind) {
	case POLICY_SHAPE_OBJECT:
		if (check_type(c, value, json_is_object(value), "an object"))
			check_object(c, value, shape);
		break;
	case POLICY_SHAPE_MAP:
		if (check_type(c, value, json_is_object(value), "an object"))
			check_map(c, value, shape);
		break;
	case POLICY_SHAPE_LIST:
		if (check_type(c, value, json_is_array(value), "an array"))
			check_list(c, value, shape);
		break;
	case POLICY_SHAPE_TEXT:
		if (check_type(c, value, json_is_string(value), "a string"))
			check_text(c, json_string_value(value), shape);
		break;
	case POLICY_SHAPE_WORD:
		if (check_type(c, value, json_is_string(value), "a string"))
			check_word(c, json_string_value(value), shape);
		break;
	case POLICY_SHAPE_INTEGER:
		check_integer(c, value, shape);
		break;
	case POLICY_SHAPE_BOOLEAN:
		check_type(c, value, json_is_boolean(value), "true or false");
		break;
	case POLICY_SHAPE_EITHER:
		check_value(c, value, shape->members[json_is_string(value) ? 0 : 1].shape);
		break;
	}
}

/* What members say together. */
static void check_rule(struct checker *c, const json_t *rule)
{
	const char *effect = json_string_value(json_object_get(rule, "effect"));
	size_t before;

	if (!json_object_get(rule, "scopes") && !json_object_get(rule, "permissions"))
		policy_report(c->problems, here(c), "E005", "a rule needs “scopes” or “permissions”");
	if (!effect || strcmp(effect, "deny") || !json_object_get(rule, "lifetime"))
		return;
	before = policy_pointer_push(&c->pointer, "lifetime");
	policy_report(c->problems, here(c), "E003", "a rule that denies has no lifetime");
	policy_pointer_cut(&c->pointer, before);
}

static void check_rules(struct checker *c, const json_t *rules)
{
	const char *id;
	json_t *rule;
	size_t before = policy_pointer_push(&c->pointer, "rules");

	json_object_foreach((json_t *)(uintptr_t)rules, id, rule) {
		size_t outer = policy_pointer_push(&c->pointer, id);

		if (json_is_object(rule))
			check_rule(c, rule);
		policy_pointer_cut(&c->pointer, outer);
	}
	policy_pointer_cut(&c->pointer, before);
}

void policy_shape_check(const json_t *root, uint32_t source, struct policy_problems *problems)
{
	struct checker c = { .problems = problems, .source = source };

	check_value(&c, root, &policy_shape_file);
	if (json_is_object(json_object_get(root, "rules")))
		check_rules(&c, json_object_get(root, "rules"));
}

/* What a refused request cannot get, and a granted one cannot hear. */
static void check_expect(struct checker *c, const json_t *expect)
{
	static const char *const granted[] = { "granted", "expires_in", "rules" }, *const refused[] = { "error" };
	const char *decision = json_string_value(json_object_get(expect, "decision"));
	bool is_allow = decision && !strcmp(decision, "allow");
	const char *const *wrong = is_allow ? refused : granted;

	for (size_t i = 0; decision && i < (is_allow ? ACE_ARRAY_LEN(refused) : ACE_ARRAY_LEN(granted)); i++) {
		size_t before = policy_pointer_push(&c->pointer, wrong[i]);

		if (json_object_get(expect, wrong[i]))
			policy_report(c->problems, here(c), "E003", "a request that is %s has no “%s”",
				      is_allow ? "allowed" : "denied", wrong[i]);
		policy_pointer_cut(&c->pointer, before);
	}
}

static void check_test(struct checker *c, const json_t *test)
{
	size_t before;

	if (json_object_get(test, "scope") && json_object_get(test, "permissions")) {
		before = policy_pointer_push(&c->pointer, "permissions");
		policy_report(c->problems, here(c), "E003", "a test that has “scope” has no “permissions”");
		policy_pointer_cut(&c->pointer, before);
	}
	before = policy_pointer_push(&c->pointer, "expect");
	check_expect(c, json_object_get(test, "expect"));
	policy_pointer_cut(&c->pointer, before);
}

void policy_shape_check_tests(const json_t *root, uint32_t source, struct policy_problems *problems)
{
	struct checker c = { .problems = problems, .source = source };
	json_t *test;
	size_t i, before;

	check_value(&c, root, &policy_shape_tests);
	policy_pointer_push(&c.pointer, "tests");
	json_array_foreach(json_object_get(root, "tests"), i, test) {
		before = policy_pointer_push_index(&c.pointer, i);
		check_test(&c, test);
		policy_pointer_cut(&c.pointer, before);
	}
}
