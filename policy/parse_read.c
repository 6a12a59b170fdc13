/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/parse_read.h"

#include <stdlib.h>
#include <string.h>

#include "policy/locate.h"
#include "policy/parse_shape.h"

static int compare_entries(const void *left, const void *right)
{
	const struct policy_entry *a = left, *b = right;
	int order = strcmp(a->id, b->id);

	return order ? order : (a->source > b->source) - (a->source < b->source);
}

static void report_twice(const struct policy_parsed *parsed, const char *section, const struct policy_entry *first,
			 const struct policy_entry *second)
{
	struct policy_pointer pointer = policy_pointer_make((const char *const[]){ section, second->id, NULL }, SIZE_MAX);
	const struct policy_source *other = &parsed->sources[first->source];
	struct policy_line line = { 0 };
	size_t offset;

	/* Each look-up reads the other file: not for problems that nobody will see. */
	if (parsed->problems->len < POLICY_PROBLEMS_MAX && policy_locate(other->text, other->len, pointer.text, &offset))
		line = policy_locate_line(other->text, other->len, offset);
	policy_report(parsed->problems, (struct policy_place){ second->source, pointer.text }, "E101",
		      "“%s” is defined twice; the other one is at %s:%u:%u", second->id, other->name, line.line,
		      line.column);
}

struct policy_entries policy_parse_section(const struct policy_parsed *parsed, const char *section)
{
	struct policy_entries entries = { 0 };
	size_t count = 0, kept = 0;

	for (size_t s = 0; s < parsed->len; s++)
		count += json_object_size(json_object_get(parsed->roots[s], section));
	entries.list = policy_arena_array(parsed->arena, count, sizeof *entries.list);
	if (!entries.list)
		return entries;
	for (uint32_t s = 0; s < parsed->len; s++) {
		const char *id;
		json_t *value;

		json_object_foreach(json_object_get(parsed->roots[s], section), id, value)
			entries.list[entries.len++] = (struct policy_entry){ id, value, s };
	}
	qsort(entries.list, entries.len, sizeof *entries.list, compare_entries);
	for (size_t i = 0; i < entries.len; i++) {
		if (kept && !strcmp(entries.list[kept - 1].id, entries.list[i].id))
			report_twice(parsed, section, &entries.list[kept - 1], &entries.list[i]);
		else
			entries.list[kept++] = entries.list[i];
	}
	entries.len = kept;
	return entries;
}

const char *policy_read_text(struct policy_arena *arena, const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? policy_arena_text(arena, text) : NULL;
}

struct policy_names policy_read_names(struct policy_arena *arena, const json_t *array)
{
	size_t count = json_array_size(array);
	const char **list = policy_arena_array(arena, count, sizeof *list);

	for (size_t i = 0; list && i < count; i++) {
		list[i] = policy_arena_text(arena, json_string_value(json_array_get(array, i)));
		if (!list[i])
			list = NULL;
	}
	return (struct policy_names){ list, list ? count : 0 };
}

static uint8_t method_bit(const char *word)
{
	uint8_t i = 0;

	while (strcmp(policy_method_words[i], word))
		i++;
	return i < 7 ? i : (uint8_t)(i - 7 + 32);
}

static int compare_permissions(const void *left, const void *right)
{
	const struct policy_permission *a = left, *b = right;

	return strcmp(a->path, b->path);
}

struct policy_permissions policy_read_permissions(struct policy_arena *arena, const json_t *object)
{
	struct policy_permissions ret = { 0 };
	const char *path;
	json_t *methods, *method;
	size_t i;

	ret.list = policy_arena_array(arena, json_object_size(object), sizeof *ret.list);
	if (!ret.list)
		return ret;
	json_object_foreach((json_t *)(uintptr_t)object, path, methods) {
		struct policy_permission *permission = &ret.list[ret.len];

		permission->path = policy_arena_text(arena, path);
		permission->path_id = POLICY_NO_PATH;
		if (!permission->path)
			return ret;
		json_array_foreach(methods, i, method) {
			uint8_t bit = method_bit(json_string_value(method));

			permission->order[permission->order_len++] = bit;
			permission->methods |= UINT64_C(1) << bit;
		}
		ret.len++;
	}
	qsort(ret.list, ret.len, sizeof *ret.list, compare_permissions);
	return ret;
}

struct policy_tag_matches policy_read_matches(struct policy_arena *arena, const json_t *object)
{
	struct policy_tag_match *list = policy_arena_array(arena, json_object_size(object), sizeof *list);
	const char *key;
	json_t *value;
	size_t len = 0;

	if (!list)
		return (struct policy_tag_matches){ 0 };
	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		const char **one = policy_arena_array(arena, 1, sizeof *one);

		list[len].key = policy_arena_text(arena, key);
		if (json_is_array(value)) {
			list[len].values = policy_read_names(arena, value);
		} else if (one) {
			*one = policy_arena_text(arena, json_string_value(value));
			list[len].values = (struct policy_names){ one, 1 };
		}
		len++;
	}
	return (struct policy_tag_matches){ list, len };
}

uint32_t policy_read_duration(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	uint64_t number;
	char *end;

	if (!text)
		return 0;
	number = strtoull(text, &end, 10);
	number *= *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 86400;
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

bool policy_read_bool(const json_t *object, const char *member, bool otherwise)
{
	const json_t *value = json_object_get(object, member);

	return value ? json_is_true(value) : otherwise;
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* The pattern lets through what no calendar has: 30 February, hour 25. */
bool policy_read_timestamp(const char *text, int64_t *ret_time)
{
	static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = two_digits(text) * 100 + two_digits(text + 2);
	int month = two_digits(text + 5), day = two_digits(text + 8), hour = two_digits(text + 11);
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t offset = 0;

	if (month < 1 || month > 12 || day < 1 || day > month_days[month - 1] + (month == 2 && is_leap) || hour > 23)
		return false;
	if (text[19] != 'Z') {
		offset = two_digits(text + 20) * 3600 + two_digits(text + 23) * 60;
		if (offset >= 86400)
			return false;
		if (text[19] == '-')
			offset = -offset;
	}
	*ret_time = policy_days_from_civil(year, (unsigned int)month, (unsigned int)day) * 86400 + hour * 3600 +
		    two_digits(text + 14) * 60 + two_digits(text + 17) - offset;
	return true;
}
