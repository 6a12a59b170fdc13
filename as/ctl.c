/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "storage/meta.h"

const char *ctl_state_dir(const struct cli_call *call)
{
	const char *dir = cli_flag_value(call, "state-dir");

	return dir ? dir : STORE_DIR_DEFAULT;
}

int64_t ctl_now(void)
{
	return (int64_t)time(NULL);
}

static int print(const struct cli_output *output, const struct store_error *error)
{
	struct cli_error shown;

	cli_error_set(&shown, error->err, "%s", error->text[0] ? error->text : ace_err_name(error->err));
	return cli_error_print(output, &shown);
}

int ctl_fail(const struct cli_output *output, const struct store *store, enum ace_err err)
{
	const struct store_error *last = store_last_error(store);
	struct store_error error = { .err = err };

	return print(output, last->err == err ? last : &error);
}

int ctl_printed(const struct cli_output *output, enum ace_err err)
{
	if (!err)
		return CLI_EXIT_OK;
	/* A stdout that takes nothing is told by cli_main(), which sees it, too. */
	return err == ACE_ERR_IO ? CLI_EXIT_BROKEN : cli_fail(output, CLI_EXIT_BROKEN, "out of memory");
}

int ctl_open(const struct cli_call *call, const struct cli_output *output, bool unlock, struct store **ret_store)
{
	struct store_error error = { 0 };
	enum ace_err err = store_open(&(struct store_options){ .dir = ctl_state_dir(call),
							       .kek_path = cli_flag_value(call, "kek") },
				      ret_store, &error);

	if (err)
		return print(output, &error);
	err = unlock ? store_unlock(*ret_store, &error) : ACE_OK;
	if (!err)
		return CLI_EXIT_OK;
	store_close(*ret_store);
	return print(output, &error);
}

/* "coap://host:port/token" without its path. */
static void issuer_of(const char *as_uri, char *ret_issuer, size_t cap)
{
	const char *host = strstr(as_uri, "://"), *path = host ? strchr(host + 3, '/') : NULL;
	size_t len = path ? (size_t)(path - as_uri) : strlen(as_uri);

	snprintf(ret_issuer, cap, "%.*s", (int)len, as_uri);
}

int ctl_init(const struct cli_call *call, const struct cli_output *output)
{
	const char *as_uri = cli_flag_value(call, "as-uri"), *issuer = cli_flag_value(call, "issuer");
	char derived[STORE_URI_MAX + 1];
	struct store_error error = { 0 };
	enum ace_err err;

	if (!as_uri)
		as_uri = "coap://127.0.0.1:5683/token";
	issuer_of(as_uri, derived, sizeof derived);
	err = store_create(&(struct store_options){ .dir = ctl_state_dir(call),
						    .kek_path = cli_flag_value(call, "kek") },
			   &(struct store_setup){ .issuer = issuer ? issuer : derived, .as_uri = as_uri,
						  .now = ctl_now() }, &error);
	if (err)
		return print(output, &error);
	cli_say(output, "created the store (generation 0) and its key-encryption key");
	cli_note(output, "next: aced --state-dir %s --listen %s &", ctl_state_dir(call), derived);
	return CLI_EXIT_OK;
}

struct status {
	struct store_heartbeat beat;
	uint64_t clients, devices;
};

/* ACE_ERR_NOT_FOUND: aced is starting and has left no sign of life yet. */
static enum ace_err read_status(struct store *store, struct status *ret_status)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = store_heartbeat_get(txn, &ret_status->beat);
	if (!err)
		err = store_client_count(txn, &ret_status->clients);
	if (!err)
		err = store_device_count(txn, &ret_status->devices);
	store_abort(txn);
	return err;
}

static bool is_up(const char *dir, struct store *store, struct status *ret_status, enum ace_err *ret_err)
{
	*ret_err = store_daemon_running(dir) ? read_status(store, ret_status) : ACE_ERR_NOT_FOUND;
	return *ret_err != ACE_ERR_NOT_FOUND;
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
		return cli_fail(output, CLI_EXIT_USAGE, "--wait takes seconds");
	if (cli_flag(call, "wait"))
		deadline += seconds;
	code = ctl_open(call, output, false, &store);
	if (code)
		return code;
	while (!is_up(ctl_state_dir(call), store, &status, &err) && ctl_now() < deadline)
		nanosleep(&pause, NULL);
	if (err == ACE_ERR_NOT_FOUND)
		code = cli_fail(output, CLI_EXIT_UNREACHABLE, "aced is not running on %s", ctl_state_dir(call));
	else if (err)
		code = ctl_fail(output, store, err);
	else
		cli_say(output, "aced %s running   %s (oscore)   generation %llu   %llu clients %llu devices",
			status.beat.version, status.beat.listen, (unsigned long long)status.beat.generation,
			(unsigned long long)status.clients, (unsigned long long)status.devices);
	store_close(store);
	return code;
}
