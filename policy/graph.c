/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/graph.h"

#include <stdlib.h>
#include <string.h>

#include "policy/can.h"
#include "policy/explain_words.h"
#include "policy/intern.h"
#include "policy/rule.h"

#define NAMED 4 /* members of a group, values of a tag */

struct drawing {
	const struct policy *policy;
	bool is_mermaid;
	FILE *out;
	struct policy_arena arena;
	struct policy_intern nodes[2]; /* selectors of clients, and of devices */
	bool no_memory;
};

/* One character of a label, so that it is only that. */
static void put_char(const struct drawing *d, char c)
{
	if (c == '\n')
		fputs(d->is_mermaid ? "<br/>" : "\\n", d->out);
	else if ((unsigned char)c < ' ' || c == 127)
		fputc('?', d->out);
	else if (d->is_mermaid && strchr("\"#&;<>`", c))
		fprintf(d->out, "#%d;", c);
	else if (!d->is_mermaid && (c == '"' || c == '\\'))
		fprintf(d->out, "\\%c", c);
	else
		fputc(c, d->out);
}

static void put_text(const struct drawing *d, const char *text)
{
	for (; *text; text++)
		put_char(d, *text);
}

/* "a, b, c and 3 more" */
static void put_names(const struct drawing *d, struct policy_names names, const char *between)
{
	char more[40];

	for (size_t i = 0; i < names.len && i < NAMED; i++) {
		put_text(d, i ? between : "");
		put_text(d, names.list[i]);
	}
	if (names.len <= NAMED)
		return;
	snprintf(more, sizeof more, " and %zu more", names.len - NAMED);
	put_text(d, more);
}

/* "role=technician, site=b7|b9" */
static void put_matches(const struct drawing *d, struct policy_tag_matches matches, const char *before)
{
	for (size_t i = 0; i < matches.len; i++) {
		put_text(d, i ? ", " : before);
		put_text(d, matches.list[i].key);
		put_text(d, "=");
		put_names(d, matches.list[i].values, "|");
	}
}

static void put_group(const struct drawing *d, const struct policy_group *group)
{
	put_text(d, group->id);
	put_matches(d, group->match, "\n");
	if (!group->members.len)
		return;
	put_text(d, "\n");
	put_names(d, group->members, ", ");
}

static void put_selector(const struct drawing *d, unsigned int side, const char *selector)
{
	const struct policy *policy = d->policy;
	const struct policy_group *group = NULL;

	if (!strncmp(selector, "group:", 6))
		group = policy_group_find(side ? policy->device_groups : policy->client_groups,
					  side ? policy->device_groups_len : policy->client_groups_len, selector + 6);
	if (group)
		put_group(d, group);
	else if (!strcmp(selector, "*"))
		put_text(d, side ? "all devices" : "all clients");
	else
		put_text(d, strncmp(selector, "tag:", 4) ? selector : selector + 4);
}

static void put_permissions(const struct drawing *d, const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->permissions.len && i < NAMED; i++) {
		const struct policy_permission *permission = &rule->permissions.list[i];

		put_text(d, i || rule->scopes.len ? ", " : "");
		for (uint64_t rest = permission->methods; rest; rest &= rest - 1) {
			put_text(d, policy_method_name(rest & -rest));
			put_text(d, " ");
		}
		put_text(d, permission->path);
	}
	put_text(d, rule->permissions.len > NAMED ? " and more" : "");
}

/* Conditions, a line each. */
static void put_when(struct drawing *d, uint32_t number)
{
	const struct policy_when *when = &d->policy->rules[number].when;
	char *text = NULL;
	size_t len = 0;
	FILE *words = open_memstream(&text, &len);

	put_matches(d, when->client_tags, "\nclient ");
	put_matches(d, when->device_tags, "\ndevice ");
	put_text(d, when->same_tag.len ? "\nsame " : "");
	put_names(d, when->same_tag, ", ");
	if (words)
		policy_times_words(d->policy, number, words);
	if (!words || fclose(words)) {
		d->no_memory = true;
	} else if (len) {
		put_text(d, "\n");
		put_text(d, text);
	}
	free(text);
}

static void put_rule_label(struct drawing *d, uint32_t number)
{
	const struct policy_rule *rule = &d->policy->rules[number];

	put_text(d, rule->is_deny ? "DENY " : "");
	put_text(d, rule->id);
	put_text(d, "\n");
	put_names(d, rule->scopes, ", ");
	put_permissions(d, rule);
	put_when(d, number);
}

static void draw_rule(struct drawing *d, uint32_t number)
{
	bool is_deny = d->policy->rules[number].is_deny;

	fprintf(d->out, d->is_mermaid ? "  r%u[\"" : "  r%u [label=\"", number);
	put_rule_label(d, number);
	if (d->is_mermaid)
		fprintf(d->out, "\"]%s\n", is_deny ? ":::deny" : "");
	else
		fprintf(d->out, "\"%s];\n", is_deny ? ", color=red, fontcolor=red" : "");
}

/* Nodes are named when a rule first needs them. */
static uint32_t node(struct drawing *d, unsigned int side, const char *selector)
{
	size_t known = d->nodes[side].len;
	uint32_t number = 0;

	if (!policy_intern(&d->nodes[side], selector, strlen(selector) + 1, &number)) {
		d->no_memory = true;
		return 0;
	}
	if (number < known)
		return number;
	fprintf(d->out, d->is_mermaid ? "  %c%u([\"" : "  %c%u [shape=ellipse, label=\"", side ? 'd' : 'c', number);
	put_selector(d, side, selector);
	fputs(d->is_mermaid ? "\"])\n" : "\"];\n", d->out);
	return number;
}

static void draw_edges(struct drawing *d, uint32_t number, unsigned int side)
{
	const struct policy_rule *rule = &d->policy->rules[number];
	struct policy_names names = side ? rule->devices : rule->clients;
	const char *arrow = !d->is_mermaid ? "->" : rule->is_deny ? "-.-x" : "-->";

	for (size_t i = 0; i < names.len; i++) {
		uint32_t other = node(d, side, names.list[i]);

		if (side)
			fprintf(d->out, "  r%u %s d%u", number, arrow, other);
		else
			fprintf(d->out, "  c%u %s r%u", other, d->is_mermaid && rule->is_deny ? "-.-" : arrow, number);
		fputs(d->is_mermaid ? "\n" : rule->is_deny ? " [color=red, style=dashed];\n" : ";\n", d->out);
	}
}

enum ace_err policy_graph(const struct policy *policy, enum policy_graph_format format, FILE *out)
{
	struct drawing d = { .policy = policy, .is_mermaid = format == POLICY_GRAPH_MERMAID, .out = out };

	d.nodes[0].arena = d.nodes[1].arena = &d.arena;
	if (d.is_mermaid)
		fputs("flowchart LR\n  classDef deny stroke:#c00,color:#c00\n", out);
	else
		fputs("digraph policy {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n", out);
	for (uint32_t r = 0; r < policy->rules_len; r++) {
		if (!policy->rules[r].is_enabled)
			continue;
		draw_rule(&d, r);
		draw_edges(&d, r, 0);
		draw_edges(&d, r, 1);
	}
	fputs(d.is_mermaid ? "" : "}\n", out);
	policy_intern_free(&d.nodes[0]);
	policy_intern_free(&d.nodes[1]);
	policy_arena_free(&d.arena);
	return d.no_memory ? ACE_ERR_MEMORY : ACE_OK;
}
