/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>
#include <time.h>

#include "cli/json.h"
#include "storage/meta.h"
#include "storage/policies.h"

struct status {
	struct store_heartbeat beat;
	uint64_t generation, clients, devices;
};

static enum ace_err read_status(struct store *store, struct status *ret_status)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = store_heartbeat_get(txn, &ret_status->beat);
	/* What is stored is in force: aced looks before each batch. */
	if (!err)
		err = store_policy_current(txn, &ret_status->generation);
	if (!err)
		err = store_client_count(txn, &ret_status->clients);
	if (!err)
		err = store_device_count(txn, &ret_status->devices);
	store_abort(txn);
	return err;
}

static bool is_up(const char *dir, struct store *store, struct status *ret_status, enum ace_err *ret_err)
{
	*ret_err = store_daemon_up(dir) ? read_status(store, ret_status) : ACE_ERR_NOT_FOUND;
	return *ret_err != ACE_ERR_NOT_FOUND;
}

/* Of the time between its start and its last sign of life. */
static int64_t tokens_per_minute(const struct store_heartbeat *beat)
{
	int64_t seconds = beat->seen_at - beat->started_at;

	return seconds > 0 && beat->tokens_issued < INT64_MAX / 60 ? (int64_t)beat->tokens_issued * 60 / seconds : 0;
}

static int print_status(const struct cli_output *output, const struct status *status)
{
	struct json_t *document = cli_json_object();

	cli_say(output, "aced %s running   %s (%s)   generation %llu   %llu client%s %llu device%s",
		status->beat.version, status->beat.listen,
		strstr(status->beat.listen, "coaps://") ? "oscore, dtls-psk" : "oscore",
		(unsigned long long)status->generation, (unsigned long long)status->clients, CLI_S(status->clients),
		(unsigned long long)status->devices, CLI_S(status->devices));
	cli_json_put_bool(document, "running", true);
	cli_json_put_text(document, "version", status->beat.version);
	cli_json_put_text(document, "listen", status->beat.listen);
	cli_json_put_int(document, "pid", status->beat.pid);
	cli_json_put_time(document, "started_at", status->beat.started_at);
	cli_json_put_time(document, "seen_at", status->beat.seen_at);
	cli_json_put_int(document, "tokens_issued", (int64_t)status->beat.tokens_issued);
	cli_json_put_int(document, "tokens_per_minute", tokens_per_minute(&status->beat));
	cli_json_put_int(document, "generation", (int64_t)status->generation);
	cli_json_put_int(document, "clients", (int64_t)status->clients);
	cli_json_put_int(document, "devices", (int64_t)status->devices);
	return ctl_printed(output, cli_output_json(output, document));
}

static int not_running(const struct cli_call *call, const struct cli_output *output)
{
	struct cli_error error;

	cli_error_set(&error, ACE_ERR_NOT_FOUND, "aced is not running on %s", ctl_state_dir(call));
	if (cli_flag(call, "state-dir"))
		cli_error_hint(&error, "start it: aced --state-dir %s", ctl_state_dir(call));
	else
		cli_error_hint(&error, "start it: aced");
	snprintf(error.code, sizeof error.code, "unreachable");
	error.exit = CLI_EXIT_UNREACHABLE;
	return cli_error_print(output, &error);
}

int ctl_status(const struct cli_call *call, const struct cli_output *output)
{
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	const char *wait = cli_flag_value(call, "wait");
	int64_t deadline = ctl_now(), seconds = 10;
	struct status status = { 0 };
	struct store *store;
	enum ace_err err;
	int code;

	if (wait && !cli_number_parse(wait, 0, 3600, &seconds))
		return cli_fail(output, CLI_EXIT_USAGE, "--wait=%.40s: seconds from 0 to 3600", wait);
	if (cli_flag(call, "wait"))
		deadline += seconds;
	code = ctl_open(call, output, false, &store);
	if (code)
		return code;
	while (!is_up(ctl_state_dir(call), store, &status, &err) && ctl_now() < deadline)
		nanosleep(&pause, NULL);
	if (err == ACE_ERR_NOT_FOUND)
		code = not_running(call, output);
	else
		code = err ? ctl_fail(output, store, err) : print_status(output, &status);
	store_close(store);
	return code;
}
