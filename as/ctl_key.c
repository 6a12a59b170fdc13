/* SPDX-License-Identifier: Apache-2.0 */
/* key status, key rotate-kek. */
#include "as/ctl.h"

#include <string.h>

#include "as/ctl_record.h"
#include "cli/json.h"
#include "storage/device_keys.h"
#include "storage/kek.h"
#include "storage/key_uses.h"
#include "storage/meta.h"

#define WEARING_NAMED 64 /* worn keys that are named; the others are counted */

struct worn_key {
	char device[STORE_ID_MAX + 1];
	struct store_device_key described;
	uint64_t uses;
};

struct key_status {
	struct store_info info;
	struct store_kek_status kek;
	size_t next, leaving, wearing; /* devices with such a key */
	struct worn_key worn[WEARING_NAMED];
};

static void note_wearing(struct key_status *status, const struct ctl_device *device, size_t index)
{
	const struct store_device_key *key = &device->record.keys[index];
	struct worn_key *worn = &status->worn[status->wearing];

	if (device->uses[index] < store_key_uses_alarm(key->alg))
		return;
	if (status->wearing++ >= WEARING_NAMED)
		return;
	memcpy(worn->device, device->record.id, sizeof worn->device);
	worn->described = *key;
	worn->uses = device->uses[index];
}

/* Of all devices: what waits, what leaves, and which key tokens are issued under is wearing. */
static enum ace_err look_at_devices(struct store_txn *txn, struct key_status *status)
{
	struct ctl_device device = { 0 };
	const struct store_device *record = &device.record;
	int64_t now = ctl_now();
	enum ace_err err;

	while (!(err = store_device_next(txn, record->id, &device.record))) {
		size_t issuing = store_key_issuing(record->keys, record->keys_len, now);

		status->next += issuing + 1 < record->keys_len;
		status->leaving += issuing > 0 && store_key_lives(&record->keys[0], now);
		err = ctl_device_count(txn, &device);
		if (err)
			return err;
		note_wearing(status, &device, issuing);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err read_status(struct store *store, struct key_status *status)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = store_info_get(txn, &status->info);
	if (!err)
		err = store_kek_status(txn, &status->kek);
	if (!err)
		err = look_at_devices(txn, status);
	store_abort(txn);
	return err;
}

static size_t named(const struct key_status *status)
{
	return status->wearing < WEARING_NAMED ? status->wearing : WEARING_NAMED;
}

static void say_status(const struct cli_output *output, const struct key_status *status)
{
	int64_t now = ctl_now();
	long long data_days = (long long)(now - status->info.created) / 86400;
	long long kek_days = (long long)(now - status->kek.since) / 86400;
	char made[CLI_TIME_TEXT_MAX], since[CLI_TIME_TEXT_MAX];

	/* The data key is as old as the store. */
	cli_time_text(status->info.created, made);
	cli_time_text(status->kek.since, since);
	cli_say(output, "data key             made %s, %lld day%s old", made, data_days, CLI_S(data_days));
	cli_say(output, "key-encryption key   in use since %s, %lld day%s%s", since, kek_days, CLI_S(kek_days),
		status->kek.keys > 1 ? "; the one before it opens the store, too: acectl key rotate-kek --finish" : "");
	cli_say(output, "token keys           %zu device%s with a key that waits, %zu with one that leaves, %zu with one that is wearing",
		status->next, CLI_S(status->next), status->leaving, status->wearing);
	for (size_t i = 0; i < named(status); i++) {
		const struct worn_key *worn = &status->worn[i];

		cli_say(output, "  %s: about %llu tokens of at most %llu: acectl device rotate-key %s", worn->device,
			(unsigned long long)worn->uses,
			(unsigned long long)store_key_uses_limit(worn->described.alg), worn->device);
	}
}

static struct json_t *wearing_record(const struct key_status *status)
{
	struct json_t *list = cli_json_array();

	for (size_t i = 0; i < named(status); i++) {
		const struct worn_key *worn = &status->worn[i];
		struct json_t *entry = cli_json_object();

		cli_json_put_text(entry, "device", worn->device);
		cli_json_put_hex(entry, "kid_hex", (struct ace_slice){ worn->described.kid, worn->described.kid_len });
		cli_json_put_int(entry, "uses", (int64_t)worn->uses);
		cli_json_put_int(entry, "uses_limit", (int64_t)store_key_uses_limit(worn->described.alg));
		cli_json_add(list, entry);
	}
	return list;
}

static int print_status(const struct cli_output *output, const struct key_status *status)
{
	struct json_t *document = cli_json_object(), *data_key = cli_json_object(), *kek = cli_json_object();
	struct json_t *keys = cli_json_object();

	say_status(output, status);
	cli_json_put_time(data_key, "created", status->info.created);
	cli_json_put(document, "data_key", data_key);
	cli_json_put_time(kek, "since", status->kek.since);
	cli_json_put_int(kek, "keys", (int64_t)status->kek.keys);
	cli_json_put(document, "kek", kek);
	cli_json_put_int(keys, "next", (int64_t)status->next);
	cli_json_put_int(keys, "leaving", (int64_t)status->leaving);
	cli_json_put_int(keys, "wearing", (int64_t)status->wearing);
	cli_json_put(document, "token_keys", keys);
	cli_json_put(document, "wearing", wearing_record(status));
	return ctl_printed(output, cli_output_json(output, document));
}

int ctl_key_status(const struct cli_call *call, const struct cli_output *output)
{
	struct key_status status = { 0 };
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
	cli_say_done(output, resumed ? "an interrupted rotation was brought to its end; the key before it opens nothing any more" :
				  "new key-encryption key in place; the one before it opens nothing any more");
	cli_note(output, "backups of the store made until now open with the key of their time");
	return print_rotated(output, resumed ? "resumed" : "rotated", NULL);
}

static int add(const struct cli_output *output, struct store *store, const char *path)
{
	struct store_error error;

	if (store_kek_add(store, path, ctl_now(), &error))
		return ctl_store_error(output, &error);
	cli_say_done(output, "%s: opens the store from now on, beside the present key", path);
	cli_note(output, "start aced with it, then: acectl --kek %s key rotate-kek --finish", path);
	return print_rotated(output, "added", path);
}

static int finish(const struct cli_output *output, struct store *store)
{
	struct store_error error;

	if (store_kek_finish(store, &error))
		return ctl_store_error(output, &error);
	cli_say_done(output, "only the present key-encryption key opens the store");
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
