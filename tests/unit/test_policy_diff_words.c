/* SPDX-License-Identifier: Apache-2.0 */
/* How policy_diff tells what it found: who, by which words, what was before, and what denies it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "policy/diff_internal.h"

#define POLICY(rules) \
	"{\"format\":\"ace-policy/1\",\"models\":{\"m\":{\"resources\":{\"/a\":[\"GET\",\"PUT\"]}}}," \
	"\"client_groups\":{\"techs\":{\"match\":{\"role\":\"tech\"}}},\"rules\":{" rules "}}"
#define RULE(id, effect, clients, methods, more) \
	"\"" id "\":{\"effect\":\"" effect "\",\"clients\":[" clients "],\"devices\":[\"*\"],\"permissions\":{\"/a\":[" methods "]}" more "}"

static struct policy *policy_of(const char *text)
{
	struct policy_problems problems = { 0 };
	struct policy *policy;

	assert_int_equal(policy_compile(&(struct policy_source){ "text", text, strlen(text) }, &problems, &policy), ACE_OK);
	policy_problems_free(&problems);
	return policy;
}

/* Sixty clients: each third is a tech, each second at site x. And a device. */
static void add_clients(struct policy_diff *diff)
{
	struct policy_party device = { "d", true, { NULL, 0 } };

	for (unsigned int i = 0; i < 60; i++) {
		struct ace_tag tags[2] = { { "role", i % 3 ? "guest" : "tech" }, { "site", i % 2 ? "y" : "x" } };
		char id[8];
		struct policy_party client = { id, true, { tags, 2 } };

		snprintf(id, sizeof id, "c%02u", i);
		assert_int_equal(policy_diff_add(diff, POLICY_KIND_CLIENT, &(struct policy_diff_party){ id, &client, &client, NULL, NULL }),
				 ACE_OK);
	}
	assert_int_equal(policy_diff_add(diff, POLICY_KIND_DEVICE, &(struct policy_diff_party){ "d", &device, &device, "m", "m" }), ACE_OK);
}

static void check_block(const char *before, const char *after, struct policy_diff_block *ret_block, struct policy *policy[2],
			struct policy_diff **ret_diff)
{
	policy[0] = policy_of(before);
	policy[1] = policy_of(after);
	assert_int_equal(policy_diff_new(policy[0], policy[1], 0, ret_diff), ACE_OK);
	add_clients(*ret_diff);
	assert_int_equal(policy_diff_run(*ret_diff), ACE_OK);
	assert_int_equal(policy_diff_blocks_len(*ret_diff), 1);
	assert_int_equal(policy_diff_block_at(*ret_diff, 0, ret_block), ACE_OK);
}

static void end(struct policy *policy[2], struct policy_diff *diff)
{
	policy_diff_free(diff);
	policy_free(policy[0]);
	policy_free(policy[1]);
}

static void many_are_told_by_the_selector_that_means_just_them(void **state)
{
	struct policy_diff_block block;
	struct policy_diff_counts counts;
	struct policy_diff *diff;
	struct policy *policy[2];

	(void)state;
	check_block(POLICY(""), POLICY(RULE("r", "allow", "\"tag:role=tech\"", "\"GET\"", "")), &block, policy, &diff);
	assert_string_equal(block.clients.selector, "group:techs");
	assert_true(block.clients.count == 20 && block.clients.ids_len == 20 && !block.clients.is_everybody);
	assert_string_equal(block.clients.ids[1], "c03");
	assert_true(block.devices.is_everybody && block.devices.count == 1);
	policy_diff_count(diff, &counts);
	assert_true(counts.clients_gaining == 20 && !counts.clients_losing && !counts.clients_changing && counts.devices == 1);
	end(policy, diff);
	check_block(POLICY(""), POLICY(RULE("r", "allow", "\"tag:site=y\"", "\"GET\"", "")), &block, policy, &diff);
	assert_string_equal(block.clients.selector, "tag:site=y");
	end(policy, diff);
	check_block(POLICY(""), POLICY(RULE("r", "allow", "\"tag:role=guest\"", "\"GET\"",
		    ",\"when\":{\"client_tags\":{\"site\":\"x\"}}")), &block, policy, &diff);
	assert_string_equal(block.clients.selector, "tag:role=guest tag:site=x");
	end(policy, diff);
	check_block(POLICY(""), POLICY(RULE("r", "allow", "\"*\"", "\"GET\"", "")), &block, policy, &diff);
	assert_true(block.clients.is_everybody && !block.clients.selector && block.clients.count == 60);
	end(policy, diff);
}

