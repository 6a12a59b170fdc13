/* SPDX-License-Identifier: Apache-2.0 */
/* What policy_can() tells at once is what policy_decide() says when each right is asked for alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/can.h"
#include "policy_world.h"

#define RIGHTS_MAX 128

struct found {
	struct policy_right list[RIGHTS_MAX];
	size_t len;
};

static void keep(void *context, const struct policy_right *right)
{
	struct found *found = context;

	assert_true(found->len < RIGHTS_MAX);
	found->list[found->len++] = *right;
}

struct asker {
	const struct policy *policy;
	struct policy_can_query query;
	char client[8], device[8];
	struct ace_tag client_tags[2], device_tags[2];
	struct found found;
};

static void meet(struct asker *a)
{
	struct person client = { world_dice(4), (int)world_dice(4) - 1, (int)world_dice(4) - 1 };
	struct person device = { world_dice(4), (int)world_dice(4) - 1, (int)world_dice(4) - 1 };

	a->query.client = world_party(&client, 'c', a->client, a->client_tags);
	a->query.device = world_party(&device, 'd', a->device, a->device_tags);
	a->query.now = world_dice(200);
}

static void look(struct asker *a, bool at_any_time)
{
	bool is_any;

	a->found.len = 0;
	a->query.at_any_time = at_any_time;
	is_any = policy_can(a->policy, &a->query, keep, &a->found);
	assert_int_equal(is_any, a->found.len != 0);
}

/* One permission, or one name: 0 to PATHS * 3 - 1 are methods on paths, then come the scopes. */
struct thing {
	bool is_name;
	unsigned int path, method, scope;
};

#define THINGS (PATHS * 3)

static struct thing thing_at(const struct asker *a, unsigned int i)
{
	return (struct thing){ a->query.model[1] == '2', i / 3, i % 3, i };
}

static unsigned int things_of(const struct asker *a)
{
	return a->query.model[1] == '2' ? SCOPES : THINGS;
}

static void decide(const struct asker *a, struct thing thing, int64_t now, struct policy_decision *ret)
{
	uint8_t aif[] = { 0x81, 0x82, 0x63, '/', 'p', (uint8_t)('0' + thing.path), (uint8_t)(1 << thing.method) };
	uint8_t name[] = { 's', (uint8_t)('0' + thing.scope) };
	struct policy_query query = { a->query.client, a->query.device, a->query.model, { ACE_SCOPE_AIF, { aif, sizeof aif } }, now };

	if (thing.is_name)
		query.scope = (struct ace_scope){ ACE_SCOPE_TEXT, { name, sizeof name } };
	policy_decide(a->policy, &query, ret);
	/* The paths borrow from the scope. */
	ret->granted_len = 0;
}

static const struct policy_right *right_of(const struct asker *a, struct thing thing)
{
	const uint8_t path[] = { '/', 'p', (uint8_t)('0' + thing.path) };

	for (size_t i = 0; i < a->found.len; i++) {
		const struct policy_right *right = &a->found.list[i];

		if (thing.is_name ? right->name->name.ptr[1] == '0' + thing.scope :
				    policy_right_covers(right, (struct ace_slice){ path, sizeof path }, UINT64_C(1) << thing.method))
			return right;
	}
	return NULL;
}

static void check_now(const struct asker *a)
{
	for (unsigned int i = 0; i < things_of(a); i++) {
		const struct policy_right *right = right_of(a, thing_at(a, i));
		struct policy_decision decision;

		decide(a, thing_at(a, i), a->query.now, &decision);
		assert_int_equal(right != NULL, decision.outcome == POLICY_ALLOW);
		if (!right)
			continue;
		assert_int_equal(right->lifetime_s, decision.lifetime_s);
		assert_int_equal(right->by.len, decision.allowed_by.len);
		assert_memory_equal(right->by.rules, decision.allowed_by.rules, right->by.len * sizeof *right->by.rules);
		assert_int_equal(right->unless.len, 0);
	}
}

static bool is_allowed(const struct asker *a, struct thing thing, int64_t at)
{
	struct policy_decision decision;

	decide(a, thing, at < a->query.now ? a->query.now : at, &decision);
	return decision.outcome == POLICY_ALLOW;
}

