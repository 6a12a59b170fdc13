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

#include "policy/policy.h"

#define RULES_MAX 90
#define PATHS 5
#define SCOPES 6
#define GROUPS 3

static const char *const methods[] = { "GET", "POST", "PUT" };
static const char *const tag_values[] = { "x", "y", "z" };

struct model_rule {
	bool is_deny, is_enabled, has_same, has_tags, has_limit;
	char clients[2][16], devices[2][16];
	unsigned int scopes; /* bits */
	unsigned int lifetime;
	int not_after;
};

struct world {
	unsigned int offered[2][PATHS]; /* methods of each model */
	unsigned int scopes[SCOPES][PATHS];
	struct {
		bool has_member, has_k, has_l;
		unsigned int member, k, l;
	} groups[2][GROUPS];
	struct model_rule rules[RULES_MAX];
	unsigned int rules_len;
};

struct person {
	unsigned int number;
	int k, l; /* tag values; negative: none */
};

static uint64_t random_state = 42;

static unsigned int dice(unsigned int sides)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % sides;
}

static void make_selector(char *text, char side)
{
	switch (dice(4)) {
	case 0:
		snprintf(text, 16, "%c%u", side, dice(4));
		break;
	case 1:
		snprintf(text, 16, "group:g%u", dice(GROUPS));
		break;
	case 2:
		snprintf(text, 16, "tag:%c=%s", "kl"[dice(2)], tag_values[dice(3)]);
		break;
	default:
		snprintf(text, 16, "%s", dice(2) ? "*" : "group:g0");
	}
}

static void make_rule(struct model_rule *rule)
{
	rule->is_deny = !dice(4);
	rule->is_enabled = dice(8) != 0;
	rule->has_same = !dice(4);
	rule->has_tags = !dice(4);
	rule->has_limit = !dice(3);
	rule->not_after = (int)dice(200);
	rule->lifetime = rule->is_deny || !dice(3) ? 0 : 1 + dice(500);
	rule->scopes = 1 + dice((1u << SCOPES) - 1);
	make_selector(rule->clients[0], 'c');
	make_selector(rule->devices[0], 'd');
	do {
		make_selector(rule->clients[1], 'c');
		make_selector(rule->devices[1], 'd');
	} while (!strcmp(rule->clients[0], rule->clients[1]) || !strcmp(rule->devices[0], rule->devices[1]));
}

static void make_world(struct world *w)
{
	memset(w, 0, sizeof *w);
	for (unsigned int p = 0; p < PATHS; p++) {
		w->offered[0][p] = 7; /* so that whatever a scope names is offered somewhere */
		w->offered[1][p] = dice(8);
		for (unsigned int s = 0; s < SCOPES; s++)
			w->scopes[s][p] = dice(3) ? 0 : dice(8);
	}
	for (unsigned int s = 0; s < SCOPES; s++)
		w->scopes[s][s % PATHS] |= 1;
	w->offered[1][0] |= 1;
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int g = 0; g < GROUPS; g++) {
			w->groups[side][g].has_member = dice(2);
			w->groups[side][g].member = dice(4);
			w->groups[side][g].has_k = dice(2) || !w->groups[side][g].has_member;
			w->groups[side][g].has_l = w->groups[side][g].has_k && dice(2);
			w->groups[side][g].k = dice(3);
			w->groups[side][g].l = dice(3);
		}
	w->rules_len = 1 + dice(dice(3) ? 6 : RULES_MAX);
	for (unsigned int r = 0; r < w->rules_len; r++)
		make_rule(&w->rules[r]);
}

static void print_permissions(FILE *out, const unsigned int *paths)
{
	const char *between = "{";

	for (unsigned int p = 0; p < PATHS; p++) {
		const char *comma = "";

		if (!paths[p])
			continue;
		fprintf(out, "%s\"/p%u\":[", between, p);
		for (unsigned int m = 0; m < 3; m++)
			if (paths[p] >> m & 1) {
				fprintf(out, "%s\"%s\"", comma, methods[m]);
				comma = ",";
			}
		fputc(']', out);
		between = ",";
	}
	fputc('}', out);
}

static void print_groups(FILE *out, const struct world *w, unsigned int side)
{
	fprintf(out, "\"%s_groups\":{", side ? "device" : "client");
	for (unsigned int g = 0; g < GROUPS; g++) {
		fprintf(out, "%s\"g%u\":{", g ? "," : "", g);
		if (w->groups[side][g].has_member)
			fprintf(out, "\"members\":[\"%c%u\"]%s", side ? 'd' : 'c', w->groups[side][g].member,
				w->groups[side][g].has_k ? "," : "");
		if (w->groups[side][g].has_k)
			fprintf(out, "\"match\":{\"k\":[\"%s\",\"nothing\"]", tag_values[w->groups[side][g].k]);
		if (w->groups[side][g].has_l)
			fprintf(out, ",\"l\":\"%s\"", tag_values[w->groups[side][g].l]);
		fputs(w->groups[side][g].has_k ? "}}" : "}", out);
	}
	fputs("},", out);
}