static void a_row_says_what_was_and_what_denies_it(void **state)
{
	struct policy_diff_block block;
	enum policy_diff_rule listed;
	struct policy_diff *diff;
	struct policy *policy[2];

	(void)state;
	check_block(POLICY(RULE("r", "allow", "\"c01\"", "\"GET\",\"PUT\"", ",\"lifetime\":\"8h\"")),
		    POLICY(RULE("no", "deny", "\"*\"", "\"PUT\"", "") "," RULE("r", "allow", "\"c01\"", "\"GET\",\"PUT\"", ",\"lifetime\":\"1h\"")),
		    &block, policy, &diff);
	assert_int_equal(block.rows_len, 2);
	assert_int_equal(block.rows[0]->kind, POLICY_DIFF_LOST);
	assert_true(block.rows[0]->right.methods == policy_method_bit("PUT") && block.rows[0]->denied.len == 1);
	assert_string_equal(policy_rule_id(policy[1], block.rows[0]->denied.rules[0]), "no");
	assert_int_equal(block.rows[1]->kind, POLICY_DIFF_CHANGED);
	assert_true(block.rows[1]->before.lifetime_s == 28800 && block.rows[1]->right.lifetime_s == 3600);
	assert_string_equal(policy_diff_rule_at(diff, 0, &listed), "no");
	assert_int_equal(listed, POLICY_DIFF_RULE_ADDED);
	assert_string_equal(policy_diff_rule_at(diff, 1, &listed), "r");
	assert_int_equal(listed, POLICY_DIFF_RULE_CHANGED);
	assert_null(policy_diff_rule_at(diff, 2, &listed));
	assert_string_equal(block.model, "m");
	end(policy, diff);
}

static void another_default_lifetime_is_seen(void **state)
{
	struct policy_diff_block block;
	struct policy_diff *diff;
	struct policy *policy[2];

	(void)state;
	check_block("{\"format\":\"ace-policy/1\",\"models\":{\"m\":{\"resources\":{\"/a\":[\"GET\"]}}},\"rules\":{"
		    RULE("r", "allow", "\"c07\"", "\"GET\"", "") "}}",
		    "{\"format\":\"ace-policy/1\",\"defaults\":{\"lifetime\":\"5m\"},\"models\":{\"m\":{\"resources\":{\"/a\":[\"GET\"]}}},"
		    "\"rules\":{" RULE("r", "allow", "\"c07\"", "\"GET\"", "") "}}", &block, policy, &diff);
	assert_true(block.rows[0]->kind == POLICY_DIFF_CHANGED && block.rows[0]->right.lifetime_s == 300);
	end(policy, diff);
}

static void more_than_anybody_would_read_is_refused(void **state)
{
	struct policy *policy[2] = { policy_of(POLICY("")), policy_of(POLICY(RULE("r", "allow", "\"c01\"", "\"GET\"", "") ","
				     RULE("s", "allow", "\"c02\"", "\"PUT\"", ""))) };
	struct policy_diff *diff;

	(void)state;
	for (size_t max = 1; max < 3; max++) {
		assert_int_equal(policy_diff_new(policy[0], policy[1], 0, &diff), ACE_OK);
		diff->rows_max = max;
		add_clients(diff);
		assert_int_equal(policy_diff_run(diff), max == 1 ? ACE_ERR_RANGE : ACE_OK);
		policy_diff_free(diff);
	}
	policy_free(policy[0]);
	policy_free(policy[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_are_told_by_the_selector_that_means_just_them),
		cmocka_unit_test(a_row_says_what_was_and_what_denies_it),
		cmocka_unit_test(another_default_lifetime_is_seen),
		cmocka_unit_test(more_than_anybody_would_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
