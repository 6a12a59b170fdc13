/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>
#include <time.h>

#include "cli/json.h"

const char *ctl_state_dir(const struct cli_call *call)
{
	const char *dir = cli_flag_value(call, "state-dir");

	return dir ? dir : STORE_DIR_DEFAULT;
}

int64_t ctl_now(void)
{
	return (int64_t)time(NULL);
}

bool ctl_duration_parse(const char *text, uint32_t *ret_seconds)
{
	static const struct {
		char letter;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t digits = strspn(text, "0123456789");
	uint64_t number = 0;

	if (!digits || digits > 9 || strlen(text) != digits + 1)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < ACE_ARRAY_LEN(units); i++) {
		if (text[digits] != units[i].letter || !number || number * units[i].seconds > UINT32_MAX)
			continue;
		*ret_seconds = (uint32_t)(number * units[i].seconds);
		return true;
	}
	return false;
}

int ctl_store_error(const struct cli_output *output, const struct store_error *error)
{
	struct cli_error shown;

	cli_error_set(&shown, error->err, "%s", error->text[0] ? error->text : ace_err_name(error->err));
	return cli_error_print(output, &shown);
}

int ctl_fail(const struct cli_output *output, const struct store *store, enum ace_err err)
{
	const struct store_error *last = store_last_error(store);
	struct store_error error = { .err = err };

	if (err == ACE_ERR_DAMAGED)
		snprintf(error.text, sizeof error.text, "a record of the store is damaged: restore a backup");
	return ctl_store_error(output, last->err == err ? last : &error);
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
	struct store *store;
	enum ace_err err;

	ctl_damage_watch(output, ctl_state_dir(call));
	err = store_open(&(struct store_options){ .dir = ctl_state_dir(call), .kek_path = cli_flag_value(call, "kek") },
			 &store, &error);
	if (err)
		return ctl_store_error(output, &error);
	err = unlock ? store_unlock(store, &error) : ACE_OK;
	if (!err) {
		*ret_store = store;
		return CLI_EXIT_OK;
	}
	store_close(store);
	return ctl_store_error(output, &error);
}

int ctl_written_print(const struct cli_output *output, const struct ctl_written *written)
{
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, written->noun, written->id);
	cli_json_put_text(document, "file", written->path);
	cli_json_put_text(document, "format", written->format);
	if (written->secret_dir)
		cli_json_put_text(document, "secret_dir", written->secret_dir);
	if (written->expires)
		cli_json_put_time(document, "expires", written->expires);
	return ctl_printed(output, cli_output_json(output, document));
}
