/* SPDX-License-Identifier: Apache-2.0 */
/* What a test expected and what came, in words. */
#include <inttypes.h>
#include <string.h>

#include "policy/explain_words.h"
#include "policy/test_internal.h"

struct comparing {
	const struct policy *policy;
	const struct policy_decision *decision;
	struct policy_arena *arena;
	struct policy_test_result *result;
};

/* A list in words that grows: quadratic in its length, which is short. */
static const char *join(struct policy_arena *arena, const char *list, const char *more)
{
	return *list ? policy_arena_printf(arena, "%s, %s", list, more) : more;
}

static const char *or_nothing(const char *list)
{
	return list && *list ? list : "nothing";
}

static void differ(struct comparing *c, const char *member, const char *expected, const char *actual)
{
	/* The arena remembers that it had no memory; nobody will look at this then. */
	if (expected && actual && c->result->differences_len < POLICY_TEST_DIFFERENCES_MAX)
		c->result->differences[c->result->differences_len++] =
			(struct policy_test_difference){ member, expected, actual };
}

static const char *permission_words(struct comparing *c, const char *list, struct ace_slice path, uint64_t methods)
{
	for (unsigned int bit = 0; list && bit < 39; bit++) {
		const char *more;

		if (!(methods >> bit & 1))
			continue;
		more = policy_arena_printf(c->arena, "%s %.*s", policy_method_name(UINT64_C(1) << bit), (int)path.len,
					   (const char *)path.ptr);
		list = more ? join(c->arena, list, more) : NULL;
	}
	return list;
}

static struct ace_slice path_of(const struct policy_permission *permission)
{
	return (struct ace_slice){ (const uint8_t *)permission->path, strlen(permission->path) };
}

static bool is_granted(const struct policy_decision *decision, const struct policy_permission *permission)
{
	for (size_t i = 0; i < decision->granted_len; i++)
		if (ace_slice_equal(decision->granted[i].path, path_of(permission)))
			return decision->granted[i].methods == permission->methods;
	return false;
}

static void compare_granted(struct comparing *c)
{
	const struct policy_permissions *expected = c->result->test->granted;
	const struct policy_decision *decision = c->decision;
	const char *wanted = "", *got = "";
	bool is_same;

	if (!expected)
		return;
	is_same = expected->len == decision->granted_len;
	for (size_t i = 0; is_same && i < expected->len; i++)
		is_same = is_granted(decision, &expected->list[i]);
	if (is_same)
		return;
	for (size_t i = 0; i < expected->len; i++)
		wanted = permission_words(c, wanted, path_of(&expected->list[i]), expected->list[i].methods);
	for (size_t i = 0; i < decision->granted_len; i++)
		got = permission_words(c, got, decision->granted[i].path, decision->granted[i].methods);
	differ(c, "granted", or_nothing(wanted), or_nothing(got));
}

static bool list_has(const struct policy *policy, const struct policy_rule_list *list, const char *id)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(policy->rules[list->rules[i]].id, id))
			return true;
	return false;
}

/* Ids are unique in both, so that equal lengths and all of one in the other mean the same set. */
static void compare_rules(struct comparing *c, const char *member, const char *const *expected,
			  const struct policy_rule_list *list)
{
	const char *wanted = "", *got = "";
	bool is_same = !list->is_cut;
	size_t len = 0;

	for (; expected && expected[len]; len++)
		is_same = is_same && list_has(c->policy, list, expected[len]);
	if (!expected || (is_same && len == list->len))
		return;
	for (size_t i = 0; wanted && i < len; i++)
		wanted = join(c->arena, wanted, expected[i]);
	for (size_t i = 0; got && i < list->len; i++)
		got = join(c->arena, got, c->policy->rules[list->rules[i]].id);
	if (got && list->is_cut)
		got = join(c->arena, got, "...");
	differ(c, member, or_nothing(wanted), or_nothing(got));
}

static void compare_outcome(struct comparing *c)
{
	const struct policy_test *test = c->result->test;
	enum policy_outcome outcome = c->decision->outcome;

	if (test->outcome == outcome || (test->any_denial && outcome != POLICY_ALLOW))
		return;
	differ(c, "decision", test->any_denial ? "deny" : policy_outcome_name(test->outcome), policy_outcome_name(outcome));
}

/* What a denied request does not have is not missing beside the denial itself. */
void policy_test_compare(const struct policy *policy, const struct policy_decision *decision, struct policy_arena *arena,
			 struct policy_test_result *result)
{
	struct comparing c = { policy, decision, arena, result };
	const struct policy_test *test = result->test;
	const char *error = decision->outcome == POLICY_ALLOW ? "none" : policy_error_name(decision->error);

	compare_outcome(&c);
	compare_granted(&c);
	if (test->expires_in_s && decision->outcome == POLICY_ALLOW && decision->lifetime_s != test->expires_in_s)
		differ(&c, "expires_in", policy_arena_printf(arena, "%" PRIu32 " s", test->expires_in_s),
		       policy_arena_printf(arena, "%" PRIu32 " s", decision->lifetime_s));
	if (decision->outcome == POLICY_ALLOW)
		compare_rules(&c, "rules", test->rules, &decision->allowed_by);
	compare_rules(&c, "denied_by", test->denied_by, &decision->denied_by);
	if (test->error && strcmp(test->error, error))
		differ(&c, "error", test->error, error);
}

/* Texts of tests come from files: what would steer a terminal stays out. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

static void print_explanation(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(out, "     |%s%.*s\n", len ? " " : "", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

void policy_test_print(FILE *out, const struct policy_tests *tests, const struct policy_test_result *result)
{
	fputs(result->differences_len ? "FAIL " : "ok   ", out);
	put_text(out, result->test->name);
	fputc('\n', out);
	if (!result->differences_len)
		return;
	fprintf(out, "     %s:%" PRIu32 ":%" PRIu32 "\n", tests->sources[result->test->source].name, result->line,
		result->column);
	for (size_t i = 0; i < result->differences_len; i++)
		fprintf(out, "     %-11s expected %s, got %s\n", result->differences[i].member, result->differences[i].expected,
			result->differences[i].actual);
	print_explanation(out, result->explanation);
}