/* At which of the moments from now on that matter is it allowed? A number for them; 0: at none. */
static uint64_t moments(const struct asker *a, const struct world *w, struct thing thing)
{
	uint64_t number = is_allowed(a, thing, a->query.now);

	for (unsigned int r = 0; r < w->rules_len; r++) {
		number = number * 3 + is_allowed(a, thing, w->rules[r].not_after);
		number = number * 3 + (w->rules[r].has_start && is_allowed(a, thing, w->rules[r].not_before));
	}
	return number;
}

static void check_any_time(const struct asker *a, const struct world *w)
{
	const struct policy_right *rights[THINGS];
	uint64_t times[THINGS];

	for (unsigned int i = 0; i < things_of(a); i++) {
		rights[i] = right_of(a, thing_at(a, i));
		times[i] = moments(a, w, thing_at(a, i));
		if (times[i])
			assert_non_null(rights[i]);
		else if (rights[i])
			assert_true(rights[i]->unless.len || thing_at(a, i).is_name);
		for (unsigned int k = 0; k < i; k++)
			if (rights[i] && rights[k] && rights[i]->times == rights[k]->times)
				assert_true(times[i] == times[k]);
	}
}

static void for_random_policies(unsigned int rounds, bool at_any_time)
{
	static const char *const models[] = { "m0", "m1", "m2" };
	static struct world w;
	static struct asker a;

	for (unsigned int round = 0; round < rounds; round++) {
		struct policy *policy;

		world_make(&w);
		policy = world_compile(&w);
		a.policy = policy;
		for (unsigned int i = 0; i < 30; i++) {
			meet(&a);
			a.query.model = models[i % 3];
			look(&a, at_any_time);
			if (at_any_time)
				check_any_time(&a, &w);
			else
				check_now(&a);
		}
		policy_free(policy);
	}
}

static void each_right_of_now_is_what_a_decision_says(void **state)
{
	(void)state;
	for_random_policies(300, false);
}

static void rights_at_any_time_are_those_that_some_moment_has(void **state)
{
	(void)state;
	for_random_policies(100, true);
}

static void whoever_is_disabled_may_nothing(void **state)
{
	static const char text[] = "{\"format\":\"ace-policy/1\",\"models\":{\"m\":{\"resources\":{\"/a\":[\"GET\"]}}},\"rules\":{\"r\":{"
				   "\"effect\":\"allow\",\"clients\":[\"*\"],\"devices\":[\"*\"],\"permissions\":{\"/a\":[\"GET\"]}}}}";
	struct policy_problems problems = { 0 };
	struct policy *policy;
	struct found found = { .len = 0 };
	struct policy_can_query query = { { "c", true, { NULL, 0 } }, { "d", true, { NULL, 0 } }, "m", 0, false };

	(void)state;
	assert_int_equal(policy_compile(&(struct policy_source){ "text", text, sizeof text - 1 }, &problems, &policy), ACE_OK);
	assert_true(policy_can(policy, &query, keep, &found));
	query.client.enabled = false;
	assert_false(policy_can(policy, &query, keep, &found));
	query.client.enabled = true;
	query.device.enabled = false;
	assert_false(policy_can(policy, &query, keep, &found));
	query.device.enabled = true;
	query.model = "other";
	assert_false(policy_can(policy, &query, keep, &found));
	policy_free(policy);
	policy_problems_free(&problems);
}

static void methods_have_names_of_the_registry_only(void **state)
{
	(void)state;
	assert_true(policy_method_bit("GET") == 1 && policy_method_bit("iPATCH") == 64);
	assert_true(policy_method_bit("Dynamic-GET") == UINT64_C(1) << 32);
	assert_true(!policy_method_bit("get") && !policy_method_bit("?") && !policy_method_bit(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_right_of_now_is_what_a_decision_says),
		cmocka_unit_test(rights_at_any_time_are_those_that_some_moment_has),
		cmocka_unit_test(whoever_is_disabled_may_nothing),
		cmocka_unit_test(methods_have_names_of_the_registry_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
