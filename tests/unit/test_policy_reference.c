/* SPDX-License-Identifier: Apache-2.0 */
/* Random policies against a second evaluator that knows no index, no masks and no order: for each
 * permission it asks every rule, straight from the definition. Time windows have tests of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy_world.h"

static bool selects(const struct world *w, unsigned int side, const char *selector, const struct person *who)
{
	unsigned int g;

	if (selector[0] == '*')
		return true;
	if (!strncmp(selector, "tag:k=", 6))
		return who->k >= 0 && !strcmp(world_tag_values[who->k], selector + 6);
	if (!strncmp(selector, "tag:l=", 6))
		return who->l >= 0 && !strcmp(world_tag_values[who->l], selector + 6);
	if (strncmp(selector, "group:g", 7))
		return (unsigned int)(selector[1] - '0') == who->number;
	g = (unsigned int)(selector[7] - '0');
	if (w->groups[side][g].has_member && w->groups[side][g].member == who->number)
		return true;
	return w->groups[side][g].has_k && who->k == (int)w->groups[side][g].k &&
	       (!w->groups[side][g].has_l || who->l == (int)w->groups[side][g].l);
}

static bool applies(const struct world *w, const struct model_rule *rule, const struct person *c, const struct person *d)
{
	return rule->is_enabled && (selects(w, 0, rule->clients[0], c) || selects(w, 0, rule->clients[1], c)) &&
	       (selects(w, 1, rule->devices[0], d) || selects(w, 1, rule->devices[1], d)) &&
	       (!rule->has_same || (c->k >= 0 && c->k == d->k)) && (!rule->has_tags || c->l == 0);
}

static bool names(const struct world *w, const struct model_rule *rule, unsigned int path, unsigned int method)
{
	for (unsigned int s = 0; s < SCOPES; s++)
		if ((rule->scopes >> s & 1) && (w->scopes[s][path] >> method & 1))
			return true;
	return false;
}

static bool is_over(const struct model_rule *rule, int now)
{
	return rule->has_limit && now >= rule->not_after;
}

static bool has_begun(const struct model_rule *rule, int now)
{
	return !rule->has_start || now >= rule->not_before;
}

struct verdict {
	unsigned int granted[PATHS];
	bool is_any, is_possible, is_denied;
	unsigned int lifetime;
};

static void judge_permission(const struct world *w, const struct person *c, const struct person *d, int now,
			     unsigned int path, unsigned int method, bool is_wanted, struct verdict *ret)
{
	bool allowed = false, denied = false, ever = false, never = false;

	for (unsigned int r = 0; r < w->rules_len; r++) {
		const struct model_rule *rule = &w->rules[r];
		bool is_now = has_begun(rule, now) && !is_over(rule, now);

		if (!applies(w, rule, c, d) || !names(w, rule, path, method))
			continue;
		allowed = allowed || (!rule->is_deny && is_now);
		denied = denied || (rule->is_deny && is_now);
		ever = ever || !rule->is_deny;
		never = never || (rule->is_deny && !rule->has_limit && !rule->has_start);
	}
	ret->is_possible = ret->is_possible || (ever && !never);
	ret->is_denied = ret->is_denied || (is_wanted && denied);
	if (!is_wanted || !allowed || denied)
		return;
	ret->granted[path] |= 1u << method;
	ret->is_any = true;
}

static bool names_granted(const struct world *w, const struct model_rule *rule, const struct verdict *verdict)
{
	for (unsigned int p = 0; p < PATHS; p++)
		for (unsigned int m = 0; m < 3; m++)
			if ((verdict->granted[p] >> m & 1) && names(w, rule, p, m))
				return true;
	return false;
}

static void shorten(struct verdict *ret, unsigned int lifetime)
{
	if (lifetime < ret->lifetime)
		ret->lifetime = lifetime;
}

/* What bounds the lifetime: what rules that allow say of it, how long they hold, and when a denial begins. */
static void judge_lifetime(const struct world *w, const struct person *c, const struct person *d, int now,
			   struct verdict *ret)
{
	bool has_own = false;