static void print_rule(FILE *out, const struct model_rule *rule, unsigned int number)
{
	const char *comma = "";

	fprintf(out, "%s\"r%u\":{\"effect\":\"%s\",\"enabled\":%s,\"clients\":[\"%s\",\"%s\"],\"devices\":[\"%s\",\"%s\"],",
		number ? "," : "", number, rule->is_deny ? "deny" : "allow", rule->is_enabled ? "true" : "false",
		rule->clients[0], rule->clients[1], rule->devices[0], rule->devices[1]);
	if (rule->lifetime)
		fprintf(out, "\"lifetime\":\"%us\",", rule->lifetime);
	if (rule->has_same || rule->has_tags || rule->has_limit)
		fprintf(out, "\"when\":{%s%s%s", rule->has_same ? "\"same_tag\":[\"k\"]" : "",
			rule->has_same && (rule->has_tags || rule->has_limit) ? "," : "",
			rule->has_tags ? "\"client_tags\":{\"l\":\"x\"}" : "");
	if (rule->has_limit)
		fprintf(out, "%s\"not_after\":\"1970-01-01T00:%02d:%02dZ\"", rule->has_tags ? "," : "", rule->not_after / 60,
			rule->not_after % 60);
	if (rule->has_same || rule->has_tags || rule->has_limit)
		fputs("},", out);
	fputs("\"scopes\":[", out);
	for (unsigned int s = 0; s < SCOPES; s++)
		if (rule->scopes >> s & 1) {
			fprintf(out, "%s\"s%u\"", comma, s);
			comma = ",";
		}
	fputs("]}", out);
}

static struct policy *compile(const struct world *w)
{
	struct policy_problems problems = { 0 };
	struct policy *policy = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fputs("{\"format\":\"ace-policy/1\",\"defaults\":{\"lifetime\":\"400s\"},\"models\":{", out);
	for (unsigned int m = 0; m < 2; m++) {
		fprintf(out, "%s\"m%u\":{\"resources\":", m ? "," : "", m);
		print_permissions(out, w->offered[m]);
		fputc('}', out);
	}
	fputs("},\"scopes\":{", out);
	for (unsigned int s = 0; s < SCOPES; s++) {
		fprintf(out, "%s\"s%u\":", s ? "," : "", s);
		print_permissions(out, w->scopes[s]);
	}
	fputs("},", out);
	print_groups(out, w, 0);
	print_groups(out, w, 1);
	fputs("\"rules\":{", out);
	for (unsigned int r = 0; r < w->rules_len; r++)
		print_rule(out, &w->rules[r], r);
	fputs("}}", out);
	fclose(out);
	if (policy_compile(&(struct policy_source){ "random", text, len }, &problems, &policy)) {
		policy_problems_print(stderr, &problems);
		fail_msg("%s", text);
	}
	policy_problems_free(&problems);
	free(text);
	return policy;
}

static bool selects(const struct world *w, unsigned int side, const char *selector, const struct person *who)
{
	unsigned int g;

	if (selector[0] == '*')
		return true;
	if (!strncmp(selector, "tag:k=", 6))
		return who->k >= 0 && !strcmp(tag_values[who->k], selector + 6);
	if (!strncmp(selector, "tag:l=", 6))
		return who->l >= 0 && !strcmp(tag_values[who->l], selector + 6);
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
		bool is_now = !rule->has_limit || now < rule->not_after;

		if (!applies(w, rule, c, d) || !names(w, rule, path, method))
			continue;
		allowed = allowed || (!rule->is_deny && is_now);
		denied = denied || (rule->is_deny && is_now);
		ever = ever || !rule->is_deny;
		never = never || (rule->is_deny && !rule->has_limit);
	}
	ret->is_possible = ret->is_possible || (ever && !never);
	ret->is_denied = ret->is_denied || (is_wanted && denied);
	if (!is_wanted || !allowed || denied)
		return;
	ret->granted[path] |= 1u << method;
	ret->is_any = true;
}

static void judge_lifetime(const struct world *w, const struct person *c, const struct person *d, int now,
			   struct verdict *ret)
{
	bool has_own = false;

	ret->lifetime = UINT32_MAX;
	for (unsigned int r = 0; r < w->rules_len; r++) {
		const struct model_rule *rule = &w->rules[r];
		bool contributes = false;

		for (unsigned int p = 0; p < PATHS; p++)
			for (unsigned int m = 0; m < 3; m++)
				contributes = contributes || ((ret->granted[p] >> m & 1) && names(w, rule, p, m));
		if (!contributes || rule->is_deny || !applies(w, rule, c, d) || (rule->has_limit && now >= rule->not_after))
			continue;
		if (rule->has_limit && (unsigned int)(rule->not_after - now) < ret->lifetime)
			ret->lifetime = (unsigned int)(rule->not_after - now);
		has_own = has_own || rule->lifetime;
		if (rule->lifetime && rule->lifetime < ret->lifetime)
			ret->lifetime = rule->lifetime;
	}
	if (!has_own && ret->lifetime > 400)
		ret->lifetime = 400;
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

static struct policy_party party(const struct person *who, char side, char *id, struct ace_tag *tags)
{
	size_t len = 0;

	snprintf(id, 8, "%c%u", side, who->number);
	if (who->k >= 0)
		tags[len++] = (struct ace_tag){ "k", tag_values[who->k] };
	if (who->l >= 0)
		tags[len++] = (struct ace_tag){ "l", tag_values[who->l] };
	return (struct policy_party){ id, true, { tags, len } };
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
	query.client = party(&t->client, 'c', client, client_tags);
	query.device = party(&t->device, 'd', device, device_tags);
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

		make_world(&w);
		policy = compile(&w);
		for (unsigned int i = 0; i < 100; i++)
			compare(policy, &w,
				&(struct trial){ .client = { dice(4), (int)dice(4) - 1, (int)dice(4) - 1 },
						 .device = { dice(4), (int)dice(4) - 1, (int)dice(4) - 1 },
						 .model = dice(2),
						 .wanted = 1 + dice((1u << SCOPES) - 1),
						 .now = (int)dice(200) });
		policy_free(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_policies_decide_as_the_definition_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
