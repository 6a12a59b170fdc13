/* SPDX-License-Identifier: Apache-2.0 */
/* Tests are decided one by one; what they reached and what went otherwise is kept. */
#include <stdlib.h>
#include <string.h>

#include "policy/explain.h"
#include "policy/locate.h"
#include "policy/test_internal.h"

struct running {
	const struct policy_tests *tests;
	const struct policy *policy;
	const struct policy_test_parties *parties;
	struct policy_test_report *report;
	uint64_t *reached; /* rules that matched in some test, as bits */
};

/* A request that says nothing about scope gets the client's default. */
static bool make_query(const struct running *r, const struct policy_test *test, struct policy_query *ret_query)
{
	struct policy_test_party client, device;

	if (!policy_test_find(r->parties, POLICY_KIND_CLIENT, test->client, &client) ||
	    !policy_test_find(r->parties, POLICY_KIND_DEVICE, test->device, &device))
		return false;
	*ret_query = (struct policy_query){ .client = client.party, .device = device.party, .model = device.model,
					    .scope = test->scope, .now = test->now };
	if (test->scope.kind == ACE_SCOPE_ABSENT && client.default_scope)
		ret_query->scope = (struct ace_scope){ ACE_SCOPE_TEXT, { (const uint8_t *)client.default_scope,
									 strlen(client.default_scope) } };
	return true;
}

/* Only rules that select both and were not reached yet are looked at: of 10,000 rules those are few. */
static void mark_reached(const struct running *r, const struct policy_query *query,
			 const struct policy_decision *decision)
{
	uint64_t clients[POLICY_RULE_WORDS], devices[POLICY_RULE_WORDS];
	struct policy_rule_result result;

	/* No rule was asked. */
	if (decision->reason == POLICY_REASON_CLIENT_DISABLED || decision->reason == POLICY_REASON_DEVICE_DISABLED ||
	    decision->reason == POLICY_REASON_MODEL_UNKNOWN || decision->reason == POLICY_REASON_PROFILE)
		return;
	policy_select(r->policy, &r->policy->clients, &query->client, clients);
	policy_select(r->policy, &r->policy->devices, &query->device, devices);
	for (size_t w = 0; w < r->policy->words; w++) {
		uint64_t rest = clients[w] & devices[w] & ~r->reached[w];

		for (; rest; rest &= rest - 1) {
			uint32_t rule = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(rest));

			policy_explain_rule(r->policy, query, rule, &result);
			if (result.match == POLICY_MATCH_YES)
				r->reached[w] |= UINT64_C(1) << rule % 64;
		}
	}
}

static void locate(const struct running *r, struct policy_test_result *result)
{
	const struct policy_source *source = &r->tests->sources[result->test->source];
	struct policy_pointer pointer = policy_pointer_make((const char *const[]){ "tests", NULL }, result->test->index);
	struct policy_line line = { 0 };
	size_t offset;

	if (policy_locate(source->text, source->len, pointer.text, &offset))
		line = policy_locate_line(source->text, source->len, offset);
	result->line = line.line;
	result->column = line.column;
}

static bool explain(const struct running *r, const struct policy_query *query, const struct policy_decision *decision,
		    struct policy_test_result *result)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool is_done;

	if (!out)
		return false;
	policy_explain(r->policy, query, decision, NULL, out);
	is_done = !ferror(out);
	is_done = !fclose(out) && is_done;
	if (is_done)
		result->explanation = policy_arena_text(&r->report->arena, text);
	free(text);
	return is_done && result->explanation;
}

static enum ace_err run_one(const struct running *r, struct policy_test_result *result)
{
	struct policy_test_report *report = r->report;
	struct policy_decision decision;
	struct policy_query query;

	if (!make_query(r, result->test, &query))
		return ACE_ERR_NOT_FOUND;
	policy_decide(r->policy, &query, &decision);
	mark_reached(r, &query, &decision);
	policy_test_compare(r->policy, &decision, &report->arena, result);
	if (!result->differences_len) {
		report->passed++;
		return ACE_OK;
	}
	report->failed++;
	locate(r, result);
	return explain(r, &query, &decision, result) ? ACE_OK : ACE_ERR_MEMORY;
}

static void list_unreached(const struct running *r)
{
	struct policy_test_report *report = r->report;
	size_t len = r->policy->rules_len;

	report->unreached = policy_arena_array(&report->arena, len, sizeof *report->unreached);
	for (size_t i = 0; report->unreached && i < len; i++) {
		if (!r->policy->rules[i].is_enabled)
			continue;
		report->rules_len++;
		if (!(r->reached[i / 64] >> i % 64 & 1))
			report->unreached[report->unreached_len++] = r->policy->rules[i].id;
	}
}

enum ace_err policy_tests_run(const struct policy_tests *tests, const struct policy *policy,
			      const struct policy_test_parties *parties, struct policy_test_report *ret_report)
{
	struct policy_test_report report = { .results_len = tests->len };
	const struct running r = { tests, policy, parties, &report,
				   policy_arena_array(&report.arena, policy->words, sizeof *r.reached) };
	enum ace_err err = ACE_OK;

	report.results = policy_arena_array(&report.arena, tests->len, sizeof *report.results);
	for (size_t i = 0; !err && !report.arena.no_memory && i < tests->len; i++) {
		report.results[i].test = &tests->list[i];
		err = run_one(&r, &report.results[i]);
	}
	if (!err && !report.arena.no_memory)
		list_unreached(&r);
	if (!err && report.arena.no_memory)
		err = ACE_ERR_MEMORY;
	if (err)
		policy_test_report_free(&report);
	else
		*ret_report = report;
	return err;
}

void policy_test_report_free(struct policy_test_report *report)
{
	policy_arena_free(&report->arena);
	*report = (struct policy_test_report){ 0 };
}
