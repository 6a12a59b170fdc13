/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <stdlib.h>

#include "as/ctl_apply.h"
#include "policy/files.h"
#include "storage/policies.h"

/* Files in, problems printed. @return CLI_EXIT_OK with *ret_loaded filled, else an exit code. */
static int load(const struct cli_call *call, const struct cli_output *output, struct policy_loaded *ret_loaded)
{
	struct policy_problems problems = { 0 };
	struct policy_files files = { 0 };
	enum ace_err err = policy_files_read((const char *const *)call->args, call->args_len, &problems, &files);

	if (!err)
		err = policy_load(files.sources, files.sources_len, NULL, &problems, ret_loaded);
	if (!output->quiet || problems.errors)
		policy_problems_print(output->err, &problems);
	if (!err) {
		policy_problems_summary(output->out, &problems);
		cli_say(output, "    %zu clients, %zu devices, %zu models, %zu scopes, %zu rules", ret_loaded->counts.clients,
			ret_loaded->counts.devices, ret_loaded->counts.models, ret_loaded->counts.scopes,
			ret_loaded->counts.rules);
	} else {
		cli_note(output, "%zu errors, %zu warnings", problems.errors, problems.warnings);
	}
	policy_problems_free(&problems);
	policy_files_free(&files);
	if (!err)
		return CLI_EXIT_OK;
	return err == ACE_ERR_MEMORY ? CLI_EXIT_BROKEN : CLI_EXIT_NO;
}

int ctl_policy_validate(const struct cli_call *call, const struct cli_output *output)
{
	struct policy_loaded loaded = { 0 };
	int code = load(call, output, &loaded);

	policy_loaded_free(&loaded);
	return code;
}

int ctl_policy_apply(const struct cli_call *call, const struct cli_output *output)
{
	struct policy_loaded loaded = { 0 };
	struct ctl_applied applied = { 0 };
	struct store *store;
	struct cli_error error = { 0 };
	enum ace_err err;
	int code = load(call, output, &loaded);

	if (!code)
		code = ctl_open(call, output, true, &store);
	if (code) {
		policy_loaded_free(&loaded);
		return code;
	}
	err = ctl_apply(store, &(struct ctl_apply_input){ .loaded = &loaded, .message = cli_flag_value(call, "message"),
							  .now = ctl_now() }, &applied, &error);
	if (err && error.message[0])
		code = cli_error_print(output, &error);
	else if (err)
		code = ctl_fail(output, store, err);
	else
		cli_say(output, "generation %llu → %llu: +%zu clients +%zu devices, %zu clients %zu devices changed\n"
				"effective now", (unsigned long long)applied.generation_before,
			(unsigned long long)applied.generation, applied.clients_added, applied.devices_added,
			applied.clients_changed, applied.devices_changed);
	store_close(store);
	policy_loaded_free(&loaded);
	return code;
}

static int print_log(const struct cli_output *output, struct store_txn *txn, uint64_t newest)
{
	struct store_policy policy;
	struct cli_table table;
	char when[CLI_TIME_TEXT_MAX];

	cli_table_init(&table, 4);
	for (uint64_t generation = newest; generation > 0; generation--) {
		if (store_policy_get(txn, generation, &policy))
			break;
		cli_time_text(policy.applied_at, when);
		cli_table_cell(&table, "%llu", (unsigned long long)generation);
		cli_table_cell(&table, "%s", when);
		cli_table_cell(&table, "%s", policy.author);
		cli_table_cell(&table, "%s", policy.message);
	}
	return cli_table_print(&table, output) ? CLI_EXIT_BROKEN : CLI_EXIT_OK;
}

int ctl_policy_log(const struct cli_call *call, const struct cli_output *output)
{
	struct store_txn *txn;
	struct store *store;
	uint64_t newest;
	int code = ctl_open(call, output, false, &store);
	enum ace_err err;

	if (code)
		return code;
	err = store_begin_read(store, &txn);
	if (!err) {
		err = store_policy_current(txn, &newest);
		if (!err)
			code = print_log(output, txn, newest);
		store_abort(txn);
	}
	if (err)
		code = ctl_fail(output, store, err);
	store_close(store);
	return code;
}
