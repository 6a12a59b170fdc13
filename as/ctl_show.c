/* SPDX-License-Identifier: Apache-2.0 */
/* client show, device show, policy show: one record, without its secrets. */
#include "as/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "as/ctl_record.h"
#include "cli/json.h"

int ctl_client_show(const struct cli_call *call, const struct cli_output *output)
{
	struct store_client client;
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = store_begin_read(store, &txn);
	if (!err) {
		err = store_client_get(txn, call->args[0], &client);
		store_abort(txn);
	}
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, STORE_CLIENT, call->args[0]);
	else
		code = err ? ctl_fail(output, store, err) :
			     ctl_printed(output, cli_output_record(output, ctl_client_record(&client)));
	store_close(store);
	return code;
}

int ctl_device_show(const struct cli_call *call, const struct cli_output *output)
{
	const char *name = call->args[0];
	struct ctl_device device = { 0 };
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = store_begin_read(store, &txn);
	if (!err) {
		err = store_device_find(txn, (struct ace_slice){ (const uint8_t *)name, strlen(name) }, &device.record);
		if (!err)
			err = ctl_device_count(txn, &device);
		store_abort(txn);
	}
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, STORE_DEVICE, name);
	else
		code = err ? ctl_fail(output, store, err) :
			     ctl_printed(output, cli_output_record(output, ctl_device_record(&device)));
	store_close(store);
	return code;
}

struct generation {
	struct store_policy policy;
	char *text; /* owns; NULL for generation 0 */
	size_t len;
};

/* wanted NULL: the newest one. Generation 0 has no record: it is the policy of a store where none was applied. */
static enum ace_err read_generation(struct store_txn *txn, const int64_t *wanted, struct generation *ret_generation)
{
	uint64_t newest, number;
	enum ace_err err = store_policy_current(txn, &newest);

	if (err)
		return err;
	number = wanted ? (uint64_t)*wanted : newest;
	ret_generation->policy.generation = number;
	if (number == 0)
		return ACE_OK;
	err = store_policy_get(txn, number, &ret_generation->policy);
	return err ? err : store_policy_text(txn, number, &ret_generation->text, &ret_generation->len);
}

/* In text mode a file that validate and apply take again; with --json the record around it. */
static int print_generation(const struct cli_output *output, const struct generation *generation)
{
	static const char empty[] = "{\"format\":\"ace-policy/1\"}";
	struct cli_json_reader reader = { .file = "the stored policy" };
	struct ace_slice text = { (const uint8_t *)(generation->text ? generation->text : empty),
				  generation->text ? generation->len : sizeof empty - 1 };
	struct json_t *policy = cli_json_parse(&reader, text), *record;
	char when[CLI_TIME_TEXT_MAX], *shown;

	if (output->json != CLI_TEXT) {
		record = generation->text ? ctl_policy_record(&generation->policy) : cli_json_object();
		if (!generation->text)
			cli_json_put_int(record, "generation", 0);
		cli_json_put(record, "policy", policy);
		return ctl_printed(output, cli_output_json(output, record));
	}
	shown = cli_json_text(policy, false);
	cli_json_free(policy);
	if (!shown)
		return ctl_printed(output, ACE_ERR_MEMORY);
	cli_time_text(generation->policy.applied_at, when);
	if (generation->text)
		cli_note(output, "generation %llu, applied %s by %s%s%s", (unsigned long long)generation->policy.generation,
			 when, generation->policy.author, generation->policy.message[0] ? ": " : "",
			 generation->policy.message);
	else
		cli_note(output, "generation 0: nothing was applied yet, everything is refused");
	fputs(shown, output->out);
	cli_json_text_free(shown);
	return CLI_EXIT_OK;
}

int ctl_no_generation(const struct cli_output *output, const char *number)
{
	struct cli_error error;

	cli_error_set(&error, ACE_ERR_NOT_FOUND, "no generation %s", number);
	cli_error_hint(&error, "acectl policy log lists them all");
	return cli_error_print(output, &error);
}

int ctl_policy_show(const struct cli_call *call, const struct cli_output *output)
{
	const char *text = call->args_len ? call->args[0] : NULL;
	struct generation generation = { 0 };
	struct store_txn *txn;
	struct store *store;
	int64_t number = 0;
	enum ace_err err;
	int code;

	if (text && !cli_number_parse(text, 0, INT64_MAX, &number))
		return cli_fail(output, CLI_EXIT_USAGE, "\"%.40s\" is no generation: policy show takes a number", text);
	code = ctl_open(call, output, false, &store);
	if (code)
		return code;
	err = store_begin_read(store, &txn);
	if (!err) {
		err = read_generation(txn, text ? &number : NULL, &generation);
		store_abort(txn);
	}
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_no_generation(output, text);
	else
		code = err ? ctl_fail(output, store, err) : print_generation(output, &generation);
	free(generation.text);
	store_close(store);
	return code;
}