	ret->lifetime = UINT32_MAX;
	for (unsigned int r = 0; r < w->rules_len; r++) {
		const struct model_rule *rule = &w->rules[r];

		if (is_over(rule, now) || !applies(w, rule, c, d) || !names_granted(w, rule, ret))
			continue;
		if (rule->is_deny && !has_begun(rule, now))
			shorten(ret, (unsigned int)(rule->not_before - now));
		if (rule->is_deny || !has_begun(rule, now))
			continue;
		if (rule->has_limit)
			shorten(ret, (unsigned int)(rule->not_after - now));
		has_own = has_own || rule->lifetime;
		if (rule->lifetime)
			shorten(ret, rule->lifetime);
	}
	if (!has_own)
		shorten(ret, 400);
}

struct trial {
	struct person client, device;
	unsigned int model, wanted; /* scopes, as bits */
	int now;
};

static struct verdict judge(const struct world *w, const struct trial *t)
{
	struct verdict ret = { .is_any = false };

	for (unsigned int p = 0; p < PATHS; p++)
		for (unsigned int m = 0; m < 3; m++) {
			bool is_wanted = false;

			if (!(w->offered[t->model][p] >> m & 1))
				continue;
			for (unsigned int s = 0; s < SCOPES; s++)
				is_wanted = is_wanted || ((t->wanted >> s & 1) && (w->scopes[s][p] >> m & 1));
			judge_permission(w, &t->client, &t->device, t->now, p, m, is_wanted, &ret);
		}
	judge_lifetime(w, &t->client, &t->device, t->now, &ret);
	return ret;
}

static void compare(const struct policy *policy, const struct world *w, const struct trial *t)
{
	struct verdict want = judge(w, t);
	char client[8], device[8], scope[64] = "";
	struct ace_tag client_tags[2], device_tags[2];
	struct policy_decision got;
	struct policy_query query = { .model = t->model ? "m1" : "m0", .now = t->now };
	unsigned int granted[PATHS] = { 0 };

	for (unsigned int s = 0; s < SCOPES; s++)
		if (t->wanted >> s & 1)
			snprintf(scope + strlen(scope), sizeof scope - strlen(scope), "%ss%u", *scope ? " " : "", s);
	query.client = world_party(&t->client, 'c', client, client_tags);
	query.device = world_party(&t->device, 'd', device, device_tags);
	query.scope = (struct ace_scope){ ACE_SCOPE_TEXT, { (const uint8_t *)scope, strlen(scope) } };
	policy_decide(policy, &query, &got);
	for (size_t i = 0; i < got.granted_len; i++)
		granted[got.granted[i].path.ptr[2] - '0'] = (unsigned int)got.granted[i].methods;
	assert_memory_equal(granted, want.granted, sizeof granted);
	assert_int_equal(got.outcome, want.is_any    ? POLICY_ALLOW :
				      want.is_denied ? POLICY_DENY_EXPLICIT :
						       POLICY_DENY_IMPLICIT);
	if (want.is_any)
		assert_int_equal(got.lifetime_s, want.lifetime);
	else
		assert_int_equal(got.error, want.is_possible ? ACE_OAUTH_INVALID_SCOPE : ACE_OAUTH_UNAUTHORIZED_CLIENT);
}

static void random_policies_decide_as_the_definition_says(void **state)
{
	static struct world w;

	(void)state;
	for (unsigned int round = 0; round < 400; round++) {
		struct policy *policy;

		world_make(&w);
		policy = world_compile(&w);
		for (unsigned int i = 0; i < 100; i++)
			compare(policy, &w,
				&(struct trial){ .client = { world_dice(4), (int)world_dice(4) - 1, (int)world_dice(4) - 1 },
						 .device = { world_dice(4), (int)world_dice(4) - 1, (int)world_dice(4) - 1 },
						 .model = world_dice(2),
						 .wanted = 1 + world_dice((1u << SCOPES) - 1),
						 .now = (int)world_dice(200) });
		policy_free(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_policies_decide_as_the_definition_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
