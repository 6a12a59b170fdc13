/* SPDX-License-Identifier: Apache-2.0 */
/* key status, key rotate-kek. */
#include "as/ctl.h"

#include "cli/json.h"
#include "storage/kek.h"
#include "storage/meta.h"

struct key_status {
	struct store_info info;
	struct store_kek_status kek;
};

static enum ace_err read_status(struct store *store, struct key_status *ret_status)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = store_info_get(txn, &ret_status->info);
	if (!err)
		err = store_kek_status(txn, &ret_status->kek);
	store_abort(txn);
	return err;
}

/* The data key is as old as the store. */
static int print_status(const struct cli_output *output, const struct key_status *status)
{
	struct json_t *document = cli_json_object(), *data_key = cli_json_object(), *kek = cli_json_object();
	int64_t now = ctl_now();
	char made[CLI_TIME_TEXT_MAX], since[CLI_TIME_TEXT_MAX];

	cli_time_text(status->info.created, made);
	cli_time_text(status->kek.since, since);
	cli_say(output, "data key             made %s, %lld days old", made,
		(long long)(now - status->info.created) / 86400);
	cli_say(output, "key-encryption key   in use since %s, %lld days%s", since,
		(long long)(now - status->kek.since) / 86400, status->kek.keys > 1 ?
		"; the one before it opens the store, too: acectl key rotate-kek --finish" : "");
	cli_json_put_time(data_key, "created", status->info.created);
	cli_json_put(document, "data_key", data_key);
	cli_json_put_time(kek, "since", status->kek.since);
	cli_json_put_int(kek, "keys", (int64_t)status->kek.keys);
	cli_json_put(document, "kek", kek);
	return ctl_printed(output, cli_output_json(output, document));
}

int ctl_key_status(const struct cli_call *call, const struct cli_output *output)
{
	struct key_status status;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = read_status(store, &status);
	code = err ? ctl_fail(output, store, err) : print_status(output, &status);
	store_close(store);
	return code;
}

static int print_rotated(const struct cli_output *output, const char *outcome, const char *file)
{
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "outcome", outcome);
	cli_json_put_text(document, "file", file);
	return ctl_printed(output, cli_output_json(output, document));
}

static int replace(const struct cli_output *output, struct store *store)
{
	struct store_error error;
	bool resumed;

	if (store_kek_rotate(store, ctl_now(), &resumed, &error))
		return ctl_store_error(output, &error);
	cli_say(output, resumed ? "an interrupted rotation was brought to its end; the key before it opens nothing any more" :
				  "new key-encryption key in place; the one before it opens nothing any more");
	cli_note(output, "backups of the store made until now open with the key of their time");
	return print_rotated(output, resumed ? "resumed" : "rotated", NULL);
}

static int add(const struct cli_output *output, struct store *store, const char *path)
{
	struct store_error error;

	if (store_kek_add(store, path, ctl_now(), &error))
		return ctl_store_error(output, &error);
	cli_say(output, "%s: opens the store from now on, beside the present key", path);
	cli_note(output, "start aced with it, then: acectl --kek %s key rotate-kek --finish", path);
	return print_rotated(output, "added", path);
}

static int finish(const struct cli_output *output, struct store *store)
{
	struct store_error error;

	if (store_kek_finish(store, &error))
		return ctl_store_error(output, &error);
	cli_say(output, "only the present key-encryption key opens the store");
	return print_rotated(output, "finished", NULL);
}

int ctl_key_rotate_kek(const struct cli_call *call, const struct cli_output *output)
{
	const char *path = cli_flag_value(call, "new-kek");
	bool is_end = cli_flag(call, "finish");
	struct store *store;
	int code;

	if (path && is_end)
		return cli_fail(output, CLI_EXIT_USAGE, "--new-kek adds a key and --finish drops one: give one of them");
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	if (is_end)
		code = finish(output, store);
	else
		code = path ? add(output, store, path) : replace(output, store);
	store_close(store);
	return code;
}
