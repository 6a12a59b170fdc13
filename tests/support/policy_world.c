/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const methods[] = { "GET", "POST", "PUT" };
const char *const world_tag_values[] = { "x", "y", "z" };

static uint64_t random_state = 42;

unsigned int world_dice(unsigned int sides)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % sides;
}

static void make_selector(char *text, char side)
{
	switch (world_dice(4)) {
	case 0:
		snprintf(text, 16, "%c%u", side, world_dice(4));
		break;
	case 1:
		snprintf(text, 16, "group:g%u", world_dice(GROUPS));
		break;
	case 2:
		snprintf(text, 16, "tag:%c=%s", "kl"[world_dice(2)], world_tag_values[world_dice(3)]);
		break;
	default:
		snprintf(text, 16, "%s", world_dice(2) ? "*" : "group:g0");
	}
}

void world_limits(struct model_rule *rule)
{
	rule->not_after = 1 + (int)world_dice(200);
	rule->not_before = (int)world_dice((unsigned int)rule->not_after);
}

static void make_rule(struct model_rule *rule)
{
	rule->is_deny = !world_dice(4);
	rule->is_enabled = world_dice(8) != 0;
	rule->has_same = !world_dice(4);
	rule->has_tags = !world_dice(4);
	rule->has_limit = !world_dice(3);
	rule->has_start = !world_dice(4);
	world_limits(rule);
	rule->lifetime = rule->is_deny || !world_dice(3) ? 0 : 1 + world_dice(500);
	rule->scopes = 1 + world_dice((1u << SCOPES) - 1);
	make_selector(rule->clients[0], 'c');
	make_selector(rule->devices[0], 'd');
	do {
		make_selector(rule->clients[1], 'c');
		make_selector(rule->devices[1], 'd');
	} while (!strcmp(rule->clients[0], rule->clients[1]) || !strcmp(rule->devices[0], rule->devices[1]));
}

void world_make(struct world *w)
{
	memset(w, 0, sizeof *w);
	for (unsigned int p = 0; p < PATHS; p++) {
		w->offered[0][p] = 7; /* so that whatever a scope names is offered somewhere */
		w->offered[1][p] = world_dice(8);
		for (unsigned int s = 0; s < SCOPES; s++)
			w->scopes[s][p] = world_dice(3) ? 0 : world_dice(8);
	}
	for (unsigned int s = 0; s < SCOPES; s++)
		w->scopes[s][s % PATHS] |= 1;
	w->offered[1][0] |= 1;
	for (unsigned int side = 0; side < 2; side++)
		for (unsigned int g = 0; g < GROUPS; g++) {
			w->groups[side][g].has_member = world_dice(2);
			w->groups[side][g].member = world_dice(4);
			w->groups[side][g].has_k = world_dice(2) || !w->groups[side][g].has_member;
			w->groups[side][g].has_l = w->groups[side][g].has_k && world_dice(2);
			w->groups[side][g].k = world_dice(3);
			w->groups[side][g].l = world_dice(3);
		}
	w->rules_len = 1 + world_dice(world_dice(3) ? 6 : RULES_MAX);
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
			fprintf(out, "\"match\":{\"k\":[\"%s\",\"nothing\"]", world_tag_values[w->groups[side][g].k]);
		if (w->groups[side][g].has_l)
			fprintf(out, ",\"l\":\"%s\"", world_tag_values[w->groups[side][g].l]);
		fputs(w->groups[side][g].has_k ? "}}" : "}", out);
	}
	fputs("},", out);
}

static void print_time(FILE *out, const char *name, int at)
{
	fprintf(out, "\"%s\":\"1970-01-01T00:%02d:%02dZ\",", name, at / 60, at % 60);
}

static void print_when(FILE *out, const struct model_rule *rule)
{
	if (!rule->has_same && !rule->has_tags && !rule->has_start && !rule->has_limit)
		return;
	fputs("\"when\":{", out);
	if (rule->has_same)
		fputs("\"same_tag\":[\"k\"],", out);
	if (rule->has_tags)
		fputs("\"client_tags\":{\"l\":\"x\"},", out);
	if (rule->has_start)
		print_time(out, "not_before", rule->not_before);
	if (rule->has_limit)
		print_time(out, "not_after", rule->not_after);
	fseek(out, -1, SEEK_CUR); /* the last comma */
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
	print_when(out, rule);
	fputs("\"scopes\":[", out);
	for (unsigned int s = 0; s < SCOPES; s++)
		if (rule->scopes >> s & 1) {
			fprintf(out, "%s\"s%u\"", comma, s);
			comma = ",";
		}
	fputs("]}", out);
}

struct policy *world_compile(const struct world *w)
{
	struct policy_problems problems = { 0 };
	struct policy *policy = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fputs("{\"format\":\"ace-policy/1\",\"defaults\":{\"lifetime\":\"400s\"},\"models\":{", out);
	for (unsigned int m = 0; m < 3; m++) {
		fprintf(out, "%s\"m%u\":{\"resources\":", m ? "," : "", m);
		print_permissions(out, w->offered[m ? 1 : 0]);
		fprintf(out, "%s}", m == 2 ? ",\"scope_format\":\"text\",\"limits\":{\"lifetime\":\"300s\"}" : "");
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

struct policy_party world_party(const struct person *who, char side, char *id, struct ace_tag *tags)
{
	size_t len = 0;

	snprintf(id, 8, "%c%u", side, who->number);
	if (who->k >= 0)
		tags[len++] = (struct ace_tag){ "k", world_tag_values[who->k] };
	if (who->l >= 0)
		tags[len++] = (struct ace_tag){ "l", world_tag_values[who->l] };
	return (struct policy_party){ id, true, { tags, len } };
}
