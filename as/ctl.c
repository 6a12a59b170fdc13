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

static int print_status(const struct cli_output *output, struct store *store)
{
	struct store_heartbeat beat;
	struct store_txn *txn;
	uint64_t clients = 0, devices = 0;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return ctl_fail(output, store, err);
	err = store_heartbeat_get(txn, &beat);
	if (!err)
		err = store_client_count(txn, &clients);
	if (!err)
		err = store_device_count(txn, &devices);
	store_abort(txn);
	if (err)
		return ctl_fail(output, store, err);
	cli_say(output, "aced %s running   %s (oscore)   generation %llu   %llu clients %llu devices", beat.version,
		beat.listen, (unsigned long long)beat.generation, (unsigned long long)clients,
		(unsigned long long)devices);
	return CLI_EXIT_OK;
}

int ctl_status(const struct cli_call *call, const struct cli_output *output)
{
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	int64_t deadline = ctl_now(), seconds = 10;
	struct store *store;
	int code;

	if (cli_flag_value(call, "wait") && !cli_number_parse(cli_flag_value(call, "wait"), 0, 3600, &seconds))
		return cli_fail(output, CLI_EXIT_USAGE, "--wait takes seconds");
	if (cli_flag(call, "wait"))
		deadline += seconds;
	while (!store_daemon_running(ctl_state_dir(call))) {
		if (ctl_now() >= deadline)
			return cli_fail(output, CLI_EXIT_UNREACHABLE, "aced is not running on %s", ctl_state_dir(call));
		nanosleep(&pause, NULL);
	}
	code = ctl_open(call, output, false, &store);
	if (code)
		return code;
	code = print_status(output, store);
	store_close(store);
	return code;
}
