/* SPDX-License-Identifier: Apache-2.0 */
/* policy validate, policy log. */
#include "as/ctl.h"

#include "as/ctl_files.h"
#include "as/ctl_record.h"
#include "cli/json.h"
#include "storage/policies.h"

static int print_verdict(const struct cli_output *output, const struct ctl_files *files, bool is_valid)
{
	const struct policy_counts *counts = &files->loaded.counts;
	struct json_t *document = cli_json_object(), *counted;

	cli_json_put_bool(document, "valid", is_valid);
	cli_json_put_int(document, "errors", (int64_t)files->problems.errors);
	cli_json_put_int(document, "warnings", (int64_t)files->problems.warnings);
	cli_json_put(document, "problems", ctl_problems_record(&files->problems));
	if (is_valid) {
		counted = cli_json_object();
		cli_json_put_int(counted, "clients", (int64_t)counts->clients);
		cli_json_put_int(counted, "devices", (int64_t)counts->devices);
		cli_json_put_int(counted, "models", (int64_t)counts->models);
		cli_json_put_int(counted, "scopes", (int64_t)counts->scopes);
		cli_json_put_int(counted, "groups", (int64_t)counts->groups);
		cli_json_put_int(counted, "rules", (int64_t)counts->rules);
		cli_json_put(document, "counts", counted);
	}
	cli_json_put(document, "ignored", ctl_ignored_record(files));
	return ctl_printed(output, cli_output_json(output, document));
}

static void say_verdict(const struct cli_output *output, const struct ctl_files *files, bool is_valid)
{
	const struct policy_counts *counts = &files->loaded.counts;

	if (!output->quiet || files->problems.errors)
		policy_problems_print(output->err, &files->problems);
	ctl_files_note_ignored(output, files);
	policy_problems_summary(output->out, &files->problems);
	if (is_valid)
		fprintf(output->out, "    %zu client%s, %zu device%s, %zu model%s, %zu scope%s, %zu rule%s",
			counts->clients, CLI_S(counts->clients), counts->devices, CLI_S(counts->devices), counts->models,
			CLI_S(counts->models), counts->scopes, CLI_S(counts->scopes), counts->rules, CLI_S(counts->rules));
	fputc('\n', output->out);
}

/* Any name will do. */
static bool find_anybody(void *context, enum policy_kind kind, const char *name, struct policy_test_party *ret_party)
{
	(void)context;
	(void)kind;
	*ret_party = (struct policy_test_party){ .party.id = name };
	return true;
}

/* Tests are not run here, but what they name must exist. */
static enum ace_err check_tests(struct ctl_files *files, bool allow_unknown)
{
	const struct policy_test_parties parties = { .inventory = files->loaded.inventory,
						     .find = allow_unknown ? find_anybody : NULL };

	return policy_tests_check(&files->tests, files->loaded.policy, &parties, &files->problems);
}

int ctl_policy_validate(const struct cli_call *call, const struct cli_output *output)
{
	struct policy_options options = { .allow_unknown = cli_flag(call, "allow-unknown"), .now = ctl_now() };
	struct ctl_files files = { 0 };
	enum ace_err err = ctl_files_load_tests(call, &options, &files);
	int code = CLI_EXIT_OK;

	if (!err)
		err = check_tests(&files, options.allow_unknown);
	if (err == ACE_ERR_MEMORY)
		code = ctl_printed(output, err);
	else if (output->json == CLI_TEXT)
		say_verdict(output, &files, !err);
	else
		code = print_verdict(output, &files, !err);
	ctl_files_free(&files);
	return code || !err ? code : CLI_EXIT_NO;
}

static void add_row(struct cli_table *table, const struct store_policy *policy)
{
	char when[CLI_TIME_TEXT_MAX];

	cli_time_text(policy->applied_at, when);
	cli_table_cell(table, "%llu", (unsigned long long)policy->generation);
	cli_table_cell(table, "%s", when);
	cli_table_cell(table, "%s", policy->author);
	cli_table_cell(table, "%s", policy->message);
}

/* Both a table and an array are filled; one of them is printed. */
static enum ace_err read_log(struct store_txn *txn, struct cli_table *table, struct json_t *array)
{
	struct store_policy policy;
	uint64_t generation;
	enum ace_err err = store_policy_current(txn, &generation);

	for (; !err && generation > 0; generation--) {
		err = store_policy_get(txn, generation, &policy);
		if (err)
			break;
		add_row(table, &policy);
		cli_json_add(array, ctl_policy_record(&policy));
	}
	return err;
}

int ctl_policy_log(const struct cli_call *call, const struct cli_output *output)
{
	struct cli_table table;
	struct json_t *array;
	struct store_txn *txn;
	struct store *store;
	int code = ctl_open(call, output, false, &store);
	enum ace_err err;

	if (code)
		return code;
	cli_table_init(&table, 4);
	array = cli_json_array();
	err = store_begin_read(store, &txn);
	if (!err) {
		err = read_log(txn, &table, array);
		store_abort(txn);
	}
	if (err) {
		code = ctl_fail(output, store, err);
		cli_table_free(&table);
		cli_json_free(array);
	} else {
		err = cli_table_print(&table, output);
		if (!err)
			err = cli_output_json(output, array);
		else
			cli_json_free(array);
		code = ctl_printed(output, err);
	}
	store_close(store);
	return code;
}
