/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_can.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash;
}

struct ctl_can_group *ctl_can_group_of(struct ctl_can_groups *groups, char *text, size_t max)
{
	uint64_t hash = hash_of(text);
	struct ctl_can_group *list = groups->list;

	for (size_t k = 0; k < groups->len; k++) {
		size_t i = (groups->last + k) % groups->len;

		if (list[i].hash != hash || strcmp(list[i].text, text))
			continue;
		free(text);
		groups->last = i;
		return &list[i];
	}
	groups->is_full = groups->len == max;
	if (!groups->is_full && groups->len == groups->cap) {
		groups->cap = groups->cap * 2 + 16;
		list = realloc(list, groups->cap * sizeof *list);
	}
	if (groups->is_full || !list) {
		free(text);
		return NULL;
	}
	groups->list = list;
	groups->last = groups->len;
	list[groups->len] = (struct ctl_can_group){ .text = text, .hash = hash };
	return &list[groups->len++];
}

bool ctl_can_group_add(struct ctl_can_group *group, const char *id)
{
	if (group->count < CTL_CAN_IDS_MAX) {
		char **ids = realloc(group->ids, (group->count + 1) * sizeof *ids);

		if (!ids)
			return false;
		group->ids = ids;
		ids[group->count] = strdup(id);
		if (!ids[group->count])
			return false;
	}
	group->count++;
	return true;
}

void ctl_can_groups_free(struct ctl_can_groups *groups)
{
	for (size_t i = 0; i < groups->len; i++) {
		struct ctl_can_group *group = &groups->list[i];

		for (size_t k = 0; k < group->count && k < CTL_CAN_IDS_MAX; k++)
			free(group->ids[k]);
		free(group->ids);
		free(group->text);
		cli_json_free(group->rights);
	}
	free(groups->list);
}

static void say_times(const struct policy *policy, const char *label, const struct policy_rule_list *rules, FILE *out)
{
	for (size_t i = 0; i < rules->len && i < 4; i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *words = open_memstream(&text, &len);

		if (!words)
			return;
		policy_times_words(policy, rules->rules[i], words);
		if (fclose(words) == 0 && len)
			fprintf(out, "   %s%s", label, text);
		free(text);
	}
}

static void say_lifetime(uint32_t lifetime_s, FILE *out)
{
	static const struct {
		uint32_t seconds;
		char letter;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t i = 0;
	char text[24];

	while (lifetime_s % units[i].seconds || (i == 0 && lifetime_s == 86400))
		i++;
	snprintf(text, sizeof text, "%" PRIu32 "%c", lifetime_s / units[i].seconds, units[i].letter);
	fprintf(out, "%-6s ", text);
}

void ctl_can_say_grounds(const struct policy *policy, const struct policy_right *right, FILE *out)
{
	say_lifetime(right->lifetime_s, out);
	policy_rules_words(policy, &right->by, out);
	say_times(policy, "", &right->by, out);
	if (right->unless.len) {
		fputs("   unless ", out);
		policy_rules_words(policy, &right->unless, out);
		say_times(policy, "", &right->unless, out);
	}
	fputc('\n', out);
}

void ctl_can_say(const struct policy *policy, const struct policy_right *right, FILE *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *words = open_memstream(&text, &len);

	if (!words)
		return;
	policy_right_words(right, words);
	if (fclose(words) == 0)
		fprintf(out, "  %-30s ", text);
	free(text);
	ctl_can_say_grounds(policy, right, out);
}

static struct json_t *methods_record(uint64_t methods)
{
	struct json_t *array = cli_json_array();

	for (; methods; methods &= methods - 1)
		cli_json_add_text(array, policy_method_text(methods & -methods));
	return array;
}

static struct json_t *rules_record(const struct policy *policy, const struct policy_rule_list *rules)
{
	struct json_t *array = cli_json_array();

	for (size_t i = 0; i < rules->len; i++) {
		struct json_t *object = cli_json_object();
		char *text = NULL;
		size_t len = 0;
		FILE *words = open_memstream(&text, &len);

		cli_json_put_text(object, "id", policy_rule_id(policy, rules->rules[i]));
		if (words) {
			policy_times_words(policy, rules->rules[i], words);
			cli_json_put_text(object, "times", fclose(words) == 0 && len ? text : NULL);
		}
		free(text);
		cli_json_add(array, object);
	}
	return array;
}

struct json_t *ctl_can_record(const struct policy *policy, const struct policy_right *right)
{
	struct json_t *object = cli_json_object(), *grants = cli_json_array();
	struct ace_aif_entry one = { right->path, right->methods };
	const struct ace_aif_entry *entries = right->name ? right->name->grants : &one;

	if (right->name)
		cli_json_put_slice(object, "scope", right->name->name);
	else
		cli_json_put_null(object, "scope");
	for (size_t i = 0; i < (right->name ? right->name->grants_len : 1); i++) {
		struct json_t *grant = cli_json_object();

		cli_json_put_slice(grant, "path", entries[i].path);
		cli_json_put(grant, "methods", methods_record(entries[i].methods));
		cli_json_add(grants, grant);
	}
	cli_json_put(object, "grants", grants);
	cli_json_put_int(object, "expires_in", right->lifetime_s);
	cli_json_put(object, "rules", rules_record(policy, &right->by));
	cli_json_put(object, "unless", rules_record(policy, &right->unless));
	return object;
}

void ctl_can_names(const struct ctl_can_group *group, FILE *out)
{
	for (size_t i = 0; i < group->count && i < CTL_CAN_NAMED; i++)
		fprintf(out, "%s%s", i ? ", " : "", group->ids[i]);
	if (group->count > CTL_CAN_NAMED)
		fprintf(out, " and %zu more", group->count - CTL_CAN_NAMED);
}

struct json_t *ctl_can_groups_record(struct ctl_can_groups *groups, const char *noun)
{
	struct json_t *array = cli_json_array();

	for (size_t i = 0; i < groups->len; i++) {
		struct ctl_can_group *group = &groups->list[i];
		struct json_t *object = cli_json_object(), *ids = cli_json_array();
		char count[32];

		snprintf(count, sizeof count, "%s_count", noun);
		cli_json_put_int(object, count, (int64_t)group->count);
		for (size_t k = 0; k < group->count && k < CTL_CAN_IDS_MAX; k++)
			cli_json_add_text(ids, group->ids[k]);
		cli_json_put(object, noun, ids);
		cli_json_put(object, "rights", group->rights);
		group->rights = NULL;
		cli_json_add(array, object);
	}
	return array;
}
