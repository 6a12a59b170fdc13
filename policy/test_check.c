/* SPDX-License-Identifier: Apache-2.0 */
/* Who and what tests name, and whether it exists. */
#include <stdlib.h>
#include <string.h>

#include "policy/test_internal.h"

#define SUGGEST_MAX 10000 /* an inventory with more ids is not searched for one that was meant */

static int compare_client(const void *id, const void *client)
{
	return strcmp(id, ((const struct policy_client *)client)->id);
}

static int compare_device(const void *id, const void *device)
{
	return strcmp(id, ((const struct policy_device *)device)->id);
}

static bool find_client(const struct policy_inventory *inventory, const char *name, struct policy_test_party *ret_party)
{
	const struct policy_client *client =
		inventory->clients_len ? bsearch(name, inventory->clients, inventory->clients_len,
						 sizeof *inventory->clients, compare_client) :
					 NULL;

	if (!client)
		return false;
	*ret_party = (struct policy_test_party){ .party = { client->id, client->enabled, client->tags },
						 .default_scope = client->default_scope };
	return true;
}

/* By its id, or else its audience, as a request would name it. */
static bool find_device(const struct policy_inventory *inventory, const char *name, struct policy_test_party *ret_party)
{
	const struct policy_device *device =
		inventory->devices_len ? bsearch(name, inventory->devices, inventory->devices_len,
						 sizeof *inventory->devices, compare_device) :
					 NULL;

	for (size_t i = 0; !device && i < inventory->devices_len; i++)
		if (inventory->devices[i].audience && !strcmp(inventory->devices[i].audience, name))
			device = &inventory->devices[i];
	if (!device)
		return false;
	*ret_party = (struct policy_test_party){ .party = { device->id, device->enabled, device->tags },
						 .model = device->model };
	return true;
}

bool policy_test_find(const struct policy_test_parties *parties, enum policy_kind kind, const char *name,
		      struct policy_test_party *ret_party)
{
	const struct policy_inventory *inventory = parties->inventory;

	if (inventory && (kind == POLICY_KIND_CLIENT ? find_client(inventory, name, ret_party) :
						       find_device(inventory, name, ret_party)))
		return true;
	return parties->find && parties->find(parties->find_context, kind, name, ret_party);
}

struct checking {
	const struct policy_tests *tests;
	const struct policy *policy;
	const struct policy_test_parties *parties;
	struct policy_problems *problems;
};

static struct policy_pointer pointer_of(const struct policy_test *test)
{
	return policy_pointer_make((const char *const[]){ "tests", NULL }, test->index);
}

static void suggest_party(const struct checking *c, bool is_device, const char *name)
{
	const struct policy_inventory *inventory = c->parties->inventory;
	size_t len = !inventory ? 0 : is_device ? inventory->devices_len : inventory->clients_len;
	const char *near = NULL;

	for (size_t i = 0; len <= SUGGEST_MAX && i < len && !near; i++) {
		const char *id = is_device ? inventory->devices[i].id : inventory->clients[i].id;

		near = policy_suggest(name, (struct policy_names){ &id, 1 });
	}
	if (near)
		policy_report_hint(c->problems, "did you mean “%s”?", near);
}

static void check_party(const struct checking *c, const struct policy_test *test, bool is_device)
{
	const char *name = is_device ? test->device : test->client;
	struct policy_pointer pointer = pointer_of(test);
	struct policy_test_party party;

	if (policy_test_find(c->parties, is_device ? POLICY_KIND_DEVICE : POLICY_KIND_CLIENT, name, &party))
		return;
	policy_pointer_push(&pointer, is_device ? "device" : "client");
	policy_report(c->problems, (struct policy_place){ test->source, pointer.text }, "E103", "there is no %s “%s”",
		      is_device ? "device" : "client", name);
	suggest_party(c, is_device, name);
}

/* Rules are sorted by id. */
static bool has_rule(const struct policy *policy, const char *id)
{
	size_t low = 0, high = policy->rules_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(policy->rules[middle].id, id);

		if (!order)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static void check_rules(const struct checking *c, const struct policy_test *test, const char *const *ids,
			const char *member)
{
	for (size_t i = 0; ids && ids[i]; i++) {
		struct policy_pointer pointer = pointer_of(test);
		const char *near = NULL;

		if (has_rule(c->policy, ids[i]))
			continue;
		policy_pointer_push(&pointer, "expect");
		policy_pointer_push(&pointer, member);
		policy_pointer_push_index(&pointer, i);
		policy_report(c->problems, (struct policy_place){ test->source, pointer.text }, "E114",
			      "there is no rule “%s”", ids[i]);
		for (size_t r = 0; r < c->policy->rules_len && !near; r++)
			near = policy_suggest(ids[i], (struct policy_names){ &c->policy->rules[r].id, 1 });
		if (near)
			policy_report_hint(c->problems, "did you mean “%s”?", near);
	}
}

enum ace_err policy_tests_check(const struct policy_tests *tests, const struct policy *policy,
				const struct policy_test_parties *parties, struct policy_problems *problems)
{
	const struct checking c = { tests, policy, parties, problems };
	size_t first = problems->len, errors = problems->errors;

	for (size_t i = 0; i < tests->len; i++) {
		check_party(&c, &tests->list[i], false);
		check_party(&c, &tests->list[i], true);
		check_rules(&c, &tests->list[i], tests->list[i].rules, "rules");
		check_rules(&c, &tests->list[i], tests->list[i].denied_by, "denied_by");
	}
	policy_report_locate(problems, first, tests->sources, tests->sources_len);
	if (problems->no_memory)
		return ACE_ERR_MEMORY;
	return problems->errors > errors ? ACE_ERR_MALFORMED : ACE_OK;
}
