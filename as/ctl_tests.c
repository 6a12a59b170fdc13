/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_tests.h"

#include <string.h>

#include "as/ctl.h"
#include "as/policy_stored.h"
#include "storage/policies.h"

/* Whom the store knows. The records are kept, since what is found borrows from them. */
struct stored {
	struct store_txn *txn;
	struct store_client client;
	struct store_device device;
	struct ace_tag client_tags[STORE_TAGS_MAX], device_tags[STORE_TAGS_MAX];
};

static bool find_client(struct stored *stored, const char *name, struct policy_test_party *ret_party)
{
	struct store_client *client = &stored->client;

	if (store_client_get(stored->txn, name, client))
		return false;
	*ret_party = (struct policy_test_party){
		.party = { client->id, client->is_enabled, store_tags_view(&client->tags, stored->client_tags) },
		.default_scope = client->default_scope[0] ? client->default_scope : NULL,
	};
	return true;
}

static bool find_device(struct stored *stored, const char *name, struct policy_test_party *ret_party)
{
	struct store_device *device = &stored->device;

	if (store_device_find(stored->txn, (struct ace_slice){ (const uint8_t *)name, strlen(name) }, device))
		return false;
	*ret_party = (struct policy_test_party){
		.party = { device->id, device->is_enabled, store_tags_view(&device->tags, stored->device_tags) },
		.model = device->model,
	};
	return true;
}

static bool find(void *context, enum policy_kind kind, const char *name, struct policy_test_party *ret_party)
{
	return kind == POLICY_KIND_CLIENT ? find_client(context, name, ret_party) : find_device(context, name, ret_party);
}

static enum ace_err run(const struct ctl_tests_input *in, const struct policy *policy, struct store_txn *txn,
			struct policy_test_report *ret_report)
{
	struct stored stored = { .txn = txn };
	const struct policy_test_parties parties = { .inventory = in->files->loaded.inventory,
						     .find = in->prune ? NULL : find, .find_context = &stored };
	enum ace_err err = policy_tests_check(&in->files->tests, policy, &parties, &in->files->problems);

	return err ? err : policy_tests_run(&in->files->tests, policy, &parties, ret_report);
}

/* An inventory alone leaves the policy that is in force: its rules are what the tests are about. */
static enum ace_err run_on_store(const struct ctl_tests_input *in, struct policy_test_report *ret_report)
{
	struct policy_problems problems = { 0 };
	struct policy *policy = NULL;
	struct store_txn *txn;
	uint64_t generation;
	enum ace_err err = store_begin_read(in->store, &txn);

	if (err)
		return err;
	if (!in->files->loaded.has_policy) {
		err = store_policy_current(txn, &generation);
		if (!err)
			err = as_policy_stored(txn, generation, &problems, &policy);
	}
	if (!err)
		err = run(in, policy ? policy : in->files->loaded.policy, txn, ret_report);
	store_abort(txn);
	policy_problems_free(&problems);
	policy_free(policy);
	return err;
}

static int tell(const struct cli_output *output, const struct policy_tests *tests,
		const struct policy_test_report *report)
{
	struct cli_error error;

	for (size_t i = 0; output->json == CLI_TEXT && i < report->results_len; i++)
		if (report->results[i].differences_len)
			policy_test_print(output->err, tests, &report->results[i]);
	cli_error_set(&error, ACE_ERR_DENIED, "%zu of %zu tests failed; nothing was applied", report->failed,
		      report->results_len);
	cli_error_hint(&error, "acectl policy test runs them without a store; --no-tests applies all the same");
	error.exit = CLI_EXIT_NO;
	return cli_error_print(output, &error);
}

int ctl_tests_hold(const struct cli_output *output, const struct ctl_tests_input *in)
{
	struct policy_test_report report = { 0 };
	enum ace_err err = run_on_store(in, &report);
	int code = CLI_EXIT_OK;

	if (err == ACE_ERR_MALFORMED)
		code = ctl_files_tell_problems(output, in->files, "; nothing was applied");
	else if (err)
		code = ctl_fail(output, in->store, err);
	else if (report.failed)
		code = tell(output, &in->files->tests, &report);
	policy_test_report_free(&report);
	return code;
}
